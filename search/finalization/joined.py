"""``finalize`` of several studies, each of one factor of the label: a model folder with a network for each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from pydantic import TypeAdapter
from rich.console import Console
from trainer.data.factors import Part
from trainer.data.fingerprint import fingerprint_differences
from trainer.errors import ConfigError, DataError
from trainer.saved_model.joined import read_joined, write_joined
from trainer.saved_model.manifest import JoinedInfo
from trainer.saved_model.versions import exclusive_writer, newest_version, next_version, publish
from trainer.support.atomic import staging

from search.config.overrides import with_weights
from search.config.study_spec import StudySpec
from search.console import print_line
from search.database.connection import StudyStorage
from search.errors import StudyError
from search.finalization.finalize import best_trial, finalize
from search.finalization.plan import FinalizeOptions, LocalSetup
from search.finalization.write_model import Finalized
from search.study.study import load_study, stored_spec

_SAME = ("paths", "groups", "strata", "content")
"""What must be the same in the fingerprints of the studies' data."""


@dataclass(frozen=True)
class FinalizedJoin:
    """The folder of a joined model, whether it was there already, and the members' own folders, by factor."""

    folder: Path
    info: JoinedInfo
    is_new: bool
    members: dict[str, Finalized]


def finalize_joined(
    storage: StudyStorage,
    names: Sequence[str],
    output: Path,
    setup: LocalSetup,
    options: FinalizeOptions,
    *,
    console: Console,
) -> FinalizedJoin:
    """Finalize a study of each factor, then join their models.

    Each is written beside ``output``, below the name of its study, and is a model as any other: what was trained before
    an interruption is not trained again. Weights of a backbone go to the studies that search it.

    Raises:
        UserError: The studies do not belong together, or one of them, its data or a folder is not what it must be.
    """
    studies = [load_study(storage, name) for name in names]
    label, by_factor = _study_by_factor(studies)
    for study in studies:
        best_trial(study)  # before any is trained
    roots = {factor: output.parent / study.study_name for factor, study in by_factor.items()}
    if clash := [folder for folder in roots.values() if folder.absolute() == output.absolute()]:
        raise ConfigError(f"output {output}: {clash[0]} is the place of one of the members; choose another")
    specs = {factor: stored_spec(study) for factor, study in by_factor.items()}
    weights = _weights_by_factor(specs, setup.weights)
    members = {}
    for factor, study in by_factor.items():
        print_line(console, f"{factor}: study {study.study_name}, {roots[factor]}")
        member_setup = replace(setup, weights=weights[factor])
        members[factor] = finalize(storage, study.study_name, roots[factor], member_setup, options, console=console)
    origin = _origin(by_factor, members)
    with exclusive_writer(output, lambda line: print_line(console, line)):
        latest = newest_version(output)
        if not options.force and latest is not None and (info := _same_model(output / latest, origin)) is not None:
            publish(output, latest)  # its writer may have been killed
            return FinalizedJoin(output / latest, info, False, members)
        with next_version(output) as version:
            with staging(output / version) as staged:
                info = write_joined(
                    staged, {factor: member.folder for factor, member in members.items()}, label, origin
                )
            publish(output, version)
    return FinalizedJoin(output / version, info, True, members)


def _study_by_factor(studies: Sequence[optuna.Study]) -> tuple[Part, dict[str, optuna.Study]]:
    """The whole label, and the study of each factor in the label's order."""
    parts: list[Part] = []
    found: dict[str, optuna.Study] = {}
    for study in studies:
        if (stored := study.user_attrs.get("part")) is None:
            raise StudyError(
                f"study {study.study_name!r} is not one of a single factor (data.factor), so it cannot be joined; "
                "finalize it alone"
            )
        part = TypeAdapter(Part).validate_python(stored)
        if part.factor in found:
            raise StudyError(
                f"studies {found[part.factor].study_name!r} and {study.study_name!r} are both of the factor "
                f"{part.factor}; name one of them"
            )
        found[part.factor] = study
        parts.append(part)
    first, *others = studies
    for study in others:
        if lines := fingerprint_differences(_label_fingerprint(first), _label_fingerprint(study)):
            raise StudyError(
                f"studies {first.study_name!r} and {study.study_name!r} are of different data ({', '.join(lines)}); "
                "join studies of the same images, people and labels"
            )
    names = [factor.name for factor in parts[0].factors]
    if missing := [name for name in names if name not in found]:
        raise StudyError(
            f"no study of {' and '.join(missing)}: the label is made of {', '.join(names)}; name a study of each"
        )
    return parts[0], {name: found[name] for name in names}


def _label_fingerprint(study: optuna.Study) -> dict[str, str | int]:
    return {key: value for key, value in study.user_attrs["data"].items() if key in _SAME}


def _weights_by_factor(specs: dict[str, StudySpec], options: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The weights that were named here, for the studies that search their backbones."""

    def accepts(spec: StudySpec, option: str) -> bool:
        try:
            with_weights(spec, (option,))
        except ConfigError:
            return False
        return True

    for option in options:
        if not any(accepts(spec, option) for spec in specs.values()):
            with_weights(next(iter(specs.values())), (option,))  # says what is wrong with it
    return {factor: tuple(each for each in options if accepts(spec, each)) for factor, spec in specs.items()}


def _origin(studies: dict[str, optuna.Study], members: dict[str, Finalized]) -> dict[str, Any]:
    splits = {study.user_attrs["data"]["split"] for study in studies.values()}
    same = "the same people were held out"
    whose = same if len(splits) == 1 else "each study held out others, since they differ in seed or validation"
    return {
        "members": {
            factor: {
                **{key: done.info.origin[key] for key in ("study", "trial", "validation_f1")},
                "weights_sha256": done.info.weights_sha256,
            }
            for factor, done in members.items()
        },
        "measured": f"each factor by itself ({whose}); all factors together were not measured",
    }


def _same_model(folder: Path, origin: dict[str, Any]) -> JoinedInfo | None:
    try:
        info = read_joined(folder)
    except DataError:
        return None  # missing or damaged: it is written anew
    return info if info.origin == json.loads(json.dumps(origin)) else None
