"""Is the F1 that is named the F1 one gets, on drawn people, of whom there are enough.

``python -m benchmarks.statistics.honesty``

Each repetition takes 100 people and 150 others who take no part. As a search would, random configurations are trained
on four fifths of the people and claim their best epoch's F1 on the last fifth. The leaders are confirmed by the
functions of search/ and trainer/ that `finalize` uses. The 150 tell two truths: that of the networks of the folds,
which is what `finalize` says it estimates, and that of the network trained on all 100, which is what one gets. The
people by whom the search chose are in the folds as well, as they are in `finalize`.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState, create_trial
from rich.console import Console
from sklearn.metrics import f1_score

from benchmarks.rehearsal import parse
from search.config.search_space import Range, distributions
from search.finalization.leaders import select_leaders
from search.plans import racing as choice
from search.plans.folds import best_epoch, judged_at
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.data.split import folds as dealt
from trainer.evaluation.assessment import assess
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.support.cpu import available_cores
from trainer.synthetic.dataset import draw_competition
from trainer.training.run_output import RunWithOutput

_NEW: Final = 20
_LEADERS, _FOLDS = 5, 5
_SPACE: Final = {
    "lr": Range(low=1e-3, high=3e-2, log=True),
    "focal_gamma": Range(low=0.0, high=3.0),
    "cutmix_prob": Range(low=0.0, high=1.0),
}

Rows = NDArray[np.int64]
Answers = NDArray[np.float32]
"""Logits of images after each epoch, [V, E, C]."""


@dataclass(frozen=True)
class Found:
    """One repetition: what was said, and what is true of the networks of the folds and of that of everybody."""

    claimed: float
    confirmed: float
    mean: float
    low: float
    high: float
    new: tuple[float, float]
    folds: float
    everybody: float
    few: float


def main() -> None:
    """Repeat, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--people", type=int, default=100, help="of a repetition, who are searched and confirmed on")
    parser.add_argument("--others", type=int, default=150, help="of a repetition, who tell the truth")
    parser.add_argument("--processes", type=int, default=available_cores())
    tiny = "--repetitions 2 --trials 2 --epochs 1 --people 12 --others 20 --processes 1"
    asked = parse(parser, tiny)
    with tempfile.TemporaryDirectory() as folder:
        root, count = Path(folder) / "drawn", asked.repetitions
        draw_competition(root, people=count * (asked.people + asked.others), eval_people=2, size=(32, 40))
        one = partial(_repetition, root / "train", Path(folder) / "cache", asked)
        _prepared(root / "train", Path(folder) / "cache")
        if asked.processes == 1:
            found = list(map(one, range(count)))
        else:
            with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
                found = list(pool.map(one, range(count)))
    _tell(found)


def _tell(found: Sequence[Found]) -> None:
    console = Console(highlight=False)
    truths = {key: np.array([getattr(each, key) for each in found]) for key in ("folds", "everybody")}
    console.print(f"{len(found)} repetitions; macro-F1 on people who took no part, mean:", soft_wrap=True)
    console.print(
        f"networks of the folds {truths['folds'].mean():.3f}, of everybody {truths['everybody'].mean():.3f}\n"
    )
    console.print(
        "| figure | minus the folds' truth | error | minus everybody's truth |\n|---|---|---|---|", soft_wrap=True
    )
    names = {"claimed": "the search's claim", "mean": "mean of the chosen's folds", "confirmed": "what finalize names"}
    for key, name in names.items():
        said = np.array([getattr(each, key) for each in found])
        wrong = said - truths["folds"]
        cells = (name, _mean(wrong), f"{(wrong**2).mean() ** 0.5:.3f}", _mean(said - truths["everybody"]))
        console.print(f"| {' | '.join(cells)} |", soft_wrap=True)
    inside = {key: sum(each.low <= getattr(each, key) <= each.high for each in found) for key in truths}
    fell = sum(each.new[0] <= each.few <= each.new[1] for each in found)
    console.print(
        f"\nwithin the interval: {inside['folds']} of {len(found)} of the folds, {inside['everybody']} of everybody"
    )
    console.print(f"{_NEW} new people within theirs: {fell} (networks of the folds)", soft_wrap=True)


def _mean(values: NDArray[np.float64]) -> str:
    return f"{values.mean():+.3f} ± {values.std(ddof=1) / len(values) ** 0.5:.3f}"


def _prepared(root: Path, cache: Path) -> Dataset:
    return prepare(DataSpec(layout="competition", root=root), image_size=32, seed=0, cache_dir=cache)


