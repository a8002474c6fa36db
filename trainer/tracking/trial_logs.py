"""The logs of one attempt at a trial, as one: TensorBoard's, and that of Weights & Biases where it was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from trainer.tracking.event_files import trial_folder
from trainer.tracking.tensorboard import TrialLog
from trainer.tracking.wandb import Names, WandbLog
from trainer.training.epoch_result import EpochResult


class TrialLogs:
    """Tells both; see :class:`trainer.tracking.tensorboard.TrialLog`."""

    def __init__(self, board: TrialLog, wandb: WandbLog | None) -> None:
        self._board = board
        self._wandb = wandb
        self.batch = board.batch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._board.close()
        if self._wandb:
            self._wandb.close()

    def open(self, attempt: int, epoch: int, params: Mapping[str, Any]) -> None:
        """Begin, after the epochs that earlier attempts completed."""
        self._board.open(attempt, epoch, params)
        if self._wandb:
            self._wandb.open(params)

    def epoch(self, result: EpochResult, f1: float | None) -> None:
        """Add an epoch; ``f1`` is what counts for it, if anything does."""
        self._board.epoch(result, f1)
        if self._wandb:
            self._wandb.epoch(result, f1)

    def end(self, best_f1: float | None, *, failed: bool = False) -> None:
        """The trial has ended, with its best F1 if it has one."""
        self._board.end(best_f1, failed=failed)
        if self._wandb:
            self._wandb.end(best_f1, failed=failed)


@dataclass(frozen=True)
class TrackingTargets:
    """Where a study's trials are logged.

    Attributes:
        folder: The study's, of event files for TensorBoard; none: there shall be none.
        wandb: Project at Weights & Biases; none: nothing is sent there.
        study: The study's name.
        key: Tells it from an earlier one of the same name.
    """

    folder: Path | None = None
    wandb: str | None = None
    study: str = ""
    key: str = ""

    def trial_logs(
        self, trial: int, classes: tuple[str, ...], message: Callable[[str], None], factors: tuple[str, ...] = ()
    ) -> TrialLogs:
        """The logs of a trial; ``message`` is called with a line for people."""
        board = TrialLog(self.folder and trial_folder(self.folder, trial), classes, message, factors)
        if self.wandb is None:
            return TrialLogs(board, None)
        names = Names(classes, factors)
        wandb = WandbLog(self.wandb, study=self.study, key=self.key, trial=trial, names=names, message=message)
        return TrialLogs(board, wandb)
