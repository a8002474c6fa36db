"""The command ``search knobs``."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from trainer.config.reference import Row, as_markdown, knob_table
from trainer.errors import ConfigError
from trainer.support.text import nearest_names


def knobs(
    names: Annotated[list[str] | None, typer.Argument(help="Knobs to tell all about; all in brief if none.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/knobs.md.")] = False,
) -> None:
    """Show what may be fixed and searched in a study file: meaning, range, and when it helps."""
    rows = {row.name: row for row in knob_table()}
    console = Console(highlight=False)
    if markdown:
        typer.echo(as_markdown(tuple(rows.values())), nl=False)
        return
    if not names:
        console.print(_brief(tuple(rows.values())))
        return
    for name in names:
        if name not in rows:
            hint = nearest_names(name, rows, "`search knobs` shows them all")
            raise ConfigError(f"there is no knob {name!r}; {hint}")
    for name in names:
        _print_knob(rows[name], console)


def _brief(rows: tuple[Row, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("knob", "default", "searched", "meaning"):
        table.add_column(title, no_wrap=title != "meaning")
    for row in rows:
        table.add_row(
            escape(row.name), escape(row.default.strip("`")), "yes" if row.searched else "no", escape(row.meaning)
        )
    return table


def _print_knob(row: Row, console: Console) -> None:
    facts = {
        "meaning": row.meaning,
        "range": f"{row.values} ({row.unit})" if row.unit else row.values,
        "default": row.default,
        "needs": row.needs,
        "searched": "yes, it may stand in [space]" if row.searched else "no: one value in [fixed]",
        "source": re.sub(r"\b(\d{4}\.\d{4,5})\b", r"arXiv \1", row.source),
        "helps": row.helps,
    }
    console.print(f"[bold]{escape(row.name)}[/bold]")
    for title, text in facts.items():
        if text:
            console.print(f"  {title}: {escape(text.replace('`', ''))}", soft_wrap=True)
