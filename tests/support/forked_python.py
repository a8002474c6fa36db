"""Python programs as processes of their own that start at once: forks of one process that has imported everything.

A command takes seconds to import torch and its like, and twice where it forks workers; hundreds of tests run commands.
What they run here differs from what a user runs in nothing but that: a session, an environment and signals of its own,
a fork server that is its child, and the real program. Where the imports or the interpreter's options are what a test is
about, it starts a Python of its own.

The process is started by the first test that needs it and ends with the tests; what it still runs then is killed.
"""

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.repository import ROOT
from tests.support.waiting import PATIENCE


class Program:
    """A program that runs, or has run; like :class:`subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], ended: socket.socket) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._ended = ended
        self.pid = json.loads(ended.recv(64))

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; returns the exit code, or minus a signal's number."""
        if self.returncode is None:
            self._ended.settimeout(timeout)
            try:
                self.returncode = json.loads(self._ended.recv(64))
            except TimeoutError:
                raise subprocess.TimeoutExpired(list(self.args), timeout) from None
            self._ended.close()
        return self.returncode

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired, BlockingIOError):
            self.wait(timeout=0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Forker:
    """The process of which programs are forks."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-c",
            "from tests.support.forker import serve; serve(int(__import__('sys').argv[1]))",
        ]
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True
            )

        atexit.register(self._end)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()

    def fork(self, request: Mapping[str, object], files: Sequence[int]) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self._socket, [json.dumps(request).encode()], [*files, theirs.fileno()])
        return ours


_forker = functools.cache(_Forker)


def start(
    code: str,
    *arguments: object,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Program | subprocess.Popen[bytes]:
    """Start ``python -c CODE ARGUMENTS`` in a session of its own; None means what the tests have, or no input."""
    words = ["-c", *map(str, arguments)]
    environment = dict(os.environ if env is None else env)
    if environment.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):  # for what a Python does when it starts
        files = {"stdin": stdin or subprocess.DEVNULL, "stdout": stdout, "stderr": stderr}
        command = [sys.executable, "-c", code, *words[1:]]
        return subprocess.Popen(command, cwd=cwd, env=environment, start_new_session=True, **files)
    request = {"code": code, "argv": words, "cwd": str(cwd or Path.cwd()), "env": environment}
    with Path(os.devnull).open() as nothing:
        files = [nothing.fileno() if stdin is None else stdin, stdout or 1, stderr or 2]
        return Program([sys.executable, *words], _forker().fork(request, files))


def run(
    code: str,
    *arguments: object,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run ``python -c CODE ARGUMENTS`` to its end, and return what it wrote."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        program = start(code, *arguments, cwd=cwd, env=env, stdout=output.fileno(), stderr=errors.fileno())
        try:
            program.wait(PATIENCE)
        finally:
            program.kill()
        written = []
        for file in (output, errors):
            file.seek(0)
            written.append(file.read())
    done = subprocess.CompletedProcess(program.args, program.returncode or 0, *written)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done
