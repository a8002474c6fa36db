"""What of a search `finalize` trains again: its leaders over folds of people, then the model on everybody.

Each is a study of its own beside the search, ``<study>/confirm`` and ``<study>/final``, whose trials carry their
orders; so leases, resume points, take-over and the dashboard are those of any study.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from trainer.data.spec import FoldAssignment

from search.config.orders import RetrainOrder

CONFIRM: Final = "/confirm"
FINAL: Final = "/final"
SUFFIXES: Final = (CONFIRM, FINAL)
"""Of the names that `finalize` gives."""

# Confirmed over the very folds that the search chose by, the leaders would look as good as they did there.
_OTHER_FOLDS: Final = 0x666F6C64


class Leader(BaseModel):
    """A configuration that may be finalized.

    Attributes:
        trial: Its trial in the search.
        params: What the search found.
        claimed: The F1 that it had there.
        expected_score: What all trials of the search together let expect of it
            (:mod:`search.finalization.surrogate`); stored as ``outlook``.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    trial: int
    params: dict[str, Any]
    claimed: float
    expected_score: float = Field(alias="outlook", default_factory=lambda known: known["claimed"])

    def with_expected_score(self, expected_score: float) -> Leader:
        """The same with another expected score."""
        return self.model_copy(update={"expected_score": expected_score})


class RetrainingSpec(BaseModel):
    """What makes a study one that retrains; `finalize` writes it, and no study file has it.

    Attributes:
        kind: "confirm": leaders over folds; "final": on everybody.
        study: The search.
        key: Tells the search from an earlier one of its name.
        leaders: The configurations, the highest expected score first.
        folds: Into how many the people are dealt to confirm.
        finals: What is trained on everybody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["confirm", "final"]
    study: str
    key: str
    leaders: Annotated[tuple[Leader, ...], Field(min_length=1)]
    folds: Annotated[int, Field(ge=0, le=20)] = 0
    finals: tuple[RetrainOrder, ...] = ()

    def fold_assignment(self, seed: int) -> FoldAssignment | None:
        """The folds, where there are any; ``seed`` is the search's."""
        if not self.folds:
            return None
        return FoldAssignment(self.folds, int(np.random.SeedSequence((seed, _OTHER_FOLDS)).generate_state(1)[0]))

    @property
    def expected_scores(self) -> NDArray[np.float64]:
        """Of the leaders, [L]."""
        return np.array([leader.expected_score for leader in self.leaders])

    def params_of(self, trial: int) -> dict[str, Any]:
        """The parameters of a leader, by its trial in the search."""
        return next(leader.params for leader in self.leaders if leader.trial == trial)

    def includes(self, other: RetrainingSpec) -> bool:
        """Whether it has all leaders of another, and all that is trained on everybody."""
        mine, others = ({leader.trial for leader in each.leaders} for each in (self, other))
        return others <= mine and set(other.finals) <= set(self.finals)

    def and_also(self, other: RetrainingSpec) -> RetrainingSpec:
        """The same with more leaders and more to train on everybody; nothing is taken away.

        Of a leader of both the other's expected score counts, which knows more trials.
        """
        leaders = {leader.trial: leader for leader in (*self.leaders, *other.leaders)}
        ranked = sorted(leaders.values(), key=lambda leader: (-leader.expected_score, leader.trial))
        finals = tuple(dict.fromkeys((*self.finals, *other.finals)))
        return self.model_copy(update={"leaders": tuple(ranked), "finals": finals})
