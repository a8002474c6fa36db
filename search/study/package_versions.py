"""The versions that a worker computes with: they can move numbers, so a study should see one of each."""

import importlib.util
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from optuna import Study
from optuna.trial import FrozenTrial
from trainer.errors import ConfigError
from trainer.support.code_version import code_version
from trainer.support.text import pluralize

from search.database.queries import LiveLease
from search.results.history import FIRST_VERSION

_NAMES = ("torch", "timm", "albumentations", "opencv-python-headless", "numpy", "optuna")


def installed() -> dict[str, str]:
    """The installed version of each package that a trial's result may depend on, studyhall's with its commit."""
    versions = {"studyhall": code_version()}
    for name in _NAMES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def made_by(study: Study) -> str:
    """The version of the code that made a study."""
    return str(study.user_attrs.get("packages", {}).get("studyhall", FIRST_VERSION))


def differences(sets: Iterable[Mapping[str, str]]) -> list[str]:
    """The packages of which there is more than one version, a line each; of studyhall :func:`trials_by_code` tells."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for versions in sets:
        for name, number in versions.items():
            seen[name].add(number)
    seen.pop("studyhall", None)
    return [f"{name} {' and '.join(sorted(numbers))}" for name, numbers in sorted(seen.items()) if len(numbers) > 1]


def trials_by_code(trials: Iterable[FrozenTrial], live: Iterable[LiveLease]) -> dict[str, int]:
    """How many trials each version of the code has trained, or trains now; one that moved counts for both."""
    counted: Counter[str] = Counter(lease.packages.get("studyhall", FIRST_VERSION) for lease in live)
    for trial in trials:
        if "host" in trial.user_attrs:  # a worker has ended it
            counted.update(trial.user_attrs.get("code_versions", [FIRST_VERSION]))
    return dict(sorted(counted.items()))


def code_note(trials: Mapping[str, int]) -> str:
    """A line about the versions of the code that :func:`trials_by_code` has found; empty where there is one."""
    if len(trials) < 2:
        return ""
    each = ", ".join(f"{version} {pluralize(count, 'trial')}" for version, count in trials.items())
    return f"trials of this study come from {len(trials)} versions of the code: {each}"


def check_wandb(project: str | None) -> None:
    """Ask for the package where a project is named; ConfigError says that it is not installed."""
    if project is not None and importlib.util.find_spec("wandb") is None:
        raise ConfigError('wandb needs its package; run: pip install "studyhall[wandb]", or name no project')
