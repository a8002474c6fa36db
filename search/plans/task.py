"""What a trial trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.config.ablation import Change
from search.errors import StudyError

if TYPE_CHECKING:
    from trainer.config.train_config import TrainConfig
    from trainer.data.dataset import Dataset

METRIC: Final = "macro-F1"
"""What a trial's value is called in the dashboard and in Optuna's tables and charts."""


@dataclass(frozen=True)
class Task:
    """What a trial trains.

    Attributes:
        shown: What people are told of it.
        config: What determines its result.
        data: On what; in an ablation split by the seed of the run.
        stop_after_epoch: The epoch after which it ends and its network is kept; None: it ends with its last epoch, and
            the network is not kept.
    """

    shown: Mapping[str, Change]
    config: TrainConfig
    data: Dataset
    stop_after_epoch: int | None = None


def without_order() -> StudyError:
    """What is wrong with a trial without an order in a study whose trials all have one."""
    return StudyError("this trial has no orders, as all of this study have: it was enqueued by hand")
