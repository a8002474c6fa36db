"""The command ``search``, and the entry points of ``search`` and ``finalize``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from trainer.cli import Version, run

from search import api
from search.cli import options
from search.cli.ablate import ablate
from search.cli.audit import audit
from search.cli.cache import cache_app
from search.cli.dashboard import dashboard
from search.cli.faces import faces
from search.cli.finalize import finalize_app
from search.cli.knobs import knobs
from search.console import print_line, quiet_libraries

# Commands import what they need when they run: --help and status do not wait for torch.

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Search hyperparameters of image classifiers with workers that share one study in PostgreSQL.",
)


def _console() -> Console:
    return Console(highlight=False)


@app.callback()
def _logging(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show log messages of the libraries.")] = False,
    version: Version = False,
) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True))])


@app.command(epilog="Example: search work --study mask-f1 --data data/train --workers 2")
def work(
    study: options.Study,
    data: options.DataFolder = None,
    storage: options.Storage = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials that each worker runs at most; the study's budget is in its file.")
    ] = None,
    timeout: options.Timeout = None,
    devices: options.Devices = "auto",
    workers: options.Workers = None,
    ray: options.RayAddress = None,
    ray_cpus: options.RayCpus = None,
    resume_points: options.ResumePoints = None,
    tensorboard: options.Tensorboard = None,
    wandb: options.Wandb = None,
    artifacts: options.Artifacts = None,
    memory_limit: options.MemoryLimit = None,
    lease: options.LeaseTime = "90s",
    stall_timeout: Annotated[str, typer.Option(help="After this long training that hangs is given up.")] = "10m",
    patience: Annotated[str, typer.Option(help="After this long workers stop waiting for the database.")] = "10m",
    weights: options.Weights = None,
    on_bad_image: options.StudyOnBadImage = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Help the finalize command that is under way on another machine.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Run workers that take trials from a study, making it if it is new.

    Without a file of its name in studies/ the study is the one in the storage.
    """
    from search.launch import fork_server
    from search.worker.signals import ending_on_sigterm

    # The fork server imports while all this is looked at.
    with ending_on_sigterm(), fork_server.running(at_once=ray in (None, "local")):
        from search.config.overrides import debugged

        if confirm:
            from search.finalization.retraining_state import find_retraining  # not above: it loads torch

            with api.open_storage(storage) as opened:
                found = find_retraining(opened, options.study_name(study) + "-debug" * debug)
        else:
            from search.database.connection import home_folder, storage_url
            from search.study.lookup import find_spec

            found = find_spec(study, storage_url(storage), home_folder())
        here = api.on_this_machine(found, data, on_bad_image, weights or ())
        spec = debugged(here) if debug and not confirm else here
        pool = options.worker_pool(
            lease=lease,
            stall_timeout=stall_timeout,
            patience=patience,
            timeout=timeout,
            memory_limit=memory_limit,
            workers=workers,
            devices=devices,
            trials=trials,
            checkpoints=resume_points,
            tensorboard=tensorboard,
            wandb=wandb or None,
            artifacts=artifacts,
            ray=ray,
            ray_cpus=ray_cpus,
            variables=api.WORK_VARIABLES,
        )
        with api.open_storage(storage) as opened:
            outcome = api.run_workers(opened, spec, pool, _console())
        if outcome.code:
            sys.exit(outcome.code)


@app.command(epilog="Example: search create --study mask-f1 --data data/train")
def create(
    study: options.Study,
    data: options.DataFolder = None,
    storage: options.Storage = None,
    device: options.Device = "auto",
    memory_limit: options.MemoryLimit = None,
    weights: options.Weights = None,
    on_bad_image: options.StudyOnBadImage = None,
    debug: options.Debug = False,
) -> None:
    """Check the data and make a study without running a trial; workers join it later."""
    from search.config.load import load_spec
    from search.config.overrides import debugged

    found, limit = load_spec(study), options.bytes_of(memory_limit)
    spec = debugged(found) if debug else found
    with api.open_storage(storage) as opened:
        api.create_study(
            opened,
            spec,
            device=device,
            memory_limit=limit,
            data=data,
            on_bad_image=on_bad_image,
            weights=weights or (),
            console=_console(),
        )
    print_line(_console(), f"study {spec.study.name} is ready for workers")


