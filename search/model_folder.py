"""From what trainings have left behind to a version of the model: networks, figures, page, card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from trainer.artifact import ModelInfo, check_weights, read_info, staging, write_model
from trainer.errors import DataError
from trainer.heads import create_heads
from trainer.kept import Kept
from trainer.model import build
from trainer.prepare import Data

from search.confirmed import Retrained
from search.retraining import Leader, Order
from search.spec import StudySpec


@dataclass(frozen=True)
class Finalized:
    """A version of a model and whether it was there already."""

    folder: Path
    info: ModelInfo
    is_new: bool
    told: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """Which configuration is finalized, and how.

    Attributes:
        study: The search.
        key: Tells it from an earlier one of its name.
        leader: The configuration.
        epochs: That it is trained on everybody.
        confirmed: How the leaders did over folds; none: the best trial is taken at its word.
        finals: What is trained on everybody; nothing where the networks of the folds are the model.
        voting: How the networks of an ensemble make one answer.
        tta: The views of an image that are predicted, or auto.
        licence: Of the model.
    """

    study: str
    key: str
    leader: Leader
    epochs: int
    confirmed: Retrained | None
    finals: tuple[Order, ...]
    voting: str
    tta: str
    licence: str

    @property
    def asked(self) -> dict[str, Any]:
        """What the model depends on: equal for equal models, fit for JSON."""
        confirmed = self.confirmed
        return {
            "study": self.study,
            "key": self.key,
            "trial": self.leader.trial,
            "epochs": self.epochs,
            "confirmed": None
            if confirmed is None
            else {
                "key": confirmed.key,
                "folds": confirmed.wanted.folds,
                "leaders": [leader.trial for leader in confirmed.wanted.leaders],
            },
            "networks": len(self.finals) or "folds",
            "voting": self.voting,
            "tta": self.tta,
            "licence": self.licence,
        }


def same_model(root: Path, choice: Choice) -> Finalized | None:
    """The newest version, if it is whole and what would be written."""
    try:
        info = read_info(root)
        check_weights(root, info)
    except DataError:
        return None  # missing or damaged: it is written anew
    return Finalized(root, info, is_new=False) if info.origin.get("asked") == choice.asked else None


def write_model_of(
    root: Path,
    choice: Choice,
    *,
    folds: Sequence[Kept],
    finals: Sequence[Kept],
    study: optuna.Study,
    spec: StudySpec,
    home: Path,
    device: str,
    everybody: Data,
    artifacts: str,
    say: Callable[[str], None],
) -> Finalized:
    """Write a version of the model."""
    config = spec.config(choice.leader.params)
    heads = create_heads(config, len(everybody.classes), everybody.factors)
    with staging(root) as place:
        kept = finals[0]
        network = build(config.backbone, heads.outputs, config.image_size)
        network.load_state_dict(kept.weights)
        info = write_model(
            place,
            network,
            config,
            classes=everybody.classes,
            normalisation=kept.normalisation,
            epochs=kept.epoch,
            origin={"asked": choice.asked},
            boxes=spec.data.boxes is not None,
            factors=everybody.factors,
            part=everybody.part,
        )
    return Finalized(root, info, is_new=True)
