"""Kill workers, restart and freeze PostgreSQL, freeze a worker, while a study runs; then look whether all is well.

.venv/bin/python -m benchmarks.chaos
.venv/bin/python -m benchmarks.chaos --trials 8 --workers 2 --kills 3 --restarts 1 --freeze 5 --lease 15
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.chaos.blows import Blows
from benchmarks.chaos.plan import Plan, Tally
from benchmarks.chaos.stage import Stage, database_folder, open_stage, remove
from benchmarks.chaos.verdict import Check, check_blows, check_machine, check_study, reported_epochs
from benchmarks.rehearsal import parse
from search.config.sections import parse_duration
from search.console import quiet_libraries

_ENDS = 3
"""Ends of the command that nobody asked for, after which it is not started again."""

console = Console(highlight=False)


def main() -> None:
    """Run the chaos and exit with 1 where a line of the table fails."""
    # Nothing here needs the network.
    os.environ |= {"NO_ALBUMENTATIONS_UPDATE": "1", "HF_HUB_OFFLINE": "1"}
    quiet_libraries()
    options = _options()
    plan = Plan(
        people=options.people,
        trials=options.trials,
        workers=options.workers,
        kills=options.kills,
        restarts=options.restarts,
        freeze=options.freeze,
        lease=options.lease,
        seed=options.seed,
    )
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        ok = run(folder, plan, options.limit)
    except KeyboardInterrupt:
        remove(folder)
        sys.exit(130)
    if options.keep or not (ok or options.rehearse):
        console.print(f"logs: {folder}, database: {database_folder(folder)}", soft_wrap=True)
    else:
        remove(folder)
    sys.exit(not ok and not options.report_only)


def run(folder: Path, plan: Plan, limit: str) -> bool:
    """Run the chaos in a folder, print the table and the costs, and return whether every line is in order."""
    started = time.monotonic()
    message(f"{plan.trials} trials, {plan.workers} workers, in {folder}")
    with open_stage(folder, plan.people, plan.trials, plan.workers, plan.lease, plan.seed) as stage:
        blows = Blows(stage, plan, message)
        in_time = rage(stage, blows, started + float(str(parse_duration(limit))))
        minutes = (time.monotonic() - started) / 60
        message("the search has ended; training the trials that were hit once more, undisturbed")
        checks = [
            Check("time", f"at most {limit}", f"{minutes:.1f} min", in_time),
            *check_blows(blows.tally, plan),
            *check_machine(stage),
            *check_study(stage, blows.tally, plan),
        ]
        show(checks)
        show_costs(stage, blows.tally)
    return all(check.ok for check in checks)


def rage(stage: Stage, blows: Blows, deadline: float) -> bool:
    """Let the study run under blows until the command ends by itself.

    Returns:
        Whether it ended before the deadline, on the monotonic clock; else everything is killed.
    """
    stage.start()
    while time.monotonic() < deadline:
        blows.listen()
        command = stage.command
        if command is not None and command.code is not None:
            blows.listen()
            if command.code == 0 or len(blows.tally.ends) >= _ENDS:
                return True
            blows.tally.ends.append(f"exit code {command.code}")
            message(f"the command ended with exit code {command.code}; its last lines:\n{stage.log.tail()}")
            stage.start()
        blows.strike()
        stage.pids |= stage.command.workers() if stage.command else set()
        time.sleep(0.2)
    message(f"out of time; the last lines of the command:\n{stage.log.tail()}")
    stage.end()
    return False


def show(checks: list[Check]) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "wanted", "seen", ""):
        table.add_column(name, overflow="fold")
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[bold red]FAILS[/]"
        table.add_row(check.what, check.wanted, check.seen, mark)
    console.print()
    console.print(table)


def show_costs(stage: Stage, tally: Tally) -> None:
    """Print what the deaths cost."""
    kills = ", ".join(f"{count} {when}" for when, count in tally.kills.items())
    restarts = ", ".join(f"{count} {mode}" for mode, count in tally.restarts.items())
    reported = reported_epochs(stage)
    console.print(
        f"\nkills: {kills}; restarts: {restarts}; trials hit: {len(tally.struck)}\n"
        f"epochs seen in the log: {stage.log.epochs}, in the study: {reported}\n"
        f"longest take-over: {max(tally.take_overs, default=0):.0f} s after the kill",
        soft_wrap=True,
    )


def message(line: str) -> None:
    """Print a line with the time."""
    console.print(f"{time.strftime('%H:%M:%S')} {line}", markup=False, soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=40, help="of workers")
    parser.add_argument("--restarts", type=int, default=5, help="of PostgreSQL")
    parser.add_argument("--freeze", type=float, default=30, help="seconds that PostgreSQL is frozen")
    parser.add_argument("--lease", type=float, default=45, help="seconds of a lease")
    parser.add_argument("--seed", type=int, default=0, help="of data, configurations and blows")
    parser.add_argument("--limit", default="40m", help="after which it gives up")
    parser.add_argument("--people", type=int, default=150, help="who are drawn")
    parser.add_argument("--report-only", action="store_true", help="exit with 0 whatever has failed")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    # So few trials may be over before all is done to them.
    tiny = "--people 24 --trials 4 --workers 2 --kills 1 --restarts 1 --freeze 2 --lease 6 --limit 3m --report-only"
    options = parse(parser, tiny)
    if options.workers < 2 or options.freeze >= options.lease:
        parser.error("it takes at least 2 workers, and --freeze must be shorter than --lease")
    return options


if __name__ == "__main__":
    main()
