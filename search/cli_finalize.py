"""The command ``finalize``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from search.options import DataFolder, Device, Json, Storage, StudyOnBadImage, Weights, environment_root, study_name

if TYPE_CHECKING:
    from search.finalize import Finalized
    from search.joined import FinalizedJoin

finalize_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@finalize_app.command(epilog="Example: finalize --study mask-f1 --output models/mask-f1")
def finalize(
    study: Annotated[
        list[str], typer.Option(help="The name of a study in the storage; of several, each of one factor, all.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="The model folder; models/STUDY if not given.", show_default=False)
    ] = None,
    data: DataFolder = None,
    storage: Storage = None,
    device: Device = "auto",
    weights: Weights = None,
    on_bad_image: StudyOnBadImage = None,
    force: Annotated[bool, typer.Option("--force", help="Train again even if the folder holds this model.")] = False,
    as_json: Json = False,
) -> None:
    """Retrain the best configuration of a study on all the data and write the model folder.

    Of several studies, one for each factor of the label (data.factor), the models are joined: --study mask --study
    gender --study age. Each is also written by itself, into a folder of the study's name beside the joined one.
    """
    from trainer.loop import EpochResult

    from search import finalize as finalizing
    from search.joined import finalize_joined
    from search.progress import Preparation
    from search.quiet import quiet_libraries
    from search.storage import home_folder, open_storage, storage_url

    quiet_libraries()
    console = Console(highlight=False, stderr=as_json)
    names = [study_name(each) for each in study]
    folder = output or Path("models") / "+".join(names)
    machine = finalizing.Machine(
        home=home_folder(),
        data=data or environment_root(),
        on_bad_image=on_bad_image,
        weights=tuple(weights or ()),
        device=device,
    )

    def show(result: EpochResult, epochs: int) -> None:
        console.print(
            f"epoch {result.epoch}/{epochs}  loss {result.train_loss:.4f}  {result.images_per_second:.0f} images/s"
        )

    done: Finalized | FinalizedJoin
    with open_storage(storage_url(storage), home=home_folder()) as opened, Preparation(console) as preparation:
        if len(names) == 1:
            done = finalizing.finalize(opened, names[0], folder, machine, force=force, show=show, teller=preparation)
            _tell(console, names[0], done)
        else:
            done = finalize_joined(opened, names, folder, machine, force=force, show=show, teller=preparation)
            for factor, member in done.members.items():
                _tell(console, f"{member.info.origin['study']} ({factor})", member)
            if not done.is_new:
                console.print(f"{folder} holds these models already (--force trains them again)", soft_wrap=True)
    if as_json:
        Console().print_json(
            json.dumps({"folder": str(folder), "new": done.is_new, **done.info.model_dump(mode="json")})
        )
        return
    console.print(
        f"model: {folder}\nnext: predict --model {folder} IMAGES --output answer.csv", markup=False, soft_wrap=True
    )


def _tell(console: Console, name: str, done: Finalized) -> None:
    origin = done.info.origin
    console.print(
        f"trial {origin['trial']} of {name}, validation F1 {origin['validation_f1']:.4f}"
        + ("" if done.is_new else f": {done.folder} holds this model already (--force trains it again)"),
        markup=False,
        soft_wrap=True,
    )
