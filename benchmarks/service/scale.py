"""How the service scales: many workers whose training only sleeps, on one PostgreSQL; and its cost over bare Optuna.

.venv/bin/python -m benchmarks.service.scale                    # about 25 minutes
.venv/bin/python -m benchmarks.service.scale --workers 4 --trials 20 --seconds 0.5 --compare 10 --report-only
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.table import Table

from benchmarks.rehearsal import parse
from benchmarks.service.fleet import Findings, Fleet, sail
from benchmarks.service.overhead import Contestant, compare
from benchmarks.service.sleeping import own_server
from search.console import quiet_libraries

BUSY = 0.95
RATIO = 1.3
CONNECTIONS = 2
JUDGED = "ours, no points"
SAMPLERS = ("random", "tpe")

Goal = tuple[str, bool]

# Into a file, the tables need their width too.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


def main() -> None:
    """Measure, print tables, and exit with 1 where a goal is missed."""
    options = _options()
    quiet_libraries()
    goals: list[Goal] = []
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    with own_server() as (home, url, server):
        for name in options.samplers:
            seconds = options.seconds / options.epochs
            fleet = Fleet(f"scale-{name}", options.workers, options.trials, options.epochs, seconds, name)
            with telling() as tell:
                findings = sail(fleet, home, url, server, tell)
            goals += show_fleet(findings)
        if options.compare:
            with telling() as tell:
                contestants = compare(home, url, trials=options.compare, epochs=options.epochs, tell=tell)
            goals += show_overhead(contestants)
    for text, met in goals:
        console.print(f"{'[green]met[/]   ' if met else '[red]missed[/]'} {text}")
    if not options.report_only and not all(met for _, met in goals):
        sys.exit(1)


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """A line that changes; its thread starts with the first one, by when the workers have been forked."""
    status = Status("", console=console)

    def tell(line: str) -> None:
        status.update(line)
        status.start()

    try:
        yield tell
    finally:
        status.stop()


def show_fleet(findings: Findings) -> list[Goal]:
    """Print what a fleet measured; returns how it stands with the goals."""
    fleet, wall = findings.fleet, findings.ended - findings.began
    title = (
        f"{fleet.name}: {fleet.workers} workers, {fleet.trials} trials of {fleet.epochs} epochs of "
        f"{fleet.epoch_seconds:.3g} s"
    )
    steps = Table("step, ms", "share of all workers' time", title=title)
    for column in ("first: median", "p95", "last: median", "p95"):
        steps.add_column(column, justify="right")
    in_reporter = ("report",)
    for step, laps in sorted(findings.laps.items(), key=lambda item: min(item[1], default=(0.0, 0.0))):
        if laps:
            share = "(beside training)" if step in in_reporter else f"{findings.share(step):.2%}"
            cells = [f"{1000 * figure:.1f}" for edge in findings.edges(step) for figure in _median_and_p95(edge)]
            steps.add_row(step, share, *cells)
    console.print(steps)
    busy, busy_to_the_end = findings.busy(findings.spent), findings.busy(findings.ended)
    rounds = -(-fleet.trials // fleet.workers)
    each, together = findings.connections
    figures = Table(show_header=False)
    figures.add_row("wall", f"{wall:.1f} s, {fleet.trials / wall:.2f} trials/s")
    figures.add_row("busy while there was budget left", f"{busy:.1%}")
    figures.add_row(
        "busy to the end of the last trial",
        f"{busy_to_the_end:.1%} (at most {fleet.trials / (rounds * fleet.workers):.1%}: {rounds} rounds)",
    )
    figures.add_row("trials", f"{findings.finished} complete, {findings.made} made")
    figures.add_row("connections", f"{together} at most, {each} of a single worker")
    figures.add_row("CPU of the workers", f"{findings.worker_cpu:.1f} s, {findings.worker_cpu / wall:.1%} of a core")
    figures.add_row("CPU of PostgreSQL", f"{findings.server_cpu:.1f} s, {findings.server_cpu / wall:.1%} of a core")
    for note in findings.notes:
        figures.add_row("note", note)
    console.print(figures)
    return [
        (f"{fleet.name}: exactly {fleet.trials} trials", findings.finished == findings.made == fleet.trials),
        (f"{fleet.name}: at most {CONNECTIONS} connections a worker ({each})", each <= CONNECTIONS),
        (f"{fleet.name}: busy {busy:.1%} of the time, goal {BUSY:.0%}", busy >= BUSY),
    ]


def _median_and_p95(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


COLUMNS = {
    "claim\nask": ("claim",),
    "open": ("open",),
    "suggest": ("suggest",),
    "reports": ("report", "should_prune"),
    "end\ntell": ("end",),
    "an-\nnounce": ("announce",),
    "resume\npoints": ("resume point", "forget"),
}


def show_overhead(contestants: list[Contestant]) -> list[Goal]:
    """Print what trials cost; returns how it stands with the goal."""
    base = {one.pruner: one for one in contestants if one.name == "bare"}
    trials = len(contestants[0].seconds)
    times = _table(f"ms a trial: no training, one process, {trials} trials each in turns, random sampler")
    for heading in ("of reports:\nshould_prune", "rest", "all", "x bare"):
        times.add_column(heading, justify="right")
    traffic = _table("statements a trial")
    for heading in ("rest", "all", "x bare", "trans-\nactions", "pings", "round\ntrips", "x bare"):
        traffic.add_column(heading, justify="right")
    for one in contestants:
        name, bare = one.name + (", ASHA" if one.pruner == "asha" else ""), base[one.pruner]
        steps = [_reports(one) if "report" in names else one.step(*names) for names in COLUMNS.values()]
        cells = [f"{figure:.1f}" for figure in (*steps, one.step("should_prune"), one.mean - sum(steps), one.mean)]
        times.add_row(name, *cells, f"{one.mean / bare.mean:.2f}")
        steps = [one.count("statements", *names) for names in COLUMNS.values()]
        whole, trips = one.count("statements"), one.count("round trips")
        cells = [f"{figure:.1f}" for figure in (*steps, whole - sum(steps), whole)]
        cells += [f"{whole / bare.count('statements'):.2f}"]
        cells += [f"{figure:.1f}" for figure in (one.count("transactions"), one.count("pings"), trips)]
        traffic.add_row(name, *cells, f"{trips / bare.count('round trips'):.2f}")
    console.print(times, traffic)
    ratio = next(one for one in contestants if one.name == JUDGED).mean / base["none"].mean
    return [(f"overhead: {ratio:.2f} x bare Optuna, goal {RATIO}", ratio <= RATIO)]


def _table(title: str) -> Table:
    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, justify="right")
    return table


def _reports(contestant: Contestant) -> float:
    """Bare Optuna asks the pruner outside of what is timed as a report, our report has it inside."""
    return contestant.step("report", "should_prune") if "bare" in contestant.name else contestant.step("report")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=32, help="processes")
    parser.add_argument("--trials", type=int, default=1000, help="budget of each study")
    parser.add_argument("--epochs", type=int, default=10, help="reports of a trial")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long a trial trains")
    parser.add_argument("--samplers", nargs="+", choices=SAMPLERS, default=SAMPLERS, help="a study with each of these")
    parser.add_argument("--compare", type=int, default=300, help="trials against bare Optuna")
    parser.add_argument("--report-only", action="store_true", help="exit with 0 whatever the figures")
    tiny = "--workers 2 --trials 4 --epochs 2 --seconds 0.1 --compare 2 --report-only"
    options = parse(parser, tiny)
    if options.workers < 1 or options.trials < 2 or options.epochs < 1:
        parser.error("it takes at least 1 worker, 2 trials and 1 epoch")
    return options


if __name__ == "__main__":
    main()
