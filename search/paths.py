"""The folder where a machine keeps its own: ``STUDY_HOME``, else ``.studies``; in it the cached images."""

import os
from pathlib import Path

from pydantic import ByteSize, TypeAdapter, ValidationError
from trainer.errors import ConfigError


def home_folder() -> Path:
    """Tell where this machine keeps the embedded database: ``STUDY_HOME``, else ``.studies``; absolute."""
    return Path(os.environ.get("STUDY_HOME") or ".studies").absolute()


def cache_folder(home: Path) -> Path:
    """Tell where decoded images are kept."""
    return home / "cache"


def cache_limit(stated: int | None) -> int | None:
    """Tell how many bytes they may take: ``STUDY_CACHE_LIMIT``, else what the study file says.

    Raises:
        ConfigError: The environment holds no size.
    """
    text = os.environ.get("STUDY_CACHE_LIMIT")
    if not text:
        return stated
    try:
        size = int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise ConfigError(f"STUDY_CACHE_LIMIT {text!r} is no size; write it like 20GB or 500MB") from error
    if size < 0:
        raise ConfigError(f"STUDY_CACHE_LIMIT {text!r} must not be below 0")
    return size
