"""The runs of an ablation as trials in the database: all of them wait there from the beginning, each with its orders.

A trial carries its change, its seed and the split that belongs to it, so a worker that joined before the ablation was
extended does the right thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, get_args

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial
from trainer.config.train_config import TrainConfig, unmet
from trainer.errors import ConfigError

from search.config.ablation import Assignment, Change, plan, seeds
from search.config.format import format_value
from search.config.study_spec import StudySpec

if TYPE_CHECKING:
    from trainer.data.prepare import Data

RUN: Final = "studyhall:run"
"""The trial's system attribute with its assignment and the hash of its split."""


def assignment_of(trial: FrozenTrial) -> Assignment | None:
    """What a trial was told to do; none: it is no run of an ablation."""
    told = trial.system_attrs.get(RUN)
    return None if told is None else Assignment(told["knob"], told["value"], told["seed"])


def split_of(trial: FrozenTrial) -> str:
    """The hash of the split that a run of an ablation must have."""
    return str(trial.system_attrs[RUN]["split"])


def by_assignment(trials: Sequence[FrozenTrial]) -> dict[Assignment, list[FrozenTrial]]:
    """The trials of each run, in the order of their making; more than one where it failed and was made again."""
    found: dict[Assignment, list[FrozenTrial]] = {}
    for trial in trials:
        if (assignment := assignment_of(trial)) is not None:
            found.setdefault(assignment, []).append(trial)
    return found


def ready(spec: StudySpec) -> StudySpec:
    """The same study, an ablation with a budget of exactly its runs."""
    if spec.ablation is None:
        return spec
    return spec.model_copy(update={"study": spec.study.model_copy(update={"trials": len(plan(spec))})})


def enqueue_missing(study: optuna.Study, spec: StudySpec, data: Data) -> int:
    """Make a waiting trial of each run that has none yet; the caller holds a lock.

    Args:
        study: Where.
        spec: What is compared, with all that is settled when a study is made.
        data: As split by the study's own seed.

    Returns:
        How many.
    """
    from trainer.data.prepare import resplit

    there = by_assignment(study.get_trials(deepcopy=False))
    missing = [each for each in plan(spec) if each not in there]
    splits = {
        seed: str(resplit(data, spec.data, seed).fingerprint.get("split", ""))
        for seed in seeds(spec)
        if any(each.seed == seed for each in missing)
    }
    for each in missing:
        _enqueue(study, spec, each, splits[each.seed])
    return len(missing)


def enqueue_failed(study: optuna.Study, spec: StudySpec) -> int:
    """Make a waiting trial of each run that has failed whenever it was tried; the caller holds a lock.

    Returns:
        How many.
    """
    failed = {
        assignment: trials[-1]
        for assignment, trials in by_assignment(study.get_trials(deepcopy=False)).items()
        if all(trial.state == TrialState.FAIL for trial in trials)
    }
    for assignment, trial in failed.items():
        _enqueue(study, spec, assignment, split_of(trial))
    return len(failed)


def _enqueue(study: optuna.Study, spec: StudySpec, assignment: Assignment, split: str) -> None:
    distributions = _distributions(spec)
    config = spec.config(assignment.change, assignment.seed).model_dump()
    idle = unmet(config)
    # The dashboard shows them as the trial's parameters; what it does follows from the assignment.
    params = {name: config[name] for name in distributions if config[name] is not None and name not in idle}
    trial = create_trial(
        state=TrialState.WAITING,
        params=params,
        distributions={name: distributions[name] for name in params},
        user_attrs={"change": str(assignment), "seed": assignment.seed},
        system_attrs={RUN: {**asdict(assignment), "split": split}},
    )
    study._storage.create_new_trial(study._study_id, template_trial=trial)


def _distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """What the dashboard takes for the range of each knob that is changed."""
    if spec.ablation is None:
        return {}
    base = spec.config({})
    known = {
        knob: [value for value in (getattr(base, knob), *values) if value is not None]
        for knob, values in spec.ablation.changes.items()
    }
    return {knob: _distribution(knob, values) for knob, values in known.items() if values}


def _distribution(knob: str, values: Sequence[Any]) -> BaseDistribution:
    if isinstance(values[0], bool):
        return CategoricalDistribution((False, True))
    if isinstance(values[0], str):
        # All that the knob knows: Optuna lets no choice be added later.
        return CategoricalDistribution(_choices(knob) or tuple(dict.fromkeys(values)))
    if isinstance(values[0], int):
        return IntDistribution(min(values), max(values))
    return FloatDistribution(min(values), max(values))


def _choices(knob: str) -> tuple[str, ...]:
    """The values of a knob of a few names, also where some of them are declared elsewhere; none if any name will do."""

    def names(annotation: object) -> tuple[str, ...]:
        inner = get_args(annotation)
        return tuple(name for each in inner for name in ((each,) if isinstance(each, str) else names(each)))

    return names(TrainConfig.model_fields[knob].annotation)


def refuse_new_names(knob: str, known: Sequence[Change], more: Sequence[Change]) -> None:
    """Refuse to add names to a knob that takes any: Optuna lets no choice be added, and each backbone is checked once.

    Raises:
        ConfigError: One is new.
    """
    new = [value for value in more if value not in known]
    if new and TrainConfig.model_fields[knob].annotation is str:
        raise ConfigError(
            f"--knob {knob}={format_value(new[0])}: a {knob} cannot be added to an ablation that is there; "
            "compare it in another one (--name)"
        )


def settings_differ(spec: StudySpec, settings: Mapping[str, Change]) -> list[str]:
    """Where settings differ from the base, a line each."""
    base = {knob: spec.fixed.get(knob, TrainConfig.model_fields[knob].default) for knob in settings}
    return [
        f"{knob} = {format_value(value)}, while its base has {format_value(base[knob])}"
        for knob, value in settings.items()
        if base[knob] != value
    ]
