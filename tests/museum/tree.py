"""A source tree and its commands, run as users run them; nothing of it is imported here, so that it may be any tree."""

import contextlib
import dataclasses
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parents[2]
"""The tree that this file stands in."""

_PREPARE = """
import importlib, os, sys
os.sched_setaffinity(0, {core})
# Without the packages for it no model.onnx is written, which takes longer than all the training here.
sys.modules.update(dict.fromkeys(("onnx", "onnxruntime", "onnxscript")))
def command(module, function):
    return getattr(importlib.import_module(module), function)
"""
_ONE = """
sys.argv[0] = {name!r}
command({module!r}, {function!r})()
"""
_SEVERAL = """
import contextlib, io, json, traceback
answers = []
for name, module, function, words in json.loads(sys.argv[1]):
    code, out, err = 0, io.StringIO(), io.StringIO()
    sys.argv = [name, *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            command(module, function)()
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            code = 1
            traceback.print_exc()
    answers.append([code, out.getvalue(), err.getvalue()])
json.dump(answers, sys.__stdout__)
"""
_turns = itertools.count(os.getpid())
_SECONDS = 1800.0  # of a machine on which much else runs


@dataclasses.dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def is_refusal(self) -> bool:
        """Whether it was refused as a user's mistake is: exit code 2, a line that tells, no traceback."""
        return self.code == 2 and bool(self.line) and "Traceback" not in self.out + self.err

    @property
    def line(self) -> str:
        """The line of the error; empty: there is none."""
        lines = (self.out + self.err).splitlines()
        return next((each for each in lines if each.startswith("error:")), "")


class CommandError(Exception):
    """A command ended otherwise than it should have.

    Attributes:
        answer: How it ended; none: it did not, or never began.
    """

    def __init__(self, what: str, answer: Answer | None = None) -> None:
        super().__init__(what if answer is None else f"{what}: exit code {answer.code}\n{answer.out}{answer.err}")
        self.answer = answer


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder that somebody works in, and the database there."""

    folder: Path
    storage: str | None = None

    @property
    def home(self) -> Path:
        """Where the commands keep their own."""
        return self.folder / ".studies"

    def environment(self) -> dict[str, str]:
        """The environment of the commands there."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("STUDY_", "DATA_ROOT"))}
        named = {} if self.storage is None else {"STUDY_STORAGE": self.storage}
        once = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        quiet = {"NO_ALBUMENTATIONS_UPDATE": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
        return {**kept, **named, **once, **quiet, "STUDY_HOME": str(self.home)}


@dataclasses.dataclass(frozen=True)
class Tree:
    """A source tree.

    Attributes:
        root: The folder of its pyproject.toml.
    """

    root: Path

    def entry(self, name: str) -> tuple[str, str]:
        """Module and function of a command."""
        with (self.root / "pyproject.toml").open("rb") as file:
            scripts = tomllib.load(file)["project"]["scripts"]
        module, _, function = scripts[name].partition(":")
        return module, function

    def run(self, place: Place, *words: object) -> str:
        """Run a command to its good end; returns what it printed.

        Raises:
            CommandError: It ended otherwise.
        """
        answer = self.try_(place, *words)
        if answer.code:
            raise CommandError(" ".join(map(str, words)), answer)
        return answer.out

    def try_(self, place: Place, *words: object) -> Answer:
        """Run a command to whatever end."""
        done = subprocess.run(
            self._one(*words),
            cwd=place.folder,
            env=self._environment(place),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ask(self, place: Place, lines: Sequence[Sequence[object]]) -> list[Answer]:
        """Run several commands one after the other in one process, which imports torch once for all of them.

        Raises:
            CommandError: The process died.
        """
        told = [[str(line[0]), *self.entry(str(line[0])), [str(word) for word in line[1:]]] for line in lines]
        done = subprocess.run(
            [sys.executable, "-P", "-c", _prepare() + _SEVERAL, json.dumps(told)],
            cwd=place.folder,
            env=self._environment(place),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CommandError(str(lines), Answer(done.returncode, done.stdout, done.stderr))
        return [Answer(*each) for each in json.loads(done.stdout)]

    @contextlib.contextmanager
    def started(self, place: Place, *words: object) -> Iterator["Running"]:
        """Start a command; whatever is left of it at the end of the block is killed."""
        process = subprocess.Popen(
            self._one(*words),
            cwd=place.folder,
            env=self._environment(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running = Running(process)
        try:
            yield running
        finally:
            running.kill()

    def _one(self, *words: object) -> list[str]:
        name = str(words[0])
        module, function = self.entry(name)
        code = _prepare() + _ONE.format(name=name, module=module, function=function)
        return [sys.executable, "-P", "-c", code, *(str(word) for word in words[1:])]

    def _environment(self, place: Place) -> Mapping[str, str]:
        return {**place.environment(), "PYTHONPATH": str(self.root)}


class Running:
    """A command in the background, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._seen: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until(self, holds: Callable[[str], bool]) -> str:
        """Wait for a line, and return as soon as it is there.

        Raises:
            CommandError: The command ended before, or took too long.
        """
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=1)
                if line is None:
                    break
                self._seen.append(line)
                if holds(line):
                    return line
        raise CommandError(f"the line did not come:\n{''.join(self._seen)}")

    def stop(self) -> int:
        """Ask it to stop, as a machine that shuts down does, and wait for its end; returns the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_SECONDS)

    def kill(self) -> None:
        """Kill it with all the processes that it has started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as output:
                for line in output:
                    self._lines.put(line)
        self._lines.put(None)


def _prepare() -> str:
    """One core, and so one thread: with another number of them sums are added up in another order."""
    cores = sorted(os.sched_getaffinity(0))
    return _PREPARE.format(core={cores[next(_turns) % len(cores)]})
