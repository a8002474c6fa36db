"""``search ablate``: which configuration is the base, what is compared with it, and whether anything is left to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from pydantic import ValidationError
from trainer.config.train_config import TrainConfig, inactive_knobs, needs, needs_in_words
from trainer.errors import ConfigError, SaveError
from trainer.support.atomic import write_whole
from trainer.support.validation import explain

from search.ablation.analysis import Differences, read_differences
from search.ablation.table import cells, describe, headline
from search.config.ablation import Change
from search.config.format import format_value
from search.config.load import load_spec
from search.config.orders import AblationOrder
from search.config.study_spec import StudySpec
from search.database import lease, schema
from search.database.optuna_internals import study_id
from search.database.transaction import transaction
from search.errors import StudyError
from search.plans.ablation import Ablation
from search.plans.kind import kind_of
from search.plans.orders import by_order, order_of
from search.study.lookup import has_file, stored
from search.study.study import best_complete, exists, load_study, stored_spec

SEEDS: Final = 3
"""Repetitions where nobody says how many: the fewest that tell a spread of any use."""


@dataclass(frozen=True)
class Request:
    """What somebody wants to know.

    Attributes:
        study: A study in the storage, a study file, or an ablation that is there already.
        trial: The trial that is the base; none: the best one.
        changes: What is compared with it.
        settings: What the base has otherwise.
        seeds: Repetitions; none: as many as there are already, else :data:`SEEDS`.
        name: The ablation's; none: the study's with ``-ablate``.
    """

    study: str
    trial: int | None = None
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    settings: Mapping[str, Change] = field(default_factory=dict)
    seeds: int | None = None
    name: str | None = None


def resolve(storage: RDBStorage, request: Request) -> StudySpec:
    """The study that answers a request: the one that is there, with what is to be added, else a new one.

    Raises:
        ConfigError: What is asked for cannot be trained, or cannot be added to what is there.
        StudyError: There is no such study or trial.
    """
    source = load_spec(request.study).study.name if request.study.endswith(".toml") else request.study
    there = stored(storage, source)
    if there is None and has_file(request.study) and kind_of(written := load_spec(request.study)).compares:
        there = written
    kind = None if there is None else kind_of(there)
    if kind is not None and kind.part_of:
        raise ConfigError(f"study {source!r} is a part of finalizing; compare with --study {kind.part_of}")
    goes_on = kind is not None and bool(kind.compares) and request.trial is None and request.name is None
    name = source if goes_on else request.name or f"{source}-ablate"
    old = there if goes_on else stored(storage, name)
    if old is not None:
        return _extended(old, request, source, goes_on=goes_on)
    if not request.changes:
        raise ConfigError("nothing to compare; name what to change, for example --knob focal_gamma=0,1,2")
    return _checked(*_base(storage, source, there, request), name, request)


def _extended(old: StudySpec, request: Request, source: str, *, goes_on: bool) -> StudySpec:
    """An ablation that is there, with more changes and seeds."""
    name = old.study.name
    kind = kind_of(old)
    if not isinstance(kind, Ablation):
        raise ConfigError(f"study {name!r} is a search; choose another name for the comparison with --name")
    if not goes_on and kind.section.study and kind.section.study != source:
        raise ConfigError(
            f"ablation {name!r} is of study {kind.section.study!r}; choose another name for this one with --name"
        )
    if request.trial is not None and request.trial != kind.section.trial:
        raise ConfigError(
            f"--trial {request.trial}: the base of {name} is {kind.section.base}; choose another name with --name"
        )
    for knob, value in request.settings.items():
        if (base := old.fixed.get(knob, TrainConfig.model_fields[knob].default)) != value:
            raise ConfigError(
                f"--set {knob} = {format_value(value)}, while its base has {format_value(base)}; choose another name "
                "for this one with --name"
            )
    for knob, values in request.changes.items():
        new = [each for each in values if each not in (old.fixed.get(knob), *kind.section.changes.get(knob, ()))]
        is_there = knob in kind.section.changes or knob == "backbone"
        # To a knob that takes any name: Optuna lets no choice be added, and each backbone is checked once.
        if is_there and new and TrainConfig.model_fields[knob].annotation is str:
            raise ConfigError(
                f"--knob {knob}={format_value(new[0])}: a {knob} cannot be added to an ablation that is there; "
                "compare it in another one (--name)"
            )
    merged = kind.section.and_also(request.changes, request.seeds or 0)
    return _validated(old, {"ablation": merged.model_dump(mode="json")})


def _base(storage: RDBStorage, name: str, there: StudySpec | None, request: Request) -> tuple[StudySpec, int | None]:
    """The study that the base comes from, with the base's values as its fixed ones; and the trial that it was."""
    if there is not None:
        study = load_study(storage, name)
        trial = best_complete(study) if request.trial is None else _numbered(study, request.trial)
        if trial is not None:
            order = order_of(trial)
            params = order.change if isinstance(order, AblationOrder) else trial.params
            return there.with_fixed(**params), trial.number
    elif request.trial is not None:
        raise StudyError(f"--trial {request.trial}: study {name!r} is not in this storage, so it has no trials")
    if there is None and not has_file(request.study):
        raise StudyError(f"study {name!r} is neither in this storage nor a file in studies/")
    spec = there or load_spec(request.study)
    return spec.with_fixed(**(spec.start[0] if spec.start else {})), None


