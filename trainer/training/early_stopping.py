"""Early stopping: a run that gets no better ends by itself, apart from any pruner, and counts as complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.config.train_config import TrainConfig
from trainer.support.text import pluralize


class EarlyStopping:
    """Watches a run's validation.

    Attributes:
        reason: Why the run has ended, in words; empty: it has not.
    """

    def __init__(self, config: TrainConfig) -> None:
        self._patience = config.stop_patience
        self._overfit_patience = config.overfit_patience
        self._best = -1.0
        self._without = 0
        self._losses: tuple[float, float] | None = None
        self._apart = 0
        self.reason = ""

    def take(self, f1: float, train_loss: float, validation_loss: float) -> None:
        """Look at an epoch's macro-F1 and losses."""
        self._without = 0 if f1 > self._best else self._without + 1
        self._best = max(self._best, f1)
        if self._losses is not None:
            parting = train_loss < self._losses[0] and validation_loss > self._losses[1]
            self._apart = self._apart + 1 if parting else 0
        self._losses = (train_loss, validation_loss)
        if 0 < self._patience <= self._without:
            self.reason = f"no better F1 for {pluralize(self._without, 'epoch')}"
        elif 0 < self._overfit_patience <= self._apart:
            many = "an epoch" if self._apart == 1 else f"{self._apart} epochs in a row"
            self.reason = f"validation loss rose while training loss fell for {many}"

    def state_dict(self) -> dict[str, Any]:
        """What the rest of the run depends on, in plain values."""
        return {
            "best": self._best,
            "without": self._without,
            "losses": None if self._losses is None else list(self._losses),
            "apart": self._apart,
            "reason": self.reason,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from it.

        Raises:
            KeyError, TypeError, ValueError: It is no such state.
        """
        self._best, self._without, self._apart = float(state["best"]), int(state["without"]), int(state["apart"])
        losses = state["losses"]
        self._losses = None if losses is None else (float(losses[0]), float(losses[1]))
        self.reason = str(state["reason"])
