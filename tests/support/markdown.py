"""Markdown as people see it, and names that would be markup if they could."""

from markdown_it import MarkdownIt

EVIL = [
    "<img src=x onerror=alert(1)>",
    "</table><script>alert(1)</script>",
    "a|b",
    "a\\|b\\",
    "**bold** _it_ ~~no~~ `code`",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "https://evil.example www.evil.example me@evil.example",
    "$x^2$",
    "&lt;b&gt; &#60;",
    "# heading\n- list",
    "line\r\nbreak",
    'baker\'s "best" R&D &#x27;',
]


def text_of(note):
    """The text of a note as people see it, cell by cell, and the kinds of everything else in it."""
    kinds, cells = set(), []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(note):
        kinds.add(token.type)
        if token.type == "inline":
            kinds |= {child.type for child in token.children}
            cells.append("".join(child.content for child in token.children if child.type.startswith("text")))
    return cells, kinds
