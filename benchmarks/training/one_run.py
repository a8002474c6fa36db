"""Train one configuration on a competition folder and print each epoch; for figures in docs/log.md.

.venv/bin/python -m benchmarks.training.one_run DATA '{"backbone": "resnet10t", "weights": "none", "image_size": 64}'
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from benchmarks.rehearsal import parse
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.support.cpu import available_cores
from trainer.synthetic.dataset import draw_competition
from trainer.training.run import train

TINY = """
FOLDER/drawn/train '{"backbone": "test_resnet", "weights": "none", "image_size": 32, "epochs": 1}' --cache FOLDER/cache
"""


def main() -> None:
    """Read the data folder and the configuration from the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder in the competition's layout")
    parser.add_argument("config", type=json.loads, help="a JSON object of knobs")
    parser.add_argument("--cache", type=Path, default=Path(".studies/cache"), help="a folder for decoded images")
    options = parse(parser, TINY, lambda folder: draw_competition(folder / "drawn", people=24, eval_people=1))
    config = TrainConfig.model_validate(options.config)
    spec = DataSpec(layout="competition", root=options.data)
    # The same split whatever the seed of the training.
    data = prepare(spec, image_size=config.image_size, crop=config.cropping, seed=0, cache_dir=options.cache)
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
