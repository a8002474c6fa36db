"""Where the chaos takes place: a folder with drawn data and a study, a PostgreSQL of its own, and the real command."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil
import psycopg
import sqlalchemy

from benchmarks.chaos.log import Log
from search.postgres.binaries import run
from search.postgres.cluster import Cluster
from search.postgres.server import embedded_server, server_state
from trainer.synthetic.dataset import draw_competition

STUDY = "chaos"
EPOCHS = 8
Mode = Literal["fast", "immediate"]

_STUDY_FILE = """
[study]
name = "{name}"
trials = {trials}
max_failures = {trials}
seed = {seed}

[data]
layout = "competition"
root = "drawn/train"
validation = 0.2

[space]
lr = {{ low = 3e-4, high = 1e-2, log = true }}
optimizer = {{ choices = ["adam", "adamw", "madgrad"] }}
focal_gamma = {{ low = 0.0, high = 3.0 }}
cutmix_prob = {{ low = 0.0, high = 0.6 }}
backbone = {{ choices = ["test_resnet", "test_efficientnet", "test_vit"] }}

[fixed]
weights = "none"
image_size = 64
batch_size = 32
epochs = {epochs}
precision = "fp32"

[pruner]
kind = "asha"
min_epochs = 3
reduction_factor = 2
"""


@dataclass(frozen=True)
class Held:
    """A live lease: a trial, the process that has it, and how many have died in it."""

    trial: int
    pid: int
    crashes: int


class Database:
    """A PostgreSQL that the harness alone starts and stops, and what it is asked."""

    def __init__(self, home: Path, url: str) -> None:
        state = server_state(home)
        if state.socket is None:
            raise RuntimeError(f"the PostgreSQL of {home} does not run")
        self.url = url
        self._cluster = Cluster(state.data.parent, short=state.socket)
        self._plain = sqlalchemy.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._stopped: list[psutil.Process] = []

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query; none while the tables have not been made."""
        try:
            with psycopg.connect(self._plain, autocommit=True, connect_timeout=10) as connection:
                return connection.execute(query.encode(), values).fetchall()
        except psycopg.errors.UndefinedTable:
            return []

    def held(self) -> list[Held]:
        """The live leases."""
        rows = self.ask(
            "SELECT t.number, l.worker, l.deaths FROM studyhall_lease l JOIN trials t USING (trial_id)"
            " WHERE l.expires_at > clock_timestamp() ORDER BY t.number"
        )
        return [Held(number, int(worker.rpartition(":")[2]), crashes) for number, worker, crashes in rows]

    def holder(self, trial: int) -> int | None:
        """The process that is named in a trial's lease, expired or not; none where the trial has ended."""
        rows = self.ask(
            "SELECT l.worker FROM studyhall_lease l JOIN trials t USING (trial_id) WHERE t.number = %s", trial
        )
        return int(rows[0][0].rpartition(":")[2]) if rows else None

    def transactions_left_open(self) -> int:
        """Connections whose client has left a transaction open for some time."""
        (row,) = self.ask(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'"
            " AND state_change < clock_timestamp() - interval '0.5 s'"
        )
        return int(row[0])

    def restart(self, mode: Mode, down: float) -> None:
        """Stop the server, leave it stopped for so many seconds, start it again."""
        cluster = self._cluster
        command = [str(cluster.binaries / "pg_ctl"), "stop", "-s", "-w", "-m", mode, "-D", "data"]
        done = run(command, cluster.owner, cluster.folder)
        if done.returncode != 0:
            raise RuntimeError(f"PostgreSQL does not stop: {done.stderr}")
        while cluster.lives():
            time.sleep(0.02)
        time.sleep(down)
        cluster.ensure_running()

    def freeze(self) -> None:
        """Stop all its processes where they stand."""
        pid, _ = self._cluster.postmaster()
        if pid is None:
            raise RuntimeError("there is no PostgreSQL to freeze")
        postmaster = psutil.Process(pid)
        postmaster.suspend()  # first, so that it makes no more
        self._stopped = [postmaster, *postmaster.children(recursive=True)]
        for process in self._stopped:
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """Let them go on; does nothing where they run."""
        for process in reversed(self._stopped):
            with suppress(psutil.NoSuchProcess):
                process.resume()
        self._stopped = []


