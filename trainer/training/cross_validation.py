"""k-fold cross-validation by person as one run: fold after fold, each a network of its own on the others' people.

Stone, "Cross-validatory choice and assessment of statistical predictions", JRSS B 36 (1974).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from torch import Tensor

from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.errors import CheckpointError
from trainer.training.epoch_result import EpochResult
from trainer.training.metrics import FoldScores, Scores
from trainer.training.run import Run


def create_run(config: TrainConfig, data: Dataset, runtime: Runtime, loader: Loader | None = None) -> Run | FoldedRun:
    """The run that a trial is: one on the hold-out of the data, or one a fold where they are dealt into folds.

    Raises:
        DataError, WeightsError, DoesNotFit, ConfigError: See :class:`trainer.training.run.Run`.
    """
    return FoldedRun(config, data, runtime, loader) if data.folds else Run(config, data, runtime, loader=loader)


class FoldedRun:
    """A run over all folds of the data, one after the other, with the interface of :class:`trainer.training.run.Run`.

    Epochs are counted through: those of fold f are ``(f - 1) * E + 1`` to ``f * E`` for a horizon of E epochs. Where a
    fold stops early its last epoch counts as its whole horizon, so a fold ends at the same count in every run.

    Attributes:
        config: What is trained in each fold.
        epoch: Epochs completed.
        on_batch: See :class:`trainer.training.run.Run`.
    """

    def __init__(self, config: TrainConfig, data: Dataset, runtime: Runtime, loader: Loader | None = None) -> None:
        """Set up the first fold; a loader that outlives the run serves all of them, else each has its own."""
        self.config = config
        self.epoch = 0
        self.on_batch: Callable[[Tensor, Tensor], None] | None = None
        self._data = data
        self._runtime = runtime
        self._loader = loader
        self._ended: list[tuple[int, Scores]] = []
        self._best: tuple[int, Scores] | None = None
        self._reasons: list[str] = []
        self._steps = 0
        self._split = 1
        self._run = self._fold_run()

    @property
    def steps(self) -> int:
        """Batches done here; another thread may watch it for progress."""
        return self._steps + self._run.steps

    @property
    def batch_split(self) -> int:
        """Into how many chunks a training batch is split, at most."""
        return max(self._split, self._run.batch_split)

    @property
    def has_batch_norm(self) -> bool:
        """Whether the network normalises by batch."""
        return self._run.has_batch_norm

    @property
    def stopped_early(self) -> str:
        """Why folds have ended before their horizon, in words; empty: none has."""
        return "; ".join(self._reasons)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what the current fold has running. May be called again."""
        self._run.close()

    def epochs(self) -> Iterator[EpochResult]:
        """Train one epoch after the other through all the folds; see :meth:`trainer.training.run.Run.epochs`."""
        while len(self._ended) < len(self._data.folds):
            self._run.on_batch = self.on_batch
            for result in self._run.epochs():
                yield self._counted(result)
            self._steps, self._split = self.steps, self.batch_split
            self._run.close()
            if len(self._ended) < len(self._data.folds):
                self._run = self._fold_run()

    def state_dict(self) -> dict[str, Any]:
        """See :meth:`trainer.training.run.Run.state_dict`."""
        return {
            "epoch": self.epoch,
            "ended": [_plain(each) for each in self._ended],
            "best": None if self._best is None else _plain(self._best),
            "reasons": list(self._reasons),
            "split": self.batch_split,
            # Nothing of a fold that has ended matters any more but its scores.
            "run": {} if self._best is None else self._run.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See :meth:`trainer.training.run.Run.load_state_dict`."""
        try:
            self._ended = [_scored(each) for each in state["ended"]]
            self._best = None if state["best"] is None else _scored(state["best"])
            self._reasons = [str(reason) for reason in state["reasons"]]
            self.epoch, self._split = int(state["epoch"]), int(state["split"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the resume point does not fit this run ({error})") from error
        if 0 < len(self._ended) < len(self._data.folds):
            self._run.close()
            self._run = self._fold_run()
        if self._best is not None:
            self._run.load_state_dict(state["run"])

    def _counted(self, result: EpochResult) -> EpochResult:
        """An epoch of the current fold as one of the whole run."""
        scores = result.validation
        if scores is None:
            raise RuntimeError("a fold holds nothing out")
        if self._best is None or scores.f1 > self._best[1].f1:
            self._best = (result.epoch, scores)
        fold, horizon, folds = len(self._ended) + 1, self.config.epochs, None
        is_last = result.epoch == horizon or bool(self._run.stopped_early)
        self.epoch = fold * horizon if is_last else (fold - 1) * horizon + result.epoch
        if is_last:
            if self._run.stopped_early:
                self._reasons.append(f"fold {fold}: {self._run.stopped_early}")
            self._ended.append(self._best)
            self._best = None
            epochs, ended = zip(*self._ended, strict=True)
            folds = FoldScores(epochs, ended)
        return dataclasses.replace(result, epoch=self.epoch, fold=fold, folds=folds)

    def _fold_run(self) -> Run:
        split = self._data.folds[len(self._ended)]
        data = dataclasses.replace(self._data, train=split.train, validation=split.validation, folds=())
        return Run(self.config, data, self._runtime, loader=self._loader)


def _plain(best: tuple[int, Scores]) -> dict[str, Any]:
    return {"epoch": best[0], **dataclasses.asdict(best[1])}


def _scored(plain: Mapping[str, Any]) -> tuple[int, Scores]:
    values = dict(plain)
    epoch = int(values.pop("epoch"))
    values["per_class_f1"], values["factor_f1"] = tuple(values["per_class_f1"]), tuple(values["factor_f1"])
    values["confusion"] = tuple(tuple(row) for row in values["confusion"])
    return epoch, Scores(**values)
