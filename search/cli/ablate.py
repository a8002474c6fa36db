"""The command ``search ablate``: one change at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from trainer.errors import ConfigError

from search.cli import options
from search.console import print_line, quiet_libraries

if TYPE_CHECKING:
    from search.ablation.analysis import Differences
    from search.config.study_spec import StudySpec
    from search.database.connection import StudyStorage
    from search.launch.workers import WorkerPool


def ablate(
    study: Annotated[
        str,
        typer.Option(help="A study in the storage, a study file, or an ablation that is there, to go on or be shown."),
    ],
    knob: Annotated[
        list[str] | None,
        typer.Option(
            help="What to change, such as focal_gamma=0,1,2; each value is compared with the base alone; may be "
            "repeated."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A value that the base shall have, such as step_size=3; may be repeated."),
    ] = None,
    trial: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The trial that is the base; else the best complete one, else what the study file fixes and starts "
            "with.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Repetitions of the base and of each change, each with a split of its own; 3 if not given; more may "
            "be added later.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The ablation's; STUDY-ablate if not given.")] = None,
    look: Annotated[bool, typer.Option("--look", help="Show how it stands and run nothing.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run those that failed once more.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="A picture (.png) or a page (.html) to write the differences to.")
    ] = None,
    as_json: options.Json = False,
    data: options.DataFolder = None,
    storage: options.Storage = None,
    devices: options.Devices = "auto",
    workers: options.Workers = None,
    timeout: options.Timeout = None,
    ray: options.RayAddress = None,
    ray_cpus: options.RayCpus = None,
    resume_points: options.ResumePoints = None,
    tensorboard: options.Tensorboard = None,
    artifacts: options.Artifacts = None,
    memory_limit: options.MemoryLimit = None,
    lease: options.LeaseTime = "90s",
    weights: options.Weights = None,
    on_bad_image: options.StudyOnBadImage = None,
) -> None:
    """Change one thing at a time in a configuration, repeat each change, and show the differences with their spread.

    The comparison is a study: others join with `search work --study STUDY-ablate`; once finished it is only shown.
    """
    from search.ablation.request import Request, compared, resolve, try_again
    from search.ablation.table import print_differences
    from search.config.ablation import parse_changes, parse_settings
    from search.config.overrides import with_weights
    from search.database.connection import home_folder, open_storage, storage_url
    from search.study.study import exists
    from search.worker.signals import ending_on_sigterm

    if output is not None and output.suffix not in (".html", ".png"):
        raise ConfigError(f"--output {output}: write a picture (.png) or a page (.html)")
    quiet_libraries()
    console = Console(highlight=False, stderr=as_json)
    request = Request(study, trial, parse_changes(knob or ()), parse_settings(setting or ()), seeds, name)
    pool = options.worker_pool(
        lease=lease,
        timeout=timeout,
        memory_limit=memory_limit,
        workers=workers,
        devices=devices,
        checkpoints=resume_points,
        tensorboard=tensorboard,
        artifacts=artifacts,
        ray=ray,
        ray_cpus=ray_cpus,
    )
    with ending_on_sigterm(), open_storage(storage_url(storage), home=home_folder()) as opened:
        spec = with_weights(resolve(opened, request).with_data(data, on_bad_image), weights or ())
        code = 0
        if retry:
            console.print(f"{try_again(opened, spec.study.name)} failed runs are tried again")
        if not look:
            code = _run(opened, spec, pool, console)
        if code and not exists(opened, spec.study.name):
            sys.exit(code)
        found = compared(opened, spec.study.name)
        if as_json:
            Console().print_json(data=found.as_json())
        else:
            print_differences(found, console)
        if output is not None:
            _write(opened, found, output)
            print_line(console, f"written: {output}")
    if code or (found.troubles and not found.complete and not found.left):
        sys.exit(code or 1)


def _run(opened: StudyStorage, spec: StudySpec, pool: WorkerPool, console: Console) -> int:
    """Have the runs that are left done; returns the exit code."""
    from search.ablation.request import is_done
    from search.plans.kind import kind_of

    if is_done(opened, spec):
        return 0
    from search.launch import fork_server
    from search.launch.work import work

    name, runs = spec.study.name, kind_of(spec).with_budget().study.trials
    line = f"{name}: {runs} runs, the base and each change with every seed"
    print_line(console, f"{line}; others join with `search work --study {name}`")
    with fork_server.running(at_once=pool.ray in (None, "local")):
        return work(spec, pool, opened, console).code


def _write(opened: StudyStorage, found: Differences, output: Path) -> None:
    from search.ablation.request import write_picture
    from search.reports.study_report import write_report

    if output.suffix == ".png":
        write_picture(found, output)
    else:
        write_report(opened, found.study, output)