@app.command(epilog="Example: search check --study mask-f1 --data data/train")
def check(
    study: options.Study,
    data: options.DataFolder = None,
    on_bad_image: options.StudyOnBadImage = None,
    as_json: options.Json = False,
) -> None:
    """Show what a study would train and validate on, and what is wrong with it; nothing is trained.

    Backbones, weights and optimizers are tried when the study is made (search create, search work).
    """
    from search.config.load import load_spec
    from search.paths import home_folder
    from search.reports.data_check import check_study

    check_study(load_spec(study).with_data(data, on_bad_image), home_folder(), _console(), as_json=as_json)


@app.command(epilog="Example: search status --study mask-f1 --json")
def status(study: options.StudyName, storage: options.Storage = None, as_json: options.Json = False) -> None:
    """Show how a study stands: trials, best configuration, importances, running workers."""
    with api.open_storage(storage) as opened:
        state = api.read_status(opened, options.study_name(study))
    if as_json:
        _console().print_json(data=state.as_json())
    else:
        from search.reports.status import print_status

        print_status(state, _console())


@app.command(epilog="Example: search scalars --study mask-f1 --output scalars.csv")
def scalars(
    study: options.StudyName,
    output: Annotated[str, typer.Option(help="A CSV file to write; - is the standard output.")] = "-",
    storage: options.Storage = None,
    tensorboard: options.Tensorboard = None,
) -> None:
    """Write what TensorBoard shows of a study as a table: study, trial, tag, step, value, wall_time."""
    from trainer.tracking.event_files import write_scalars

    with api.open_storage(storage) as opened:
        table = api.read_scalars(opened, options.study_name(study), tensorboard=tensorboard)
    write_scalars(table, output)


@app.command(epilog="Example: search report --study mask-f1 --output report.html")
def report(
    study: options.StudyName,
    output: Annotated[
        Path, typer.Option(help="The page to write; one that is there is replaced. - writes it to standard output.")
    ] = Path("report.html"),
    storage: options.Storage = None,
) -> None:
    """Write one page about a study: its best configuration and charts; it opens in any browser, also offline."""
    quiet_libraries()
    with api.open_storage(storage) as opened:
        api.write_report(opened, options.study_name(study), output)
    if str(output) == "-":
        print_line(Console(stderr=True), "report: written to standard output")
    else:
        print_line(_console(), f"report: {output}")


app.command(epilog="Example: search ablate --study mask-f1 --knob focal_gamma=0,1,2 --seeds 3")(ablate)
app.command(epilog="Example: search audit --study mask-f1 --output corrections-draft.csv")(audit)
app.command(epilog="Example: search dashboard --study mask-f1")(dashboard)
app.command(epilog="Example: search knobs focal_gamma")(knobs)
app.command(epilog="Example: search faces --study mask-f1 --data data/train")(faces)
app.add_typer(cache_app)


@app.command(epilog="Example: search demo")
def demo(
    again: Annotated[bool, typer.Option("--again", help="Forget an earlier demo study and run it anew.")] = False,
) -> None:
    """Draw a small data set, search on it with two workers, finalize, predict: the whole way in a few minutes."""
    from search.demo import run_demo

    run_demo(_console(), again=again)


@app.command(epilog="Example: search server --stop")
def server(
    stop: Annotated[bool, typer.Option("--stop", help="Stop it if nobody uses it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Stop it even if somebody does.")] = False,
) -> None:
    """Show or stop the embedded PostgreSQL of this folder; it stops by itself when the last command ends."""
    from search.database.connection import home_folder
    from search.postgres.server import server_state, stop_server

    home = home_folder()
    if stop or force:
        stop_server(home, force=force)
    state = server_state(home)
    users = f", used by processes {', '.join(map(str, state.users))}" if state.users else ""
    running = f"runs (pid {state.pid}{users})" if state.running else "does not run"
    print_line(_console(), f"the embedded PostgreSQL {running}; its data: {state.data}")
    if state.url is not None:
        loading = f'optuna.load_study(study_name="...", storage="{state.url}")'
        print_line(_console(), f"from a script, while it runs: {loading}")


def main() -> None:
    """Entry point of ``search``."""
    run(app)


def finalize_main() -> None:
    """Entry point of ``finalize``."""
    run(finalize_app)
