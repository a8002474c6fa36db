"""``search work`` and ``search create``: check everything, make the study, start the workers."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from trainer.batch_size import largest_batch
from trainer.config import Runtime
from trainer.cores import available_cores
from trainer.devices import choose_device, choose_devices
from trainer.errors import ConfigError
from trainer.model import check_model
from trainer.precision import fastest_precision
from trainer.prepare import Data

from search import standing, worker
from search.artifacts import artifacts_place, open_artifacts
from search.courier import Limits
from search.errors import StudyError
from search.event_files import log_folder, prove_writable
from search.job import Job, loaders
from search.patience import DATABASE_ERRORS, DatabaseAwayError, briefly
from search.points import open_store
from search.progress import make_progress
from search.pulse import Pulse
from search.spec import LARGEST, StudySpec
from search.storage import open_storage
from search.study import ensure_study, exists, load_study, read_data, stored_spec
from search.supervisor import supervise

if TYPE_CHECKING:
    from search.ray_crew import RayCrew

_FAREWELL = 10.0
"""Seconds that a command which ends waits to hear how the study stands."""


@dataclass(frozen=True)
class Places:
    """Where workers keep what they write, see :class:`search.job.Job`."""

    points: str
    logs: Path | None
    artifacts: str

    def prove(self) -> None:
        """Prove that they can be written to.

        Raises:
            SaveError: One cannot.
        """
        open_store(self.points)
        open_artifacts(self.artifacts).sweep()
        if self.logs:
            prove_writable(self.logs)

    def anchored(self) -> Places:
        """The same places with absolute paths, for processes that run in another folder."""

        def absolute(place: str) -> str:
            return place if "://" in place else str(Path(place).absolute())

        return Places(absolute(self.points), self.logs and self.logs.absolute(), absolute(self.artifacts))


@dataclass(frozen=True)
class Crew:
    """How many workers run here, on what, and for how long.

    Attributes:
        workers: Worker processes on the CPU; none: one a device.
        devices: As :func:`trainer.devices.choose_devices` takes it.
        trials: Trials that each worker runs at most; none: the study's budget alone.
        timeout: Seconds after which trials are handed back.
        points: Where resume points lie: a folder, ``s3://bucket/prefix``, or none: beside the embedded database.
        tensorboard: Folder of event files, ``none``, or none given: beside the embedded database.
        memory_limit: Bytes of a device that a worker may use.
        limits: How long the workers wait for what.
        artifacts: Where the pictures of trials lie, as :func:`search.artifacts.artifacts_place` takes it.
        pulse: A file that is touched while the workers are watched.
        ray: Address of a Ray cluster on whose nodes the workers run; none: on this machine.
        ray_cpus: CPUs that each of them asks Ray for.
    """

    workers: int | None = None
    devices: str = "auto"
    trials: int | None = None
    timeout: float | None = None
    points: str | None = None
    tensorboard: str | None = None
    memory_limit: int | None = None
    limits: Limits = field(default_factory=Limits)
    artifacts: str | None = None
    pulse: Path | None = None
    ray: str | None = None
    ray_cpus: int | None = None

    def runtimes(self, home: Path) -> list[Runtime]:
        """What each worker computes with.

        Raises:
            ConfigError: A device does not exist here.
        """
        devices = choose_devices(self.devices)
        if devices == ("cpu",):
            devices *= self.workers or 1
        elif self.workers is not None and self.workers != len(devices):
            raise ConfigError(
                f"--workers {self.workers} does not go with {len(devices)} CUDA devices, each of which has one worker; "
                "leave --workers away, or name a device twice in --devices to have two workers on it"
            )
        cores = max(1, available_cores() // len(devices))
        return [self.runtime(device, cores, home) for device in devices]

    def runtime(self, device: str, cores: int, home: Path) -> Runtime:
        """What a worker computes with that has a device and so many cores."""
        return Runtime(
            device=device,
            loader_workers=loaders(device, cores),
            threads=cores,
            memory_limit=self.memory_limit,
            sizes=home / "fitting-sizes.json",
        )

    def places(self, home: Path) -> Places:
        """Where the workers keep what they write."""
        return Places(
            points=self.points or str(home / "points"),
            logs=log_folder(self.tensorboard or home / "tensorboard"),
            artifacts=artifacts_place(self.artifacts, home),
        )


def decode_data(spec: StudySpec, home: Path, console: Console) -> Data:
    """Read and check the study's data, with a bar while images are decoded for the first time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("decoding images", total=None)
        return read_data(spec, home, lambda done, total: progress.update(task, completed=done, total=total))


