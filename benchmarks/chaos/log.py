"""What the command under test says in its log, line by line, and which of its workers is where."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["started", "epoch", "complete", "pruned", "failed", "handed back", "lost"]

_EVENT = re.compile(
    r"^\d\d:\d\d:\d\d worker (?P<worker>\d+)  trial +(?P<trial>\d+)"
    r"(?: \(attempt (?P<attempt>\d+), (?:after epoch (?P<after>\d+)|from the start)\))?  (?P<rest>.+)$"
)
_EPOCH = re.compile(r"epoch (\d+)/(\d+)  F1 ")
_ENDED = re.compile(r"(complete|pruned|failed|handed back|lost)(?:  |$)")
_CRASHED = re.compile(r"^\d\d:\d\d:\d\d worker (\d+) crashed ")
_SCORE = re.compile(r"^\d\d:\d\d:\d\d (\d+) of \d+ trials  ")


@dataclass(frozen=True)
class Said:
    """What a worker did to a trial; ``at`` is when it was read, on the monotonic clock."""

    worker: int
    trial: int
    kind: Kind
    attempt: int
    epoch: int
    at: float


@dataclass
class Seat:
    """What one worker is at; ``crashes`` in a row, as the supervisor counts them."""

    trial: int | None = None
    epoch: int = 0
    at: float = 0.0
    crashes: int = 0


class Log:
    """Follows the log of one command after the other.

    Attributes:
        seats: By worker, of the command that runs now.
        finished: Finished trials of the study.
        epochs: Epochs that were trained, those for nothing included.
        fallen_back: Trials that somebody went on with from an epoch before the last finished one.
        tracebacks: How many there were.
    """

    def __init__(self) -> None:
        self.seats: dict[int, Seat] = {}
        self.finished = 0
        self.epochs = 0
        self.fallen_back: list[int] = []
        self._reached: dict[int, int] = {}  # by trial, the last epoch that any worker has finished
        self.tracebacks = 0
        self._path: Path | None = None
        self._read = 0

    def follow(self, path: Path) -> None:
        """Go on with the log of a new command."""
        self.seats, self._path, self._read = {}, path, 0

    def tail(self, lines: int = 25) -> str:
        """The last lines of the log."""
        return "" if self._path is None else "\n".join(self._path.read_text(errors="replace").splitlines()[-lines:])

    def news(self) -> list[Said]:
        """What has been written since the last time."""
        if self._path is None:
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]  # the last line may still be in the making
        self._read += len(whole) + bool(whole)
        said = (self._take(line) for line in whole.decode(errors="replace").splitlines())
        return [each for each in said if each is not None]

    def seat_of(self, trial: int) -> Seat | None:
        """The worker that is at a trial; none where its first line has not been written."""
        return next((seat for seat in self.seats.values() if seat.trial == trial), None)

    def worker_at(self, trial: int) -> int | None:
        """The number of the worker that is at a trial."""
        return next((worker for worker, seat in self.seats.items() if seat.trial == trial), None)

    def _take(self, line: str) -> Said | None:
        if match := _SCORE.match(line):
            self.finished = max(self.finished, int(match[1]))
        elif match := _CRASHED.match(line):
            seat = self.seats.setdefault(int(match[1]), Seat())
            seat.trial, seat.crashes = None, seat.crashes + 1
        elif match := _EVENT.match(line):
            return self._event(match)
        elif line.startswith("Traceback"):
            self.tracebacks += 1
        return None

    def _event(self, match: re.Match[str]) -> Said:
        worker, trial = int(match["worker"]), int(match["trial"])
        seat, now = self.seats.setdefault(worker, Seat()), time.monotonic()
        attempt, epoch, kind = int(match["attempt"] or 1), int(match["after"] or 0), "started"
        if done := _EPOCH.match(match["rest"]):
            kind, epoch = "epoch", int(done[1])
            self.epochs += 1
            self._reached[trial] = max(epoch, self._reached.get(trial, 0))
            seat.crashes = 0
        elif ended := _ENDED.match(match["rest"]):
            kind = ended[1]
        elif epoch < self._reached.get(trial, 0):  # though an epoch has its resume point before anybody hears of it
            self.fallen_back.append(trial)
        seat.trial = trial if kind in ("started", "epoch") else None
        seat.epoch, seat.at = epoch, now
        return Said(worker, trial, kind, attempt, epoch, now)  # type: ignore[arg-type]
