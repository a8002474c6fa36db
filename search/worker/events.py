"""What workers tell the process that watches them; small values that travel through a pipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from search.config.search_space import Value

Outcome = Literal["complete", "pruned", "failed", "handed back", "lost"]


@dataclass(frozen=True)
class TrialStarted:
    """A worker has a trial; an ``attempt`` above 1 means that it was taken over, after ``epoch`` epochs."""

    worker: int
    number: int
    params: Mapping[str, Value | None]
    attempt: int
    epoch: int = 0


@dataclass(frozen=True)
class EpochDone:
    """An epoch of a trial is done.

    ``f1`` is macro-F1 on validation, none where nobody is held out; ``of`` what it is of where there are folds;
    ``loss`` that of training.
    """

    worker: int
    number: int
    epoch: int
    epochs: int
    f1: float | None
    images_per_second: float
    of: str = ""
    loss: float = 0.0

    @property
    def score(self) -> str:
        """How it did, in words."""
        return f"loss {self.loss:.4f}" if self.f1 is None else f"{self.of}F1 {self.f1:.4f}"


@dataclass(frozen=True)
class TrialEnded:
    """A trial has ended; ``value`` is its best F1, ``reason`` says why where it did not run to its end.

    ``finished``, ``budget`` and ``best`` (number and F1) are the whole study's, other machines included.
    """

    worker: int
    number: int
    outcome: Outcome
    value: float | None
    reason: str
    finished: int
    budget: int
    best: tuple[int, float] | None

    @property
    def is_over(self) -> bool:
        """Whether no other worker goes on with the trial."""
        return self.outcome in ("complete", "pruned", "failed")


@dataclass(frozen=True)
class Note:
    """Something that people should know."""

    worker: int
    text: str


@dataclass(frozen=True)
class WorkerIdle:
    """A worker has nothing to do for now."""

    worker: int
    reason: str


@dataclass(frozen=True)
class WorkerEnded:
    """A worker ends, in good order."""

    worker: int
    reason: str
    failing: bool = False


Event = TrialStarted | EpochDone | TrialEnded | Note | WorkerIdle | WorkerEnded
