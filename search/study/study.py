"""Create and load a study, and check that others mean the same one: what it remembers of its making."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from trainer.errors import ConfigError
from trainer.support.code_version import code_version

from search.config.identity import differences
from search.config.load import parse_spec
from search.config.study_spec import StudySpec
from search.database import lease, schema
from search.database.optuna_internals import metric_attribute, note_attributes, set_study_attribute, study_id
from search.database.transaction import transaction
from search.errors import StudyError
from search.paths import cache_folder, cache_limit
from search.plans.kind import kind_of
from search.plans.study_kind import LOSS, StudyKind
from search.results.notes import study_note
from search.study.package_versions import installed, made_by
from search.study.samplers import make_pruner, make_sampler

if TYPE_CHECKING:  # who only looks at a study does not wait for what reads its images
    from trainer.data.cache.build import Progress
    from trainer.data.dataset import Dataset

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
        fraction=spec.fraction,
        fold_assignment=kind_of(spec).fold_assignment,
        progress=progress,
    )


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
    try:
        spec = parse_spec(study.user_attrs["spec"], "its specification")
    except ConfigError as error:
        raise StudyError(
            f"study {study.study_name!r} was made by studyhall {made_by(study)}, and this is {code_version()}, which "
            f"cannot read it ({error}); install the version that made it"
        ) from error
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
    kind = kind_of(spec)
    with transaction(storage) as connection:
        lease.lock(connection, _CREATION)
        schema.ensure_tables(connection)
        # Looked up first: a name that exists would break the transaction.
        if spec.study.name in study_names(storage):
            study = optuna.load_study(study_name=spec.study.name, storage=storage)
        else:
            direction = StudyDirection.MINIMIZE if kind.metric == LOSS else StudyDirection.MAXIMIZE
            study = optuna.create_study(study_name=spec.study.name, storage=storage, direction=direction)
        is_new = "spec" not in study.user_attrs
        if is_new:
            spec = kind.with_budget()
            if any(trial.state != TrialState.WAITING for trial in study.get_trials(deepcopy=False)):
                raise StudyError(
                    f"study {study.study_name!r} was not made by this program; choose another name in [study]"
                )
            _set_budget(connection, study, spec)
            _furnish(connection, study, spec, data)
        else:
            check_same(study, spec, data)
            lease.lock(connection, study_id(study))  # workers order what is due as well
            spec = kind.extend(connection, study, stored_spec(study), data)
    if not is_new:
        with storage.engine.begin() as connection:
            _set_budget(connection, study, spec)
    return study, is_new


def _set_budget(connection: sa.Connection, study: optuna.Study, spec: StudySpec) -> None:
    schema.set_budget(connection, study_id(study), spec.study.trials, spec.study.timeout, spec.study.max_failures)


def _furnish(connection: sa.Connection, study: optuna.Study, spec: StudySpec, data: Dataset) -> None:
    kind = kind_of(spec)
    for key, value in {**metric_attribute(kind.metric), **note_attributes(note_of(kind, data))}.items():
        set_study_attribute(study, key, value)
    study.set_user_attr("data", data.fingerprint)
    study.set_user_attr("packages", installed())
    study.set_user_attr("classes", list(data.classes))
    if data.part is not None:
        study.set_user_attr("part", asdict(data.part))
    study.set_user_attr("bad_images", [{"path": bad.path, "reason": bad.reason} for bad in data.bad])
    study.set_user_attr("identity", spec.identity())
    kind.enqueue_first(connection, study, data)
    # Last: a study without it was not finished and is furnished again.
    study.set_user_attr("spec", spec.model_dump(mode="json"))


def note_of(kind: StudyKind, data: Dataset) -> str:
    """The note of a study's page, in Markdown."""
    return study_note(kind.spec, data, compared=kind.compared(), how_to_read=kind.how_to_read(), sides=kind.sides(data))


def check_same(study: optuna.Study, spec: StudySpec, data: Dataset) -> None:
    """Refuse a specification or data that are not those of the study; the StudyError tells what differs."""
    if lines := differences(study.user_attrs["identity"], spec.identity()):
        raise StudyError(
            f"study {study.study_name!r} was made from another specification; restore the values or choose a new name "
            f"in [study]:\n" + "\n".join(f"  {line}" for line in lines)
        )
    check_data(study, data, spec.data.root)


def check_data(study: optuna.Study, data: Dataset, root: Path) -> None:
    """Refuse data that are not those of the study; the StudyError tells what differs."""
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
