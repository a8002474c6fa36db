"""Small models in folders: networks with random weights, and ensembles of them."""

import torch

from trainer.config.train_config import TrainConfig
from trainer.data.factors import Factor, Part
from trainer.model.network import create_model
from trainer.model.normalization import normalization
from trainer.saved_model.ensemble import write_ensemble
from trainer.saved_model.network import write_model
from trainer.support.atomic import staging

FACTORS = (Factor("mask", ("on", "off"), (0, 0, 1, 1)), Factor("age", ("young", "old"), (0, 1, 0, 1)))
WHOLE = Part("mask", ("on/young", "on/old", "off/young", "off/old"), FACTORS)


def network(place, seed, *, classes=("a", "b", "c"), temperature=1.0, tta="none", part=None, **values):
    config = TrainConfig.model_validate({"backbone": "test_resnet", "weights": "none", "image_size": 32, **values})
    torch.manual_seed(seed)
    model = create_model(config, len(classes))
    place.mkdir(parents=True)
    return write_model(
        place,
        model,
        config,
        classes=classes,
        normalization=normalization(model),
        epochs=1,
        origin={},
        temperature=temperature,
        tta=tta,
        part=part,
    )


def ensemble(folder, voting="soft", *, seeds=(0, 1, 2), **values):
    """Networks of other weights, whose probabilities are far enough apart that they do not always agree."""
    with staging(folder) as place:
        names = [f"{number}-fold" for number in range(1, len(seeds) + 1)]
        for name, seed in zip(names, seeds, strict=True):
            network(place / name, seed, **values)
        write_ensemble(place, names, voting, {"study": "s"})
    return folder
