"""What commands print: lines of their own as they are, and nothing of the libraries between them."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console


def print_line(console: Console, line: str, style: str = "") -> None:
    """Print a line as it is: brackets are no markup, numbers get no colour, and a long line stays one."""
    console.print(Text(line, style=style), soft_wrap=True)


def quiet_libraries() -> None:
    """Let them say nothing but what ends up in a line of our own."""
    import optuna  # not above: many commands do without

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # What it has to say when the hub cannot be reached ends up in our own line.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
