"""A finished model beside its study in the dashboard: what is in its folder, as artifacts of the study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import optuna

from search.artifacts import Artifacts

LARGEST: Final = 100 * 10**6
"""Bytes of a file; larger ones stay in the model folder alone."""


def attach_model(
    study: optuna.Study,
    folder: Path,
    version: str,
    artifacts: Artifacts | None,
    tell: Callable[[str], None],
    *,
    largest: int = LARGEST,
) -> list[str]:
    """Put the files of a model folder to its study. What fails is told and nothing else: the model is whole without it.

    Args:
        study: Where the model comes from.
        folder: The model folder.
        version: Such as ``v3``; the files are named after it, so that each version keeps its own.
        artifacts: Where artifacts lie; none: nowhere.
        tell: Called with a line for people.
        largest: Bytes of a file.

    Returns:
        The names under which the dashboard lists them.
    """
    raise NotImplementedError
