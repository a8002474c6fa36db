"""A network of a model folder that computes with torch."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.model.inference import logits
from trainer.predict.combine import Compute, Probabilities
from trainer.saved_model.network import read_model
from trainer.support.cpu import compute_threads


def start_torch(folder: Path, device: str) -> Compute:
    """Load the network of a model folder.

    Raises:
        DataError: It is no model folder, or its weights are not those that were written.
    """
    model, info = read_model(folder)
    torch.set_num_threads(compute_threads())
    place = torch.device(device)
    network, normalise, heads = model.to(place), info.normalization, info.heads

    def compute(images: NDArray[np.uint8]) -> Probabilities:
        outputs = logits(network, normalise, [torch.from_numpy(images)], place, "fp32")
        scores = heads.scores(outputs) / info.temperature
        return torch.softmax(scores, dim=1).cpu().numpy().astype(np.float64)

    return compute
