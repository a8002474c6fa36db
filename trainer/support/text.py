"""Words of messages: numbers with their noun, short lists, hints at misspelt names, errors in one line, durations."""

import difflib
from collections.abc import Iterable, Sequence, Sized


def pluralize(number: int | Sized, one: str, many: str | None = None) -> str:
    """A number, or how many items there are, with its noun: ``1 row``, ``2 rows``."""
    number = number if isinstance(number, int) else len(number)
    return f"{number} {one if number == 1 else many or one + 's'}"


def shorten_list(items: Sequence[str], shown: int = 3) -> str:
    """The first few of many items: ``a, b, c and 4 more``."""
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more


def shorten(text: str, most: int, end: str = "…") -> str:
    """Text of at most so many characters, cut off with ``end`` where it is longer."""
    return text if len(text) <= most else text[: most - len(end)] + end


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean 'wear'?`` where a known name resembles this one; empty where none does."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def suggest(name: str, known: Sequence[str]) -> str:
    """A hint at the known name that was meant, else at a few that there are: ``; did you mean 'wear'?``."""
    begins = next((each for each in known if each.startswith(name)), None)
    hint = did_you_mean(name, known) if begins is None else f"did you mean {begins!r}?"
    return f"; {hint or f'there are {shorten_list(known)}'}"


def nearest_names(name: str, known: Iterable[str], otherwise: str) -> str:
    """``the nearest names are a, b, c`` where known names resemble this one, else ``otherwise``."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"the nearest names are {', '.join(near)}" if near else otherwise


def one_line(text: object) -> str:
    """Text with each run of blanks and line breaks made one space."""
    return " ".join(str(text).split())


def first_line(text: object) -> str:
    """The first line of text; empty where there is none."""
    return next(iter(str(text).strip().splitlines()), "")


def describe_error(error: BaseException, *, typed: bool = False) -> str:
    """An error's message in one line, its type where it has none; ``typed``: behind its type in any case."""
    return one_line(f"{type(error).__name__}: {error}" if typed else error) or type(error).__name__


def duration(seconds: float, *, days: bool = True) -> str:
    """Seconds in their two largest units: ``2 h 5 min``; without days the hours go on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if days and hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(seconds: float) -> str:
    """How long something is past, in its largest unit: ``3 d ago``."""
    for length, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "now"
