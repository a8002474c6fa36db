"""The differences of an ablation as a table in a terminal."""

from collections.abc import Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from search.ablation.analysis import Base, Differences, Row
from search.config.format import format_value
from search.console import print_line

_HIDDEN: Final = ("weights", "precision")
"""Of the base: no knobs that anybody turned."""
_EMPTY: Final = "-"


def print_differences(found: Differences, console: Console) -> None:
    """Print what was changed, what came of it, and how sure that is."""
    print_line(console, headline(found), style="bold")
    print_line(console, f"base: {describe(found.base)}\n  {settings(found.base.fixed)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("change", overflow="fold")
    for name in ("runs", "F1", "difference ± SE", "95 % interval", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("base", f"{len(found.base.runs)}/{found.base.planned}", _f1(found.base.f1), "", "", "")
    for row in found.rows:
        table.add_row(*cells(row))
    console.print(table)
    for note in found.notes:
        print_line(console, note, style="dim")
    for trouble in found.troubles:
        line = f"{trouble.change}, seed {trouble.seed} (trial {trouble.trial}) {trouble.outcome}: {trouble.reason}"
        print_line(console, line, style="yellow")


def headline(found: Differences) -> str:
    """Which study it is, and how far."""
    progress = f"{found.complete} of {found.planned} runs are complete"
    return f"{found.study}: {progress}" + (f", {found.left} to come" if found.left else "")


def describe(base: Base) -> str:
    """The base in one line: where it comes from and how good it is."""
    score = "" if base.f1 is None else f"F1 {base.f1:.4f}"
    if base.deviation is not None:
        score += f", from seed to seed ± {base.deviation:.4f} (standard deviation)"
    return "; ".join(part for part in (base.origin, score) if part)


def settings(fixed: Mapping[str, Any]) -> str:
    """The base's own values."""
    return "  ".join(f"{knob}={format_value(value)}" for knob, value in fixed.items() if knob not in _HIDDEN)


def cells(row: Row) -> tuple[str, ...]:
    """A row's change, runs, F1, difference with its standard error, interval and time, as people read them."""
    change = f"{row.knob} = {format_value(row.value)}"
    if row.is_base:
        return (change, "", "as base", "", "", "")
    found = row.difference
    error = "" if found is None or found.standard_error is None else f" ± {found.standard_error:.4f}"
    return (
        change,
        f"{len(row.runs)}/{row.planned}",
        _f1(row.f1),
        _EMPTY if found is None else f"{found.mean:+.4f}{error}",
        _EMPTY if found is None or found.low is None else f"{found.low:+.3f} ... {found.high:+.3f}",
        _EMPTY if row.time is None else f"x{row.time:.2f}",
    )


def _f1(value: float | None) -> str:
    return _EMPTY if value is None else f"{value:.4f}"
