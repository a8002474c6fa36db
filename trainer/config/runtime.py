"""What the machine decides about a training run."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Runtime(BaseModel):
    """What the machine decides and the result does not depend on.

    Attributes:
        device: ``cpu`` or ``cuda:N``.
        loader_workers: Processes that make training batches; 0: the training process makes them itself.
        threads: Threads of torch on the CPU; ``OMP_NUM_THREADS`` is the most.
        memory_limit: Bytes of the device that a run may use; on the CPU, what it may keep for the backward pass. A
            batch that needs more is split, which networks with batch norm notice (:mod:`trainer.training.step`).
        sizes: File in which this machine remembers how many images fit at a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = "cpu"
    loader_workers: Annotated[int, Field(ge=0)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    memory_limit: Annotated[int | None, Field(gt=0)] = None
    sizes: Path | None = None
