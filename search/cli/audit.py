"""The command ``search audit``: labels that are probably wrong, as a draft that a person decides about."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from trainer.errors import ConfigError

from search import api
from search.cli.options import DataFolder, Json, ResumePoints, Storage, StudyName, study_name
from search.console import print_line
from search.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.data.samples import Samples
    from trainer.data.spec import DataSpec
    from trainer.evaluation.corrections_draft import Draft
    from trainer.evaluation.label_audit import Finding

_SHOWN: Final = 20


def audit(
    study: StudyName,
    model: Annotated[
        Path | None, typer.Option(help="A model folder, whose trial is asked; else the study's last.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The draft to write, in the form of the study's corrections.")] = Path(
        "corrections-draft.csv"
    ),
    limit: Annotated[int, typer.Option(min=1, help="Suggestions at most, the clearest first.")] = 100,
    data: DataFolder = None,
    storage: Storage = None,
    resume_points: ResumePoints = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a draft that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Look for labels that are probably wrong and write a draft of corrections; none of them is applied.

    It asks the networks that finalize has trained on other people. Somebody has to look at each suggestion.
    """
    from trainer.evaluation.corrections_draft import draft, still_labelled
    from trainer.evaluation.label_audit import audit as find

    from search.study.study import load_study, stored_spec

    with api.open_storage(storage) as opened:
        name = study_name(study)
        spec = stored_spec(load_study(opened, name)).with_data(data, None).data
        trial = None if model is None else _trial_of(model, name)
        answers = api.read_out_of_fold(opened, name, trial=trial, data=data, checkpoints=resume_points)
    from trainer.data.samples import read_samples
    from trainer.support.atomic import write_whole

    samples = read_samples(spec)
    _check_output(output, samples.root / spec.corrections if spec.corrections else None, force=force)
    same, changed = still_labelled(answers, samples)
    findings = find(same)
    written = draft(findings, samples, spec, limit)
    if written.rows:
        write_whole(output, written.text())
    if as_json:
        shown = [asdict(finding) for finding in written.findings]
        Console().print_json(data={"draft": str(output) if written.rows else None, "findings": shown})
        return
    console = Console(highlight=False)
    if written.findings:
        console.print(_table(written.findings))
    for line in _summary(len(findings), written, changed, output, samples, spec):
        print_line(console, line)


def _trial_of(model: Path, name: str) -> int:
    """The trial of a study that a model was made of."""
    from trainer.saved_model.tree import read_tree
    from trainer.saved_model.versions import find_model_folder

    origin = read_tree(find_model_folder(model)).info.origin
    if origin.get("study") != name:
        raise StudyError(f"{model} is no model of study {name!r}; name a version of one that finalize made of it")
    return int(origin["trial"])


def _check_output(output: Path, own: Path | None, *, force: bool) -> None:
    if own is not None and output.resolve() == own.resolve():
        raise ConfigError(
            f"{output} is the study's own table of corrections, which suggestions shall not replace; choose another "
            "--output, and move there what you accept"
        )
    if output.exists() and not force:
        raise ConfigError(
            f"{output} is there, perhaps with decisions in it; --force replaces it, or choose another --output"
        )


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("score", "what", "field", "label", "networks say"):
        table.add_column(column, overflow="fold")
    for each in findings[:_SHOWN]:
        what = f"{each.what} ({len(each.paths)} images)" if each.kind == "person" else each.what
        table.add_row(f"{each.score:.3f}", what, each.field, each.given, each.suggested)
    return table


def _summary(found: int, written: Draft, changed: int, output: Path, samples: Samples, spec: DataSpec) -> list[str]:
    from trainer.support.text import pluralize

    lines = []
    if changed:
        lines.append(f"left out: {changed} images that are gone or have another label since")
    if written.decided:
        lines.append(f"left out: {written.decided} that {spec.corrections} decides about already")
    if not written.rows:
        return [*lines, f"no {'other ' if found else ''}label looks wrong; nothing is written"]
    place = samples.root / (spec.corrections or "corrections.csv")
    lines += [
        f"{output}: {pluralize(written.rows, 'suggestion')}"
        + (f", the clearest of {left}" if (left := found - written.decided) > len(written.findings) else "")
        + ", none of them applied",
        "look at each image, and mend or delete rows: where networks know a group badly, they suggest what is wrong",
        f"next: move the rows that you accept to {place}"
        + ("" if spec.corrections else ', write corrections = "corrections.csv" under [data]')
        + ", and give the study a new name: corrected labels are other data",
    ]
    return lines