def _repetition(root: Path, cache: Path, asked: argparse.Namespace, number: int) -> Found:
    epochs, taken = asked.epochs, asked.people + asked.others
    data = _prepared(root, cache)
    names = np.random.default_rng(0).permutation(np.unique(data.groups))  # the same deal for all repetitions
    mine = names[number * taken :][:taken]
    people, others = (
        np.flatnonzero(np.isin(data.groups, part)) for part in (mine[: asked.people], mine[asked.people :])
    )
    rng = np.random.default_rng(number)

    split = _deal(data, people, seed=number)[0]
    searched = []
    for trial in range(asked.trials):
        params = {name: _drawn(knob, rng) for name, knob in _SPACE.items()}
        curve = _trained(data, _config(params, epochs, number), *split)[0]
        searched.append(_complete(trial, max(curve.values()), params))
    leaders, _ = select_leaders(searched, _SPACE, _LEADERS)
    outlook = np.array([leader.expected_score for leader in leaders])

    sides = _deal(data, people, seed=1000 + number)
    curves: list[dict[int, dict[int, float]]] = [{} for _ in leaders]
    answers: dict[tuple[int, int], Answers] = {}
    scores = np.full((len(leaders), _FOLDS), np.nan)
    while due := choice.due(scores, outlook):
        for leader, fold in due:
            config = _config(leaders[leader].params, epochs, number)
            curve, answers[leader, fold] = _trained(data, config, *sides[fold], others=others)
            curves[leader][fold + 1] = curve
        for leader, folds in enumerate(curves):
            for fold, epoch in judged_at(folds).items():
                scores[leader, fold - 1] = folds[fold][epoch]
    best = choice.chosen(scores, outlook, [1.0] * len(leaders))
    mean = float(scores[best].mean())
    at = judged_at(curves[best])
    judged = [answers[best, fold][:, at[fold + 1] - 1] for fold in range(_FOLDS)]
    said = assess(
        _out_of_fold(data, [held for _, held in sides], judged),
        claimed=leaders[best].claimed,
        selection_bias=mean - choice.expected(scores, best),
        new_people=_NEW,
        seed=number,
    )

    until = round(float(np.median([best_epoch(curve) for curve in curves[best].values()])))
    final = _trained(data, _config(leaders[best].params, epochs, number), people, others, until=until)[1]
    few = np.isin(data.groups[others], rng.choice(mine[asked.people :], _NEW, replace=False))
    of_folds = [each[-len(others) :].argmax(axis=1) for each in judged]
    return Found(
        claimed=leaders[best].claimed,
        confirmed=said.f1.value,
        mean=mean,
        low=said.f1.low,
        high=said.f1.high,
        new=said.new_f1,
        folds=float(np.mean([_f1(data, others, each) for each in of_folds])),
        everybody=_f1(data, others, final[:, -1].argmax(axis=1)),
        few=_f1(data, others[few], of_folds[0][few]),
    )


def _config(params: dict[str, Any], epochs: int, seed: int) -> TrainConfig:
    return TrainConfig(
        backbone="test_resnet",
        weights="none",
        image_size=32,
        batch_size=32,
        epochs=epochs,
        optimizer="adamw",
        precision="fp32",
        seed=seed,
        **params,
    )


def _trained(
    data: Dataset,
    config: TrainConfig,
    train: Rows,
    held: Rows,
    *,
    others: Rows | None = None,
    until: int | None = None,
) -> tuple[dict[int, float], Answers]:
    """F1 on held out images by epoch, and the answers about these and about others."""
    watched = held if others is None else np.concatenate([held, others])
    here = dataclasses.replace(data, train=train, validation=watched, folds=())
    with RunWithOutput(config, here, Runtime(threads=1), stop_after=until or config.epochs) as run:
        for _ in run.epochs():
            pass
        answers = run.to_output().outputs.float().numpy().transpose(1, 0, 2)
    predicted = answers[: len(held)].argmax(axis=2)
    return {epoch + 1: _f1(data, held, predicted[:, epoch]) for epoch in range(predicted.shape[1])}, answers


def _deal(data: Dataset, people: Rows, seed: int) -> list[tuple[Rows, Rows]]:
    """The sides of each fold, as rows of the data."""
    table = pd.DataFrame({"label": data.labels[people], "group": data.groups[people], "path": data.paths[people]})
    return [(people[split.train], people[split.validation]) for split in dealt(table, _FOLDS, seed)]


def _out_of_fold(data: Dataset, held: Sequence[Rows], answers: Sequence[NDArray[np.float32]]) -> OutOfFold:
    rows = np.concatenate(held)
    return OutOfFold(
        classes=data.classes,
        factors=data.factors,
        paths=data.paths[rows],
        groups=data.groups[rows],
        labels=data.labels[rows],
        folds=np.concatenate([np.full(len(part), fold) for fold, part in enumerate(held, start=1)]),
        scores=np.concatenate([each[: len(part)] for each, part in zip(answers, held, strict=True)]),
    )


def _drawn(knob: Range, rng: np.random.Generator) -> float:
    place = rng.uniform()
    return float(knob.low * (knob.high / knob.low) ** place if knob.log else knob.low + (knob.high - knob.low) * place)


def _complete(number: int, value: float, params: dict[str, Any]) -> Any:  # noqa: ANN401 - Optuna's
    known: dict[str, BaseDistribution] = distributions(_SPACE)
    trial = create_trial(state=TrialState.COMPLETE, value=value, params=params, distributions=known)
    trial.number = number
    return trial


def _f1(data: Dataset, rows: Rows, predicted: Rows) -> float:
    return float(
        f1_score(data.labels[rows], predicted, labels=range(len(data.classes)), average="macro", zero_division=0)
    )


if __name__ == "__main__":
    main()
