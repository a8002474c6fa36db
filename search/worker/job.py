"""What a worker process is started with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from trainer.config.runtime import Runtime

from search.config.study_spec import StudySpec
from search.database.connection import Database
from search.worker.timeouts import Timeouts


@dataclass(frozen=True)
class Job:
    """What a worker process is started with.

    Attributes:
        worker: Its number in this command, from 0.
        spec: The study, with this machine's paths.
        database: Of the study; the image cache lies in its ``home``.
        checkpoints: Where resume points lie: a folder, or ``s3://bucket/prefix``.
        trials: Trials that this worker runs at most.
        deadline: Unix time at which its time is up.
        logs: Folder of the event files for TensorBoard; none: there shall be none.
        wandb: Project at Weights & Biases; none: nothing is sent there.
        artifacts: Where pictures lie: a folder, or ``s3://bucket/prefix``; none: trials have none.
    """

    worker: int
    spec: StudySpec
    database: Database
    checkpoints: str
    runtime: Runtime
    timeouts: Timeouts = field(default_factory=Timeouts)
    trials: int | None = None
    deadline: float | None = None
    logs: Path | None = None
    wandb: str | None = None
    artifacts: str | None = None

    def after(self, ended: int) -> Job:
        """The same for a worker that takes the place of one under which so many trials have ended."""
        return self if self.trials is None else replace(self, trials=max(0, self.trials - ended))


def loaders(device: str, cores: int) -> int:
    """How many processes load batches beside a worker that has so many cores."""
    return 0 if device == "cpu" else max(1, min(8, cores - 1))
