"""Short trainings on the CPU: their settings, what must repeat of them, and their state."""

import io

import torch
from timm.layers import DropPath
from torch import nn

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.training.run import Run


def config(**values):
    base = {"backbone": "test_resnet", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 2, "lr": 3e-3}
    return TrainConfig.model_validate(base | values)


def numbers_of(results):
    """What must repeat; seconds and speeds do not."""
    return [(r.epoch, r.train_loss, r.validation, r.lr) for r in results]


PLAIN = Runtime()


def make_run(settings, data, runtime=PLAIN):
    """A run whose network drops activations and paths, which timm's test models do not by themselves."""
    run = Run(settings, data, runtime)
    for module in list(run.model.modules()):
        if isinstance(module, nn.Dropout):
            module.p = 0.2
        for name, child in module.named_children():
            if name.startswith("drop_path") and isinstance(child, nn.Identity):
                setattr(module, name, DropPath(0.2))
    return run


def through_a_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True, map_location="cpu")


def finish(run):
    with run:
        results = numbers_of(run.epochs())
    return results, through_a_file(run.state_dict())


def is_equal(first, second):
    """Bit for bit, over nested containers."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(is_equal(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(is_equal, first, second))
    return first == second
