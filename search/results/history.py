"""What has happened in a trial over all its attempts; it travels with the resume point."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from trainer.support.code_version import code_version
from trainer.support.text import pluralize

if TYPE_CHECKING:
    from trainer.training.epoch_result import EpochResult

Cells = tuple[tuple[int, int, int], ...]
"""A confusion matrix without its zeros: true class, predicted class, samples."""

MOST_CLASSES = 100
"""Studies of more keep no confusion matrices: nobody could read one, and each epoch writes them."""

FIRST_VERSION = "0.1.0"
"""Of the code that trained what does not say so; since 0.2.0 all of it does."""


@dataclass(frozen=True)
class BestEpoch:
    """An epoch that was the best so far, in the words of the trial's attributes, and what was taken for what in it.

    With folds it stands for the best epochs of the folds so far: ``best_epoch`` is their median, ``best_f1`` the mean.

    Attributes:
        step: Epochs completed when it was told; 0 in what older versions wrote: ``best_epoch``.
        fold_epochs: The best epoch of each fold.
        fold_f1: Its F1.
        factor_f1: Macro-F1 of each factor of the label; empty where it is one thing.
    """

    best_epoch: int
    best_f1: float
    accuracy: float
    per_class_f1: dict[str, float]
    confusion: Cells = ()
    step: int = 0
    fold_epochs: tuple[int, ...] = ()
    fold_f1: tuple[float, ...] = ()
    factor_f1: dict[str, float] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """In which epoch or over which folds, in words."""
        if not self.fold_epochs:
            return f"in epoch {self.best_epoch}"
        each = ", ".join(f"{f1:.3f}" for f1 in self.fold_f1)
        return f"over {pluralize(self.fold_f1, 'fold')} ({each})"


@dataclass
class TrialHistory:
    """The reports of a trial and what is told of it at its end.

    Attributes:
        reports: F1 of each epoch, from 1, in order.
        losses: Training and validation loss of each epoch, the latter not a number where nobody is held out; an older
            version's resume point has none of its epochs.
        bests: Each epoch that was better than all before it.
        speeds: Training images a second of each epoch.
        seconds: What the epochs took, all attempts together.
        code_versions: Of the code that trained them, this process's last.
    """

    reports: dict[int, float] = field(default_factory=dict)
    losses: dict[int, tuple[float, float]] = field(default_factory=dict)
    bests: list[BestEpoch] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    code_versions: list[str] = field(default_factory=lambda: [code_version()])

    @property
    def best(self) -> BestEpoch | None:
        """The best epoch so far, the earliest of equals."""
        return self.bests[-1] if self.bests else None

    @property
    def value(self) -> float | None:
        """What the trial is worth: its best F1, or the last training loss where nobody is held out to tell one."""
        if self.best is not None:
            return self.best.best_f1
        losses = list(self.losses.values())
        return losses[-1][0] if losses and math.isnan(losses[-1][1]) else None

    def truncate_after(self, epoch: int) -> None:
        """Forget what came after an epoch with which the trial ends: training had gone on before the word came."""
        self.reports = {each: f1 for each, f1 in self.reports.items() if each <= epoch}
        self.losses = {each: losses for each, losses in self.losses.items() if each <= epoch}
        self.bests = [best for best in self.bests if (best.step or best.best_epoch) <= epoch]

    def add_epoch(
        self, result: EpochResult, f1: float | None, classes: tuple[str, ...], factors: tuple[str, ...] = ()
    ) -> None:
        """Add an epoch; ``f1`` counts for it, if anything does: another attempt may have reported it."""
        held_out = result.validation.loss if result.validation else math.nan
        self.losses[result.epoch] = (result.train_loss, held_out)
        self.speeds.append(result.images_per_second)
        self.seconds += result.seconds
        counting, folds = result.trial_scores, result.folds
        if f1 is None or counting is None:
            return
        self.reports[result.epoch] = f1
        if folds or self.best is None or f1 > self.best.best_f1:
            self.bests.append(
                BestEpoch(
                    best_epoch=round(median(folds.epochs)) if folds else result.epoch,
                    best_f1=f1,
                    accuracy=counting.accuracy,
                    per_class_f1=dict(zip(classes, counting.per_class_f1, strict=True)),
                    confusion=_sparse(counting.confusion),
                    step=result.epoch,
                    fold_epochs=folds.epochs if folds else (),
                    fold_f1=tuple(each.f1 for each in folds.scores) if folds else (),
                    factor_f1=dict(zip(factors, counting.factor_f1, strict=True)),
                )
            )

    def as_attributes(self) -> dict[str, Any]:
        """The user attributes of the ended trial."""
        attributes: dict[str, Any] = {"seconds": round(self.seconds, 3), "code_versions": self.code_versions}
        if self.best is not None:
            attributes |= asdict(self.best)
            # The dashboard gives each attribute a column of its table.
            empty = [key for key in ("fold_epochs", "fold_f1", "factor_f1") if not attributes[key]]
            attributes = {key: each for key, each in attributes.items() if key not in ("confusion", "step", *empty)}
        if self.speeds:
            attributes["images_per_second"] = round(sum(self.speeds) / len(self.speeds), 1)
        return attributes

    def as_notes(self) -> dict[str, Any]:
        """The same story as plain JSON values."""
        losses = [[epoch, *losses] for epoch, losses in self.losses.items()]
        return {**asdict(self), "reports": list(self.reports.items()), "losses": losses}

    @classmethod
    def from_notes(cls, notes: dict[str, Any]) -> TrialHistory:
        """Read it back; what an older version did not write is missing."""
        return cls(
            reports={int(epoch): float(f1) for epoch, f1 in notes["reports"]},
            losses={int(epoch): (float(train), float(other)) for epoch, train, other in notes.get("losses", ())},
            bests=[_best(best) for best in notes["bests"]],
            speeds=[float(speed) for speed in notes["speeds"]],
            seconds=float(notes["seconds"]),
            code_versions=list(dict.fromkeys([*notes.get("code_versions", [FIRST_VERSION]), code_version()])),
        )


def _best(plain: dict[str, Any]) -> BestEpoch:
    tuples = {key: tuple(plain.get(key, ())) for key in ("fold_epochs", "fold_f1")}
    confusion = tuple((int(true), int(predicted), int(count)) for true, predicted, count in plain.get("confusion", ()))
    return BestEpoch(**{**plain, **tuples, "confusion": confusion})


def _sparse(confusion: tuple[tuple[int, ...], ...]) -> Cells:
    if len(confusion) > MOST_CLASSES:
        return ()
    return tuple(
        (true, predicted, count) for true, row in enumerate(confusion) for predicted, count in enumerate(row) if count
    )
