"""The versions that a worker computes with: they can move numbers, so a study should see one of each."""

import importlib.util
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from trainer.errors import ConfigError

_NAMES = ("studyhall", "torch", "timm", "albumentations", "opencv-python-headless", "numpy", "optuna")


def installed() -> dict[str, str]:
    """The installed version of each package that a trial's result may depend on."""
    versions = {}
    for name in _NAMES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def differences(sets: Iterable[Mapping[str, str]]) -> list[str]:
    """The packages of which there is more than one version, a line each."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for versions in sets:
        for name, number in versions.items():
            seen[name].add(number)
    return [f"{name} {' and '.join(sorted(numbers))}" for name, numbers in sorted(seen.items()) if len(numbers) > 1]


def check_wandb(project: str | None) -> None:
    """Ask for the package where a project is named; ConfigError says that it is not installed."""
    if project is not None and importlib.util.find_spec("wandb") is None:
        raise ConfigError('wandb needs its package; run: pip install "studyhall[wandb]", or name no project')
