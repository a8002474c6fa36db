"""What a trial trains: its parameters over what is fixed, or in an ablation the one change that it was told to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trainer.config import TrainConfig
from trainer.errors import OtherSplitError
from trainer.prepare import Data, resplit

from search.ablation import Assignment, Change
from search.errors import StudyError
from search.space import Value
from search.spec import StudySpec


@dataclass(frozen=True)
class Task:
    """What a trial trains.

    Attributes:
        shown: What people are told of it.
        config: What determines its result.
        data: On what; in an ablation split by the seed of the run.
    """

    shown: Mapping[str, Change]
    config: TrainConfig
    data: Data


def searched(spec: StudySpec, data: Data, params: dict[str, Value]) -> Task:
    """The task of a trial of a search.

    Raises:
        StudyError: The study is an ablation, and somebody else enqueued this trial.
    """
    if spec.ablation is not None:
        raise StudyError("this trial is none of the ablation's runs: it was enqueued by hand")
    return Task(params, spec.config(params), data)


def assigned(spec: StudySpec, data: Data, assignment: Assignment, split: str) -> Task:
    """The task of a run of an ablation.

    Args:
        spec: The study.
        data: Split by the study's own seed.
        assignment: What the run is told to do.
        split: The hash of the split that it must have.

    Raises:
        OtherSplitError: This machine would split the images otherwise than the one that made the study.
    """
    again = resplit(data, spec.data, assignment.seed)
    if again.fingerprint.get("split", "") != split:
        raise OtherSplitError(
            f"this machine splits the images of seed {assignment.seed} otherwise than the one that made the study; "
            "install the same versions of scikit-learn and numpy"
        )
    return Task({"seed": assignment.seed, **assignment.change}, spec.config(assignment.change, assignment.seed), again)
