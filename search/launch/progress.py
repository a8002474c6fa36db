"""What people see of a running search: a live table in a terminal and in a notebook, plain lines elsewhere."""

import time
from dataclasses import dataclass, field
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from search.config.format import format_params
from search.config.study_spec import StudySpec
from search.console import in_notebook, print_line
from search.plans.kind import kind_of
from search.plans.study_kind import LOSS
from search.worker.events import EpochDone, Event, Note, TrialEnded, TrialStarted, WorkerEnded, WorkerIdle

_NOTEBOOK_WIDTH: Final = 110
"""Characters that fit below a cell."""


def _attempt(event: TrialStarted) -> str:
    if event.attempt == 1:
        return ""
    return f" (attempt {event.attempt}, {f'after epoch {event.epoch}' if event.epoch else 'from the start'})"


@dataclass
class _Row:
    trial: str = ""
    epoch: str = ""
    f1: str = ""
    speed: str = ""
    what: str = "starting"


@dataclass
class _Score:
    study: str
    finished: int
    budget: int
    best: tuple[int, float] | None
    """Number and value of the best trial."""
    rows: dict[int, _Row]
    what: str
    """What the value of a trial is."""
    retrains: bool
    """Whether what is trained is known beforehand, so that the time left can be told; nothing is searched then."""
    started: float = field(default_factory=time.monotonic)
    epochs: int = 0
    """Done here, by all workers."""
    shares: dict[int, float] = field(default_factory=dict)
    """By worker: the share of its training that is done."""
    horizon: int = 0

    def update_study(self, event: TrialEnded) -> bool:
        """Take what an ended trial tells of the study; returns whether that trial is now its best."""
        before, self.best = self.best and self.best[0], event.best
        self.finished, self.budget = event.finished, event.budget
        return self.best is not None and self.best[0] == event.number != before

    def count(self, event: Event) -> None:
        """Count what is done here, for the time that is left."""
        if isinstance(event, EpochDone):
            self.epochs, self.horizon = self.epochs + 1, event.epochs
            self.shares[event.worker] = event.epoch / event.epochs
        elif isinstance(event, TrialStarted | TrialEnded | WorkerEnded):
            self.shares.pop(event.worker, None)

    def left(self) -> str:
        """The time that is left at the pace so far, in words; empty before there is one."""
        if not self.epochs:
            return ""
        pace = (time.monotonic() - self.started) / self.epochs
        seconds = pace * self.horizon * max(0.0, self.budget - self.finished - sum(self.shares.values()))
        return f"  ·  about {max(1, round(seconds / 60))} min left" if seconds else ""

    def headline(self) -> str:
        if self.retrains:
            return f"{self.finished} of {self.budget} trainings{self.left()}"
        best = f"best F1 {self.best[1]:.4f} (trial {self.best[0]})" if self.best else "no F1 yet"
        return f"{self.finished} of {self.budget} trials  ·  {best}"


class PlainProgress:
    """One line an event, for logs."""

    def __init__(self, console: Console, score: _Score) -> None:
        self._console = console
        self._score = score

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def tick(self) -> None:
        """Nothing moves in a log."""

    def message(self, line: str) -> None:
        """Print a line."""
        print_line(self._console, f"{time.strftime('%H:%M:%S')} {line}")

    def show(self, event: Event) -> None:
        """Print an event."""
        self._score.count(event)
        if isinstance(event, TrialStarted):
            what = f"trial {event.number:>3}{_attempt(event)}  {format_params(event.params)}"
        elif isinstance(event, EpochDone):
            epoch = f"trial {event.number:>3}  epoch {event.epoch}/{event.epochs}"
            what = f"{epoch}  {event.score}  {event.images_per_second:.0f} images/s"
        elif isinstance(event, TrialEnded):
            self._score.update_study(event)
            value = "" if event.value is None else f"  {self._score.what} {event.value:.4f}"
            reason = f"  ({event.reason})" if event.reason else ""
            what = f"trial {event.number:>3}  {event.outcome}{value}{reason}"
        else:
            what = event.text if isinstance(event, Note) else event.reason
        self.message(f"worker {event.worker}  {what}")
        if isinstance(event, TrialEnded):
            self.message(self._score.headline())


