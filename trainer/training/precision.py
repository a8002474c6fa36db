"""Which precision a backbone trains fastest in on this machine; asked once, when a study is made."""

import dataclasses
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack

import torch

from trainer.config.runtime import Runtime
from trainer.config.train_config import Precision, TrainConfig
from trainer.data.dataset import Dataset
from trainer.training.run import Run

_CLEARLY = 1.15  # a coin's toss should not decide what a whole study computes in
_STEPS = 4


def fastest_precision(config: TrainConfig, data: Dataset, runtime: Runtime) -> Precision:
    """Choose the precision for a backbone.

    On CUDA: bf16 where the card has it, else fp16. On CPU a few training steps are timed in fp32 and bf16 in turn;
    bf16 is chosen only where it is clearly faster (with matrix units it is for dense convolutions, and it is slower
    for depthwise ones).
    """
    if runtime.device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    # The first step of each precision prepares kernels; the others are timed in turn, so drift hits both alike.
    candidates: tuple[Precision, ...] = ("fp32", "bf16")
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    with ExitStack() as stack:
        runs = {name: stack.enter_context(_one_step_an_epoch(config, name, data, runtime)) for name in candidates}
        for count in range(_STEPS + 1):
            for name, run in runs.items():
                started = time.perf_counter()
                next(run.epochs())
                if count:
                    seconds[name].append(time.perf_counter() - started)
    return choose_precision(seconds["fp32"], seconds["bf16"])


def choose_precision(fp32: Sequence[float], bf16: Sequence[float]) -> Precision:
    """Choose from the seconds of timed steps: bf16 only where it is clearly faster."""
    return "bf16" if statistics.median(fp32) > _CLEARLY * statistics.median(bf16) else "fp32"


def _one_step_an_epoch(config: TrainConfig, precision: Precision, data: Dataset, runtime: Runtime) -> Run:
    one_batch = dataclasses.replace(data, train=data.train[: config.batch_size], validation=data.validation[:0])
    plain = config.model_copy(
        update={"precision": precision, "weights": "none", "augment": "none", "epochs": _STEPS + 1}
    )
    # How fast it is has nothing to do with how much of it fits.
    return Run(plain, one_batch, runtime.model_copy(update={"memory_limit": None, "sizes": None}))
