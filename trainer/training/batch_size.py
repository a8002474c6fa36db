"""The largest batch that a device can train on, asked once, when a study is made."""

import dataclasses

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.errors import ConfigError, DoesNotFit
from trainer.imaging.crop import format_size
from trainer.runtime.memory import free_memory
from trainer.training.run import Run


def largest_batch(config: TrainConfig, data: Dataset, runtime: Runtime) -> int:
    """Find the largest power of two, up to all training images, that trains and validates without being split.

    Raises:
        ConfigError: It is a CPU, whose memory has no such limit, or not even two images fit.
    """
    if runtime.device == "cpu" and runtime.memory_limit is None:
        raise ConfigError("batch_size 'largest' needs a GPU or a memory limit; name a number")
    largest, size = 0, 2
    while size <= len(data.train) and _fits(config, data, runtime, size):
        largest, size = size, 2 * size
    if not largest:
        raise ConfigError(
            f"batch_size 'largest': not even 2 images of {format_size(config.image_size)} fit on {runtime.device} with "
            f"backbone {config.backbone!r}; choose a smaller image_size or backbone, or allow more memory"
        )
    return largest


def _fits(config: TrainConfig, data: Dataset, runtime: Runtime, size: int) -> bool:
    one_batch = dataclasses.replace(data, train=data.train[:size], validation=data.validation[: 2 * size])
    # Two steps, for it is only after the first that the optimizer has state.
    plain = config.model_copy(update={"batch_size": size, "epochs": 2, "weights": "none", "augment": "none"})
    here = runtime.model_copy(update={"loader_workers": 0, "sizes": None})
    try:
        with Run(plain, one_batch, here) as run:
            return all(run.batch_split == 1 and run.validation_batch == 2 * size for _ in run.epochs())
    except DoesNotFit:
        return False
    finally:
        free_memory()
