"""What a trial of ours costs over bare Optuna on the same server: one process, trials in turns, no training."""

from __future__ import annotations

import itertools
import statistics
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from psycopg.pq import TransactionStatus

from benchmarks.service.sleeping import Stopwatch, make_spec, no_images, sleeping
from search.config.search_space import suggest
from search.config.study_spec import StudySpec
from search.database.connection import open_storage
from search.database.lease import Lease, Leases
from search.database.optuna_internals import study_id
from search.database.queries import next_worker_number, study_key
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.stores.objects import Store
from search.study.samplers import make_pruner, make_sampler
from search.study.study import ensure_study, load_study
from search.worker.context import WorkerContext
from search.worker.signals import Stopper
from search.worker.trial_runner import run_trial
from search.worker.worker import WorkerLoop
from trainer.config.runtime import Runtime

_TURN = 5
"""Trials of one kind before the next kind has its turn: whatever slows the server down hits all of them."""

Pruner = Literal["none", "asha"]


@dataclass
class Contestant:
    """One way to run trials.

    Attributes:
        name: For people.
        pruner: Its study's.
        trial: Runs one trial from its claim to its end.
        seconds: Of each trial.
        steps: Seconds in each step, all trials together.
        traffic: Statements, transactions and pings so far, by step.
    """

    name: str
    pruner: Pruner
    trial: Callable[[], None]
    traffic: Counter[tuple[str, str]]
    watch: Stopwatch
    seconds: list[float] = field(default_factory=list)
    steps: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def mean(self) -> float:
        """Milliseconds a trial."""
        return 1000 * statistics.fmean(self.seconds)

    def step(self, *names: str) -> float:
        """Milliseconds of a trial that went into these steps."""
        return 1000 * sum(self.steps[name] for name in names) / len(self.seconds)

    def count(self, what: str, *steps: str) -> float:
        """Statements, transactions, pings or round trips of a trial; in these steps, or in all."""
        if what == "round trips":
            return sum(self.count(each, *steps) for each in ("statements", "transactions", "transactions", "pings"))
        return sum(
            number for (step, key), number in self.traffic.items() if key == what and (not steps or step in steps)
        ) / len(self.seconds)


class NoStore:
    """Keeps nothing: what resume points cost is the difference."""

    def write(self, name: str, data: bytes) -> None:
        """Forget it."""

    def read(self, name: str) -> bytes | None:
        """There is nothing."""

    def names(self, prefix: str) -> list[str]:
        """There is nothing."""
        return []

    def leftovers(self, prefix: str) -> dict[str, float]:
        """There is nothing."""
        return {}

    def remove(self, name: str) -> None:
        """There is nothing."""


def compare(home: Path, url: str, *, trials: int, epochs: int, tell: Callable[[str], None]) -> list[Contestant]:
    """Run so many trials of each kind, in turns.

    Returns:
        Bare Optuna as it comes, over our connections, and without asking the pruner; ours without resume points, and
        with them in a folder; the first and the fourth once more with ASHA.
    """
    with ExitStack() as stack:
        count = itertools.count()

        def spec(pruner: Pruner) -> StudySpec:
            return make_spec(f"overhead-{next(count)}", trials, epochs, sampler="random", pruner=pruner)

        def bare(name: str, pruner: Pruner, *, over_ours: bool = False, asks: bool = True) -> Contestant:
            storage = stack.enter_context(open_storage(url) if over_ours else _plain_storage(url))
            return _bare(name, storage, spec(pruner), asks=asks)

        def ours(name: str, pruner: Pruner, store: Store) -> Contestant:
            return _ours(name, stack.enter_context(open_storage(url)), spec(pruner), store)

        contestants = [
            bare("bare", "none"),
            bare("bare, our connections", "none", over_ours=True),
            bare("bare, never asks", "none", asks=False),
            ours("ours, no points", "none", NoStore()),
            ours("ours", "none", FolderStore(home / "points")),
            bare("bare", "asha"),
            ours("ours, no points", "asha", NoStore()),
        ]
        for contestant in contestants:
            contestant.traffic.clear()  # of making the study
        for turn in range(0, trials, _TURN):
            tell(f"overhead: {turn} of {trials} trials each")
            for contestant in contestants:
                for _ in range(min(_TURN, trials - turn)):
                    _time(contestant)
    return contestants


