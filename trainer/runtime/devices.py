"""Which device a process computes on."""

import torch

from trainer.errors import ConfigError


def choose_device(name: str) -> str:
    """Resolve ``auto`` (the first CUDA device, else the CPU), ``cpu``, ``cuda`` or ``cuda:N``.

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


def choose_devices(names: str) -> tuple[str, ...]:
    """Resolve the devices of a machine's workers, one worker a device.

    They are ``auto`` (every CUDA device, else the CPU), ``cpu``, or numbers of CUDA devices with commas between them; a
    number given twice puts two workers on that device.

    Raises:
        ConfigError: One of them does not exist here.
    """
    if names == "auto":
        return tuple(f"cuda:{number}" for number in range(torch.cuda.device_count())) or ("cpu",)
    if names == "cpu":
        return ("cpu",)
    parts = [part.strip().removeprefix("cuda:") for part in names.split(",")]
    if not all(part.isdigit() for part in parts):
        raise ConfigError(f"devices {names!r} must be auto, cpu, or numbers of CUDA devices like 0,1")
    return tuple(choose_device(f"cuda:{int(part)}") for part in parts)


def device_name(device: str) -> str:
    """What kind of device it is, so that measurements can be kept by it: the card's name, or ``cpu``."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device
