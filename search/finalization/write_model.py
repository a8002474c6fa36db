"""From what trainings have left behind to a version of the model: networks, figures, page and card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import optuna
from trainer.data.prepare import Data
from trainer.errors import ConfigError, DataError, ExportError
from trainer.evaluation.assessment import Assessment, assess
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.evaluation.tta import Payoff, payoff
from trainer.imaging.views import Tta
from trainer.model.heads import create_heads
from trainer.model.network import build
from trainer.runtime.devices import choose_devices
from trainer.saved_model.ensemble import gather
from trainer.saved_model.manifest import EnsembleInfo, JoinedInfo, ModelInfo, Voting
from trainer.saved_model.network import write_model
from trainer.saved_model.tree import read_tree
from trainer.saved_model.versions import newest, next_version
from trainer.support.staging import staging
from trainer.support.text import pluralize
from trainer.training.kept_run import RunOutput

from search.config.retraining import Leader, Order
from search.config.study_spec import StudySpec
from search.finalization.confirmation import RetrainingState, out_of_fold
from search.plans import racing as rule
from search.reports.model.card import write_card
from search.reports.model.content import LeaderRow, ModelReport
from search.reports.model.page import write_model_page
from search.study.study import read_data

_CHECKED_ON: Final = 16
"""Images on which the ONNX network is compared with torch's."""


@dataclass(frozen=True)
class Finalized:
    """A version of a model.

    Attributes:
        folder: Where it is.
        info: What its ``model.json`` says.
        is_new: Whether it was not there before.
        told: What people should know of it, a line each.
    """

    folder: Path
    info: ModelInfo | EnsembleInfo
    is_new: bool
    told: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class FinalizePlan:
    """Which configuration is finalized, and how.

    Attributes:
        study: The search.
        key: Tells it from an earlier one of its name.
        leader: The configuration.
        epochs: That it is trained on everybody.
        confirmed: How the leaders did over folds; none: the best trial is taken at its word.
        finals: What is trained on everybody; nothing where the networks of the folds are the model.
        voting: How the networks of an ensemble make one answer.
        tta: The views of an image that are predicted, or auto.
        licence: Of the model.
    """

    study: str
    key: str
    leader: Leader
    epochs: int
    confirmed: RetrainingState | None
    finals: tuple[Order, ...]
    voting: Voting
    tta: Literal["auto"] | Tta
    licence: str

    @property
    def asked(self) -> dict[str, Any]:
        """What the model depends on: equal for equal models, fit for JSON."""
        confirmed = self.confirmed
        folds = None
        if confirmed is not None:
            leaders = [leader.trial for leader in confirmed.wanted.leaders]
            folds = {"key": confirmed.key, "folds": confirmed.wanted.folds, "leaders": leaders}
        return {
            "study": self.study,
            "key": self.key,
            "trial": self.leader.trial,
            "epochs": self.epochs,
            "confirmed": folds,
            "networks": len(self.finals) or "folds",
            "voting": self.voting,
            "tta": self.tta,
            "licence": self.licence,
        }


def same_model(root: Path, choice: FinalizePlan) -> Finalized | None:
    """The newest version, if it is whole and what would be written."""
    if (version := newest(root)) is None:
        return None
    folder = root / version
    try:
        tree = read_tree(folder)
        tree.check_weights()
    except DataError:
        return None  # missing or damaged: it is written anew
    if isinstance(tree.info, JoinedInfo) or tree.info.origin.get("asked") != choice.asked:
        return None
    return Finalized(folder, tree.info, is_new=False)


@dataclass(frozen=True, eq=False)
class Trained:
    """What a model is made of.

    Attributes:
        study: The search.
        spec: Its specification, with this machine's paths.
        everybody: Its data.
        folds: What the folds of the chosen configuration have left behind, in their order; empty without confirmation.
        finals: What the trainings on everybody have.
        home: Folder of the image cache.
        devices: What computes, as the command names it.
    """

    study: optuna.Study
    spec: StudySpec
    everybody: Data
    folds: Sequence[RunOutput]
    finals: Sequence[RunOutput]
    home: Path
    devices: str


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """What the folds say of the choice."""

    answers: OutOfFold
    assessment: Assessment
    tta: Tta
    paid: dict[Tta, float]


