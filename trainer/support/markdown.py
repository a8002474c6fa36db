"""Tables in Markdown, and text that keeps its meaning in one."""

import html
import re
from collections.abc import Iterable, Sequence

from trainer.support.text import one_line


def escape(text: object) -> str:
    """Text that comes out of a Markdown table as it went in: no markup, no HTML, no formula, no link, one line."""
    # Links are found in what is left when the characters have been read: a sign of no width breaks them up.
    line = re.sub(r"(?i)(www)(?=\.)|(?<=:)(?=//)|(?<=\S)(?=@)", "\\g<0>\u2060", one_line(text))
    escaped = html.escape(line, quote=False)  # quotes mean nothing between cells
    return re.sub(r"[\\`*_{}\[\]()#+!|~$^=:]", lambda match: f"&#{ord(match[0])};", escaped)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, gap: str = " ", rule: str = "---") -> list[str]:
    """The lines of a table; ``gap`` stands before the line between two cells, ``rule`` below each title."""
    first, *rest = (f"| {f'{gap}| '.join(cells)} |" for cells in (head, *rows))
    return [first, f"|{f'{rule}|' * len(head)}", *rest]
