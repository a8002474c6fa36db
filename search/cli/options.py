"""Options that commands in several modules have in common, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from trainer.cli import named
from trainer.errors import ConfigError

from search import api

if TYPE_CHECKING:
    from collections.abc import Iterable

    from search.launch.workers import WorkerPool

Storage = Annotated[
    str | None,
    typer.Option(
        help="postgresql://USER:PASSWORD@HOST/DATABASE; else STUDY_STORAGE, else an embedded server in .studies/."
    ),
]
Artifacts = Annotated[
    str | None,
    typer.Option(
        help="Folder or s3://BUCKET/PREFIX where pictures of trials lie, shared by workers and dashboard; else "
        "STUDY_ARTIFACTS, else .studies/artifacts."
    ),
]
Wandb = Annotated[
    str | None,
    typer.Option(
        envvar="STUDY_WANDB",
        help="Project at Weights & Biases, or ENTITY/PROJECT, that trials are sent to as well; nothing is sent if not "
        "given.",
        show_envvar=False,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        help="Run the workers on a Ray cluster, one a GPU where it has any: auto, HOST:PORT, or local for this machine "
        "alone."
    ),
]
RayCpus = Annotated[int | None, typer.Option(min=1, help="CPUs that each worker asks Ray for; 1 if not given.")]
Study = Annotated[str, typer.Option(help="A name in studies/, or the path of a .toml file.")]
StudyName = Annotated[str, typer.Option(help="The name of a study in the storage.")]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        parser=named,
        metavar="<path>",
        envvar="DATA_ROOT",
        help="Folder of the images; else DATA_ROOT, else the study's.",
        show_envvar=False,
    ),
]
Weights = Annotated[
    list[str] | None, typer.Option(help="[BACKBONE=]SOURCE: imagenet, none or a .safetensors file; may be repeated.")
]
StudyOnBadImage = Annotated[
    Literal["stop", "skip"] | None,
    typer.Option(help="What to do about images that cannot be read: end, or go on without them."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
MemoryLimit = Annotated[
    str | None,
    typer.Option(help="Memory of a device that a worker may use, for example 8GB; batches that need more are split."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Rehearse: 5 % of the people, 2 epochs, a study of its own name.")]
Tensorboard = Annotated[
    str | None,
    typer.Option(
        envvar="STUDY_TENSORBOARD",
        help="Folder of the event files that TensorBoard shows, or none; else STUDY_TENSORBOARD, else "
        ".studies/tensorboard.",
        show_envvar=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Timeout = Annotated[str | None, typer.Option(help="Hand trials back and leave after this long, for example 90m or 8h.")]
Devices = Annotated[
    str, typer.Option(help="auto (all CUDA devices, else the CPU), cpu, or numbers like 0,1: one worker a device.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, max=256, help="Worker processes on the CPU, or on a cluster; 1 if not given.")
]
ResumePoints = Annotated[
    str | None,
    typer.Option(
        envvar="STUDY_RESUME_POINTS",
        help="Folder or s3://BUCKET/PREFIX, best shared by all machines, from which trials go on after a crash; "
        "else STUDY_RESUME_POINTS, else .studies/points.",
        show_envvar=False,
    ),
]
LeaseTime = Annotated[str, typer.Option(help="After this long a silent worker's trial is taken over.")]


def study_name(study: str) -> str:
    """The name of a study, also where the path of its file was given."""
    if not study.endswith(".toml"):
        return study
    from search.config.load import load_spec

    return load_spec(study).study.name


def seconds_of(option: str, text: str, *, least: float = 0) -> float:
    """The seconds of an option such as 90s or 8h."""
    from search.config.sections import LONGEST, parse_duration

    try:
        seconds = float(str(parse_duration(text)))
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from error
    if seconds < least:
        raise ConfigError(f"{option} {text!r} is too short; give at least {least:g}s")
    if seconds > LONGEST:
        raise ConfigError(f"{option} {text!r} is too long; give at most {LONGEST / 86400:g}d")
    return seconds


def bytes_of(text: str | None) -> int | None:
    """The bytes of --memory-limit."""
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        size = None if text is None else int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise ConfigError(f"--memory-limit {text!r} is no size; write it like 8GB or 500MB") from error
    if size is not None and size <= 0:
        raise ConfigError(f"--memory-limit {text!r} must be above 0")
    return size


def worker_pool(
    *,
    lease: str,
    stall_timeout: str = "10m",
    patience: str = "10m",
    timeout: str | None = None,
    memory_limit: str | None = None,
    variables: Iterable[str] = api.RETRAINING_VARIABLES,
    **others: object,
) -> WorkerPool:
    """The workers that the options of a command ask for; ``others`` goes to :func:`api.worker_pool` as it is."""
    values = {
        "lease": seconds_of("--lease", lease, least=3),
        "stall_timeout": seconds_of("--stall-timeout", stall_timeout, least=1),
        "patience": seconds_of("--patience", patience, least=1),
        "timeout": None if timeout is None else seconds_of("--timeout", timeout),
        "memory_limit": bytes_of(memory_limit),
    }
    return api.worker_pool("the command line", {**values, **others}, variables)
