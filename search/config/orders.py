"""What a trial of an ablation or of a retraining is told to do: its order, made before the trial is claimed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from search.config.ablation import Change
from search.config.format import format_value
from search.config.sections import SEEDS


@dataclass(frozen=True)
class AblationOrder:
    """One run of an ablation.

    Attributes:
        knob: What it changes; None: it is the base.
        value: To what.
        seed: Of training and of the split.
        split: The hash of the split that it must have; no part of what the run is.
    """

    KEY: ClassVar[str] = "studyhall:run"

    knob: str | None
    value: Change
    seed: int
    split: str = field(default="", compare=False)

    @property
    def change(self) -> dict[str, Any]:
        """As parameters over the base."""
        return {} if self.knob is None else {self.knob: self.value}

    @property
    def labels(self) -> dict[str, Any]:
        """What the dashboard shows of it, as user attributes of the trial."""
        return {"change": str(self), "seed": self.seed}

    def as_json(self) -> dict[str, Any]:
        """As its trial stores it."""
        return asdict(self)

    def __str__(self) -> str:
        return "base" if self.knob is None else f"{self.knob} = {format_value(self.value)}"


class RetrainOrder(BaseModel):
    """One training of a study that retrains.

    Attributes:
        trial: Of the search, whose configuration it is.
        fold: That is held out, from 1; 0: nobody is.
        member: Of an ensemble; it is added to the seed.
        epochs: After which it ends; 0: the configuration's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    KEY: ClassVar[str] = "studyhall:order"

    trial: int
    fold: int = 0
    member: int = 0
    epochs: int = 0

    def seed(self, study: int) -> int:
        """The seed of the training; ``study`` is the study's."""
        return (study + self.member) % SEEDS

    @property
    def labels(self) -> dict[str, Any]:
        """What the dashboard shows of it, as user attributes of the trial."""
        return {"order": str(self)}

    def as_json(self) -> dict[str, Any]:
        """As its trial stores it."""
        return self.model_dump()

    def __str__(self) -> str:
        what = f"fold {self.fold}" if self.fold else f"everybody, {self.epochs} epoch" + "s" * (self.epochs != 1)
        return f"trial {self.trial}, {what}" + (f", seed + {self.member}" if self.member else "")


TrialOrder = AblationOrder | RetrainOrder


def read_order(attributes: Mapping[str, Any]) -> TrialOrder | None:
    """The order among a trial's system attributes; None: the trial has none."""
    if (stored := attributes.get(AblationOrder.KEY)) is not None:
        return AblationOrder(stored["knob"], stored["value"], stored["seed"], str(stored["split"]))
    if (stored := attributes.get(RetrainOrder.KEY)) is not None:
        return RetrainOrder.model_validate(stored)
    return None
