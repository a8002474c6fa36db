"""What ``import search`` offers: the commands as functions, which return what the commands print.

A storage comes from :func:`open_storage` and is used inside its block; a study goes by its name there. Each function
imports what it needs when it is called, so ``import search`` is cheap.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, TypeVar, Unpack

from trainer.errors import ConfigError, UserError
from trainer.support.lazy import installed
from trainer.support.text import suggest

from search.errors import StorageError, StudyError

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from rich.console import Console
    from trainer.evaluation.out_of_fold import OutOfFold
    from trainer.imaging.views import Tta
    from trainer.predict.model import Model

    from search.config.study_spec import StudySpec
    from search.database.connection import StudyStorage
    from search.finalization.joined import FinalizedJoin
    from search.finalization.plan import FinalizeOptions, LocalSetup
    from search.finalization.write_model import Finalized
    from search.launch.supervisor import Outcome
    from search.launch.workers import WorkerPool
    from search.reports.status import Status


_Options = TypeVar("_Options")
_ENVIRONMENT: Final = {
    "checkpoints": "STUDY_RESUME_POINTS",
    "tensorboard": "STUDY_TENSORBOARD",
    "wandb": "STUDY_WANDB",
    "liveness": "STUDY_PULSE",
}
"""Variables that stand for options that are not given, as for the commands; that of artifacts is read below."""

WORK_VARIABLES: Final = tuple(_ENVIRONMENT)
"""Options of :func:`work` that may come from a variable."""
RETRAINING_VARIABLES: Final = ("checkpoints", "tensorboard")
"""Those of :func:`finalize`."""


class WorkerOptions(TypedDict, total=False):
    """What workers compute with and where they keep what they write; omit a key for the command's default.

    Attributes:
        workers: Worker processes on the CPU, 1 to 256; on CUDA there is one per device.
        devices: ``auto``, ``cpu``, or numbers such as ``0,1``.
        memory_limit: Bytes of a device that a worker may use.
        checkpoints: Folder or ``s3://BUCKET/PREFIX`` from which trials go on after a crash; omitted, it is
            ``STUDY_RESUME_POINTS``, else a folder beside the embedded database.
        tensorboard: Folder of event files, or ``none``; omitted, ``STUDY_TENSORBOARD`` or a folder as above.
        artifacts: Folder or ``s3://BUCKET/PREFIX`` of the trials' pictures; omitted, ``STUDY_ARTIFACTS`` or a folder.
        wandb: Project at Weights & Biases, for :func:`work`; omitted, ``STUDY_WANDB`` or none.
        ray: Address of a Ray cluster.
        ray_cpus: CPUs that each worker asks Ray for.
        lease: Seconds after which a silent worker's trial is taken over; 90 by default, at least 3.
        stall_timeout: Seconds after which training that hangs is given up; 600 by default.
        patience: Seconds after which workers stop waiting for the database; 600 by default.
    """

    workers: int | None
    devices: str
    memory_limit: int | None
    checkpoints: str | None
    tensorboard: str | None
    artifacts: str | None
    wandb: str | None
    ray: str | None
    ray_cpus: int | None
    lease: float
    stall_timeout: float
    patience: float


def open_storage(url: str | None = None, *, home: str | Path | None = None) -> AbstractContextManager[StudyStorage]:
    """Open the database of the studies for the length of a ``with`` block.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST/DATABASE``; None means ``STUDY_STORAGE`` where that is set, else the
            embedded PostgreSQL in ``home``.
        home: Folder of the embedded database and of the image cache; None means ``STUDY_HOME``, else ``.studies``.

    Raises:
        StorageError: The database does not answer, refuses, or cannot be used.
        ConfigError: Optuna, or another package of the extra ``search``, is not installed.
    """
    with installed("search.open_storage", "search"):
        from search.database import connection

    folder = connection.home_folder() if home is None else Path(home)
    return connection.open_storage(connection.storage_url(url), home=folder)


def create_study(
    storage: StudyStorage,
    spec: StudySpec,
    *,
    device: str = "auto",
    memory_limit: int | None = None,
    data: str | Path | None = None,
    on_bad_image: Literal["stop", "skip"] | None = None,
    weights: Sequence[str] = (),
    console: Console | None = None,
) -> optuna.Study:
    """Check the data, the backbones and their weights, then make the study, or join it where it exists.

    Args:
        storage: An open storage.
        spec: From :func:`load_spec` or :meth:`StudySpec.from_dict`.
        device: With which the precision and the largest batch are measured: ``auto``, ``cpu`` or ``cuda:N``.
        memory_limit: Bytes of the device that a worker may use; None means all.
        data: Folder of the images on this machine; None means ``DATA_ROOT``, else the specification's.
        on_bad_image: What to do about images that cannot be read; None means as the specification says.
        weights: ``[BACKBONE=]SOURCE``: imagenet, none or a .safetensors file.
        console: Where notes and warnings about the data are printed; None means standard output.

    Returns:
        Optuna's study: ``trials_dataframe()``, ``enqueue_trial()`` and ``optuna.visualization`` work with it.

    Raises:
        UserError: Something does not fit; nothing was made.
    """
    from search.console import Preparation, quiet_libraries
    from search.launch.workers import single
    from search.study.create import create

    _check_open(storage)
    _check_spec(spec)
    quiet_libraries()
    limit = worker_pool("search.create_study", {"memory_limit": memory_limit}).memory_limit
    spec = on_this_machine(spec, data, on_bad_image, weights)
    with Preparation(_console(console)) as preparation:
        return create(spec, storage, single(device, storage.database.home, limit), preparation)


def load_study(storage: StudyStorage, study: str | optuna.Study) -> optuna.Study:
    """Load a study as Optuna's; see :func:`create_study`.

    Raises:
        StudyError: There is no such study, or another program made it.
    """
    from search.study.study import load_study as load

    _check_open(storage)
    return load(storage, _name(study))


def work(
    storage: StudyStorage,
    study: str | optuna.Study | StudySpec,
    *,
    trials: int | None = None,
    timeout: float | None = None,
    data: str | Path | None = None,
    on_bad_image: Literal["stop", "skip"] | None = None,
    weights: Sequence[str] = (),
    confirm: bool = False,
    console: Console | None = None,
    **options: Unpack[WorkerOptions],
) -> Status:
    """Run workers that take trials from a study; return when there is nothing left to do.

    Workers are processes of their own. Ctrl-C hands their trials back, then raises KeyboardInterrupt.

    Args:
        storage: An open storage.
        study: A study in it, or its name; or a specification, whose study is made where it is new.
        trials: Trials that each worker runs at most; None means the study's budget alone.
        timeout: Seconds after which trials are handed back; None means no limit.
        data: Folder of the images on this machine; None means ``DATA_ROOT``, else the study's.
        on_bad_image: What to do about images that cannot be read; None means as the study says.
        weights: ``[BACKBONE=]SOURCE``: imagenet, none or a .safetensors file.
        confirm: Help with what :func:`finalize` has under way of the study on another machine.
        console: Where progress is printed; None means standard output.
        options: More options of the workers.

    Returns:
        How the study stands then; with ``confirm`` the study of the trainings that it helped with.

    Raises:
        UserError: The study, its data or an option cannot be used; or this is not the main thread, which alone can
            hear Ctrl-C.
        StudyError: The study or its workers failed.
    """
    from search.config.study_spec import StudySpec
    from search.reports.status import read_status as read

    _check_open(storage)
    _check_main_thread("search.work")
    pool = worker_pool("search.work", {**options, "trials": trials, "timeout": timeout}, WORK_VARIABLES)
    if confirm:
        from search.finalization.retraining_state import find_retraining

        spec = find_retraining(storage, _name(study))
    else:
        spec = study if isinstance(study, StudySpec) else _stored(storage, _name(study))
    outcome = run_workers(storage, on_this_machine(spec, data, on_bad_image, weights), pool, _console(console))
    if outcome.is_stopped:
        raise KeyboardInterrupt
    if outcome.code:
        raise StudyError(f"the workers of study {spec.study.name!r} failed; the lines above say why")
    return read(storage, spec.study.name)


def run_workers(storage: StudyStorage, spec: StudySpec, pool: WorkerPool, console: Console) -> Outcome:
    """Run the workers of :func:`work` and return how that ended, which a command makes its exit code."""
    from search.launch import fork_server
    from search.launch.work import work as run

    with fork_server.running(at_once=pool.ray in (None, "local")):
        return run(spec, pool, storage, console)


def finalize(
    storage: StudyStorage,
    study: str | optuna.Study | Sequence[str],
    *,
    output: str | Path | None = None,
    leaders: int | None = None,
    folds: int | None = None,
    ensemble: Literal["none", "folds", "seeds"] = "none",
    voting: Literal["soft", "hard"] = "soft",
    tta: Literal["auto"] | Tta = "auto",
    licence: str | None = None,
    force: bool = False,
    data: str | Path | None = None,
    on_bad_image: Literal["stop", "skip"] | None = None,
    weights: Sequence[str] = (),
    console: Console | None = None,
    **options: Unpack[WorkerOptions],
) -> Model:
    """Confirm the leaders of a search over folds of people, choose one, and train it on all the data.

    What was trained before is not trained again. Ctrl-C raises KeyboardInterrupt; the same call goes on from there.

    Args:
        storage: An open storage.
        study: A study in it, or its name; or several names, each of one factor of the label, whose models are joined.
        output: Folder of the model's versions; None means ``models/STUDY``.
        leaders: Configurations to confirm; None means as the study says.
        folds: Folds of people; 0 confirms nothing; None means as the study says.
        ensemble: ``none``: one network; ``folds``: those of the folds; ``seeds``: three with different seeds.
        voting: How an ensemble makes one answer: the mean of probabilities, or the majority.
        tta: Views of each image whose probabilities are averaged; ``auto``: those that paid on people held out.
        licence: Of the model, for its card.
        force: Confirm and train again.
        data: Folder of the images on this machine; None means ``DATA_ROOT``, else the study's.
        on_bad_image: What to do about images that cannot be read; None means as the study says.
        weights: ``[BACKBONE=]SOURCE``: imagenet, none or a .safetensors file.
        console: Where progress is printed; None means standard output.
        options: What computes.

    Returns:
        The model; ``model.folder`` is the version that was written, ``model.expected`` what to expect of it.

    Raises:
        UserError: The study, its data or an option cannot be used; or this is not the main thread.
        StudyError: Trainings failed.
    """
    from trainer.predict.model import load

    from search.finalization.plan import FinalizeOptions, LocalSetup
    from search.finalization.retrain import UnfinishedError

    _check_open(storage)
    _check_main_thread("search.finalize")
    names = list(map(_name, study)) if isinstance(study, list | tuple) else [_name(study)]
    if not names:
        raise StudyError("no study is named; give the name of one, or of several of one factor each")
    pool = worker_pool("search.finalize", options, RETRAINING_VARIABLES)
    setup = LocalSetup(_data_root(data), on_bad_image, tuple(weights), pool)
    given = {"leaders": leaders, "folds": folds, "ensemble": ensemble, "voting": voting, "tta": tta}
    choices = _validated("search.finalize", FinalizeOptions, {**given, "licence": licence, "force": force})
    try:
        folder = None if output is None else Path(output)
        done = run_finalize(storage, names, folder, setup, choices, _console(console))
    except UnfinishedError as error:
        if error.is_stopped:
            raise KeyboardInterrupt from error
        raise StudyError(str(error)) from error
    return load(done.folder)


def run_finalize(
    storage: StudyStorage,
    names: Sequence[str],
    output: Path | None,
    setup: LocalSetup,
    choices: FinalizeOptions,
    console: Console,
) -> Finalized | FinalizedJoin:
    """Do what :func:`finalize` does and return what a command prints of it.

    Raises:
        UnfinishedError: Trainings are left to do.
    """
    from search.console import quiet_libraries
    from search.finalization.finalize import finalize as finalize_one
    from search.finalization.joined import finalize_joined
    from search.launch import fork_server

    quiet_libraries()
    folder = output or Path("models") / "+".join(names)
    with fork_server.running():
        if len(names) == 1:
            return finalize_one(storage, names[0], folder, setup, choices, console=console)
        return finalize_joined(storage, names, folder, setup, choices, console=console)


def read_status(storage: StudyStorage, study: str | optuna.Study) -> Status:
    """Read how a study stands: trials, best configuration, importances, running workers.

    Raises:
        StudyError: There is no such study.
    """
    from search.reports.status import read_status as read

    _check_open(storage)
    return read(storage, _name(study))


def read_scalars(
    storage: StudyStorage, study: str | optuna.Study, *, tensorboard: str | Path | None = None
) -> pd.DataFrame:
    """Read what TensorBoard shows of a study.

    Args:
        storage: An open storage.
        study: The name of a study in it.
        tensorboard: Folder of the event files; None means ``STUDY_TENSORBOARD``, else the one beside the embedded
            database.

    Returns:
        Columns study, trial, tag, step, value and wall_time (seconds since 1970).

    Raises:
        StudyError: There is no such study.
        DataError: Nothing was written of it here.
    """
    from trainer.tracking.event_files import log_folder

    from search.reports.scalars import read_study

    _check_open(storage)
    folder = tensorboard or _from_environment(["tensorboard"]).get("tensorboard")
    return read_study(storage, _name(study), log_folder(folder or storage.database.home / "tensorboard"))


def read_out_of_fold(
    storage: StudyStorage,
    study: str | optuna.Study,
    *,
    trial: int | None = None,
    data: str | Path | None = None,
    checkpoints: str | None = None,
) -> OutOfFold:
    """Read what the networks of a confirmed leader predicted for the people that they had not seen.

    Args:
        storage: An open storage.
        study: The name of a study that was finalized.
        trial: The leader; None means the chosen one.
        data: Folder of the images on this machine; None means ``DATA_ROOT``, else the study's.
        checkpoints: Where its trainings kept their results, as in :func:`finalize`.

    Raises:
        UserError: Its leaders are not confirmed, or the data or the results of the folds are gone.
    """
    from search.finalization.out_of_fold import read_out_of_fold as read
    from search.stores.open import open_store

    _check_open(storage)
    home = storage.database.home
    pool = worker_pool("search.read_out_of_fold", {"checkpoints": checkpoints}, RETRAINING_VARIABLES)
    store = open_store(pool.locations(home).checkpoints)
    return read(storage, _name(study), store, home, root=_data_root(data), trial=trial)


def write_report(storage: StudyStorage, study: str | optuna.Study, output: str | Path = "report.html") -> Path:
    """Write one page about a study that opens in any browser, also offline; return its path.

    ``-`` writes it to standard output.

    Raises:
        StudyError: There is no such study.
        SaveError: The page cannot be written; an earlier one is kept.
    """
    from search.reports.study_report import write_report as write

    _check_open(storage)
    write(storage, _name(study), Path(output))
    return Path(output)


def _console(console: Console | None) -> Console:
    from rich.console import Console

    # Below the cell of a notebook plain text, although its kernel asks for colours (FORCE_COLOR).
    force_terminal = False if Console().is_jupyter else None
    return console or Console(highlight=False, force_jupyter=False, force_terminal=force_terminal)


def worker_pool(where: str, options: Mapping[str, object], variables: Iterable[str] = ()) -> WorkerPool:
    """The workers that options ask for; one that is None has its default, from its variable if it is of ``variables``.

    Raises:
        ConfigError: There is no such option, or its value breaks a rule; it begins with ``where``.
    """
    from search.launch.workers import WorkerPool
    from search.study.package_versions import check_wandb

    known = WorkerOptions.__annotations__
    if unknown := sorted(options.keys() - known.keys() - {"trials", "timeout"}):
        raise ConfigError(f"{where}: {unknown[0]!r} is no option{suggest(unknown[0], list(known))}")
    given = {
        name: str(value) if isinstance(value, Path) else value for name, value in options.items() if value is not None
    }
    pool = _validated(where, WorkerPool, {**_from_environment(variables), **given})
    check_wandb(pool.wandb)
    return pool


def on_this_machine(
    spec: StudySpec, data: str | Path | None, on_bad_image: Literal["stop", "skip"] | None, weights: Sequence[str]
) -> StudySpec:
    """A study with where its data and its weights are here; ``data`` may come from ``DATA_ROOT``."""
    from search.config.overrides import with_weights

    return with_weights(spec.with_data(_data_root(data), on_bad_image), weights)


def _validated(where: str, kind: type[_Options], values: Mapping[str, Any]) -> _Options:
    from pydantic import TypeAdapter, ValidationError
    from trainer.support.validation import explain

    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as error:
        raise explain(error, where=where) from error


def _from_environment(options: Iterable[str]) -> dict[str, str]:
    return {name: value for name in options if (value := os.environ.get(_ENVIRONMENT[name]))}


def _data_root(data: str | Path | None) -> Path | None:
    named = data or os.environ.get("DATA_ROOT")
    return Path(named) if named else None


def _name(study: object) -> str:
    """The name of a study, by whatever stands for it."""
    import optuna
    from trainer.support.validation import brief

    from search.config.study_spec import StudySpec

    if isinstance(study, optuna.Study):
        return study.study_name
    if isinstance(study, StudySpec):
        return study.study.name
    if not isinstance(study, str):
        raise StudyError(f"{brief(study)} is no study; give its name")
    return study


def _check_spec(spec: object) -> None:
    from trainer.support.validation import brief

    from search.config.study_spec import StudySpec

    if not isinstance(spec, StudySpec):
        raise ConfigError(
            f"{brief(spec)} is no specification of a study; take one from search.load_spec(...) or "
            "search.StudySpec.from_dict(...)"
        )


def _stored(storage: StudyStorage, name: str) -> StudySpec:
    from search.study.lookup import stored

    if (spec := stored(storage, name)) is None:
        raise StudyError(
            f"study {name!r} does not exist in this storage; make it with "
            f"search.create_study(storage, search.load_spec({name!r}))"
        )
    return spec


def _check_open(storage: object) -> None:
    from search.database.connection import StudyStorage

    if not isinstance(storage, StudyStorage):
        raise StorageError(
            f"{type(storage).__name__} is no storage of this package; take one from `with search.open_storage(...) as "
            "storage:`"
        )
    if not storage.is_open:
        raise StorageError("this storage is closed, as its `with search.open_storage()` block has ended; open another")


def _check_main_thread(what: str) -> None:
    if threading.current_thread() is not threading.main_thread():
        raise UserError(
            f"{what} starts processes and listens for Ctrl-C, which only the main thread can; call it there"
        )
