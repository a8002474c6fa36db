"""Delete a study with all that belongs to it."""

from itertools import chain

import optuna
from optuna.storages import RDBStorage

from search.config.retraining import SUFFIXES
from search.database import schema
from search.database.optuna_internals import artifact_ids, study_attributes, study_id, trial_attributes
from search.stores.artifacts import Artifacts
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
    of_trials = map(trial_attributes, study.get_trials(deepcopy=False))
    for artifact_id in artifact_ids(chain(study_attributes(study), *of_trials)):
        artifacts.remove(artifact_id)
    with storage.engine.begin() as connection:
        schema.drop_study(connection, study_id(study))
    optuna.delete_study(study_name=name, storage=storage)
