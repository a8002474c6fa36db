"""Create and load a study: its sampler, its pruner, its start configurations, and what it remembers of its making."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import optuna
import sqlalchemy as sa
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.config.ablation import AblationSection
from search.config.identity import differences
from search.config.retraining import SUFFIXES, RetrainingSpec
from search.config.study_spec import StudySpec, parse_spec
from search.database import lease, schema
from search.database.transaction import transaction
from search.errors import StudyError
from search.paths import cache_folder, cache_limit
from search.plans import ablation as assignments
from search.plans import retraining as orders
from search.results.notes import attributes_of, study_note
from search.stores.artifacts import ARTIFACT_KEY, Artifacts
from search.study.package_versions import installed

if TYPE_CHECKING:
    from trainer.data.cache.build import Progress
    from trainer.data.dataset import Dataset

# Who only looks at a study does not wait for what reads its images.

METRIC = "macro-F1"
"""What a trial's value is called in the dashboard and in Optuna's tables and charts."""
LOSS = "training loss"
"""The same of what is trained on everybody: nobody is left to tell its F1."""

# One lock for making studies; real study ids start at 1.
_CREATION = 0


def read_data(spec: StudySpec, home: Path, progress: Progress | None = None) -> Dataset:
    """Read, decode and split the images of a study; ``progress`` is called with (done, total) while they are decoded.

    Raises:
        DataError: See :func:`trainer.data.prepare.prepare`.
        ConfigError: ``STUDY_CACHE_LIMIT`` is no size.
    """
    from trainer.data.prepare import prepare

    return prepare(
        spec.data.model_copy(update={"cache_limit": cache_limit(spec.data.cache_limit)}),
        image_size=spec.image_size,
        crop=spec.crop,
        seed=spec.study.seed,
        cache_dir=cache_folder(home),
        fraction=spec.people,
        fold_assignment=spec.fold_assignment,
        progress=progress,
    )


def make_sampler(spec: StudySpec, worker: int) -> BaseSampler:
    """The sampler of one worker.

    Args:
        spec: The study.
        worker: How many workers the study had before this one; a shared seed would give identical start-up trials.
    """
    seed = int(np.random.SeedSequence((spec.study.seed, worker)).generate_state(1)[0])
    if spec.sampler.kind == "random":
        return RandomSampler(seed=seed)
    # Where parameters have conditions those that are there are modelled one by one. A joint model, with `group` or
    # without, knows only those that all trials have, or splits the trials up: it finds worse (benchmarks/samplers.py).
    return TPESampler(n_startup_trials=spec.sampler.startup_trials, seed=seed, multivariate=not spec.has_conditions)


def make_pruner(spec: StudySpec) -> BasePruner:
    """The pruner; its resource is an epoch and its limits are given, so that it prunes from the first trials on."""
    pruner = spec.pruner
    # Where there are folds a trial reports at the end of each.
    first = spec.epochs if spec.data.folds else pruner.min_epochs
    if pruner.kind == "hyperband":
        return HyperbandPruner(min_resource=first, max_resource=spec.steps, reduction_factor=pruner.reduction_factor)
    if pruner.kind == "asha":
        return SuccessiveHalvingPruner(
            min_resource=first,
            reduction_factor=pruner.reduction_factor,
            min_early_stopping_rate=0,
        )
    if pruner.kind == "median":
        return MedianPruner(n_startup_trials=pruner.startup_trials, n_warmup_steps=first - 1)
    return NopPruner()


def exists(storage: RDBStorage, name: str) -> bool:
    """Whether a study of this name was made completely."""
    return name in study_names(storage) and "spec" in optuna.load_study(study_name=name, storage=storage).user_attrs


def study_names(storage: RDBStorage) -> list[str]:
    """The studies in a storage, sorted."""
    return sorted(optuna.get_all_study_names(storage))


def load_study(storage: RDBStorage, name: str, *, worker: int | None = None) -> optuna.Study:
    """Load a study of ours; with a worker's number, with its sampler and pruner.

    Raises:
        StudyError: There is no such study, or another program made it.
        StorageError: Another version of this project made the lease tables.
    """
    schema.check_tables(storage.engine)
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except KeyError as error:
        names = study_names(storage)
        have = f"there are {', '.join(names)}" if names else "there are none yet: `search work` makes one"
        raise StudyError(f"study {name!r} does not exist in this storage; {have}") from error
    if "spec" not in study.user_attrs:
        raise StudyError(
            f"study {name!r} was not made by this program, or was never made to its end; `search work` ends the "
            "making, or choose another name in [study]"
        )
    if worker is not None:
        spec = stored_spec(study)
        study.sampler = make_sampler(spec, worker)
        study.pruner = make_pruner(spec)
    return study


def stored_spec(study: optuna.Study) -> StudySpec:
    """The specification that a study was made from, with the paths of the machine that made it."""
    spec = parse_spec(study.user_attrs["spec"], f"study {study.study_name!r}")
    # Studies that were made before there was a choice had none.
    return spec.with_pixels("exact") if spec.data.pixels == "auto" else spec


def joining(spec: StudySpec, storage: RDBStorage) -> StudySpec:
    """The same specification with the pixels that its study has, where there is one and the file leaves them open."""
    if spec.data.pixels != "auto" or not exists(storage, spec.study.name):
        return spec
    return spec.with_pixels(stored_spec(load_study(storage, spec.study.name)).data.pixels)


def ensure_study(storage: RDBStorage, spec: StudySpec, data: Dataset) -> tuple[optuna.Study, bool]:
    """Make the study, or load it and check that it was made from this specification and these data.

    Returns:
        The study, and whether it is new.

    Raises:
        StudyError: The specification or the data differ; the message says where.
    """
    with _creation(storage) as connection:
        # Looked up first: a name that exists would break the transaction.
        if spec.study.name in study_names(storage):
            study = optuna.load_study(study_name=spec.study.name, storage=storage)
        else:
            direction = StudyDirection.MINIMIZE if _metric(spec) == LOSS else StudyDirection.MAXIMIZE
            study = optuna.create_study(study_name=spec.study.name, storage=storage, direction=direction)
        is_new = "spec" not in study.user_attrs
        if is_new:
            spec = _ready(spec)
            if any(trial.state != TrialState.WAITING for trial in study.get_trials(deepcopy=False)):
                raise StudyError(
                    f"study {study.study_name!r} was not made by this program; choose another name in [study]"
                )
            _set_budget(connection, study, spec)
            _furnish(connection, study, spec, data)
        else:
            check_same(study, spec, data)
            lease.lock(connection, study._study_id)  # workers order what is due as well
            if spec.ablation is not None:
                spec = _extended(study, spec.ablation, data)
            if spec.retraining is not None:
                spec = _with_more(connection, study, spec.retraining)
    if not is_new:
        with storage.engine.begin() as connection:
            _set_budget(connection, study, spec)
    return study, is_new


def _metric(spec: StudySpec) -> str:
    return LOSS if spec.retraining is not None and spec.retraining.kind == "final" else METRIC


def _ready(spec: StudySpec) -> StudySpec:
    """The same study; where its trials carry orders with a budget of exactly those."""
    if spec.retraining is not None:
        return spec.model_copy(
            update={"study": spec.study.model_copy(update={"trials": orders.planned(spec.retraining, ())})}
        )
    return assignments.ready(spec)


def _set_budget(connection: sa.Connection, study: optuna.Study, spec: StudySpec) -> None:
    schema.set_budget(connection, study._study_id, spec.study.trials, spec.study.timeout, spec.study.max_failures)


def _furnish(connection: sa.Connection, study: optuna.Study, spec: StudySpec, data: Dataset) -> None:
    for start in spec.start:
        study.enqueue_trial(start, skip_if_exists=True)
    # The public set_metric_names does the same and warns that it may change.
    shown = {"study:metric_names": [_metric(spec)], **attributes_of(study_note(spec, data))}
    for key, value in shown.items():
        study._storage.set_study_system_attr(study._study_id, key, value)
    study.set_user_attr("data", data.fingerprint)
    study.set_user_attr("packages", installed())
    study.set_user_attr("classes", list(data.classes))
    if data.part is not None:
        study.set_user_attr("part", asdict(data.part))
    study.set_user_attr("bad_images", [{"path": bad.path, "reason": bad.reason} for bad in data.bad])
    study.set_user_attr("identity", spec.identity())
    assignments.enqueue_missing(study, spec, data)
    orders.enqueue_due(connection, study, spec)
    # Last: a study without it was not finished and is furnished again.
    study.set_user_attr("spec", spec.model_dump(mode="json"))


def _extended(study: optuna.Study, ablation: AblationSection, data: Dataset) -> StudySpec:
    """An ablation with all that is compared by now, after the runs that were missing have been made."""
    spec = stored_spec(study)
    if spec.ablation is None:
        return spec
    merged = spec.ablation.and_also(ablation.changes, ablation.seeds)
    spec = assignments.ready(spec.model_copy(update={"ablation": merged}))
    if assignments.enqueue_missing(study, spec, data):
        study.set_user_attr("spec", spec.model_dump(mode="json"))
    return spec


def _with_more(connection: sa.Connection, study: optuna.Study, retraining: RetrainingSpec) -> StudySpec:
    """A study that retrains with all that is wanted by now, after what is due has been ordered."""
    spec = stored_spec(study)
    if spec.retraining is None:
        return spec
    merged = spec.retraining.and_also(retraining)
    trials = orders.planned(merged, study.get_trials(deepcopy=False))
    section = spec.study.model_copy(update={"trials": max(spec.study.trials, trials)})
    spec = spec.model_copy(update={"retraining": merged, "study": section})
    orders.enqueue_due(connection, study, spec)
    study.set_user_attr("spec", spec.model_dump(mode="json"))
    return spec


def check_same(study: optuna.Study, spec: StudySpec, data: Dataset) -> None:
    """Refuse a specification or data that are not those of the study.

    Raises:
        StudyError: With what differs.
    """
    if lines := differences(study.user_attrs["identity"], spec.identity()):
        raise StudyError(
            f"study {study.study_name!r} was made from another specification; restore the values or choose a new name "
            f"in [study]:\n" + "\n".join(f"  {line}" for line in lines)
        )
    check_data(study, data, spec.data.root)


def check_data(study: optuna.Study, data: Dataset, root: Path) -> None:
    """Refuse data that are not those of the study.

    Raises:
        StudyError: With what differs.
    """
    from trainer.data.fingerprint import fingerprint_differences

    if lines := fingerprint_differences(study.user_attrs["data"], data.fingerprint):
        raise StudyError(
            f"study {study.study_name!r} was made from other data than those in {root}; restore them or start a study "
            f"of a new name:\n" + "\n".join(f"  {line}" for line in lines)
        )


def best_complete(study: optuna.Study) -> FrozenTrial | None:
    """The complete trial with the highest F1, the earliest of equals; none before any is complete."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: (value_of(trial), -trial.number), default=None)


def value_of(trial: FrozenTrial) -> float:
    """The F1 of a complete trial."""
    if trial.value is None:
        raise ValueError(f"trial {trial.number} has no value")
    return trial.value


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


@contextmanager
def _creation(storage: RDBStorage) -> Iterator[sa.Connection]:
    """One transaction in which our tables and a study are made, by one process at a time."""
    with transaction(storage) as connection:
        lease.lock(connection, _CREATION)
        schema.ensure_tables(connection)
        yield connection
