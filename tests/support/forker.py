"""The process of which the programs of :mod:`tests.support.forked_python` are forks."""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from multiprocessing import util

from search.launch.fork_server import IMPORTED
from search.worker.signals import BLOCKED_SIGNALS

PROGRAMS = (
    "search.ablation.table",
    "search.cli.main",
    "search.dashboard.server",
    "search.demo",
    "search.finalization.finalize",
    "search.finalization.joined",
    "search.launch.work",
    "search.reports.data_check",
    "search.reports.study_report",
    "studyhall.cli",
    "trainer.predict.model",
    "trainer.predict.torch_backend",
)


def serve(number: int) -> None:
    """Fork a program for every request on a socket, and say how it ended; ends when nobody can ask any more."""
    gc.disable()
    for name in (*IMPORTED, *PROGRAMS):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    gc.enable()
    assert threading.active_count() == 1, threading.enumerate()
    asked = socket.socket(fileno=number)
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    running: dict[int, socket.socket] = {}
    while True:
        ready, *_ = select.select([asked, woken], [], [])
        if woken in ready:
            os.read(woken, 65536)
            _tell_of_ended(running)
        if asked in ready:
            message, files, *_ = socket.recv_fds(asked, 1 << 20, 4)
            if not message:
                break
            teller = socket.socket(fileno=files.pop())
            pid = os.fork()
            if pid == 0:
                _run(json.loads(message), files)
            running[pid] = teller
            teller.send(json.dumps(pid).encode())
            for file in files:
                os.close(file)
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _tell_of_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            break
        with running.pop(pid) as teller, contextlib.suppress(OSError):  # nobody may want to know
            teller.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def _run(request: dict, files: list[int]) -> None:
    """Become the program; does not return."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for target, file in enumerate(files):
        os.dup2(file, target)
    os.closerange(3, 1024)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = request["argv"]
    main = sys.modules["__main__"]  # not one of its own, for which classes of a script would not be found by pickle
    _lend_a_fork_server()
    _end(lambda: exec(compile(request["code"], "<string>", "exec"), main.__dict__))


def _end(program) -> None:
    """Run a program to its end as Python does, apart from taking the modules down."""
    code = 0
    try:
        program()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if leaving.code is not None and not isinstance(leaving.code, int):
            sys.stderr.write(f"{leaving.code}\n")
    except KeyboardInterrupt:
        traceback.print_exc()
        code = -signal.SIGINT
    except BaseException:  # noqa: BLE001 - Python ends so too
        traceback.print_exc()
        code = 1
    with contextlib.suppress(BaseException):
        threading._shutdown()
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _lend_a_fork_server() -> None:
    """Let multiprocessing's fork server, once, be a fork that waits already, instead of a new Python.

    It is forked now, while there is one thread and no connection; as every fork server it is the program's child.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.set_inheritable(False)
    signals = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_SIGNALS)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become_fork_server(theirs)
    signal.pthread_sigmask(signal.SIG_SETMASK, signals)
    theirs.close()
    start_python, waiting = util.spawnv_passfds, [ours]

    def spawn(path, arguments, files):
        if not waiting or "multiprocessing.forkserver" not in os.fsdecode(arguments[-1]):
            return start_python(path, arguments, files)
        mask = [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])]
        order = {"code": os.fsdecode(arguments[-1]), "files": list(files), "mask": mask, "env": dict(os.environ)}
        with waiting.pop() as orders:
            socket.send_fds(orders, [json.dumps(order).encode()], files)
        return pid

    util.spawnv_passfds = spawn


def _become_fork_server(orders: socket.socket) -> None:
    message, files, *_ = socket.recv_fds(orders, 1 << 20, 8)
    if not message:
        os._exit(0)
    order = json.loads(message)
    orders.close()
    aside = [fcntl.fcntl(file, fcntl.F_DUPFD, 512) for file in files]
    os.closerange(3, 512)
    for file, number in zip(aside, order["files"], strict=True):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["env"])
    signal.pthread_sigmask(signal.SIG_SETMASK, order["mask"])
    sys.argv = ["-c"]
    _end(lambda: exec(order["code"], {"__name__": "__main__"}))