def write_version(root: Path, choice: FinalizePlan, trained: Trained, message: Callable[[str], None]) -> Finalized:
    """Judge the choice by its folds, and write the next version of the model; it is not published yet.

    Raises:
        SaveError: The folder cannot be written to.
    """
    judged = None if choice.confirmed is None else _evaluate(choice, choice.confirmed, trained, message)
    origin = _origin(choice, trained, judged)
    with next_version(root) as version:
        folder = root / version
        with staging(folder) as place:
            _write_networks(place, choice, trained, judged, origin)
            _export(place, trained.everybody, message)
            if isinstance(info := read_tree(place).info, JoinedInfo):
                raise RuntimeError("a model of one study cannot be a joined one")
            told = _story(choice, trained, judged, info, folder)
            write_card(place, told)
            write_model_page(place, told)
    return Finalized(folder, info, is_new=True, told=_lines(choice, judged, told))


def _evaluate(
    choice: FinalizePlan, confirmed: RetrainingState, trained: Trained, message: Callable[[str], None]
) -> _Evaluation:
    place = confirmed.wanted.leaders.index(choice.leader)
    spec = confirmed.spec.with_data(trained.spec.data.root, trained.spec.data.on_bad_image)
    data = read_data(spec, trained.home)
    answers = out_of_fold(confirmed, place, trained.folds, data)
    mean = float(confirmed.folds.scores[place].mean())
    assessment = assess(
        answers,
        claimed=choice.leader.claimed,
        chosen_by=mean - rule.expected(confirmed.folds.scores, place),
        seed=spec.study.seed,
    )
    if choice.tta != "auto":
        return _Evaluation(answers, assessment, choice.tta, {})
    paid = _payoff(choice, confirmed, trained, data, assessment.temperature, message)
    return _Evaluation(answers, assessment, paid.best, paid.f1)


def _payoff(
    choice: FinalizePlan,
    confirmed: RetrainingState,
    trained: Trained,
    data: Data,
    temperature: float,
    message: Callable[[str], None],
) -> Payoff:
    """What views of the held out images are worth; kept with the study, since it takes a while."""
    key = f"views of trial {choice.leader.trial}"
    if (known := confirmed.study.user_attrs.get(key)) is not None:
        return Payoff(**known)
    message("asking the networks of the folds about other views of the images that they held out")
    config = confirmed.spec.config(choice.leader.params)
    heads = create_heads(config, len(data.classes), data.factors)
    device = choose_devices(trained.devices)[0]
    found = payoff(config, trained.folds, data, heads, device, temperature=temperature)
    confirmed.study.set_user_attr(key, asdict(found))
    return found


def _write_networks(
    place: Path, choice: FinalizePlan, trained: Trained, judged: _Evaluation | None, origin: dict[str, Any]
) -> None:
    """Write one network into a folder, or several each into one of its own."""
    if trained.finals:
        members = [("seed", order, kept) for order, kept in zip(choice.finals, trained.finals, strict=True)]
    else:
        members = [("fold", Order(trial=choice.leader.trial), kept) for kept in trained.folds]
    names = [f"{number}-{kind}" for number, (kind, _, _) in enumerate(members, start=1)]
    for name, (_, order, kept) in zip(names, members, strict=True):
        folder = place if len(members) == 1 else place / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        _write_network(folder, order, choice, trained, kept, judged, origin)
    if len(members) > 1:
        gather(place, names, choice.voting, origin)


