"""From what trainings have left behind to a version of the model: networks, figures, page and card."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from trainer.data.dataset import Dataset
from trainer.errors import ConfigError, DataError, ExportError
from trainer.model.heads import create_heads
from trainer.model.network import create_timm_model
from trainer.saved_model.ensemble import write_ensemble
from trainer.saved_model.manifest import EnsembleInfo, JoinedInfo, ModelInfo
from trainer.saved_model.network import write_model
from trainer.saved_model.tree import read_tree
from trainer.saved_model.versions import newest_version, next_version
from trainer.support.atomic import staging

from search.config.orders import RetrainOrder
from search.finalization.describe import describe_model, model_origin, summarize
from search.finalization.out_of_fold import Evaluation, evaluate
from search.finalization.plan import FinalizePlan, Trained
from search.reports.model.card import write_card
from search.reports.model.page import write_model_page


@dataclass(frozen=True)
class Finalized:
    """A version of a model, whether it was not there before, and what people should know of it, a line each."""

    folder: Path
    info: ModelInfo | EnsembleInfo
    is_new: bool
    summary: tuple[str, ...] = ()


def same_version(root: Path, plan: FinalizePlan) -> Finalized | None:
    """The newest version, if it is whole and what would be written."""
    if (version := newest_version(root)) is None:
        return None
    folder = root / version
    try:
        tree = read_tree(folder)
        tree.check_weights()
    except DataError:
        return None  # missing or damaged: it is written anew
    if isinstance(tree.info, JoinedInfo) or tree.info.origin.get("asked") != plan.identity:
        return None
    return Finalized(folder, tree.info, is_new=False)


def write_version(root: Path, plan: FinalizePlan, trained: Trained, message: Callable[[str], None]) -> Finalized:
    """Evaluate the choice by its folds, and write the next version of the model; it is not published yet.

    Raises:
        SaveError: The folder cannot be written to.
    """
    evaluation = None if plan.confirmation is None else evaluate(plan, plan.confirmation, trained, message)
    origin = model_origin(plan, trained, evaluation)
    with next_version(root) as version:
        folder = root / version
        with staging(folder) as staged:
            _write_networks(staged, plan, trained, evaluation, origin)
            _export(staged, trained.data, message)
            if isinstance(info := read_tree(staged).info, JoinedInfo):
                raise RuntimeError("a model of one study cannot be a joined one")
            report = describe_model(plan, trained, evaluation, info, folder)
            write_card(staged, report)
            write_model_page(staged, report)
    return Finalized(folder, info, is_new=True, summary=summarize(plan, evaluation, report))


def _write_networks(
    root: Path, plan: FinalizePlan, trained: Trained, evaluation: Evaluation | None, origin: dict[str, Any]
) -> None:
    """Write one network into a folder, or several each into one of its own."""
    data = trained.data
    outputs = trained.finals or trained.folds
    orders = plan.finals or [RetrainOrder(trial=plan.leader.trial)] * len(outputs)
    names = [f"{number}-{'seed' if trained.finals else 'fold'}" for number in range(1, len(outputs) + 1)]
    for name, order, output in zip(names, orders, outputs, strict=True):
        folder = root if len(outputs) == 1 else root / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        config = trained.spec.config(plan.leader.params, order.seed(trained.spec.study.seed))
        heads = create_heads(config, len(data.classes), data.factors)
        network = create_timm_model(config.backbone, heads.outputs, config.image_size)
        network.load_state_dict(output.weights)
        tta = plan.options.tta if evaluation is None else evaluation.tta
        write_model(
            folder,
            network,
            config,
            classes=data.classes,
            normalization=output.normalization,
            epochs=output.epoch,
            origin=origin,
            boxes=trained.spec.data.boxes is not None,
            factors=data.factors,
            part=data.part,
            temperature=1.0 if evaluation is None else evaluation.assessment.temperature,
            tta="none" if tta == "auto" else tta,
        )
    if len(outputs) > 1:
        write_ensemble(root, names, plan.options.voting, origin)


def _export(folder: Path, data: Dataset, message: Callable[[str], None]) -> None:
    """Write each network as ONNX as well, where the packages for it are installed and the backbone allows it."""
    from trainer.onnx_export import export_onnx

    # Images on which the ONNX network is compared with torch's.
    rows = np.linspace(0, data.own - 1, min(16, data.own)).astype(np.int64)
    try:
        export_onnx(folder, np.asarray(data.images[rows]))
    except (ConfigError, ExportError) as error:
        message(f"note: the model has no model.onnx: {error}")
