"""What a worker has at hand for every trial."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import optuna
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.tracking.trial_logs import TrackingTargets
from trainer.training.cross_validation import FoldedRun, create_run
from trainer.training.run import Run
from trainer.training.run_output import RunWithOutput

from search.config.study_spec import StudySpec
from search.database.retry import with_retries
from search.plans.kind import kind_of
from search.plans.study_kind import StudyKind
from search.stores.checkpoints import Checkpoints
from search.worker.events import Event, Note
from search.worker.signals import Stopper
from search.worker.timeouts import Timeouts
from search.worker.trial_artifacts import ArtifactWriter

AnyRun = Run | FoldedRun | RunWithOutput

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class WorkerContext:
    """What a worker has at hand for every trial.

    Attributes:
        worker: Its number in its command.
        key: Tells the study from an earlier one of the same name.
        deadline: When this worker's time is up, on the monotonic clock.
        artifact_writer: Draws the pictures of trials; None means that they have neither pictures nor notes.
        run: Makes the training of a configuration; the one seam at which tests and benchmarks put another.
        keep: Makes one whose network is kept.
    """

    worker: int
    study: optuna.Study
    key: str
    spec: StudySpec
    data: Dataset
    runtime: Runtime
    checkpoints: Checkpoints
    stopper: Stopper
    emit: Callable[[Event], None]
    timeouts: Timeouts = field(default_factory=Timeouts)
    deadline: float | None = None
    artifact_writer: ArtifactWriter | None = None
    logbook: TrackingTargets = field(default_factory=TrackingTargets)
    run: Callable[[TrainConfig, Dataset, Runtime], Run | FoldedRun] = create_run
    keep: Callable[..., RunWithOutput] = RunWithOutput

    @cached_property
    def kind(self) -> StudyKind:
        """What the study is: a search, an ablation or a retraining."""
        return kind_of(self.spec)

    def with_retries(self, action: Callable[[], _Result]) -> _Result:
        """Do something with the database, waiting while it is away, but not through a request to stop.

        Raises:
            DatabaseAwayError: It was away for longer than this worker waits.
            Stopped: The worker was asked to stop meanwhile.
        """
        return with_retries(
            action,
            seconds=self.timeouts.patience,
            sleep=self.stopper.sleep,
            message=lambda line: self.emit(Note(self.worker, line)),
        )
