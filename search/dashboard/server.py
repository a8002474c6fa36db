"""``search dashboard``: optuna-dashboard on a study's storage and artifacts, in this process."""

from __future__ import annotations

import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.storages import RDBStorage
from trainer.errors import ConfigError, SaveError

from search.dashboard.auth import AuthMiddleware, Password, respond
from search.database.connection import open_storage
from search.database.optuna_internals import DASHBOARD_LOGGERS, study_id
from search.database.retry import DATABASE_ERRORS, summarize_error
from search.stores.artifacts import Artifacts, open_artifacts
from search.study.study import load_study

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

_THREADS: Final = 4
_LARGEST_REQUEST: Final = 32 * 2**20
"""Bytes; the server takes a request in before anybody asks for the password."""
_LOOK_SECONDS: Final = 0.5
"""How often it looks for a signal where nobody asks anything."""


@dataclass(frozen=True)
class Address:
    """Where the dashboard listens, and who may come in.

    Attributes:
        host: A name or address of this machine.
        port: 0 for a free one.
        password: What every request must bring; none: nothing.
        insecure: Go without a password although other machines reach the address.
    """

    host: str
    port: int
    password: Password | None = None
    insecure: bool = False


def serve(
    address: Address, storage: str | None, artifacts: str, home: Path, study: str | None, message: Callable[[str], None]
) -> None:
    """Serve the dashboard until SIGTERM or Ctrl-C; without a storage the embedded database, which stays up meanwhile.

    Artifacts lie in a folder, or in ``s3://BUCKET/PREFIX``. A message names the page of the study, or that of all.

    Raises:
        UserError: The address, the storage, the place of the artifacts or the study cannot be used.
    """
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
        stack.callback(signal.signal, signal.SIGTERM, before)
        listening, is_public = _open_socket(address)
        stack.callback(listening.close)
        opened = stack.enter_context(open_storage(storage, home=home))
        page = "" if study is None else f"/studies/{study_id(load_study(opened, study))}"
        names = None if is_public or address.insecure else (address.host.lower(),)
        app = AuthMiddleware(application(opened, open_artifacts(artifacts, prove=False)), address.password, names)
        # From here on a signal raises nothing: Python drops what is raised while it clears up a weak reference.
        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, lambda number, _: signals.append(number)))
        message(f"dashboard: {_url(address.host, listening)}/dashboard{page}")
        if is_public and address.password is not None:
            message("note: without TLS the password can be read on its way; put a proxy that has it in front")
        _run(app, listening, until=signals)


def application(storage: RDBStorage, artifacts: Artifacts) -> WSGIApplication:
    """optuna-dashboard as WSGI application, with plain answers where the database or the artifacts are away."""
    from optuna_dashboard import wsgi

    for name in DASHBOARD_LOGGERS:
        logging.getLogger(name).addFilter(_drop_traceback)
    app: Any = wsgi(storage, artifact_store=artifacts)
    app.catchall = False  # what it cannot answer is answered below

    def handle(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.setdefault("HTTP_ACCEPT_ENCODING", "")  # the dashboard takes for granted that there is one
        try:
            body: Iterable[bytes] = app(environ, start_response)
            return body
        except ArtifactNotFound as error:
            return respond(start_response, "404 Not Found", str(error))
        except SaveError as error:
            return respond(start_response, "503 Service Unavailable", str(error))
        except DATABASE_ERRORS:
            return respond(start_response, "503 Service Unavailable", "the database does not answer; try again")
        except Exception as error:  # noqa: BLE001 - the server would print a traceback a request
            call = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
            logger.error("%r: %s: %s", call, type(error).__name__, summarize_error(error))
            return respond(start_response, "500 Internal Server Error", "the dashboard cannot answer this request")

    return handle


def _drop_traceback(record: logging.LogRecord) -> bool:
    """Leave the traceback out of what the dashboard logs about a request that it cannot answer."""
    record.msg, record.args = record.getMessage().partition("\n")[0], None
    record.exc_info = record.exc_text = None
    return True


def _open_socket(address: Address) -> tuple[socket.socket, bool]:
    """Listen there; also whether other machines reach it.

    Raises:
        ConfigError: There is no such address here, its port is taken, or it is public and anybody could come in.
    """
    where = f"--host {address.host} --port {address.port}"
    try:
        family, _, _, _, found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--host {address.host!r} is no name or address of this machine; try 127.0.0.1") from error
    is_public = not ipaddress.ip_address(str(found[0]).partition("%")[0]).is_loopback
    if is_public and address.password is None and not address.insecure:
        raise ConfigError(
            f"--host {address.host}: other machines reach this address, and whoever does may delete studies; give "
            "--password-file FILE, or --insecure where something in front asks for a password"
        )
    try:
        return socket.create_server(found, family=family), is_public
    except OSError as error:
        hints = {
            errno.EADDRINUSE: "another program listens there; choose another --port, or 0 for a free one",
            errno.EACCES: "choose a --port above 1023",
            errno.EADDRNOTAVAIL: "it is no address of this machine; try 127.0.0.1",
        }
        hint = hints.get(error.errno or 0, error.strerror)
        raise ConfigError(f"{where} cannot be listened on: {hint}") from error


def _url(host: str, listening: socket.socket) -> str:
    if host in ("", "0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


def _run(app: WSGIApplication, listening: socket.socket, *, until: Sequence[int]) -> None:
    """Answer requests until there is something in ``until``."""
    import waitress

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits for a moment is no news
    connections: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        connections,
        sockets=[listening],
        threads=_THREADS,
        ident=None,
        max_request_body_size=_LARGEST_REQUEST,
    )
    with closing(server):
        while not until:
            server.asyncore.loop(timeout=_LOOK_SECONDS, map=connections, count=1)
        server.task_dispatcher.shutdown()
