"""The command ``predict``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console

from trainer.errors import UserError

OnBadImage = Annotated[
    Literal["stop", "skip"],
    typer.Option(help="What to do about an image that cannot be read: end, or go on without it."),
]

_INTERRUPTED: Final = 130
"""The exit code of a command that Ctrl-C ended."""

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


@app.command(
    epilog="Example: predict --model models/mask-f1 data/eval/info.csv --output submission.csv",
    no_args_is_help=True,
)
def predict(
    inputs: Annotated[
        list[Path], typer.Argument(help="Images, folders, or one info.csv (its images in images/ beside it).")
    ],
    model: Annotated[Path, typer.Option(help="A folder that finalize wrote.")],
    output: Annotated[Path, typer.Option(help="The CSV to write.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    on_bad_image: OnBadImage = "stop",
    boxes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|detect",
            help="For a model that was trained on boxes: those of these images, as a CSV or by the detector of faces.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
) -> None:
    """Predict the classes of images with a finalized model.

    For the competition's info.csv the answer is ImageID,ans in the same order; else path,class,probability.
    """
    # Imported late: --help should not wait for them.
    from trainer import predict as prediction
    from trainer.answer import write_answer
    from trainer.inputs import read_request
    from trainer.model_tree import read_tree

    request = read_request(inputs)
    infos = [info for _, info in read_tree(model).networks()]
    aside = Console(stderr=True, soft_wrap=True, highlight=False)
    found = prediction.find_boxes(boxes, request, infos, lambda line: aside.print(f"note: {line}", markup=False))
    result = prediction.predict(model, request.files, device=device, skip_bad=on_bad_image == "skip", boxes=found)
    write_answer(request, result, output)
    summary = {"images": len(request.files), "unreadable": len(result.bad), "output": str(output)}
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
    for path, reason in result.bad:
        console.print(f"skipped {path}: {reason}", markup=False)
    console.print(f"{len(request.files)} images -> {output}", markup=False)


def main() -> None:
    """Entry point of ``predict``."""
    run(app)