def _time(contestant: Contestant) -> None:
    with contestant.watch.watching():
        began = time.monotonic()
        contestant.trial()
        contestant.seconds.append(time.monotonic() - began)
    for step, laps in contestant.watch.take().items():
        contestant.steps[step] += sum(seconds for _, seconds in laps)


@contextmanager
def _plain_storage(url: str) -> Iterator[RDBStorage]:
    storage = RDBStorage(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _bare(name: str, storage: RDBStorage, spec: StudySpec, *, asks: bool) -> Contestant:
    study = optuna.create_study(
        study_name=spec.study.name,
        storage=storage,
        direction="maximize",
        sampler=make_sampler(spec, 0),
        pruner=make_pruner(spec),
    )
    watch, count = Stopwatch(), itertools.count(1)

    def trial() -> None:
        best = _rising(next(count))
        with watch.lap("claim"):
            trial = study.ask()
        with watch.lap("suggest"):
            suggest(trial, spec.space, spec.fixed)
        for epoch in range(1, spec.epochs + 1):
            with watch.lap("report"):
                trial.report(best * epoch / spec.epochs, step=epoch)
            if asks and epoch < spec.epochs:
                with watch.lap("should_prune"):
                    trial.should_prune()
        with watch.lap("end"):
            study.tell(trial, best)

    return Contestant(name, spec.pruner.kind, trial, _traffic(storage.engine, watch), watch)  # type: ignore[arg-type]


def _ours(name: str, storage: RDBStorage, spec: StudySpec, store: Store) -> Contestant:
    data = no_images()
    made, _ = ensure_study(storage, spec, data)
    study = load_study(storage, spec.study.name, worker=next_worker_number(storage.engine, study_id(made)))
    leases = Leases(study, worker="overhead", device="cpu")
    watch, count = Stopwatch(), itertools.count(1)
    key = study_key(storage.engine, study_id(study))
    context = WorkerContext(
        worker=0,
        study=study,
        key=key,
        spec=spec,
        data=data,
        runtime=Runtime(),
        checkpoints=Checkpoints(store, f"{study.study_name}-{key[:8]}"),
        stopper=Stopper(),
        emit=lambda event: None,
        run=sleeping(0.0, [], f1=lambda config: _rising(next(count))),
    )
    loop = WorkerLoop(context, leases, storage.engine)
    plainly = study.pruner.prune
    study.pruner.prune = watch.timed("should_prune", plainly)  # type: ignore[method-assign]

    def trial() -> None:
        with watch.lap("claim"):
            claim = leases.claim(uuid.uuid4().hex)
        if not isinstance(claim, Lease):
            raise RuntimeError(f"no trial to claim: {claim.value}")
        number, outcome = run_trial(context, claim)
        if outcome.kind != "complete":
            raise RuntimeError(f"trial {number} ended as {outcome.kind}: {outcome.reason}")
        loop._report_end(number, outcome)

    return Contestant(name, spec.pruner.kind, trial, _traffic(storage.engine, watch), watch)  # type: ignore[arg-type]


def _rising(number: int) -> float:
    """Each trial is better than all before, so that ASHA looks at them all and ends none."""
    return 0.2 + number / 100_000


def _traffic(engine: sa.Engine, watch: Stopwatch) -> Counter[tuple[str, str]]:
    """Count what goes over an engine's connections, by step; a transaction belongs to the step that began it."""
    counter: Counter[tuple[str, str]] = Counter()

    def statement(connection: sa.Connection, *_: object) -> None:
        counter[watch.step, "statements"] += 1
        raw = connection.connection.dbapi_connection
        # psycopg sends BEGIN with the first statement; each one is answered by one COMMIT or ROLLBACK.
        if raw is not None and raw.info.transaction_status == TransactionStatus.IDLE:
            counter[watch.step, "transactions"] += 1

    sa.event.listen(engine, "before_cursor_execute", statement)
    ping = engine.dialect.do_ping

    def counted(connection: object) -> bool:
        counter[watch.step, "pings"] += 1
        return ping(connection)  # type: ignore[arg-type]

    engine.dialect.do_ping = counted  # type: ignore[method-assign, assignment]
    return counter
