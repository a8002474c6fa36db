"""How often intervals hold the truth where the truth is known: ``python -m benchmarks.statistics.coverage``.

A made up population in the shape of the competition: a person has a gender and an age, seven images (five masks worn,
one worn wrongly, none), and looks older or younger, or like the other gender, in all of them; so mistakes in a person's
images come together. The truth is the macro-F1 over two million people. Populations differ in how many people are
asked, how good the networks are, and whether those differ from each other.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from benchmarks.rehearsal import parse
from trainer.data.competition import CLASSES, FACTORS
from trainer.evaluation.bootstrap import GroupCounts, count_by_group, figure_intervals, new_interval, ratio_intervals
from trainer.evaluation.out_of_fold import OutOfFold

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Ends = tuple[Numbers, Numbers]

_KINDS = np.array([88, 85, 14, 138, 133, 22]) / 480
"""Shares of men and women below 30, 30 to 59 and from 60 on: those of a real set of 480 people."""
_SHOTS = np.array([0, 0, 0, 0, 0, 1, 2])
_SMALLEST = CLASSES.index("incorrect/male/>=60")
_FOLDS = 5
_MANY = 20_000
"""People by whom each network is judged, for the truth."""
_TAILS = (0.025, 0.975)
_Z = 1.959964


@dataclass(frozen=True)
class World:
    """A population and who answers for it.

    Attributes:
        name: Of its column.
        people: How many are asked.
        new: How many come afterwards.
        noise: How unclear people look to the networks.
        spread: How much the networks differ, as a share of that by which people of one kind do.
        quota: Whether people are asked by kind, as many as are their share; else as they come.
    """

    name: str
    people: int
    new: int
    noise: float = 1.0
    spread: float = 0.0
    quota: bool = False

    def seen(self, rng: np.random.Generator, people: int, networks: int) -> tuple[Indices, Indices, Indices]:
        """Some people's kinds [P], the classes of their images and what the networks say of these, [P, 7]."""
        kinds = np.repeat(np.arange(6), np.round(_KINDS * people).astype(int))
        if not self.quota:
            kinds = rng.choice(6, people, p=_KINDS)
        people, shots = len(kinds), len(_SHOTS)
        genders, ages = np.divmod(kinds, 3)
        young, old = rng.uniform(18, 30, people), 60 + rng.exponential(6, people)
        years = np.choose(ages, [young, 30 + 30 * rng.beta(1, 1.5, people), old])
        biases = self.spread * rng.standard_normal((networks, 3))[np.arange(people) % networks]

        def misjudged(part: int, person: float, image: float) -> Numbers:
            """By how much each image [P, 7] is, all of a person's alike and each by itself."""
            own = rng.standard_normal((people, 1)) + biases[:, part, None]
            return self.noise * (person * own + image * rng.standard_normal((people, shots)))

        apparent = years[:, None] + misjudged(0, 6, 2)
        age = (apparent >= 30).astype(int) + (apparent >= 58)
        gender = (2 * genders[:, None] - 1 + misjudged(1, 0.5, 0.25) > 0).astype(int)
        mask = np.clip(np.rint(_SHOTS + misjudged(2, 0.25, 0.25)), 0, 2).astype(int)
        return kinds, _SHOTS * 6 + kinds[:, None], mask * 6 + gender * 3 + age

    def answers(self, rng: np.random.Generator, people: int, networks: int = _FOLDS) -> tuple[OutOfFold, Indices]:
        """The same as out-of-fold answers; and the people's kinds, in the order of their groups."""
        kinds, labels, said = self.seen(rng, people, networks)
        rows = np.arange(labels.size)
        found = OutOfFold(
            classes=CLASSES,
            factors=FACTORS,
            paths=np.char.zfill(rows.astype(str), 6),
            groups=np.char.zfill((rows // len(_SHOTS)).astype(str), 6),
            labels=labels.ravel(),
            folds=rows // len(_SHOTS) % networks + 1,
            scores=np.eye(len(CLASSES), dtype=np.float32)[said.ravel()],
        )
        return found, kinds

    def truth(self, rng: np.random.Generator, networks: int) -> tuple[Numbers, float]:
        """Macro-F1 and the smallest class's F1 of a network in the population; and by how much networks differ."""
        found = []
        for _ in range(networks):
            _, labels, said = self.seen(rng, _MANY, 1)
            table = np.bincount((labels * len(CLASSES) + said).ravel(), minlength=len(CLASSES) ** 2)
            found.append(table.reshape(len(CLASSES), -1))
        tables = np.array(found) if self.spread else np.sum(found, axis=0, keepdims=True)
        right = np.diagonal(tables, axis1=1, axis2=2)
        f1 = 2 * right / (tables.sum(axis=1) + tables.sum(axis=2))
        return np.array([f1.mean(), f1[:, _SMALLEST].mean()]), float(f1.mean(axis=1).std())


WORLDS = (
    World("480 people", 480, 96),
    World("2,700 people", 2700, 540),
    World("480, good networks", 480, 96, noise=0.4),
    World("480, poor networks", 480, 96, noise=2.5),
    World("480 by quota", 480, 96, quota=True),
    World("120 people", 120, 24),
    World("480, networks differ", 480, 96, spread=0.3),
    World("2,700, networks differ", 2700, 540, spread=0.15),
)


def counts(found: OutOfFold) -> GroupCounts:
    """A tally whose two figures are macro-F1 and the F1 of the smallest class."""
    people = count_by_group(found)
    smallest = np.eye(len(people.figures))[_SMALLEST]
    return replace(people, figures=np.stack([people.figures[:, 0], smallest], axis=1))


def intervals(found: OutOfFold, kinds: Indices, rng: np.random.Generator, draws: int) -> dict[str, Ends]:
    """Both figures' intervals by method."""
    people = counts(found)
    value = people.values @ people.figures
    influence = people.influence @ people.figures
    error = np.sqrt((influence**2).sum(axis=0) * people.groups / (people.groups - 1))
    weights = resampled(rng, draws, np.zeros_like(kinds))
    drawn = people.ratios(weights) @ people.figures
    low, high = np.quantile(drawn, _TAILS, axis=0)
    inner = np.clip(value, 0.001, 0.999)
    odds, step = np.log(inner / (1 - inner)), _Z * error / (inner * (1 - inner))
    below, above = np.quantile((drawn - value) / errors(people, weights), _TAILS, axis=0)
    layered = resampled(rng, draws, kinds)
    size = np.bincount(kinds)[kinds]
    grown = 1 + (layered - 1) * np.sqrt(size / np.maximum(size - 1, 1)).astype(np.float32)
    smooth = rng.standard_exponential(weights.shape, dtype=np.float32)
    images = counts(replace(found, groups=found.paths))
    by_image = resampled(rng, draws // 4, np.zeros(images.groups, dtype=np.int64))
    return {
        "BCa (taken for macro-F1)": figure_intervals(people, rng, draws),
        "Wilson, images that count (taken for classes)": tuple(end[[_SMALLEST] * 2] for end in ratio_intervals(people)),
        "percentile": (low, high),
        "basic": (2 * value - high, 2 * value - low),
        "studentised": (value - above * error, value - below * error),
        "normal, linearised": (value - _Z * error, value + _Z * error),
        "normal, linearised, logit": (1 / (1 + np.exp(step - odds)), 1 / (1 + np.exp(-step - odds))),
        "percentile, Bayesian": percentile(people, smooth),
        "percentile, stratified": percentile(people, layered),
        "percentile, stratified, n / (n - 1)": percentile(people, grown),
        "percentile over images": percentile(images, by_image),
    }


def percentile(people: GroupCounts, weights: NDArray[np.float32]) -> Ends:
    """The plain interval of a bootstrap."""
    low, high = np.quantile(people.ratios(weights) @ people.figures, _TAILS, axis=0)
    return low, high


def resampled(rng: np.random.Generator, draws: int, kinds: Indices) -> NDArray[np.float32]:
    """How often each person is drawn, as many of each kind as there are: float32 [B, P]."""
    order = np.argsort(kinds, kind="stable")
    first = np.searchsorted(kinds[order], kinds[order])
    size = np.bincount(kinds)[kinds[order]]
    picks = order[first + (rng.random((draws, len(kinds))) * size).astype(np.int64)]
    picks += np.arange(draws)[:, None] * len(kinds)
    return np.bincount(picks.ravel(), minlength=picks.size).reshape(picks.shape).astype(np.float32)


def errors(people: GroupCounts, weights: NDArray[np.float32]) -> Numbers:
    """Linearised standard errors of the figures in each draw, float64 [B, 2]."""
    ratios, there = people.ratios(weights), np.maximum(weights @ people.denominators, 1)
    found = []
    for figure in people.figures.T:
        share = figure / there
        influence = share @ people.numerators.T - (share * ratios) @ people.denominators.T
        found.append(np.sqrt((weights * influence**2).sum(axis=1)))
    # A draw in which a figure has no error tells nothing of how errors are distributed.
    return np.maximum(np.stack(found, axis=1), 1e-6)


def new_sets(found: OutOfFold, new: int, rng: np.random.Generator, draws: int) -> dict[str, tuple[float, float]]:
    """Where the macro-F1 of new people should fall, by method."""
    people = counts(found)
    only = rng.integers(0, people.groups, (draws, new)) + np.arange(draws)[:, None] * people.groups
    weights = np.bincount(only.ravel(), minlength=draws * people.groups).reshape(draws, -1).astype(np.float32)
    drawn = people.ratios(weights) @ people.figures[:, 0]
    error = math.hypot(drawn.std(), np.sqrt(((people.influence @ people.figures[:, 0]) ** 2).sum()))
    low, high = figure_intervals(people, rng, draws)
    return {
        "these people drawn anew, new ones from those (taken)": new_interval(people, new, rng, draws),
        "normal, both variances": (drawn.mean() - _Z * error, drawn.mean() + _Z * error),
        "new ones from these people as they are": tuple(np.quantile(drawn, _TAILS)),
        "the interval of macro-F1 itself": (low[0], high[0]),
    }


Cell = tuple[float, float, float]
"""Coverage, its standard error, mean width."""


def measure(world: World, options: argparse.Namespace) -> tuple[list[dict[str, Cell]], str]:
    """Coverage by method: of macro-F1, of the smallest class, of a new set; and a line on the population."""
    rng = np.random.default_rng(options.seed)
    true, deviation = world.truth(rng, options.networks)
    hits: list[dict[str, list[bool]]] = [defaultdict(list) for _ in range(3)]
    widths: list[dict[str, list[float]]] = [defaultdict(list) for _ in range(3)]

    def note(which: int, method: str, low: float, high: float, value: float) -> None:
        hits[which][method].append(bool(low <= value <= high))
        widths[which][method].append(min(high, 1.0) - max(low, 0.0))

    for _ in range(options.repetitions):
        found, kinds = world.answers(rng, world.people)
        for method, (low, high) in intervals(found, kinds, rng, options.draws).items():
            for figure in range(2):
                note(figure, method, low[figure], high[figure], true[figure])
        come = counts(replace(world, quota=False).answers(rng, world.new, 1)[0])
        scored = float((come.values @ come.figures)[0])
        for method, (low, high) in new_sets(found, world.new, rng, options.draws).items():
            note(2, method, low, high, scored)
    cells = [{name: _cell(each, widths[which][name]) for name, each in hits[which].items()} for which in range(3)]
    # Classes' intervals are of no macro-F1.
    cells[0].pop("Wilson, images that count (taken for classes)")
    differ = f", from network to network ± {deviation:.3f}" if world.spread else ""
    return cells, f"{world.name}: macro-F1 {true[0]:.3f}, smallest class {true[1]:.3f}{differ}"


def _cell(hits: list[bool], widths: list[float]) -> Cell:
    share = fmean(hits)
    return share, math.sqrt(share * (1 - share) / len(hits)), fmean(widths)


def table(title: str, columns: list[str], cells: list[dict[str, Cell]], show: Callable[[Cell], str]) -> str:
    """A markdown table of methods by populations."""
    lines = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(show(each[name]) for each in cells)} |" for name in cells[0]]
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--networks", type=int, default=100, help="whose mean is the truth")
    options = parse(parser, "--repetitions 2 --draws 40 --networks 2")
    found = [measure(world, options) for world in WORLDS]
    print("\n".join(f"- {line}" for _, line in found))  # noqa: T201
    for which, title in enumerate(("macro-F1", "smallest class", "macro-F1 of a new set")):
        cells = [each[which] for each, _ in found]
        names = [world.name for world in WORLDS]
        print("", table(title, names, cells, lambda c: f"{c[0]:.1%} ± {c[1]:.1%} ({c[2]:.3f})"), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
