"""Dealing the blows of a plan: what is done to the workers and the database, and what they make of it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.chaos.log import Said
from benchmarks.chaos.plan import Blow, Plan, Tally, draw_blows
from benchmarks.chaos.stage import EPOCHS, Command, Held, Mode, Stage, is_alive

LINGER = 60.0
"""Seconds after which the workers of a killed command are taken for orphans."""

_HESITATION = 2.0  # seconds at most between the time for a blow and the blow: it shall hit any moment of an epoch
_DEATHS = 2  # a trial in which one more worker dies is given up, as it should be, and is none of the finished ones
_CRASHES = 3  # in a row; a worker that never comes to an epoch is given up some crashes later
_SURE = 0.5  # seconds after an epoch's report by which the pruner has spoken
_ALL_AT_WORK = 240.0  # seconds to wait until all workers train


@dataclass
class _Frozen:
    """The worker that was stopped in the middle of a trial."""

    pid: int
    worker: int
    trial: int
    thawed: bool = False


class Blows:
    """Deals the blows of a plan.

    Args:
        stage: Where.
        plan: Which.
        say: Called with a line for people.
    """

    def __init__(self, stage: Stage, plan: Plan, message: Callable[[str], None]) -> None:
        self.tally = Tally()
        self._stage = stage
        self._plan = plan
        self._message = message
        self._dice = random.Random(plan.seed)
        self._waiting = draw_blows(plan, self._dice)
        self._not_before: float | None = None
        self._all_at_work_by: float | None = None  # else PostgreSQL is frozen all the same, and a line fails
        self._frozen: _Frozen | None = None
        self._killed: dict[int, float] = {}  # trials whose worker was killed, until somebody goes on with them

    def listen(self) -> None:
        """Take in what the workers have said."""
        self._hear(self._stage.log.news())

    def strike(self) -> None:
        """Deal the next blow, if one is due and can be dealt now."""
        if self._frozen:
            self._tend(self._frozen)
        progress = self._stage.log.finished / self._plan.trials
        due = [blow for blow in self._waiting if blow.at <= progress]
        if self._frozen:  # a stopped process can neither end with its command nor train while PostgreSQL is frozen
            due = [blow for blow in due if blow.kind == "kill"]
        if not due:
            return
        now = time.monotonic()
        if self._not_before is None:
            self._not_before = now + self._dice.uniform(0, _HESITATION)
        if now < self._not_before:
            return
        # It wants all workers at their work, so nobody is killed any more before it.
        due = [blow for blow in due if blow.kind == "freeze database"] or due
        different = {(blow.kind, blow.count): blow for blow in reversed(due)}
        if done := next((blow for blow in sorted(different.values()) if self._deal(blow)), None):
            self._waiting.remove(done)
            self._not_before = None

    def _deal(self, blow: Blow) -> bool:
        """Do it, unless the moment is wrong; returns whether it is done."""
        match blow.kind:
            case "kill":
                return self._kill(blow.count)
            case "kill command":
                return self._kill_command()
            case "restart":
                return self._restart()
            case "freeze database":
                return self._freeze_database()
            case "freeze worker":
                return self._freeze_worker()

    def _hear(self, news: Iterable[Said]) -> None:
        for said in news:
            if said.kind == "started" and said.trial in self._killed:
                self.tally.take_overs.append(said.at - self._killed.pop(said.trial))
            frozen = self._frozen
            if frozen and frozen.thawed and said.worker == frozen.worker:
                self._hear_thawed(frozen, said)

    def _hear_thawed(self, frozen: _Frozen, said: Said) -> None:
        if said.trial == frozen.trial and not self.tally.lost:
            self.tally.lost = said.kind == "lost"
        elif self.tally.lost and said.kind == "started":
            self.tally.went_on = True
            self._frozen = None
            self._message(f"the thawed worker has lost trial {frozen.trial} and begun trial {said.trial}")

    def _victims(self) -> list[Held]:
        """Workers that have begun a trial and may be killed without anybody's being given up."""
        command, log = self._command, self._stage.log
        workers = command.workers()
        spared = self._frozen.pid if self._frozen else None
        return [
            held
            for held in self._stage.database.held()
            if held.pid in workers
            and held.pid != spared
            and held.crashes < _DEATHS
            and (seat := log.seat_of(held.trial)) is not None
            and seat.crashes < _CRASHES
        ]

    @property
    def _command(self) -> Command:
        command = self._stage.command
        if command is None:
            raise RuntimeError("nothing has been started")
        return command

    def _kill(self, count: int) -> bool:
        victims = self._victims()
        if len(victims) < count:
            return False
        for victim in self._dice.sample(victims, count):
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
            seat = self._stage.log.seat_of(victim.trial)
            epoch = seat.epoch if seat else 0
            self.tally.kills["later" if epoch else "within the first epoch"] += 1
            self.tally.struck.add(victim.trial)
            self._killed[victim.trial] = time.monotonic()
            done = sum(self.tally.kills.values())
            self._message(
                f"kill {done:>2}: the worker of trial {victim.trial} after epoch {epoch} (process {victim.pid})"
            )
        return True

    def _kill_command(self) -> bool:
        if not self._victims():
            return False
        family = self._command.family()
        self.tally.struck |= {held.trial for held in self._stage.database.held()}
        self._command.kill()
        started = time.monotonic()
        while (left := [process for process in family if is_alive(process)]) and time.monotonic() < started + LINGER:
            time.sleep(0.05)
        seconds = time.monotonic() - started
        self.tally.command_kills += 1
        self.tally.lingered = max(self.tally.lingered, seconds)
        self.tally.orphans += len(left)
        self._message(f"killed the command; its workers lived for {seconds:.1f} s more, {len(left)} are left")
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.listen()
        self._stage.start()
        return True

    def _restart(self) -> bool:
        if not self._victims():
            return False
        restarts = self.tally.restarts
        mode: Mode = "fast" if restarts["fast"] <= restarts["immediate"] else "immediate"
        down = self._dice.uniform(1, 4)
        self.tally.struck |= {held.trial for held in self._stage.database.held()}
        self._stage.database.restart(mode, down)
        restarts[mode] += 1
        self._message(f"restarted PostgreSQL (stopped in mode {mode}, away for {down:.1f} s)")
        return True

    def _freeze_database(self) -> bool:
        self.listen()
        now, log = time.monotonic(), self._stage.log
        at_work = {
            worker: seat.trial
            for worker, seat in log.seats.items()
            if seat.trial is not None and seat.epoch <= EPOCHS - 2 and now > seat.at + _SURE
        }
        self._all_at_work_by = self._all_at_work_by or now + _ALL_AT_WORK
        if len(at_work) < self._plan.workers and now < self._all_at_work_by:
            return False
        self._stage.database.freeze()
        self._message(f"froze PostgreSQL while {len(at_work)} workers train, for {self._plan.freeze:.0f} s")
        epochs = dict.fromkeys(at_work, 0)
        try:
            end = time.monotonic() + self._plan.freeze
            while time.monotonic() < end:
                time.sleep(0.1)
                news = log.news()
                self._hear(news)
                for said in news:
                    if said.kind == "epoch" and said.worker in epochs:
                        epochs[said.worker] += 1
        finally:
            self._stage.database.thaw()
        self.tally.frozen_epochs = epochs
        self.tally.struck |= set(at_work.values())
        self._message(f"thawed PostgreSQL; epochs that the workers finished meanwhile: {sorted(epochs.values())}")
        return True

    def _freeze_worker(self) -> bool:
        log = self._stage.log
        for victim in self._victims():
            seat, worker = log.seat_of(victim.trial), log.worker_at(victim.trial)
            if seat is None or worker is None or seat.epoch > EPOCHS - 3:
                continue
            os.kill(victim.pid, signal.SIGSTOP)
            time.sleep(1)
            if self._stage.database.transactions_left_open():
                # PostgreSQL would keep its locks for minutes, as it has been told, and everybody would wait.
                os.kill(victim.pid, signal.SIGCONT)
                self._message("a worker froze within a transaction; another time")
                return False
            self._frozen = _Frozen(victim.pid, worker, victim.trial)
            self.tally.struck.add(victim.trial)
            self._message(f"froze the worker of trial {victim.trial} (process {victim.pid})")
            return True
        return False

    def _tend(self, frozen: _Frozen) -> None:
        """Thaw the frozen worker once somebody else has its trial."""
        if not frozen.thawed and self._stage.database.holder(frozen.trial) != frozen.pid:
            with suppress(ProcessLookupError):
                os.kill(frozen.pid, signal.SIGCONT)
            frozen.thawed = True
            self._message(f"another worker has trial {frozen.trial}: thawed the frozen one")