def _write_network(
    folder: Path,
    order: Order,
    choice: FinalizePlan,
    trained: Trained,
    kept: RunOutput,
    judged: _Evaluation | None,
    origin: dict[str, Any],
) -> None:
    data, config = trained.everybody, order.config(trained.spec, choice.leader.params)
    network = build(config.backbone, create_heads(config, len(data.classes), data.factors).outputs, config.image_size)
    network.load_state_dict(kept.weights)
    write_model(
        folder,
        network,
        config,
        classes=data.classes,
        normalisation=kept.normalisation,
        epochs=kept.epoch,
        origin=origin,
        boxes=trained.spec.data.boxes is not None,
        factors=data.factors,
        part=data.part,
        temperature=1.0 if judged is None else judged.assessment.temperature,
        tta=judged.tta if judged else "none" if choice.tta == "auto" else choice.tta,
    )


def _export(place: Path, data: Data, message: Callable[[str], None]) -> None:
    """Write each network as ONNX as well, where the packages for it are installed and the backbone allows it."""
    from trainer.onnx_export import export_onnx

    rows = np.linspace(0, data.own - 1, min(_CHECKED_ON, data.own)).astype(np.int64)
    try:
        export_onnx(place, np.asarray(data.images[rows]))
    except (ConfigError, ExportError) as error:
        message(f"note: the model has no model.onnx: {error}")


def _origin(choice: FinalizePlan, trained: Trained, judged: _Evaluation | None) -> dict[str, Any]:
    study, spec = trained.study, trained.spec
    best = study.trials[choice.leader.trial]
    fingerprint = study.user_attrs["data"]
    identity = json.dumps(study.user_attrs["identity"], sort_keys=True)
    return {
        "study": study.study_name,
        "trial": choice.leader.trial,
        "parameters": dict(choice.leader.params),
        "best_epoch": choice.epochs,
        "validation_f1": choice.leader.claimed,
        "validation_accuracy": best.user_attrs.get("accuracy"),
        "per_class_f1": best.user_attrs.get("per_class_f1", {}),
        **{key: best.user_attrs[key] for key in ("factor_f1",) if key in best.user_attrs},
        "measured": _measured(choice, spec, fingerprint),
        "confirmed": None if judged is None else judged.assessment.model_dump(mode="json"),
        "asked": choice.asked,
        "seed": spec.study.seed,
        "spec_sha256": hashlib.sha256(identity.encode()).hexdigest(),
        "data": fingerprint,
    }


def _measured(choice: FinalizePlan, spec: StudySpec, fingerprint: dict[str, Any]) -> str:
    """How the search measured the F1 of its trial."""
    known = spec.data.knows_groups(fingerprint["images"], fingerprint["groups_count"])
    people = "images of people or groups" if known else "images, without known people or groups,"
    has_extra = fingerprint.get("extra_count") and spec.config(choice.leader.params).extra_weight
    extra = f" and {fingerprint['extra_count']} extra images" if has_extra else ""
    if spec.data.folds:
        all_of_them = f"all {fingerprint['images']} {people}"
        where = f"mean over {spec.data.folds} folds, which together hold {all_of_them} out once; best epochs"
    else:
        where = (
            f"on {fingerprint['validation_count']} {people} held out after training on {fingerprint['train_count']} "
            f"others{extra}; best epoch"
        )
    best = "the best" if choice.confirmed is None else "this"
    return f"macro-F1 over all {fingerprint['classes']} classes, {where} of {best} trial, so it is an optimist"


def _story(
    choice: FinalizePlan, trained: Trained, judged: _Evaluation | None, info: ModelInfo | EnsembleInfo, folder: Path
) -> ModelReport:
    data, spec, confirmed = trained.everybody, trained.spec, choice.confirmed
    config = spec.config(choice.leader.params)
    fingerprint = trained.study.user_attrs["data"]
    known = spec.data.knows_groups(fingerprint["images"], fingerprint["groups_count"])
    counts = np.bincount(data.labels[: data.own], minlength=len(data.classes))
    place = 0 if confirmed is None else confirmed.wanted.leaders.index(choice.leader)
    return ModelReport(
        study=choice.study,
        trial=choice.leader.trial,
        parameters=choice.leader.params,
        config=config.active(),
        backbone=config.backbone,
        weights=config.weights,
        classes=data.classes,
        epochs=choice.epochs,
        claimed=choice.leader.claimed,
        measured=_measured(choice, spec, fingerprint),
        images=data.own,
        people=fingerprint["groups_count"] if known else None,
        root=spec.data.root,
        created=info.created,
        packages=info.packages,
        class_images=dict(zip(data.classes, counts.tolist(), strict=True)),
        out_of_fold=None if judged is None else judged.answers,
        assessment=None if judged is None else judged.assessment,
        curves={} if confirmed is None else confirmed.folds.curves[place],
        leaders=() if confirmed is None else _rows(confirmed, place),
        licence=choice.licence or None,
        version=folder.name,
        place=folder,
        networks=_networks(choice, len(trained.folds)),
        voting="" if len(choice.finals) == 1 else choice.voting,
    )


