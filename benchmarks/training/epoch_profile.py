"""Where the time of an epoch goes, by the parts of the trainer."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from trainer.batches import loader
from trainer.batches.augment import Augmentation
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.model.normalization import Normalization
from trainer.training import step
from trainer.training.run import Run

_PARTS: dict[str, tuple[type, str]] = {
    "gather the pixels": (loader._BatchDataset, "__getitem__"),
    "augment (albumentations)": (Augmentation, "__call__"),
    "mirror, CutMix, targets": (Run, "_mixed"),
    "to float, normalise": (Normalization, "__call__"),
    "forward and backward": (step.TrainingStep, "_gradients"),
    "copy batch norm's statistics": (step._BatchNormStatistics, "save"),
    "optimizer": (step.TrainingStep, "_apply"),
    "validation and F1": (Run, "_validate"),
}
_REST = "rest"


def profile(config: TrainConfig, data: Dataset, runtime: Runtime) -> dict[str, float]:
    """Seconds of each part in the second epoch of a run; what a part calls counts for the part that is called.

    Loader processes are left out: their work would not be seen.
    """
    clock = _Clock()
    with ExitStack() as stack, Run(config, data, runtime.model_copy(update={"loader_workers": 0})) as run:
        epochs = run.epochs()
        next(epochs)
        for name, (owner, method) in _PARTS.items():
            stack.enter_context(_replaced(owner, method, clock.timed(name, vars(owner)[method])))
        result = next(epochs)
    return {**{name: clock.seconds[name] for name in _PARTS}, _REST: result.seconds - sum(clock.seconds.values())}


class _Clock:
    """Seconds that each part takes by itself, without the parts that it calls."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._called = [0.0]

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        def wrapper(*arguments: object, **more: object) -> object:
            self._called.append(0.0)
            started = time.perf_counter()
            try:
                return function(*arguments, **more)
            finally:
                whole = time.perf_counter() - started
                self.seconds[name] += whole - self._called.pop()
                self._called[-1] += whole

        return wrapper


@contextmanager
def _replaced(owner: type, name: str, function: Callable[..., Any]) -> Iterator[None]:
    plain = vars(owner)[name]
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, plain)
