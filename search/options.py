"""Options that commands in several modules have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from trainer.errors import ConfigError

Study = Annotated[str, typer.Option(help="A name in studies/, or the path of a .toml file.")]
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the images; else DATA_ROOT, else the study's.", show_default=False),
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="postgresql://USER:PASSWORD@HOST/DATABASE; else STUDY_STORAGE, else an embedded server in .studies/.",
        show_default=False,
    ),
]
Artifacts = Annotated[
    str | None,
    typer.Option(
        help="Folder or s3://BUCKET/PREFIX where pictures of trials lie, shared by workers and dashboard; else "
        "STUDY_ARTIFACTS, else .studies/artifacts.",
        show_default=False,
    ),
]
Tensorboard = Annotated[
    str | None,
    typer.Option(
        help="Folder of the event files that TensorBoard shows, or none; else STUDY_TENSORBOARD, else "
        ".studies/tensorboard.",
        show_default=False,
    ),
]
Wandb = Annotated[
    str | None,
    typer.Option(
        envvar="STUDY_WANDB",
        help="Project at Weights & Biases, or ENTITY/PROJECT, that trials are sent to as well; nothing is sent if not "
        "given.",
        show_default=False,
        show_envvar=False,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        help="Run the workers on a Ray cluster, one a GPU where it has any: auto, HOST:PORT, or local for this machine "
        "alone.",
        show_default=False,
    ),
]
RayCpus = Annotated[
    int | None, typer.Option(min=1, help="CPUs that each worker asks Ray for; 1 if not given.", show_default=False)
]
StudyName = Annotated[str, typer.Option(help="The name of a study in the storage.")]
Weights = Annotated[
    list[str] | None,
    typer.Option(help="[BACKBONE=]SOURCE: imagenet, none or a .safetensors file; may be repeated.", show_default=False),
]
StudyOnBadImage = Annotated[
    Literal["stop", "skip"] | None,
    typer.Option(help="What to do about images that cannot be read: end, or go on without them.", show_default=False),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def environment_root() -> Path | None:
    """The data folder that the environment names."""
    root = os.environ.get("DATA_ROOT")
    return Path(root) if root else None


def duration(option: str, text: str, *, least: float = 0) -> float:
    """The seconds that an option names.

    Raises:
        ConfigError: It is no duration, or too short, or too long.
    """
    from search.spec import LONGEST, parse_duration

    try:
        seconds = float(str(parse_duration(text)))
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from error
    if seconds < least:
        raise ConfigError(f"{option} {text!r} is too short; give at least {least:g}s")
    if seconds > LONGEST:
        raise ConfigError(f"{option} {text!r} is too long; give at most {LONGEST / 86400:g}d")
    return seconds


def memory_bytes(text: str | None) -> int | None:
    """The bytes that ``--memory-limit`` names.

    Raises:
        ConfigError: It is no size.
    """
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        size = None if text is None else int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise ConfigError(f"--memory-limit {text!r} is no size; write it like 8GB or 500MB") from error
    if size is not None and size <= 0:
        raise ConfigError(f"--memory-limit {text!r} must be above 0")
    return size


def study_name(study: str) -> str:
    """The name of a study, of which the name or the file was given."""
    if not study.endswith(".toml"):
        return study
    from search.spec import load_spec

    return load_spec(study).study.name
