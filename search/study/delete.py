"""Delete a study with all that belongs to it."""

from __future__ import annotations

from itertools import chain

import optuna
from optuna.storages import RDBStorage

from search.config.retraining import SUFFIXES
from search.database import schema
from search.stores.artifacts import ARTIFACT_KEY, Artifacts
from search.study.study import study_names


def delete_study(storage: RDBStorage, name: str, artifacts: Artifacts) -> None:
    """Delete a study with its trials, their pictures, leases and budget, and what was retrained of it.

    Raises:
        SaveError: Pictures cannot be removed; the study is still there.
    """
    there = study_names(storage)
    for retrained in (f"{name}{suffix}" for suffix in SUFFIXES):
        if retrained in there:
            delete_study(storage, retrained, artifacts)
    study = optuna.load_study(study_name=name, storage=storage)
    owners = [storage.get_study_system_attrs(study._study_id)]
    owners += [trial.system_attrs for trial in study.get_trials(deepcopy=False)]
    for key in chain(*owners):
        if key.startswith(ARTIFACT_KEY):
            artifacts.remove(key.removeprefix(ARTIFACT_KEY))
    with storage.engine.begin() as connection:
        schema.drop_study(connection, study._study_id)
    optuna.delete_study(study_name=name, storage=storage)
