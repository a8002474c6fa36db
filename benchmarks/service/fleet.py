"""Many workers on one study, each a process with connections of its own, whose training only sleeps."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Literal

import psutil
import psycopg
import sqlalchemy as sa

from benchmarks.service.sleeping import Lap, Stopwatch, make_spec, no_images, sleeping
from search.console import quiet_libraries
from search.database.connection import open_storage
from search.database.lease import Lease, Leases, NoTrial
from search.database.optuna_internals import study_id
from search.database.queries import next_worker_number, study_key
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.study.study import ensure_study, load_study
from search.worker.events import Event, Note, WorkerEnded
from search.worker.signals import Stopper
from search.worker.trial_runner import WorkerContext
from search.worker.worker import WorkerLoop
from trainer.config.runtime import Runtime

_START_SECONDS = 300.0
"""Until all workers are connected: they start all at once on however few cores there are."""
_EDGE = 100
"""Trials at the start and at the end that are compared."""


@dataclass(frozen=True)
class Fleet:
    """So many workers on a study of so many trials, whose epochs last so many seconds."""

    name: str
    workers: int
    trials: int
    epochs: int
    epoch_seconds: float
    sampler: Literal["random", "tpe"]


@dataclass(frozen=True)
class Findings:
    """What was measured.

    Attributes:
        laps: By step, in the order in which they began; ``epoch`` is the training itself.
        began: When the first claim began; monotonic, as all moments here.
        spent: When the last trial of the budget was given out: from there on workers fall idle one by one.
        ended: When the last trial ended.
        finished: Trials that are complete.
        made: All trials there are.
        connections: The most at a time, of a single worker and of all together.
        worker_cpu: Seconds of all workers.
        server_cpu: Seconds of the server's processes.
        notes: What workers had to say.
    """

    fleet: Fleet
    laps: dict[str, list[Lap]]
    began: float
    spent: float
    ended: float
    finished: int
    made: int
    connections: tuple[int, int]
    worker_cpu: float
    server_cpu: float
    notes: tuple[str, ...]

    def busy(self, until: float) -> float:
        """The share of all workers' time until then that went into epochs."""
        inside = sum(max(0.0, min(start + seconds, until) - start) for start, seconds in self.laps["epoch"])
        return inside / (self.fleet.workers * (until - self.began))

    def share(self, step: str) -> float:
        """The share of all workers' time, to the end, that went into a step."""
        seconds = sum(seconds for _, seconds in self.laps.get(step, ()))
        return seconds / (self.fleet.workers * (self.ended - self.began))

    def edges(self, step: str) -> tuple[list[float], list[float]]:
        """The seconds of a step in the first and in the last trials; they do not overlap."""
        seconds = [seconds for _, seconds in self.laps.get(step, ())]
        trials = min(_EDGE, self.fleet.trials // 2)
        count = max(1, len(seconds) * trials // self.fleet.trials)
        return seconds[:count], seconds[-count:]


class _TimedLeases(Leases):
    """Times each claim by what came of it."""

    watch: Stopwatch

    def claim(self, token: str) -> Lease | NoTrial:
        began = time.monotonic()
        claim = super().claim(token)
        name = "claim" if isinstance(claim, Lease) else "refusal"
        self.watch.laps.setdefault(name, []).append((began, time.monotonic() - began))
        return claim


def sail(fleet: Fleet, home: Path, url: str, server: int, tell: Callable[[str], None]) -> Findings:
    """Run the fleet until the budget is spent.

    Args:
        fleet: Who and what.
        home: A folder for resume points and results.
        url: Of the database.
        server: Process id of the server.
        tell: Called each second with a line for people.

    Raises:
        RuntimeError: A worker ended in a bad way.
    """
    spec = make_spec(fleet.name, fleet.trials, fleet.epochs, sampler=fleet.sampler, pruner="none")
    with open_storage(url) as storage:
        ensure_study(storage, spec, no_images())
    cpu = _cpu_of(server)
    # Forked: torch is loaded once, and no connection is open at this moment.
    context = multiprocessing.get_context("fork")
    together = context.Barrier(fleet.workers)
    workers = [
        context.Process(target=_work, args=(fleet, number, home, url, together), name=f"worker-{number}", daemon=True)
        for number in range(fleet.workers)
    ]
    try:
        for worker in workers:
            worker.start()
        most, most_of_all, done, made = _watch(fleet, url, workers, tell)
    finally:
        for worker in workers:
            worker.terminate()  # where one has failed; the others have ended by now
            worker.join()
    cpu = _cpu_of(server) - cpu
    results = [json.loads((home / f"{fleet.name}-{number}.json").read_text()) for number in range(fleet.workers)]
    laps: dict[str, list[Lap]] = {}
    for result in results:
        for step, own in result["laps"].items():
            laps.setdefault(step, []).extend((start, seconds) for start, seconds in own)
    for own in laps.values():
        own.sort()
    return Findings(
        fleet=fleet,
        laps=laps,
        began=laps["claim"][0][0],
        spent=sum(laps["claim"][-1]),
        ended=max(start + seconds for start, seconds in laps["end"]),
        finished=done,
        made=made,
        connections=(most, most_of_all),
        worker_cpu=sum(result["cpu"] for result in results),
        server_cpu=cpu,
        notes=tuple(note for result in results for note in result["notes"]),
    )


def _watch(
    fleet: Fleet, url: str, workers: Sequence[BaseProcess], tell: Callable[[str], None]
) -> tuple[int, int, int, int]:
    """Wait for the workers; returns their most connections, of one and of all, and the complete and all trials."""
    most, most_of_all = 0, 0
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        while any(worker.exitcode is None for worker in workers):
            rows = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s GROUP BY application_name",
                (f"{fleet.name}-%",),
            ).fetchall()
            mine = [int(row[0]) for row in rows]
            most, most_of_all = max([most, *mine]), max(most_of_all, sum(mine))
            tell(f"{fleet.name}: {_progress(connection, fleet.name)[0]} of {fleet.trials} trials")
            wait([worker.sentinel for worker in workers if worker.exitcode is None], timeout=1)
            if failed := [worker.name for worker in workers if worker.exitcode]:
                raise RuntimeError(f"{', '.join(failed)} failed; what they said stands above")
        return most, most_of_all, *_progress(connection, fleet.name)


def _work(fleet: Fleet, number: int, home: Path, url: str, together: Barrier) -> None:
    """One worker: what search.worker.worker does, with another training and a watch."""
    quiet_libraries()
    stopper = Stopper()
    stopper.install()
    notes: list[str] = []

    def emit(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.text)
        elif isinstance(event, WorkerEnded) and event.failing:
            notes.append(event.reason)

    watch = Stopwatch()
    mine = sa.make_url(url).update_query_dict({"application_name": f"{fleet.name}-{number}"})
    with open_storage(mine.render_as_string(hide_password=False)) as storage, watch.watching():
        row_id = study_id(load_study(storage, fleet.name))
        worker = next_worker_number(storage.engine, row_id)
        study, key = load_study(storage, fleet.name, worker=worker), study_key(storage.engine, row_id)
        leases = _TimedLeases(study, worker=f"sleeper:{number}", device="cpu")
        leases.watch = watch
        context = WorkerContext(
            worker=number,
            study=study,
            key=key,
            spec=make_spec(fleet.name, fleet.trials, fleet.epochs, sampler=fleet.sampler, pruner="none"),
            data=no_images(),
            runtime=Runtime(),
            checkpoints=Checkpoints(FolderStore(home / "points"), f"{fleet.name}-{key[:8]}"),
            stopper=stopper,
            emit=emit,
            run=sleeping(fleet.epoch_seconds, watch.laps.setdefault("epoch", [])),
        )
        together.wait(_START_SECONDS)
        cpu = time.process_time()
        WorkerLoop(context, leases, storage.engine).run()
        cpu = time.process_time() - cpu
    result = {"laps": watch.laps, "cpu": cpu, "notes": notes}
    (home / f"{fleet.name}-{number}.json").write_text(json.dumps(result))


def _progress(connection: psycopg.Connection, name: str) -> tuple[int, int]:
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE t.state = 'COMPLETE'), count(*) FROM trials t"
        " JOIN studies s ON s.study_id = t.study_id WHERE s.study_name = %s",
        (name,),
    ).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def _cpu_of(server: int) -> float:
    """Seconds that a server's processes have used so far, those that have ended included."""
    postmaster = psutil.Process(server)
    times = [postmaster.cpu_times(), *(child.cpu_times() for child in postmaster.children())]
    own = sum(time.user + time.system for time in times)
    return own + times[0].children_user + times[0].children_system