def _networks(choice: FinalizePlan, folds: int) -> str:
    """What networks the model has, in words."""
    votes = "the mean of their probabilities" if choice.voting == "soft" else "their majority"
    if not choice.finals:
        parts = f"each trained on {folds - 1} of {folds} parts of the people to its own best epoch"
        return f"{folds} networks, {parts}; {votes} counts"
    epochs = pluralize(choice.epochs, "epoch")
    if len(choice.finals) == 1:
        return f"one network, trained on everybody for {epochs}"
    return f"{len(choice.finals)} networks of different seeds, each trained on everybody for {epochs}; {votes} counts"


def _rows(confirmed: RetrainingState, chosen: int) -> tuple[LeaderRow, ...]:
    """The leaders as page and card show them."""
    rows = []
    finalists = confirmed.folds.scores[:, -1]
    worth = rule.means(confirmed.folds.scores, confirmed.wanted.outlook)
    for place, leader in enumerate(confirmed.wanted.leaders):
        scores = confirmed.folds.scores[place]
        there = scores[None, np.isfinite(scores)]
        reason = ""
        if np.isneginf(scores).any():
            reason = "could not be trained in all its folds"
        elif place != chosen:
            is_equal = worth[chosen] - worth[place] < rule.TIE
            lower = "an equal mean, and no cheaper" if is_equal else "a lower mean"
            reason = lower if np.isfinite(finalists[place]) else "behind after the first folds"
        rows.append(
            LeaderRow(
                trial=leader.trial,
                parameters=leader.params,
                claimed=leader.claimed,
                outlook=leader.outlook,
                fold_f1=tuple(float(score) if np.isfinite(score) else None for score in scores),
                mean=float(rule.means(there, np.array([leader.outlook]))[0]) if there.size else None,
                reason=reason,
            )
        )
    return tuple(rows)


def _lines(choice: FinalizePlan, judged: _Evaluation | None, told: ModelReport) -> tuple[str, ...]:
    """What people should know of a new version."""
    claimed = f"trial {choice.leader.trial} of {choice.study}: the search claims F1 {choice.leader.claimed:.4f}"
    if judged is None:
        return (f"{claimed}, which nothing has confirmed: the best of many scores is an optimist",)
    found, f1 = judged.assessment, judged.assessment.f1
    less = f", less {found.chosen_by:.4f} since they chose it" if told.lowered else ""
    lines = [
        f"{claimed}, its folds say {f1.value + found.chosen_by:.4f}{less} ({f1.value - choice.leader.claimed:+.4f})",
        f"expect macro-F1 {f1.value:.3f} on new {told.who} (95 %: {f1.low:.3f} to {f1.high:.3f}); on "
        f"{told.new(found.new_people)} {found.new_f1[0]:.3f} to {found.new_f1[1]:.3f}",
        f"calibration error {found.ece_before:.3f}, with temperature {found.temperature:.2f} {found.ece_after:.3f}",
    ]
    if judged.paid:
        each = ", ".join(f"{kind} {f1:.4f}" for kind, f1 in judged.paid.items())
        lines.append(f"views, by each fold's network of its own best epoch: {each}; predict takes {judged.tta}")
    return tuple(lines)
