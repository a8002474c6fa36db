"""What is finalized: the choices of the command, the plan that follows, and what its trainings have left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import optuna
from pydantic import ValidationError
from trainer.data.dataset import Dataset
from trainer.imaging.views import Tta
from trainer.saved_model.manifest import Voting
from trainer.support.validation import explain
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.retraining import Leader
from search.config.sections import FinalizeSection
from search.config.study_spec import StudySpec
from search.finalization.retraining_state import RetrainingState
from search.launch.workers import WorkerPool


@dataclass(frozen=True)
class LocalSetup:
    """Where the data and the weights are on this machine, and what computes; none: as stored with the study."""

    data: Path | None = None
    on_bad_image: Literal["stop", "skip"] | None = None
    weights: tuple[str, ...] = ()
    pool: WorkerPool = field(default_factory=WorkerPool)


@dataclass(frozen=True)
class FinalizeOptions:
    """How a study shall be finalized.

    Attributes:
        leaders: Configurations that are confirmed; none: as the study says.
        folds: Into how many the people are dealt; 0: nothing is confirmed; none: as the study says.
        ensemble: Which networks the model has: one of everybody, those of the folds, or several of everybody.
        voting: How those of an ensemble make one answer.
        tta: Views of an image that are predicted; auto: those that paid on people who were held out.
        licence: Of the model, for its card; none: as the study says.
        force: Confirm and train again what has been before.
    """

    leaders: int | None = None
    folds: int | None = None
    ensemble: Literal["none", "folds", "seeds"] = "none"
    voting: Voting = "soft"
    tta: Literal["auto"] | Tta = "auto"
    licence: str | None = None
    force: bool = False

    def merged_with(self, stored: FinalizeSection) -> FinalizeSection:
        """What counts: these options, else what the study says.

        Raises:
            ConfigError: A value breaks its rule.
        """
        given = {"leaders": self.leaders, "folds": self.folds, "licence": self.licence}
        try:
            return FinalizeSection.model_validate(
                {**stored.model_dump(), **{key: value for key, value in given.items() if value is not None}}
            )
        except ValidationError as error:
            raise explain(error, where="finalize") from error


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
        options: Of the command.
        licence: Of the model.
    """

    study: str
    key: str
    leader: Leader
    epochs: int
    confirmation: RetrainingState | None
    finals: tuple[RetrainOrder, ...]
    options: FinalizeOptions
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
            "voting": self.options.voting,
            "tta": self.options.tta,
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
