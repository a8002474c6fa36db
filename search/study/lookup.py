"""A study by the name that somebody gives it: from its file, else as the storage has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import ConfigError

from search.config.load import STUDIES, load_spec
from search.config.study_spec import StudySpec

if TYPE_CHECKING:
    from optuna.storages import RDBStorage


def find_spec(study: str, storage_url: str | None, home: Path) -> StudySpec:
    """The specification of a study that is to be worked on.

    It is named as in studies/ or in the storage, or by the path of a .toml file. A machine without the file, and an
    ablation, which never had one, take what is stored with the study.

    Raises:
        ConfigError: There is no such file, or it breaks a rule; and the storage does not know the study either.
        StorageError: The storage does not answer.
    """
    if has_file(study) or (storage_url is None and not has_embedded(home)):
        return load_spec(study)
    from search.database.connection import open_storage

    with open_storage(storage_url, home=home) as storage:
        found = stored(storage, study)
    if found is None:
        try:
            return load_spec(study)
        except ConfigError as error:
            raise ConfigError(f"{error}; nor does the storage have a study {study!r}") from error
    return found


def has_file(study: str) -> bool:
    """Whether a study is named by its file, or has one in studies/."""
    return study.endswith(".toml") or (STUDIES / f"{study}.toml").exists()


def has_embedded(home: Path) -> bool:
    """Whether there is an embedded database, so that nobody has to wait until an empty one is made."""
    from search.postgres.server import server_state

    return server_state(home).data.exists()


def stored(storage: RDBStorage, name: str) -> StudySpec | None:
    """A study as the storage has it, with the budget that it has by now; none: there is no such study."""
    from search.database import queries
    from search.database.optuna_internals import study_id
    from search.study.study import exists, load_study, stored_spec

    if not exists(storage, name):
        return None
    study = load_study(storage, name)
    spec = stored_spec(study)
    now = queries.allowance(storage.engine, study_id(study))
    budget = {"trials": now.trials, "timeout": now.timeout, "max_failures": now.max_failures}
    return spec.model_copy(update={"study": spec.study.model_copy(update=budget)})
