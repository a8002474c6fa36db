"""What page, card, ``model.json`` and terminal say of a new version of a model."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from trainer.saved_model.manifest import EnsembleInfo, ModelInfo

from search.config.study_spec import StudySpec
from search.finalization.out_of_fold import Evaluation
from search.finalization.plan import FinalizePlan, Trained
from search.finalization.retraining_state import RetrainingState
from search.plans import racing
from search.reports.model.content import LeaderRow, ModelReport


def model_origin(plan: FinalizePlan, trained: Trained, evaluation: Evaluation | None) -> dict[str, Any]:
    """Where a model comes from, as its ``model.json`` keeps it."""
    study, spec = trained.study, trained.spec
    best = study.trials[plan.leader.trial]
    fingerprint = study.user_attrs["data"]
    identity = json.dumps(study.user_attrs["identity"], sort_keys=True)
    return {
        "study": study.study_name,
        "trial": plan.leader.trial,
        "parameters": dict(plan.leader.params),
        "best_epoch": plan.epochs,
        "validation_f1": plan.leader.claimed,
        "validation_accuracy": best.user_attrs.get("accuracy"),
        "per_class_f1": best.user_attrs.get("per_class_f1", {}),
        **({"factor_f1": best.user_attrs["factor_f1"]} if "factor_f1" in best.user_attrs else {}),
        "measured": _how_measured(plan, spec, fingerprint),
        "confirmed": None if evaluation is None else evaluation.assessment.model_dump(mode="json"),
        "asked": plan.identity,
        "seed": spec.study.seed,
        "spec_sha256": hashlib.sha256(identity.encode()).hexdigest(),
        "data": fingerprint,
    }


def _how_measured(plan: FinalizePlan, spec: StudySpec, fingerprint: dict[str, Any]) -> str:
    """How the search measured the F1 of its trial."""
    known = spec.data.knows_groups(fingerprint["images"], fingerprint["groups_count"])
    people = "images of people or groups" if known else "images, without known people or groups,"
    has_extra = fingerprint.get("extra_count") and spec.config(plan.leader.params).extra_weight
    extra = f" and {fingerprint['extra_count']} extra images" if has_extra else ""
    if spec.data.folds:
        all_of_them = f"all {fingerprint['images']} {people}"
        where = f"mean over {spec.data.folds} folds, which together hold {all_of_them} out once; best epochs"
    else:
        where = (
            f"on {fingerprint['validation_count']} {people} held out after training on {fingerprint['train_count']} "
            f"others{extra}; best epoch"
        )
    best = "the best" if plan.confirmation is None else "this"
    return f"macro-F1 over all {fingerprint['classes']} classes, {where} of {best} trial, so it is an optimist"


def describe_model(
    plan: FinalizePlan, trained: Trained, evaluation: Evaluation | None, info: ModelInfo | EnsembleInfo, folder: Path
) -> ModelReport:
    """All that page and card say of a model."""
    data, spec, confirmation = trained.data, trained.spec, plan.confirmation
    config = spec.config(plan.leader.params)
    fingerprint = trained.study.user_attrs["data"]
    known = spec.data.knows_groups(fingerprint["images"], fingerprint["groups_count"])
    counts = np.bincount(data.labels[: data.own], minlength=len(data.classes))
    chosen = 0 if confirmation is None else confirmation.section.leaders.index(plan.leader)
    return ModelReport(
        study=plan.study,
        trial=plan.leader.trial,
        parameters=plan.leader.params,
        config=config.active(),
        backbone=config.backbone,
        weights=config.weights,
        classes=data.classes,
        epochs=plan.epochs,
        claimed=plan.leader.claimed,
        measured=_how_measured(plan, spec, fingerprint),
        images=data.own,
        people=fingerprint["groups_count"] if known else None,
        root=spec.data.root,
        created=info.created,
        packages=info.packages,
        class_images=dict(zip(data.classes, counts.tolist(), strict=True)),
        out_of_fold=None if evaluation is None else evaluation.out_of_fold,
        assessment=None if evaluation is None else evaluation.assessment,
        curves={} if confirmation is None else confirmation.folds.curves[chosen],
        leaders=() if confirmation is None else _leader_rows(confirmation, chosen),
        licence=plan.licence or None,
        version=folder.name,
        location=folder,
        networks=_networks(plan, len(trained.folds)),
        voting="" if len(plan.finals) == 1 else plan.options.voting,
    )


def _networks(plan: FinalizePlan, folds: int) -> str:
    """What networks the model has, in words."""
    votes = "the mean of their probabilities" if plan.options.voting == "soft" else "their majority"
    if not plan.finals:
        parts = f"each trained on {folds - 1} of {folds} parts of the people to its own best epoch"
        return f"{folds} networks, {parts}; {votes} counts"
    epochs = f"{plan.epochs} epoch" + "s" * (plan.epochs != 1)
    if len(plan.finals) == 1:
        return f"one network, trained on everybody for {epochs}"
    return f"{len(plan.finals)} networks of different seeds, each trained on everybody for {epochs}; {votes} counts"


def _leader_rows(confirmation: RetrainingState, chosen: int) -> tuple[LeaderRow, ...]:
    """The leaders as page and card show them."""
    rows = []
    last_fold = confirmation.folds.scores[:, -1]
    means = racing.means(confirmation.folds.scores, confirmation.section.expected_scores)
    for i, leader in enumerate(confirmation.section.leaders):
        scores = confirmation.folds.scores[i]
        trained = scores[None, np.isfinite(scores)]
        reason = ""
        if np.isneginf(scores).any():
            reason = "could not be trained in all its folds"
        elif i != chosen:
            is_equal = means[chosen] - means[i] < racing.TIE
            lower = "an equal mean, and no cheaper" if is_equal else "a lower mean"
            reason = lower if np.isfinite(last_fold[i]) else "behind after the first folds"
        rows.append(
            LeaderRow(
                trial=leader.trial,
                parameters=leader.params,
                claimed=leader.claimed,
                expected_score=leader.expected_score,
                fold_f1=tuple(float(score) if np.isfinite(score) else None for score in scores),
                mean=float(racing.means(trained, np.array([leader.expected_score]))[0]) if trained.size else None,
                reason=reason,
            )
        )
    return tuple(rows)


def summarize(plan: FinalizePlan, evaluation: Evaluation | None, report: ModelReport) -> tuple[str, ...]:
    """What people should know of a new version."""
    claimed = f"trial {plan.leader.trial} of {plan.study}: the search claims F1 {plan.leader.claimed:.4f}"
    if evaluation is None:
        return (f"{claimed}, which nothing has confirmed: the best of many scores is an optimist",)
    found, f1 = evaluation.assessment, evaluation.assessment.f1
    less = f", less {found.selection_bias:.4f} since they chose it" if report.selection_bias_note else ""
    lines = [
        f"{claimed}, its folds say {f1.value + found.selection_bias:.4f}{less} ({f1.value - plan.leader.claimed:+.4f})",
        f"expect macro-F1 {f1.value:.3f} on new {report.unit} (95 %: {f1.low:.3f} to {f1.high:.3f}); on "
        f"{report.new_set(found.new_people)} {found.new_f1[0]:.3f} to {found.new_f1[1]:.3f}",
        f"calibration error {found.ece_before:.3f}, with temperature {found.temperature:.2f} {found.ece_after:.3f}",
    ]
    if evaluation.tta_f1:
        each = ", ".join(f"{kind} {f1:.4f}" for kind, f1 in evaluation.tta_f1.items())
        lines.append(f"views, by each fold's network of its own best epoch: {each}; predict takes {evaluation.tta}")
    return tuple(lines)
