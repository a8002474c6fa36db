"""The command ``finalize``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from trainer.cli import Version

from search import api
from search.cli import options
from search.console import print_line

if TYPE_CHECKING:
    from search.finalization.joined import FinalizedJoin
    from search.finalization.write_model import Finalized

finalize_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@finalize_app.command(epilog="Example: finalize --study mask-f1 --leaders 5 --folds 5")
def finalize(
    study: Annotated[
        list[str], typer.Option(help="The name of a study in the storage; of several, each of one factor, all.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="The folder of the model's versions; models/STUDY if not given.")
    ] = None,
    leaders: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=50,
            help="Best configurations that are confirmed; else as finalize in the study's file says, 5.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=20,
            help="Folds of people over which they are trained again; 0 confirms nothing; else as the file says, 5.",
        ),
    ] = None,
    ensemble: Annotated[
        Literal["none", "folds", "seeds"],
        typer.Option(help="One network of everybody, the networks of the folds, or three of everybody."),
    ] = "none",
    voting: Annotated[
        Literal["soft", "hard"], typer.Option(help="An ensemble's mean of probabilities, or its majority.")
    ] = "soft",
    tta: Annotated[
        Literal["auto", "none", "flip", "crops", "flip-crops"],
        typer.Option(help="Views of each image that predict means over; auto: what paid on people held out."),
    ] = "auto",
    licence: Annotated[str | None, typer.Option(help="Of the model, for its card, for example mit.")] = None,
    data: options.DataFolder = None,
    storage: options.Storage = None,
    devices: options.Devices = "auto",
    workers: options.Workers = None,
    resume_points: options.ResumePoints = None,
    artifacts: options.Artifacts = None,
    memory_limit: options.MemoryLimit = None,
    lease: options.LeaseTime = "90s",
    weights: options.Weights = None,
    on_bad_image: options.StudyOnBadImage = None,
    force: Annotated[
        bool, typer.Option("--force", help="Confirm and train again, whatever has been trained before.")
    ] = False,
    as_json: options.Json = False,
    version: Version = False,
) -> None:
    """Confirm the best configurations of a study over folds of people, choose one, and train it on everybody.

    Says what to expect of the model on people it has never seen. Other machines join with `search work --confirm`;
    after an interruption the same command goes on. Of several studies, one for each factor of the label (data.factor),
    the models are joined: --study mask --study gender --study age.
    """
    from search.launch import fork_server
    from search.worker.signals import ending_on_sigterm

    with ending_on_sigterm(), fork_server.running():  # it imports while the study is looked at
        from search.finalization.plan import FinalizeOptions, LocalSetup
        from search.finalization.retrain import UnfinishedError

        console = Console(highlight=False, stderr=as_json)
        names = [options.study_name(each) for each in study]
        pool = options.worker_pool(
            lease=lease,
            memory_limit=memory_limit,
            workers=workers,
            devices=devices,
            checkpoints=resume_points,
            artifacts=artifacts,
        )
        setup = LocalSetup(data=data, on_bad_image=on_bad_image, weights=tuple(weights or ()), pool=pool)
        choices = FinalizeOptions(leaders, folds, ensemble, voting, tta, licence, force)
        try:
            with api.open_storage(storage) as opened:
                done = api.run_finalize(opened, names, output, setup, choices, console)
        except UnfinishedError as error:
            print_line(console, str(error))
            sys.exit(error.code)
        _print_done(console, done)
    if as_json:
        Console().print_json(data={"folder": str(done.folder), "new": done.is_new, **done.info.model_dump(mode="json")})
        return
    root = shlex.quote(str(done.folder.parent))
    print_line(console, f"model: {done.folder}\nnext: predict --model {root} IMAGES --output answer.csv")


def _print_done(console: Console, done: Finalized | FinalizedJoin) -> None:
    from search.finalization.write_model import Finalized

    if isinstance(done, Finalized):
        _print_summary(console, done.info.origin["study"], done)
        return
    for factor, member in done.members.items():
        _print_summary(console, f"{member.info.origin['study']} ({factor})", member)
    if not done.is_new:
        print_line(console, f"{done.folder} holds these models already (--force trains them again)")


def _print_summary(console: Console, name: str, done: Finalized) -> None:
    for line in done.summary:
        print_line(console, line)
    if not done.is_new:
        print_line(
            console, f"{done.folder} is trial {done.info.origin['trial']} of {name} already (--force trains it again)"
        )
