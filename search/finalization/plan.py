"""What a version of a model is made of: the chosen configuration, and what its trainings have left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from trainer.data.dataset import Dataset
from trainer.imaging.views import Tta
from trainer.saved_model.manifest import Voting
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.retraining import Leader
from search.config.study_spec import StudySpec
from search.finalization.retraining_state import RetrainingState


@dataclass(frozen=True, eq=False)
class FinalizePlan:
    """Which configuration is finalized, and how.

    Attributes:
        study: The search.
        key: Tells it from an earlier one of its name.
        leader: The configuration.
        epochs: That it is trained on everybody.
        confirmation: How the leaders did over folds; none: the best trial is taken at its word.
        finals: What is trained on everybody; nothing where the networks of the folds are the model.
        voting: How the networks of an ensemble make one answer.
        tta: The views of an image that are predicted, or auto.
        licence: Of the model.
    """

    study: str
    key: str
    leader: Leader
    epochs: int
    confirmation: RetrainingState | None
    finals: tuple[RetrainOrder, ...]
    voting: Voting
    tta: Literal["auto"] | Tta
    licence: str

    @property
    def identity(self) -> dict[str, Any]:
        """What the model depends on: equal for equal models, fit for JSON."""
        folds = None
        if (confirmation := self.confirmation) is not None:
            leaders = [leader.trial for leader in confirmation.section.leaders]
            folds = {"key": confirmation.key, "folds": confirmation.section.folds, "leaders": leaders}
        return {
            "study": self.study,
            "key": self.key,
            "trial": self.leader.trial,
            "epochs": self.epochs,
            "confirmed": folds,
            "networks": len(self.finals) or "folds",
            "voting": self.voting,
            "tta": self.tta,
            "licence": self.licence,
        }


@dataclass(frozen=True, eq=False)
class Trained:
    """What a model is made of.

    Attributes:
        study: The search.
        spec: Its specification, with this machine's paths.
        data: Its data.
        folds: What the folds of the chosen configuration have left behind, in their order; empty without confirmation.
        finals: What the trainings on everybody have.
        home: Folder of the image cache.
        devices: What computes, as the command names it.
    """

    study: optuna.Study
    spec: StudySpec
    data: Dataset
    folds: Sequence[RunOutput]
    finals: Sequence[RunOutput]
    home: Path
    devices: str
