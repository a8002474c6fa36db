"""Options that commands in several modules have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

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
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the images; else DATA_ROOT, else the study's.", show_default=False),
]
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
    """The folder of the images that the environment names."""
    root = os.environ.get("DATA_ROOT")
    return Path(root) if root else None


def study_name(study: str) -> str:
    """The name of a study, of which the name or the file was given."""
    if not study.endswith(".toml"):
        return study
    from search.spec import load_spec

    return load_spec(study).study.name
