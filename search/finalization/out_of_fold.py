"""What the networks of a confirmed leader said of people whom they had not seen."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from optuna.storages import RDBStorage
from trainer.data.dataset import Dataset
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.training.run_output import RunOutput

from search.config.retraining import CONFIRM
from search.errors import StudyError
from search.finalization.retraining_state import LostOutputsError, RetrainingState, checkpoints_of, read_retraining
from search.stores.objects import Store
from search.study.study import check_data, read_data


def combine_folds(state: RetrainingState, leader: int, outputs: Sequence[RunOutput], data: Dataset) -> OutOfFold:
    """Put together what the networks of a leader's folds said of the people whom they had not seen.

    Each at the epoch at which the fold is judged, see :class:`search.plans.folds.Folds`.

    Args:
        state: Of the study that confirms.
        leader: Its index among the leaders.
        outputs: Of its folds, in their order.
        data: Dealt into these folds.
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

    Args:
        storage: Where the study is.
        name: The search.
        store: Where its trainings left what is kept of them.
        home: Folder of the image cache.
        root: Where the images are; none: where the study has them.
        trial: Of the leader; none: the chosen one.

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
            f"what the folds of trial {trials[leader]} left behind is not there ({error}); name the place of the "
            f"resume points with --resume-points, or have all trained again: finalize --study {name} --force"
        ) from error
    return combine_folds(state, leader, outputs, data)
