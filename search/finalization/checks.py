"""Whether a study can be finalized: its best trial, the backbones of its leaders, and its data."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial
from rich.console import Console
from trainer.data.dataset import Dataset
from trainer.errors import ConfigError, WeightsError
from trainer.model.network import check_backbone

from search.config.retraining import Leader
from search.config.study_spec import StudySpec
from search.console import Preparation, print_line
from search.errors import StudyError
from search.plans.ablation import Ablation
from search.plans.kind import kind_of
from search.study.study import best_complete, check_same, read_data, stored_spec


def best_trial(study: optuna.Study) -> FrozenTrial:
    """The best trial of a study that can be finalized.

    Raises:
        StudyError: None is complete yet, or the study is no search.
    """
    best, name, kind = best_complete(study), study.study_name, kind_of(stored_spec(study))
    if isinstance(kind, Ablation):
        origin = kind.section.study
        raise StudyError(
            f"study {name!r} compares changes and chooses none; look at them with `search ablate --study {name}`, and "
            f"finalize a study that searches" + (f" (finalize --study {origin})" if origin else "")
        )
    if kind.part_of:
        raise StudyError(f"study {name!r} is a part of finalizing; run finalize --study {kind.part_of}")
    if best is None:
        raise StudyError(
            f"study {name!r} has no complete trial yet, so there is nothing to finalize; let `search work --study "
            f"{name}` complete one (`search status --study {name}` shows how far it is)"
        )
    return best


def check_backbones(study: optuna.Study, spec: StudySpec, leaders: Sequence[Leader]) -> None:
    """Refuse leaders whose backbones the installed timm does not have.

    Raises:
        StudyError: One cannot be trained.
    """
    for leader in leaders:
        try:
            check_backbone(spec.config(leader.params).backbone)
        except WeightsError as error:
            made_with = study.user_attrs.get("packages", {}).get("timm", "another version")
            raise StudyError(
                f"trial {leader.trial} of {study.study_name!r} cannot be trained with timm {version('timm')}: {error}; "
                f"or install timm {made_with}, with which the study was made"
            ) from error


def read_same_data(study: optuna.Study, spec: StudySpec, folds: int, home: Path, console: Console) -> Dataset:
    """Read the data of a study, if they are there and unchanged.

    Args:
        study: The search.
        spec: Its specification, with this machine's paths.
        folds: Into how many the people will be dealt.
        home: Folder of the image cache.
        console: Where people read how it goes on.

    Raises:
        UserError: They are not there or not the same, or there are fewer people than folds.
    """
    name, root, known = study.study_name, spec.data.root, study.user_attrs["data"]
    if not root.exists():
        raise StudyError(
            f"the data folder {root} of study {name!r} is not there; it had {known['images']} images of "
            f"{known['groups_count']} people or groups; name where they are now with --data"
        )
    if folds > int(known["groups_count"]):
        raise ConfigError(
            f"--folds {folds}: {name!r} has only {known['groups_count']} people or groups; "
            f"take --folds {known['groups_count']} or fewer"
        )
    with Preparation(console) as preparation:
        data = read_data(spec, home, preparation.decoding)
    for note in data.notes:
        print_line(console, f"note: {note}")
    check_same(study, spec, data)
    return data