class _TableProgress:
    """A table with a row a worker that is kept up to date; ended trials and notes are lines beside it."""

    def __init__(self, console: Console, score: _Score) -> None:
        self._console = console
        self._score = score

    def message(self, line: str) -> None:
        """Print a line."""
        self._line(Text(line, style="dim"))

    def _line(self, line: Text) -> None:
        self._console.print(line)

    def show(self, event: Event) -> None:
        """Take an event into the table."""
        self._score.count(event)
        row = self._score.rows.setdefault(event.worker, _Row())
        if isinstance(event, TrialStarted):
            row.trial, row.epoch, row.f1, row.speed = str(event.number), "-", "-", ""
            row.what = format_params(event.params) + _attempt(event)
        elif isinstance(event, EpochDone):
            row.epoch = f"{event.epoch}/{event.epochs}"
            row.f1 = f"{event.loss if event.f1 is None else event.f1:.4f}"
            row.speed = f"{event.images_per_second:.0f}"
        elif isinstance(event, TrialEnded):
            self._ended(event)
        elif isinstance(event, Note):
            self.message(f"worker {event.worker}  {event.text}")
        elif isinstance(event, WorkerIdle | WorkerEnded):
            self._score.rows[event.worker] = _Row(what=event.reason)

    def _ended(self, event: TrialEnded) -> None:
        better = self._score.update_study(event)
        style = {"complete": "green", "pruned": "yellow", "failed": "red"}.get(event.outcome, "dim")
        line = Text(f"trial {event.number:>3}  ")
        line.append(f"{event.outcome:<9}", style=style)
        better = better and not self._score.retrains
        value = "" if event.value is None else f" {self._score.what} {event.value:.4f}"
        line.append(value, style="bold" if better else "")
        line.append(f"  {event.reason}" if event.reason else ("  best so far" if better else ""), style="dim")
        self._line(line)

    def _render(self) -> Group:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("worker", "trial", "epoch", self._score.what, "images/s"):
            table.add_column(name, justify="right")
        table.add_column("", overflow="ellipsis", no_wrap=True)
        for worker, row in sorted(self._score.rows.items()):
            table.add_row(str(worker), row.trial, row.epoch, row.f1, row.speed, row.what)
        return Group(Text(f"{self._score.study}  ·  {self._score.headline()}", style="bold"), table)


class LiveProgress(_TableProgress):
    """The table in a terminal, redrawn in place below the lines."""

    def __init__(self, console: Console, score: _Score) -> None:
        super().__init__(console, score)
        self._live = Live(self._render(), console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.tick()
        self._live.stop()

    def tick(self) -> None:
        """Redraw."""
        self._live.update(self._render(), refresh=True)


class NotebookProgress(_TableProgress):
    """The table below the cell of a notebook, an output that is replaced; the lines follow it."""

    def __init__(self, console: Console, score: _Score) -> None:
        from IPython.display import DisplayHandle  # the kernel of a notebook has it

        super().__init__(console, score)
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        self._text = self._plain()

    def __enter__(self) -> Self:
        self._handle.display({"text/plain": self._text}, raw=True)  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *_: object) -> None:
        self.tick()

    def tick(self) -> None:
        """Replace the table, if it says something else by now."""
        before, self._text = self._text, self._plain()
        if self._text != before:
            self._handle.update({"text/plain": self._text}, raw=True)  # type: ignore[no-untyped-call]

    def _line(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)

    def _plain(self) -> str:
        console = Console(width=_NOTEBOOK_WIDTH, color_system=None, force_jupyter=False)
        with console.capture() as capture:
            console.print(self._render())
        return "\n".join(line.rstrip() for line in capture.get().splitlines())


def make_progress(
    console: Console, spec: StudySpec, *, finished: int, budget: int, best: tuple[int, float] | None, workers: int
) -> PlainProgress | LiveProgress | NotebookProgress:
    """What suits the output: a terminal, a notebook or neither; ``best`` is a trial's number and F1."""
    kind = kind_of(spec)
    rows = {worker: _Row() for worker in range(workers)}
    what = "loss" if kind.metric == LOSS else "F1"
    score = _Score(spec.study.name, finished, budget, best, rows, what, retrains=bool(kind.part_of))
    if console.is_terminal:
        return LiveProgress(console, score)
    return (NotebookProgress if in_notebook(console) else PlainProgress)(console, score)
