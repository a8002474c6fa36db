"""What commands print: lines of their own as they are, a bar while something lasts, and nothing of the libraries."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import TYPE_CHECKING, Self

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def print_line(console: Console, line: str, style: str = "") -> None:
    """Print a line as it is: brackets are no markup, numbers get no colour, and a long line stays one."""
    console.print(Text(line, style=style), soft_wrap=True)


def in_notebook(console: Console) -> bool:
    """Whether what a console prints stands below the cell of a notebook."""
    from rich.console import Console

    return Console().is_jupyter and console.file is sys.stdout and not console.quiet


def progress_bar(console: Console, what: str) -> Progress:
    """A bar with a count and the time that is left, which goes when it stops; nothing where there is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class Preparation:
    """What there is to say before there are workers, and in a terminal a bar while images are decoded."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def message(self, line: str) -> None:
        """Print a line."""
        print_line(self._console, line)

    def decoding(self, done: int, total: int) -> None:
        """Move the bar, which is gone once all are done."""
        if self._bar is None:
            self._bar = progress_bar(self._console, "decoding images")
            self._bar.add_task("", total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done)
        if done >= total:
            self._bar.stop()


def quiet_libraries() -> None:
    """Let them say nothing but what ends up in a line of our own."""
    import optuna  # not above: many commands do without

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # What it has to say when the hub cannot be reached ends up in our own line.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
