"""How a study is finalized: the choices of the command, and the paths and workers of this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from trainer.support.validation import explain

from search.config.sections import FinalizeSection
from search.launch.workers import WorkerPool

Ensemble = Literal["none", "folds", "seeds"]


@dataclass(frozen=True)
class LocalSetup:
    """Where the data and the weights are on this machine, and what computes; none: as stored with the study."""

    home: Path
    storage: str | None = None
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
    ensemble: Ensemble = "none"
    voting: Literal["soft", "hard"] = "soft"
    tta: Literal["auto", "none", "flip", "crops", "flip-crops"] = "auto"
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
            raise explain(error, where="command line") from error
