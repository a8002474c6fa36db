"""What a trial trains: its parameters over what is fixed, or in a study whose trials carry orders what these say."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.data.prepare import on_everything, resplit
from trainer.errors import OtherSplitError

from search.config.ablation import Assignment, Change
from search.config.retraining import Order
from search.config.search_space import Value
from search.config.study_spec import StudySpec
from search.errors import StudyError


@dataclass(frozen=True)
class Task:
    """What a trial trains.

    Attributes:
        shown: What people are told of it.
        config: What determines its result.
        data: On what; in an ablation split by the seed of the run.
        until: The epoch after which it ends and its network is kept; none: it ends with its horizon, and is not.
    """

    shown: Mapping[str, Change]
    config: TrainConfig
    data: Dataset
    stop_after_epoch: int | None = None


def searched(spec: StudySpec, data: Dataset, params: dict[str, Value]) -> Task:
    """The task of a trial of a search.

    Raises:
        StudyError: The trials of the study carry orders, and this one does not: somebody else enqueued it.
    """
    if spec.is_closed:
        raise StudyError("this trial has no orders, as all of this study have: it was enqueued by hand")
    return Task(params, spec.config(params), data)


def assigned(spec: StudySpec, data: Dataset, assignment: Assignment, split: str) -> Task:
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


def ordered(spec: StudySpec, data: Dataset, order: Order, params: dict[str, Value]) -> Task:
    """The task of a trial that retrains.

    Args:
        spec: The study.
        data: Dealt into its folds.
        order: What the trial is told to do.
        params: Those of the leader.
    """
    config = order.config(spec, params)
    if order.fold:
        split = data.folds[order.fold - 1]
        data = dataclasses.replace(data, train=split.train, validation=split.validation, folds=())
    else:
        data = on_everything(data)
    return Task({"of": str(order), **params}, config, data, stop_after_epoch=order.epochs or config.epochs)
