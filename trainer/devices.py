"""Which device a process computes on."""

from __future__ import annotations

import torch

from trainer.errors import ConfigError


def choose_device(name: str) -> str:
    """Resolve ``auto`` and check that the device exists.

    Args:
        name: ``auto`` (the first CUDA device, else the CPU), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        ConfigError: The device does not exist here.
    """
    cards = torch.cuda.device_count()
    if name == "auto":
        return "cuda:0" if cards else "cpu"
    if name == "cpu":
        return name
    kind, _, number = name.partition(":")
    if kind != "cuda" or not (number.isdigit() or name == "cuda"):
        raise ConfigError(f"device {name!r} must be auto, cpu, cuda or cuda:N")
    if int(number or 0) >= cards:
        raise ConfigError(f"device {name!r} does not exist; this machine has {cards} CUDA devices: choose cpu or auto")
    return f"cuda:{number or 0}"
