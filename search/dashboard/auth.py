"""Who may use the dashboard: it deletes studies and ends trials, and has no log-in of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from trainer.errors import ConfigError

from search.database.passwords import read_password

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEALTH: Final = "/healthz"
"""Answers without a password and without the database: the process is alive."""

_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
# A page elsewhere neither frames this one nor reads its pictures, and what people upload runs no script.
_HEADERS: Final = (
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)


@dataclass(frozen=True)
class Password:
    """A user and a password, of which only a digest is kept."""

    digest: bytes

    @classmethod
    def read(cls, user: str, file: Path) -> Password:
        """Read the password from the first line of a file.

        Raises:
            ConfigError: The file cannot be read or is empty, or the user is none.
        """
        if not user or ":" in user:
            raise ConfigError(f"--user {user!r} cannot be a user's name; give one without a colon")
        password = read_password(file, "--password-file")
        return cls(hashlib.sha256(f"{user}:{password}".encode()).digest())

    def matches(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header holds user and password; takes as long whatever it holds."""
        scheme, _, given = authorization.partition(" ")
        try:
            decoded = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        return scheme.lower() == "basic" and hmac.compare_digest(hashlib.sha256(decoded).digest(), self.digest)


def is_loopback(host: str) -> bool:
    """Whether a name or address, as in a URL, is this machine's own by itself, whatever a name server says."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


class AuthMiddleware:
    """Lets a request through to an application, or refuses it.

    Args:
        app: What is guarded.
        password: What every request must bring; none: whoever reaches the address may use it.
        allowed_hosts: Without a password, how the address may be called, besides its names as loopback; a page on the
            web can reach it under a name of its own (DNS rebinding). None: any.
    """

    def __init__(self, app: WSGIApplication, password: Password | None, allowed_hosts: tuple[str, ...] | None) -> None:
        self._app = app
        self._password = password
        self._allowed_hosts = allowed_hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as WSGI has it."""
        path, method = str(environ.get("PATH_INFO", "")), str(environ["REQUEST_METHOD"])
        if path == HEALTH and method in _SAFE_METHODS:
            return respond(start_response, "200 OK", "alive")
        if self._password is not None:
            if not self._password.matches(environ.get("HTTP_AUTHORIZATION", "")):
                challenge = ("WWW-Authenticate", 'Basic realm="studyhall", charset="UTF-8"')
                return respond(start_response, "401 Unauthorized", "user and password are needed", challenge)
        elif self._allowed_hosts is not None and not self._has_allowed_host(environ):
            return respond(start_response, "403 Forbidden", "this address is for this machine alone: use localhost")
        if method not in _SAFE_METHODS and _is_cross_site(environ):
            return respond(start_response, "403 Forbidden", "a page elsewhere may change nothing here")
        return self._app(environ, _with_headers(start_response, path))

    def _has_allowed_host(self, environ: WSGIEnvironment) -> bool:
        try:
            name = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        except ValueError:  # half an IPv6 address, say
            return False
        return is_loopback(name) or name in (self._allowed_hosts or ())


def _is_cross_site(environ: WSGIEnvironment) -> bool:
    """Whether a browser sent the request for a page of another site; what is no browser says nothing about it."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("same-origin", "none")
    try:
        return urlsplit(str(origin)).netloc.lower() != str(environ.get("HTTP_HOST", "")).lower()
    except ValueError:  # nothing that a browser says
        return True


def _with_headers(start_response: StartResponse, path: str) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ANN401 - as WSGI has it
        kept = [(name, value) for name, value in headers if name.lower() != "access-control-allow-origin"]
        sandbox = [("Content-Security-Policy", "sandbox")] if path.startswith("/artifacts/") else []
        return start_response(status, [*kept, *_HEADERS, *sandbox], exc_info)

    return start


def respond(start_response: StartResponse, status: str, text: str, *headers: tuple[str, str]) -> list[bytes]:
    """Answer a request with a line of text."""
    body = f"{text}\n".encode()
    about = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, [*about, *_HEADERS, *headers])
    return [body]
