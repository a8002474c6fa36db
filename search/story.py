"""What has happened in a trial over all its attempts; it travels with the resume point."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from trainer.loop import EpochResult


@dataclass(frozen=True)
class Best:
    """An epoch that was the best so far, in the words of the trial's attributes."""

    best_epoch: int
    best_f1: float
    accuracy: float
    per_class_f1: dict[str, float]


@dataclass
class Story:
    """The reports of a trial and what is told of it at its end.

    Attributes:
        reports: F1 of each epoch, from 1, in order.
        bests: Each epoch that was better than all before it.
        speeds: Training images a second of each epoch.
        seconds: What the epochs took, all attempts together.
    """

    reports: dict[int, float] = field(default_factory=dict)
    bests: list[Best] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def best(self) -> Best | None:
        """The best epoch so far, the earliest of equals."""
        return self.bests[-1] if self.bests else None

    def end_with(self, epoch: int) -> None:
        """Forget what came after an epoch with which the trial ends: training had gone on before the word came."""
        self.reports = {each: f1 for each, f1 in self.reports.items() if each <= epoch}
        self.bests = [best for best in self.bests if best.best_epoch <= epoch]

    def take(self, result: EpochResult, f1: float, classes: tuple[str, ...]) -> None:
        """Add an epoch; ``f1`` is what counts for it, which another attempt may have reported before."""
        scores = result.validation
        if scores is None:
            raise RuntimeError("a trial needs validation samples")
        self.reports[result.epoch] = f1
        self.speeds.append(result.images_per_second)
        self.seconds += result.seconds
        if self.best is None or f1 > self.best.best_f1:
            per_class = dict(zip(classes, scores.per_class_f1, strict=True))
            self.bests.append(Best(result.epoch, f1, scores.accuracy, per_class))

    def as_attributes(self) -> dict[str, Any]:
        """The user attributes of the ended trial."""
        attributes: dict[str, Any] = {"seconds": round(self.seconds, 3)}
        if self.best is not None:
            attributes |= asdict(self.best)
            attributes["images_per_second"] = round(sum(self.speeds) / len(self.speeds), 1)
        return attributes

    def as_notes(self) -> dict[str, Any]:
        """The same story as plain JSON values."""
        return {**asdict(self), "reports": list(self.reports.items())}

    @classmethod
    def from_notes(cls, notes: dict[str, Any]) -> Story:
        """Read it back."""
        return cls(
            reports={int(epoch): float(f1) for epoch, f1 in notes["reports"]},
            bests=[Best(**best) for best in notes["bests"]],
            speeds=[float(speed) for speed in notes["speeds"]],
            seconds=float(notes["seconds"]),
        )
