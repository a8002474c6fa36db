"""``finalize``: retrain the best configuration of a study on all the data and write the model folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial
from trainer.artifact import INFO_FILE, ModelInfo, check_weights, read_info, staging, write_model
from trainer.config import Runtime, TrainConfig
from trainer.cores import available_cores
from trainer.devices import choose_device
from trainer.errors import DataError
from trainer.loop import EpochResult, Run
from trainer.prepare import Data

from search.creation import Teller
from search.errors import StudyError
from search.spec import StudySpec
from search.study import best_complete, check_same, load_study, read_data, stored_spec, value_of


@dataclass(frozen=True)
class Machine:
    """Where the data and the weights are on this machine, and what computes; none: as stored with the study."""

    home: Path
    data: Path | None = None
    on_bad_image: Literal["stop", "skip"] | None = None
    weights: tuple[str, ...] = ()
    device: str = "auto"


@dataclass(frozen=True)
class Finalized:
    """A model folder and whether it was there already."""

    folder: Path
    info: ModelInfo
    is_new: bool


def finalize(
    storage: RDBStorage,
    name: str,
    output: Path,
    machine: Machine,
    *,
    force: bool = False,
    show: Callable[[EpochResult, int], None] = lambda result, epochs: None,
    teller: Teller | None = None,
) -> Finalized:
    """Retrain the best complete trial on all the data, for its best epoch count under its own schedule.

    Nothing is trained where the folder holds the same model already, unless ``force``.

    Args:
        storage: Where the study is.
        name: The study.
        output: The model folder; it changes only when the new model is complete.
        machine: This machine's paths and device.
        force: Train again in any case.
        show: Called after each epoch with its result and the number of epochs.
        teller: Who tells people how it goes on.

    Raises:
        UserError: The study, its data or the output folder are not what they must be.
    """
    study = load_study(storage, name)
    best = best_of(study)
    spec = stored_spec(study).with_data(machine.data, machine.on_bad_image).with_weights(machine.weights)
    config = spec.config(best.params)
    epochs = int(best.user_attrs["best_epoch"])
    origin = _origin(study, best, spec)
    if not force and (done := _same_model(output, origin)) is not None:
        return Finalized(output, done, is_new=False)
    data = read_data(spec, machine.home, teller.decoding if teller else None)
    if teller:
        for note in data.notes:
            teller.say(f"note: {note}")
    check_same(study, spec, data)
    with staging(output) as place:
        if teller:
            extra = f" and {data.extra} extra ones" if data.extra and config.extra_weight else ""
            teller.say(f"training on all {data.own} images{extra} for {epochs} of {config.epochs} epochs")
        with Run(config, on_everything(data), _runtime(machine, config)) as run:
            for result in run.epochs():
                show(result, epochs)
                if result.epoch == epochs:
                    break
            info = write_model(
                place,
                run.final_model,
                config,
                classes=data.classes,
                normalisation=run.normalisation,
                epochs=epochs,
                origin=origin,
                boxes=spec.data.boxes is not None,
                factors=data.factors,
                part=data.part,
            )
    return Finalized(output, info, is_new=True)


def best_of(study: optuna.Study) -> FrozenTrial:
    """The trial whose configuration is finalized.

    Raises:
        StudyError: None is complete yet, or the study only compares.
    """
    best, name = best_complete(study), study.study_name
    if (compared := stored_spec(study).ablation) is not None:
        raise StudyError(
            f"study {name!r} compares changes and chooses none; look at them with `search ablate --study {name}`, and "
            f"finalize a study that searches" + (f" (finalize --study {compared.study})" if compared.study else "")
        )
    if best is None:
        raise StudyError(
            f"study {name!r} has no complete trial yet, so there is nothing to finalize; let `search work --study "
            f"{name}` complete one (`search status --study {name}` shows how far it is)"
        )
    return best


def on_everything(data: Data) -> Data:
    """The same data with every sample to train on and none to validate."""
    everything = np.arange(len(data.images), dtype=np.int64)
    return dataclasses.replace(data, train=everything, validation=everything[:0], folds=())


def _runtime(machine: Machine, config: TrainConfig) -> Runtime:
    device = choose_device(machine.device)
    loaders = 0 if device == "cpu" else max(1, min(8, available_cores() - 1))
    return Runtime(device=device, loader_workers=loaders, threads=available_cores())


def _origin(study: optuna.Study, best: FrozenTrial, spec: StudySpec) -> dict[str, Any]:
    fingerprint = study.user_attrs["data"]
    identity = json.dumps(study.user_attrs["identity"], sort_keys=True)
    known = spec.data.knows_groups(fingerprint["images"], fingerprint["groups_count"])
    people = "images of people or groups" if known else "images, without known people or groups,"
    has_extra = fingerprint.get("extra_count") and spec.config(best.params).extra_weight
    extra = f" and {fingerprint['extra_count']} extra images" if has_extra else ""
    if spec.data.folds:
        all_of_them = f"all {fingerprint['images']} {people}"
        where = f"mean over {spec.data.folds} folds, which together hold {all_of_them} out once; best epochs"
    else:
        where = (
            f"on {fingerprint['validation_count']} {people} held out after training on {fingerprint['train_count']} "
            f"others{extra}; best epoch"
        )
    return {
        "study": study.study_name,
        "trial": best.number,
        "parameters": dict(best.params),
        "best_epoch": int(best.user_attrs["best_epoch"]),
        "validation_f1": value_of(best),
        "validation_accuracy": best.user_attrs.get("accuracy"),
        "per_class_f1": best.user_attrs.get("per_class_f1", {}),
        **{key: best.user_attrs[key] for key in ("factor_f1",) if key in best.user_attrs},
        "measured": (
            f"macro-F1 over all {fingerprint['classes']} classes, {where} of the best trial, so it is an optimist"
        ),
        "seed": spec.study.seed,
        "spec_sha256": hashlib.sha256(identity.encode()).hexdigest(),
        "data": fingerprint,
    }


def _same_model(output: Path, origin: dict[str, Any]) -> ModelInfo | None:
    if not (output / INFO_FILE).exists():
        return None
    try:
        info = read_info(output)
        check_weights(output, info)
    except DataError:
        return None  # damaged: it is written anew
    return info if info.origin == json.loads(json.dumps(origin)) else None
