"""What ONNX and more views cost or save beside plain prediction with torch; for figures in docs/log.md.

The ways take turns and their CPU seconds are compared within a round, so that other load on the machine hits all alike.

.venv/bin/python -m benchmarks.training.prediction resnet10t 64 FOLDER_OF_IMAGES
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.rehearsal import parse
from trainer.config.train_config import TrainConfig
from trainer.imaging.decode import load_resized
from trainer.model.network import create_model
from trainer.model.normalization import normalization
from trainer.onnx_export import export_onnx
from trainer.predict.inputs import images_below
from trainer.predict.model import Model, load
from trainer.saved_model.network import write_model
from trainer.synthetic.dataset import draw_competition

CLASSES, COMPARED = 18, 40


def main() -> None:
    """Write a network of random weights, load it in each way, and let the ways take turns."""
    options = _options()
    files, size = images_below(options.folder), options.size
    config = TrainConfig(backbone=options.backbone, weights="none", image_size=size)
    network = create_model(config, CLASSES)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as place:
        write_model(
            Path(place),
            network,
            config,
            classes=tuple(f"class {number}" for number in range(CLASSES)),
            normalization=normalization(network),
            epochs=1,
            origin={},
        )
        difference = export_onnx(Path(place), np.stack([load_resized(file, size) for file in files[:COMPARED]]))
        console.print(f"ONNX and torch differ by {difference:.1g} in a probability")
        ways = {
            "torch": load(place, "cpu"),
            "onnx": load(place, onnx=True),
            **{f"torch, {kind}": load(place, "cpu", tta=kind) for kind in ("flip", "crops", "flip-crops")},
        }
        rounds = [{name: _seconds(model, files) for name, model in ways.items()} for _ in range(1 + options.rounds)][1:]
    for name in ways:
        share = statistics.median(each[name] / each["torch"] for each in rounds)
        console.print(
            f"{name:18} {min(each[name] for each in rounds):6.2f} CPU seconds for {len(files)} images: x {share:.2f}"
        )


def _seconds(model: Model, files: list[Path]) -> float:
    start = time.process_time()
    model.predict(files)
    return time.process_time() - start


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbone")
    parser.add_argument("size", type=int, help="pixels a side")
    parser.add_argument("folder", type=Path, help="of images")
    parser.add_argument("--rounds", type=int, default=5)
    tiny = "test_resnet 32 FOLDER/drawn/eval/images --rounds 1"
    return parse(parser, tiny, lambda folder: draw_competition(folder / "drawn", people=1, eval_people=2))


if __name__ == "__main__":
    main()
