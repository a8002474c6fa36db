"""Options that commands in several modules have in common."""

from __future__ import annotations

from typing import Annotated

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
