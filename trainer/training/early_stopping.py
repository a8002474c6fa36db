"""Early stopping: a run that gets no better ends by itself, apart from any pruner, and counts as complete."""

from collections.abc import Mapping
from typing import Any

from trainer.config.train_config import TrainConfig


class EarlyStopping:
    """Watches a run's validation.

    Attributes:
        reason: Why the run has ended, in words; empty: it has not.
    """

    def __init__(self, config: TrainConfig) -> None:
        self._patience = config.stop_patience
        self._overfit_patience = config.overfit_patience
        self._best = -1.0
        self._epochs_without_gain = 0
        self._losses: tuple[float, float] | None = None
        self._epochs_diverging = 0
        self.reason = ""

    def update(self, f1: float, train_loss: float, validation_loss: float) -> None:
        """Look at an epoch's macro-F1 and losses."""
        self._epochs_without_gain = 0 if f1 > self._best else self._epochs_without_gain + 1
        self._best = max(self._best, f1)
        if self._losses is not None:
            is_diverging = train_loss < self._losses[0] and validation_loss > self._losses[1]
            self._epochs_diverging = self._epochs_diverging + 1 if is_diverging else 0
        self._losses = (train_loss, validation_loss)
        if 0 < self._patience <= self._epochs_without_gain:
            self.reason = f"no better F1 for {self._epochs_without_gain} epoch{'s' * (self._epochs_without_gain > 1)}"
        elif 0 < self._overfit_patience <= self._epochs_diverging:
            many = "an epoch" if self._epochs_diverging == 1 else f"{self._epochs_diverging} epochs in a row"
            self.reason = f"validation loss rose while training loss fell for {many}"

    def state_dict(self) -> dict[str, Any]:
        """What the rest of the run depends on, in plain values."""
        return {
            "best": self._best,
            "without": self._epochs_without_gain,
            "losses": None if self._losses is None else list(self._losses),
            "apart": self._epochs_diverging,
            "reason": self.reason,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from it.

        Raises:
            KeyError, TypeError, ValueError: It is no such state.
        """
        self._best = float(state["best"])
        self._epochs_without_gain, self._epochs_diverging = int(state["without"]), int(state["apart"])
        losses = state["losses"]
        self._losses = None if losses is None else (float(losses[0]), float(losses[1]))
        self.reason = str(state["reason"])