def _numbered(study: optuna.Study, number: int) -> FrozenTrial:
    trials = study.get_trials(deepcopy=False)
    if number >= len(trials) or number < 0:
        have = f"it has 0 to {len(trials) - 1}" if trials else "it has none yet"
        raise StudyError(f"study {study.study_name!r} has no trial {number}; {have}")
    trial = trials[number]
    if trial.state == TrialState.WAITING and order_of(trial) is None:
        raise StudyError(f"trial {number} of {study.study_name!r} waits and has no parameters yet; name another")
    return trial


def _checked(source: StudySpec, trial: int | None, name: str, request: Request) -> StudySpec:
    fixed: dict[str, Any] = {**source.fixed, **request.settings}
    if "backbone" not in fixed:
        raise ConfigError(
            f"the base has no backbone, since no trial of {source.study.name} is complete and its file starts with "
            "none; add --set backbone=NAME"
        )
    if isinstance(precision := fixed.get("precision"), dict) and "default" not in precision:
        # Of backbones that the study did not have it is measured when the ablation is made.
        named = (fixed["backbone"], *request.changes.get("backbone", ()))
        fixed["precision"] = {**{str(each): "auto" for each in named}, **precision}
    spec = _validated(
        source,
        {
            "study": {**source.study.model_dump(mode="json"), "name": name, "trials": 1, "timeout": None},
            "space": {},
            "start": (),
            "fixed": fixed,
            "pruner": {"kind": "none"},
            "sampler": {"kind": "random"},
            "ablation": {
                "study": source.study.name,
                "trial": trial,
                "changes": request.changes,
                "seeds": request.seeds or SEEDS,
            },
        },
    )
    for knob in request.settings:  # a value may have a meaning neither in the base nor after any change
        configs = [spec.config(run.change).model_dump() for run in _runs(spec)]
        if needs(knob) and all(knob in inactive_knobs(config) for config in configs):
            raise ConfigError(f"--set {knob}: it has no meaning here: it needs {needs_in_words(knob)}; leave it away")
    return spec


def _runs(spec: StudySpec) -> list[AblationOrder]:
    kind = kind_of(spec)
    return kind.runs() if isinstance(kind, Ablation) else []


def _validated(spec: StudySpec, update: dict[str, Any]) -> StudySpec:
    """The same study with other content, as if it stood in a file."""
    try:
        return StudySpec.model_validate({**spec.model_dump(), **update})
    except ValidationError as error:
        line = str(explain(error, where="", known=TrainConfig.model_fields))
        raise ConfigError(re.sub(r"^ablation\.changes[.:] ?", "--knob ", line)) from error


def is_done(storage: RDBStorage, spec: StudySpec) -> bool:
    """Whether all runs that are asked for are there and have ended, one way or another."""
    if not exists(storage, spec.study.name):
        return False
    tried = by_order(load_study(storage, spec.study.name).get_trials(deepcopy=False), AblationOrder)
    return all(run in tried and tried[run][-1].state.is_finished() for run in _runs(spec))


def try_again(storage: RDBStorage, name: str) -> int:
    """Have runs that failed tried once more, and return how many; the failures so far are forgiven."""
    study = load_study(storage, name)
    with transaction(storage) as connection:
        lease.lock(connection, study_id(study))
        spec = stored_spec(study)
        kind = kind_of(spec)
        count = kind.enqueue_failed(study) if isinstance(kind, Ablation) else 0
        if count:
            section = spec.study.model_copy(update={"max_failures": spec.study.max_failures + count})
            schema.set_budget(connection, study_id(study), section.trials, section.timeout, section.max_failures)
            study.set_user_attr("spec", spec.model_copy(update={"study": section}).model_dump(mode="json"))
    return count


def compared(storage: RDBStorage, name: str) -> Differences:
    """What is known of the differences by now.

    Raises:
        StudyError: There is no such study, or it compares nothing.
    """
    study = load_study(storage, name)
    return read_differences(study, stored_spec(study))


def write_picture(found: Differences, output: Path) -> None:
    """Write the differences as a PNG, whole or not at all.

    Raises:
        SaveError: It cannot be written, or there is nothing to draw.
    """
    from search.results.plots import Whisker, differences_picture

    whiskers = [
        Whisker(
            row.knob,
            format_value(row.value),
            None if row.difference is None else row.difference.mean,
            None if row.difference is None else row.difference.low,
            None if row.difference is None else row.difference.high,
            tuple(run.difference for run in row.runs if run.difference is not None),
            cells(row)[3],
        )
        for row in found.rows
        if not row.is_base
    ]
    if not whiskers:
        raise SaveError(f"{output}: there is nothing to draw")
    write_whole(output, differences_picture(headline(found), f"base: {describe(found.base)}", whiskers))
