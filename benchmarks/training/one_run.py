"""Train one configuration on a competition folder and print each epoch; for figures in docs/log.md.

.venv/bin/python -m benchmarks.training.one_run DATA '{"backbone": "resnet10t", "weights": "none", "image_size": 64}'
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.support.cpu import available_cores
from trainer.training.run import train


def main() -> None:
    """Read the data folder and the configuration from the command line and train."""
    root, values = Path(sys.argv[1]), json.loads(sys.argv[2])
    config = TrainConfig.model_validate(values)
    spec = DataSpec(layout="competition", root=root)
    # The same split whatever the seed of the training.
    cache = Path(".studies/cache")
    data = prepare(spec, image_size=config.image_size, crop=config.cropping, seed=0, cache_dir=cache)
    console = Console(highlight=False)
    for result in train(config, data, Runtime(threads=available_cores())):
        if result.validation is None:
            raise RuntimeError("the split left no validation samples")
        console.print(
            f"epoch {result.epoch}  train loss {result.train_loss:.3f}  validation loss {result.validation.loss:.3f}"
            f"  F1 {result.validation.f1:.4f}  accuracy {result.validation.accuracy:.3f}"
            f"  {result.images_per_second:.0f} images/s"
        )


if __name__ == "__main__":
    main()
