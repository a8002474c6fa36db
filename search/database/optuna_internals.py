"""The private parts of Optuna and optuna-dashboard that this project uses; after an upgrade of either look here first.

Elsewhere only what is public is used, with three exceptions. ``RDBStorage.engine`` has no underscore, but no
documentation either. SQL over Optuna's tables is in :mod:`search.database.lease`, :mod:`search.database.queries`,
:mod:`search.database.connection` and :mod:`search.worker.trial_record`; it relies on :data:`SCHEMA`. And
:data:`search.launch.fork_server.IMPORTED` names the module of these tables, which Optuna imports late.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

SCHEMA: Final = "v3.2.0.a"
"""The version of Optuna's tables (``RDBStorage.get_head_version``) that SQL of ours reads and writes."""

DASHBOARD_LOGGERS: Final = ("optuna_dashboard._bottle_util", "optuna_dashboard._app")
"""Private modules of optuna-dashboard that log the requests that it cannot answer."""

ARTIFACT_KEY: Final = "artifacts:"
"""``artifacts._upload.ARTIFACTS_ATTR_PREFIX``: how the system attributes are called that tell of an artifact."""

_METRIC_NAMES: Final = "study:metric_names"
_NOTE_PIECE: Final = 2045


def study_id(study: optuna.Study) -> int:
    """``Study._study_id``: the study's number in the database."""
    return study._study_id


def trial_id(trial: FrozenTrial) -> int:
    """``FrozenTrial._trial_id``: the trial's number in the database, where its study counts from 0."""
    return trial._trial_id


def storage_of(study: optuna.Study) -> RDBStorage:
    """``Study._storage._backend``: the storage of a study below Optuna's cache."""
    storage: RDBStorage = study._storage._backend  # type: ignore[attr-defined]
    return storage


@contextmanager
def session_on(connection: sa.Connection, storage: RDBStorage) -> Iterator[None]:
    """``RDBStorage.scoped_session``: let Optuna read and write over our connection, in this thread."""
    storage.scoped_session.remove()
    storage.scoped_session(bind=connection)
    try:
        yield
    finally:
        storage.scoped_session.remove()


def create_running_trial(study: optuna.Study) -> int:
    """``Study._storage.create_new_trial``: a new trial's id; through Optuna's cache, which then knows it."""
    return study._storage.create_new_trial(study._study_id)


def create_waiting_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    """``Study._storage.create_new_trial``: a trial like this one; ``Study.add_trial`` does more, in more queries."""
    study._storage.create_new_trial(study._study_id, template_trial=trial)


def stored_trial(study: optuna.Study, trial_id: int) -> FrozenTrial:
    """``Study._storage.get_trial``: a trial as the database has it.

    Raises:
        KeyError: The study was deleted.
    """
    return study._storage.get_trial(trial_id)


def read_trial(study: optuna.Study, trial_id: int) -> optuna.Trial:
    """A running trial to go on with, which only ``Study.ask`` gives else, and that only of new ones.

    It stands for ``Study._thread_local`` and ``Study._storage._trial_id_to_study_id_and_number``.
    """
    study._thread_local.cached_all_trials = None  # as study.ask does: the sampler shall see what others found
    if trial_id not in study._storage._trial_id_to_study_id_and_number:  # type: ignore[attr-defined]
        study.get_trials(deepcopy=False)  # Optuna's cache writes only to trials that it has seen
    return optuna.Trial(study, trial_id)


def last_read(trial: optuna.Trial) -> FrozenTrial:
    """``Trial._cached_frozen_trial``: what Optuna knows of a running trial without asking the database."""
    return trial._cached_frozen_trial


def trial_attributes(trial: FrozenTrial) -> Mapping[str, Any]:
    """``FrozenTrial.system_attrs``: what is kept of a trial that the dashboard does not show."""
    return trial.system_attrs


def study_attributes(study: optuna.Study) -> Mapping[str, Any]:
    """``BaseStorage.get_study_system_attrs``: what is kept of a study that the dashboard does not show as it is."""
    return study._storage.get_study_system_attrs(study._study_id)


def set_study_attribute(study: optuna.Study, key: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """``BaseStorage.set_study_system_attr``."""
    study._storage.set_study_system_attr(study._study_id, key, value)


def metric_attribute(name: str) -> dict[str, list[str]]:
    """What ``Study.set_metric_names`` writes, which also warns that it may change; a study attribute."""
    return {_METRIC_NAMES: [name]}


def note_attributes(note: str, trial_id: int | None = None) -> dict[str, str | int]:
    """A Markdown note as optuna-dashboard keeps it (its ``_note.py``): as attributes of the study, a trial's too."""
    prefix = "dashboard:" if trial_id is None else f"dashboard:{trial_id}:"
    pieces = [note[start : start + _NOTE_PIECE] for start in range(0, len(note), _NOTE_PIECE)]
    return {f"{prefix}note_ver": 1, **{f"{prefix}note_str:{n}": piece for n, piece in enumerate(pieces)}}


def artifact_attribute(artifact_id: str, filename: str, mimetype: str) -> dict[str, str]:
    """What Optuna keeps of an artifact (its ``artifacts/_upload.py``), as an attribute of its trial or study."""
    metadata = {"artifact_id": artifact_id, "filename": filename, "mimetype": mimetype, "encoding": None}
    return {ARTIFACT_KEY + artifact_id: json.dumps(metadata)}


def removed_artifact_attribute(artifact_id: str) -> dict[str, str]:
    """What optuna-dashboard keeps of an artifact that was removed (its ``artifact/_backend.py``)."""
    return {ARTIFACT_KEY + artifact_id: json.dumps(None)}


def artifact_ids(attributes: Iterable[str]) -> list[str]:
    """The artifacts that a trial's or a study's attributes tell of, those included that were removed."""
    return [key.removeprefix(ARTIFACT_KEY) for key in attributes if key.startswith(ARTIFACT_KEY)]


def artifact_filename(attributes: Mapping[str, Any], artifact_id: str) -> str:
    """What an artifact is called; empty where it was removed."""
    metadata = json.loads(attributes[ARTIFACT_KEY + artifact_id])
    return str(metadata.get("filename", "")) if metadata else ""


def artifact_page(study_id: int, trial_id: int, artifact_id: str) -> str:
    """Where optuna-dashboard serves a trial's artifact."""
    return f"/artifacts/{study_id}/{trial_id}/{artifact_id}"
