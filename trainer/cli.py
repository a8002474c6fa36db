"""The command ``predict``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console

from trainer.errors import SaveError, UserError

OnBadImage = Annotated[
    Literal["stop", "skip"],
    typer.Option(help="What to do about an image that cannot be read: end, or go on without it."),
]

_INTERRUPTED: Final = 130
"""The exit code of a command that Ctrl-C ended."""


def _print_version(wanted: bool) -> None:
    if wanted:
        from trainer.support.code_version import code_version  # late, since it asks Git

        typer.echo(f"studyhall {code_version()}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and its commit."),
]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def run(command: Callable[[], object]) -> None:
    """Run a command line; a user's mistake is one clear line and exit code 2, Ctrl-C is exit code 130."""
    try:
        command()
    except UserError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print("[bold red]error:[/] ", end="")
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(str(error))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as end:  # typer makes the one into the other
        if isinstance(end, SystemExit) and end.code != _INTERRUPTED:
            raise
        Console(stderr=True, highlight=False).print("stopped")
        sys.exit(_INTERRUPTED)


def named(text: str) -> Path:
    """A path that somebody has named; an empty one, which a variable without a value leaves, is not this folder."""
    if not text:
        raise typer.BadParameter("it is empty, as a variable without a value is; name a path")
    return Path(text)


@app.command(
    epilog="Example: predict --model models/mask-f1 data/eval/info.csv --output submission.csv", no_args_is_help=True
)
def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            parser=named,
            metavar="IMAGES",
            help="Images, folders, quoted patterns ('shots/**/*.jpg'), CSVs with a column path (relative to it), "
            "or the competition's info.csv (its images in images/ beside it).",
        ),
    ],
    model: Annotated[
        Path,
        typer.Option(
            parser=named,
            metavar="<path>",
            help="A folder that finalize wrote, or one with versions of a model and a link latest.",
        ),
    ],
    output: Annotated[Path, typer.Option(help="The CSV to write.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    on_bad_image: OnBadImage = "stop",
    tta: Annotated[
        str,
        typer.Option(
            metavar="auto|none|flip|crops|flip-crops",
            help="Views of an image whose probabilities are averaged: mirrored, parts of it; auto: as the model says.",
        ),
    ] = "auto",
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add a column for each class.")] = False,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Compute with the model's model.onnx, on the CPU; needs no torch.")
    ] = False,
    boxes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|detect",
            help="For a model that was trained on boxes: those of these images, as a CSV or by the detector of faces.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
    version: Version = False,
) -> None:
    """Predict the classes of images with a finalized model.

    For the competition's info.csv the answer is ImageID,ans in the same order; else path,class,probability. An image
    that cannot be read gets an empty answer and a line on the screen, or ends the command.
    """
    # Imported late: --help should not wait for them.
    from trainer.predict.boxes import find_boxes
    from trainer.predict.inputs import read_request
    from trainer.predict.model import load
    from trainer.predict.predictions import write_predictions
    from trainer.saved_model.versions import find_model_folder

    if output.is_dir():
        raise SaveError(f"--output {output} is a folder; name a CSV file")
    request = read_request(inputs)
    _check_output(output, (*inputs, *request.files), find_model_folder(model))
    loaded = load(model, device, onnx=onnx, tta=tta)
    aside = Console(stderr=True, soft_wrap=True, highlight=False)
    infos = [network.info for network in loaded.predictor.networks]
    found = find_boxes(boxes, request, infos, lambda line: aside.print(f"note: {line}", markup=False))
    predictions = loaded.predict(request.files, boxes=found)
    if on_bad_image == "stop":
        predictions.refuse_bad()
    write_predictions(request, predictions, output, probabilities=probabilities)
    summary: dict[str, object] = {
        "images": len(predictions),
        "unreadable": len(predictions.bad),
        "bad": [{"path": path, "reason": reason} for path, reason in predictions.bad],
        "output": str(output),
    }
    console = Console(soft_wrap=True, highlight=False)
    if boxed := [info.preprocessing for info in infos if info.preprocessing.boxes]:
        summary["boxes"] = len(found)
        if without := len(set(request.files)) - len(found):
            kept = "seen whole" if boxed[0].crop is None else "cropped at their centre"
            mend = "; --boxes detect finds faces, --boxes FILE names them" if boxes is None else ""
            aside.print(
                f"note: the model was trained on boxes, and {without} of {len(request.files)} images have none: they "
                f"are {kept}{mend}",
                markup=False,
            )
    if as_json:
        console.print_json(json.dumps(summary))
        return
    for path, reason in predictions.bad:
        console.print(f"skipped {path}: {reason}", markup=False)
    unanswered = f", {len(predictions.bad)} of them without an answer" if predictions.bad else ""
    console.print(f"{len(predictions)} images{unanswered} -> {output}", markup=False)


def _check_output(output: Path, read: Sequence[Path], model: Path) -> None:
    """See that the answer replaces neither what it is about nor a part of the model."""
    if output.resolve().is_relative_to(model.resolve()):
        raise SaveError(f"--output {output} lies in the model folder {model}, which stays as it is; name another place")
    if output.is_file() and any(file.exists() and file.samefile(output) for file in read):
        raise SaveError(f"--output {output} is among what is to be read, and would be replaced; name another file")


def main() -> None:
    """Entry point of ``predict``."""
    run(app)
