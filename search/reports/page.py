"""Pages that open anywhere, also without a network: a template, one look, charts that need nothing else."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.io.json import to_json_plotly
from plotly.offline import get_plotlyjs
from trainer.support.text import duration

from search.config.format import format_short


def fill(template: str, content: Mapping[str, Any]) -> str:
    """A page as HTML; what people have named is escaped, and it may load nothing and run no other script.

    Of the templates in this folder ``look.css.j2`` is the look of all, ``charts.html.j2`` draws the charts that
    ``content`` has as ``figures``, by name.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        duration=duration,
        short=format_short,
        breakable=breakable,
        moment=lambda time: f"{time:%Y-%m-%d %H:%M} UTC",
        day=lambda text: f"{datetime.fromisoformat(text):%Y-%m-%d}",
        numbers=lambda last: range(1, last + 1),
    )
    return environment.get_template(template).render(
        **content,
        charts_json=to_json_plotly(content["figures"]),  # its < and > are escaped
        plotly=get_plotlyjs(),
        nonce=secrets.token_urlsafe(16),
    )


def breakable(name: str) -> Markup:
    """A name whose lines may break after its separators, rather than within a word."""
    return Markup(re.sub(r"([/_])", r"\1<wbr>", str(escape(name))))
