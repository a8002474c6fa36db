"""Train and apply image classifiers, without a database and without Optuna.

::

    import trainer

    model = trainer.load("models/mask-f1")
    for prediction in model.predict(["a.jpg", "shots/"]):
        print(prediction.name, prediction.class_name, prediction.probability)

Names in ``__all__`` are public and stay; everything else may move.
"""

import os
from typing import TYPE_CHECKING

from trainer.support.lazy import exports

if TYPE_CHECKING:
    from trainer.config.runtime import Runtime
    from trainer.config.train_config import TrainConfig
    from trainer.data.dataset import Dataset
    from trainer.data.prepare import prepare
    from trainer.data.spec import DataSpec
    from trainer.errors import (
        CheckpointError,
        ConfigError,
        DataError,
        Diverged,
        DoesNotFit,
        ExportError,
        SaveError,
        UserError,
        WeightsError,
    )
    from trainer.predict.model import Expected, Model, load
    from trainer.predict.predictions import Prediction, Predictions
    from trainer.training.epoch_result import EpochResult
    from trainer.training.run import train

__all__ = [
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DataSpec",
    "Dataset",
    "Diverged",
    "DoesNotFit",
    "EpochResult",
    "Expected",
    "ExportError",
    "Model",
    "Prediction",
    "Predictions",
    "Runtime",
    "SaveError",
    "TrainConfig",
    "UserError",
    "WeightsError",
    "load",
    "prepare",
    "train",
]

# Read when torch is loaded. Threads of OpenMP that wait for each other spin; libgomp's own patience is fifteen times
# as long, which gains nothing on idle cores and costs most of the speed where another process wants one of them
# (docs/performance.md).
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

__getattr__, __dir__ = exports(
    __name__,
    {
        "trainer.config.runtime": ["Runtime"],
        "trainer.config.train_config": ["TrainConfig"],
        "trainer.data.dataset": ["Dataset"],
        "trainer.data.prepare": ["prepare"],
        "trainer.data.spec": ["DataSpec"],
        "trainer.errors": [name for name in __all__ if name.endswith("Error") or name in ("Diverged", "DoesNotFit")],
        "trainer.predict.model": ["Expected", "Model", "load"],
        "trainer.predict.predictions": ["Prediction", "Predictions"],
        "trainer.training.epoch_result": ["EpochResult"],
        "trainer.training.run": ["train"],
    },
    extra="train",
)