def create(spec: StudySpec, storage: RDBStorage, home: Path, runtime: Runtime, console: Console) -> optuna.Study:
    """Check data, backbones and weights, then make the study or join it.

    What the study file leaves open and what moves numbers (precision, the largest batch) is settled here, with
    ``runtime``, and kept with the study.

    Raises:
        UserError: Something does not fit; nothing was made.
    """
    spec = spec.anchored()
    data = decode_data(spec, home, console)
    for note in data.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    for backbone in spec.backbones:
        check_model(spec.any_config(backbone), len(data.classes))
    if not exists(storage, spec.study.name):
        if spec.fixed.get("precision", "auto") == "auto":
            table = {name: fastest_precision(spec.any_config(name), data, runtime) for name in spec.backbones}
            spec = spec.with_fixed(precision=table)
        if spec.fixed.get("batch_size") == LARGEST:
            largest = min(largest_batch(spec.any_config(name), data, runtime) for name in spec.backbones)
            console.print(f"the largest batch that fits on {runtime.device}: {largest} images", highlight=False)
            spec = spec.with_fixed(batch_size=largest)
    study, is_new = ensure_study(storage, spec, data)
    if is_new:
        images, groups = len(data.images), len(set(data.groups))
        known = spec.data.knows_groups(images, groups)
        people = f" of {groups} people or groups" if known else ""
        doubt = "" if known else "; no groups are known, so images of one person may stand on both sides"
        console.print(
            f"study {spec.study.name}: {images} images{people}, {len(data.classes)} classes, {len(data.train)} to "
            f"train on and {len(data.validation)} to validate{doubt}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    return study


def work(spec: StudySpec, crew: Crew, storage_url: str | None, home: Path, console: Console) -> int:
    """Make or join the study and run workers until there is nothing left to do.

    Returns:
        The exit code, see :func:`search.supervisor.supervise`.
    """
    worker.quiet_libraries()
    places = crew.places(home)
    with contextlib.ExitStack() as stack:
        team = None if crew.ray is None else stack.enter_context(_hired(crew, storage_url, home, console))
        runtimes = crew.runtimes(home) if team is None else team.runtimes
        if team is None or not team.elsewhere:
            choose_device(runtimes[0].device)
            places.prove()
        storage = stack.enter_context(open_storage(storage_url, home=home))
        if team is None or not team.elsewhere:
            study = create(spec, storage, home, _whole_machine(runtimes[0]), console)
        else:
            team.create(spec, storage_url, places.anchored())
            study = load_study(storage, spec.study.name)
        # What was settled when the study was made counts for every worker.
        stored = stored_spec(study).fixed
        settled = spec.anchored().with_fixed(
            precision=stored.get("precision", "fp32"),
            **({"batch_size": stored["batch_size"]} if "batch_size" in stored else {}),
        )
        now = standing.counts(storage.engine, study._study_id)
        if spec.study.trials < now.budget:
            console.print(
                f"note: the study has a budget of {now.budget} trials, which is never lowered (its file says "
                f"{spec.study.trials})",
                highlight=False,
                soft_wrap=True,
            )
        if now.finished >= now.budget:
            console.print(
                f"all {now.budget} trials of {spec.study.name} are finished; raise `trials` in its file to go on, "
                f"or run `finalize --study {spec.study.name}`",
                highlight=False,
                soft_wrap=True,
            )
            return 0
        deadline = None if crew.timeout is None else time.time() + crew.timeout
        places = places if team is None else places.anchored()
        jobs = [
            Job(
                worker=number,
                spec=settled,
                storage=storage_url,
                home=home,
                points=places.points,
                runtime=runtime,
                limits=crew.limits,
                trials=crew.trials,
                deadline=deadline,
                logs=places.logs,
                artifacts=places.artifacts,
            )
            for number, runtime in enumerate(runtimes)
        ]
        with make_progress(
            console,
            spec.study.name,
            finished=now.finished,
            budget=now.budget,
            best=now.best,
            workers=len(jobs),
        ) as progress:
            code = (supervise if team is None else team.supervise)(jobs, progress, Pulse(crew.pulse))
        try:
            lines = briefly(lambda: _farewell(storage, study, failing=code == 1), seconds=_FAREWELL)
        except (StudyError, KeyError):  # somebody deleted it, and a worker has said so
            lines = []
        except (DatabaseAwayError, *DATABASE_ERRORS):
            lines = ["the database is away; once it is back, `search work` goes on from here"]
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return code


def _hired(
    crew: Crew, storage_url: str | None, home: Path, console: Console
) -> contextlib.AbstractContextManager[RayCrew]:
    try:
        from search.ray_crew import hired
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ConfigError('--ray needs Ray; run: pip install "studyhall[ray]"') from error
    return hired(crew, storage_url, home, console)


def create_here(
    spec: StudySpec, storage_url: str | None, home: Path, runtime: Runtime, places: Places, console: Console
) -> None:
    """Do on a node of a cluster what :func:`work` does before it starts workers.

    Raises:
        UserError: Something does not fit; nothing was made.
    """
    worker.quiet_libraries()
    choose_device(runtime.device)
    places.prove()
    with open_storage(storage_url, home=home) as storage:
        create(spec, storage, home, _whole_machine(runtime), console)


def _whole_machine(runtime: Runtime) -> Runtime:
    """For what is done before there are several workers."""
    return runtime.model_copy(update={"threads": available_cores(), "loader_workers": 0})


def single(device: str, home: Path, memory_limit: int | None = None) -> Runtime:
    """What a command computes with that runs alone.

    Raises:
        ConfigError: The device does not exist here.
    """
    runtime = Crew(memory_limit=memory_limit).runtimes(home)[0].model_copy(update={"device": choose_device(device)})
    return _whole_machine(runtime)


def _farewell(storage: RDBStorage, study: optuna.Study, *, failing: bool) -> list[str]:
    """How the study stands when the workers have ended."""
    now = standing.counts(storage.engine, study._study_id)
    line = f"{now.finished} of {now.budget} trials are finished"
    if now.best is not None:
        line += f"; best F1 {now.best[1]:.4f} (trial {now.best[0]})"
    if failing and (failed := study.get_trials(deepcopy=False, states=(TrialState.FAIL,))):
        reason = failed[-1].user_attrs.get("reason", "no reason known")
        return [line, f"{len(failed)} trials failed, the last with: {reason}"]
    if now.best is not None and now.finished >= now.budget:
        return [line, f"next: finalize --study {study.study_name}"]
    return [line]
