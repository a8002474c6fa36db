"""What the networks of a confirmed leader said of people whom they had not seen, and what follows from that."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from optuna.storages import RDBStorage
from trainer.data.dataset import Dataset
from trainer.evaluation.assessment import Assessment, assess
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.evaluation.tta import TtaComparison, compare_tta
from trainer.imaging.views import Tta
from trainer.model.heads import create_heads
from trainer.runtime.devices import choose_devices
from trainer.training.run_output import RunOutput

from search.config.retraining import CONFIRM
from search.errors import StudyError
from search.finalization.plan import FinalizePlan, Trained
from search.finalization.retraining_state import LostOutputsError, RetrainingState, checkpoints_of, read_retraining
from search.plans import racing
from search.stores.objects import Store
from search.study.study import check_data, read_data


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the folds of a configuration say of it.

    Attributes:
        out_of_fold: What their networks said of people whom they had not seen.
        assessment: The figures that follow.
        tta: The views of an image that are predicted.
        tta_f1: What each kind of views was worth; empty where nobody asked.
    """

    out_of_fold: OutOfFold
    assessment: Assessment
    tta: Tta
    tta_f1: dict[Tta, float]


def evaluate(
    plan: FinalizePlan, confirmation: RetrainingState, trained: Trained, message: Callable[[str], None]
) -> Evaluation:
    """Evaluate the chosen configuration by the networks of its folds; may ask them about other views of the images."""
    leader = confirmation.section.leaders.index(plan.leader)
    spec = confirmation.spec.with_data(trained.spec.data.root, trained.spec.data.on_bad_image)
    data = read_data(spec, trained.home)
    out_of_fold = combine_folds(confirmation, leader, trained.folds, data)
    mean = float(confirmation.folds.scores[leader].mean())
    assessment = assess(
        out_of_fold,
        claimed=plan.leader.claimed,
        selection_bias=mean - racing.expected(confirmation.folds.scores, leader),
        seed=spec.study.seed,
    )
    if plan.options.tta != "auto":
        return Evaluation(out_of_fold, assessment, plan.options.tta, {})
    key = f"views of trial {plan.leader.trial}"
    if (known := confirmation.study.user_attrs.get(key)) is not None:
        found = TtaComparison(**known)
    else:
        message("asking the networks of the folds about other views of the images that they held out")
        config = confirmation.spec.config(plan.leader.params)
        heads = create_heads(config, len(data.classes), data.factors)
        device = choose_devices(trained.devices)[0]
        found = compare_tta(config, trained.folds, data, heads, device, temperature=assessment.temperature)
        confirmation.study.set_user_attr(key, asdict(found))  # it takes a while
    return Evaluation(out_of_fold, assessment, found.best, found.f1)


def combine_folds(state: RetrainingState, leader: int, outputs: Sequence[RunOutput], data: Dataset) -> OutOfFold:
    """Put together what the networks of a leader's folds said of the people whom they had not seen.

    Each at the epoch at which the fold is judged, see :class:`search.plans.folds.Folds`. ``leader`` is the index among
    the leaders, ``outputs`` are those of its folds, in their order.
    """
    epochs = state.folds.judged_at(leader)
    rows = np.concatenate([split.validation for split in data.folds])
    folds = np.concatenate([np.full(len(split.validation), i + 1) for i, split in enumerate(data.folds)])
    scores = np.concatenate(
        [each.outputs[min(epochs[i + 1], len(each.outputs)) - 1].float().numpy() for i, each in enumerate(outputs)]
    )
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    return OutOfFold(
        classes=data.classes,
        factors=data.factors,
        paths=data.paths[rows],
        groups=data.groups[rows],
        labels=data.labels[rows],
        folds=folds[order].astype(np.int64),
        scores=scores[order],
    )


def read_out_of_fold(
    storage: RDBStorage, name: str, store: Store, home: Path, *, root: Path | None = None, trial: int | None = None
) -> OutOfFold:
    """Read what the networks of a confirmed leader said of people whom they had not seen.

    Images are in ``root``; none: where the study has them. The leader is that of ``trial``; none: the chosen one.

    Raises:
        UserError: Its leaders are not confirmed, or the data or what was left behind are not there.
    """
    state = read_retraining(storage, f"{name}{CONFIRM}")
    if state is None or not state.is_done:
        raise StudyError(f"the leaders of {name!r} are not confirmed yet; run `finalize --study {name}` first")
    trials = [leader.trial for leader in state.section.leaders]
    if trial is not None and trial not in trials:
        raise StudyError(f"trial {trial} of {name!r} was not confirmed; there are {', '.join(map(str, trials))}")
    leader = state.chosen if trial is None else trials.index(trial)
    spec = state.spec.with_data(root, None)
    data = read_data(spec, home)
    check_data(state.study, data, spec.data.root)
    try:
        outputs = state.outputs(checkpoints_of(state, store), state.orders_of(state.section.leaders[leader]))
    except (LostOutputsError, KeyError) as error:
        raise StudyError(
            f"what the folds of trial {trials[leader]} left behind is not there ({error}); name the place of "
            f"their resume points, or finalize {name!r} again with force, which trains all of them again"
        ) from error
    return combine_folds(state, leader, outputs, data)