class Command:
    """``search work`` as a user runs it: a process and its workers, in a session of their own."""

    def __init__(self, arguments: list[str], folder: Path, log: Path) -> None:
        unset = ("STUDY_STORAGE", "DATA_ROOT", "STUDY_RESUME_POINTS")
        environment = {name: value for name, value in os.environ.items() if name not in unset} | {
            "STUDY_HOME": str(folder / ".studies"),
            "TMPDIR": str(folder / "tmp"),  # so that whatever is left there is seen
            "NO_ALBUMENTATIONS_UPDATE": "1",
            "HF_HUB_OFFLINE": "1",
        }
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from search.cli.main import main; main()", "work", *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self.process.poll()

    def family(self) -> list[psutil.Process]:
        """All processes that descend from it."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def workers(self) -> set[int]:
        """The process ids of its workers."""
        found = set()
        for process in self.family():
            with suppress(psutil.Error):
                # The command forks none of its workers itself: they are children of its zygote.
                if process.ppid() != self.process.pid and "forkserver" in " ".join(process.cmdline()):
                    found |= {process.pid} if is_alive(process) else set()
        return found

    def kill(self) -> None:
        """Kill it, and it alone."""
        self.process.kill()
        self.process.wait()


class Stage:
    """The folder, the database and the commands that were started one after the other.

    Attributes:
        sessions: Of all commands; a process that is in one of them is one of theirs.
        pids: Of all processes of the commands that have been seen.
    """

    def __init__(self, folder: Path, database: Database, workers: int, lease: float) -> None:
        self.folder = folder
        self.database = database
        self.log = Log()
        self.sessions: set[int] = set()
        self.pids: set[int] = set()
        options = {"study": STUDY, "storage": database.url, "workers": workers, "devices": "cpu", "lease": f"{lease}s"}
        self._arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self.command: Command | None = None

    @property
    def home(self) -> Path:
        """Where the workers keep decoded images and resume points."""
        return self.folder / ".studies"

    def start(self) -> None:
        """Start the command, which makes the study or goes on with it."""
        log = self.folder / f"work-{len(self.sessions) + 1}.log"
        self.command = Command(self._arguments, self.folder, log)
        self.sessions.add(self.command.process.pid)
        self.log.follow(log)

    def processes(self) -> list[psutil.Process]:
        """All living processes that belong here, the database's excepted."""
        found, text = [], str(self.folder)
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if process.pid == os.getpid() or not is_alive(process):
                    continue
                ours = os.getsid(process.pid) in self.sessions or process.pid in self.sessions
                if ours or (text in f"{process.cwd()} {process.cmdline()}" and process.name() != "postgres"):
                    found.append(process)
        return found

    def end(self) -> None:
        """Kill whatever is left."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        if self.command is not None:
            self.command.process.wait()


def is_alive(process: psutil.Process) -> bool:
    """Whether a process is more than an entry that nobody has waited for."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def open_stage(folder: Path, people: int, trials: int, workers: int, lease: float, seed: int) -> Iterator[Stage]:
    """Draw the data, write the study, start PostgreSQL; at the end of the block everything is killed."""
    draw_competition(folder / "drawn", people=people, eval_people=1, size=(64, 80), seed=seed)
    (folder / "studies").mkdir()
    text = _STUDY_FILE.format(name=STUDY, trials=trials, seed=seed, epochs=EPOCHS)
    (folder / "studies" / f"{STUDY}.toml").write_text(text)
    (folder / "tmp").mkdir()
    with embedded_server(folder / "db") as url:
        stage = Stage(folder, Database(folder / "db", url), workers, lease)
        try:
            yield stage
        finally:
            stage.database.thaw()
            stage.end()


def database_folder(folder: Path) -> Path:
    """Where the database of a stage lies; root's is elsewhere."""
    return server_state(folder / "db").data.parent


def remove(folder: Path) -> None:
    """Remove the folder of a stage, and the database wherever it lay."""
    shutil.rmtree(database_folder(folder), ignore_errors=True)
    shutil.rmtree(folder)
