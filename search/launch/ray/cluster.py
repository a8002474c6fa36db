"""A Ray cluster as ``search work --ray`` finds it: connected to, asked what it holds, watched for nodes that go."""

import contextlib
import logging
import os
import platform
import re
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ray
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError
from trainer.support.cpu import available_cores

from search.database.connection import redact
from search.worker.job import loaders

LOCAL = "local"
"""The address of a cluster that is this machine, made for one command."""

_ANSWER_SECONDS = 10.0
"""Seconds within which the address that was named must answer."""
_INTERVAL = 5.0
"""Seconds between two looks at the nodes."""
_SILENT_SECONDS = 20.0
"""Seconds that the head node may be silent; after 60 Ray itself ends this process."""
_OBJECT_STORE = 80_000_000  # bytes, near Ray's least: nothing large travels


class ClusterGoneError(Exception):
    """The cluster has no node on which a worker could run, or does not answer any more."""


@dataclass(frozen=True)
class ResourceRequest:
    """What a worker asks Ray for."""

    cpus: int = 1
    gpus: int = 0

    @property
    def options(self) -> dict[str, int]:
        """The request as Ray's options of a task or an actor."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}

    def fits(self, node: dict[str, Any]) -> bool:
        """Whether a node could hold such a worker if nothing else ran there."""
        has = node["Resources"]
        return bool(node["Alive"]) and has.get("CPU", 0) >= self.cpus and has.get("GPU", 0) >= self.gpus

    def __str__(self) -> str:
        return f"{self.cpus} CPU" + (f" and {self.gpus} GPU" if self.gpus else "")


@contextlib.contextmanager
def connected(address: str, storage_url: str | None) -> Iterator[None]:
    """Be a driver of the cluster while the block lasts; what it started there ends with it.

    The address is ``local``, ``auto`` or ``HOST:PORT``.

    Raises:
        ConfigError: There is no such cluster, or this command cannot use it.
    """
    _check_options(address, storage_url)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # a cluster that is started here tells nobody
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if address == LOCAL:
        options |= {"include_dashboard": False, "object_store_memory": _OBJECT_STORE}
    else:
        os.environ["RAY_gcs_server_port_wait_time_s"] = "1"  # noqa: SIM112 - else Ray tries for minutes
        if address != "auto":
            _check_answers(address)
    # What Ray says of a node that goes, twenty lines of its log among it, is said in one line of our own.
    if hasattr(ray._private.worker, "print_to_stdstream"):
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
    try:
        ray.init(address=address, **options)
    except Exception as error:
        reason = textwrap.shorten(str(error), width=400, placeholder="...")
        raise ConfigError(f"ray {address}: {reason}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_options(address: str, storage_url: str | None) -> None:
    if "://" in address:
        raise ConfigError(
            f"ray {address}: start this on a node of the cluster, for example with `ray job submit`, and name "
            "auto or HOST:PORT"
        )
    if address not in (LOCAL, "auto") and not re.fullmatch(r"\S+:\d+", address):
        raise ConfigError(f"ray {address!r} must be local, auto or HOST:PORT")
    if address == LOCAL:
        return
    if storage_url is None:
        raise ConfigError(
            f"ray {address} needs a PostgreSQL that every node reaches: name it in STUDY_STORAGE; the embedded one "
            "goes with ray local"
        )
    # Ray shows a driver's command line to whoever may look at the cluster.
    if redact(storage_url) != storage_url and any(storage_url in argument for argument in sys.argv):
        raise ConfigError(
            "the command line holds a password, which Ray would show in its jobs; set STUDY_STORAGE instead"
        )


def _check_answers(address: str) -> None:
    """Find out fast whether anything is there."""
    try:
        _connect(address, _ANSWER_SECONDS)
    except (OSError, OverflowError, UnicodeError) as error:
        raise ConfigError(
            f"ray {address} does not answer ({error}); name the head node as `ray start --head` printed it"
        ) from error


def _connect(address: str, seconds: float) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()


def nodes() -> list[dict[str, Any]]:
    """What Ray knows of each node, those that are gone too."""
    return list(ray.nodes())  # type: ignore[no-untyped-call]


def count_gpus() -> int:
    """The GPUs of the cluster as it is now, free or not."""
    return sum(int(node["Resources"].get("GPU", 0)) for node in nodes() if node["Alive"])


def choose_request(devices: str, cpus: int | None) -> ResourceRequest:
    """What each worker asks for: a GPU where the cluster has any.

    Raises:
        ConfigError: The devices are not ``auto``, ``cpu`` or ``cuda``.
    """
    if devices not in ("auto", "cpu", "cuda"):
        raise ConfigError(
            f"devices {devices!r} does not go with ray, which gives each worker a device: name cpu, cuda or auto"
        )
    gpu = devices == "cuda" or (devices == "auto" and count_gpus() > 0)
    return ResourceRequest(cpus or 1, int(gpu))


def share_of_node(runtime: Runtime) -> Runtime:
    """The same runtime with as many threads as a worker may have on this node, where each GPU has one."""
    if runtime.device == "cpu":
        return runtime
    node_id = ray.get_runtime_context().get_node_id()
    gpus = next(int(node["Resources"].get("GPU", 1)) for node in nodes() if node["NodeID"] == node_id)
    cores = max(runtime.threads, available_cores() // gpus)
    return runtime.model_copy(update={"threads": cores, "loader_workers": loaders(runtime.device, cores)})


def node_name() -> str:
    """The node that this process runs on, for people; several may share a host."""
    return f"{platform.node()} (node {ray.get_runtime_context().get_node_id()[:8]})"


class ClusterWatch:
    """Looks at the cluster while workers run or wait; waits ``patience`` seconds for a node that could hold one."""

    def __init__(self, request: ResourceRequest, patience: float, message: Callable[[str], None]) -> None:
        self._request = request
        self._patience = patience
        self._message = message
        self._head: str = ray.get_runtime_context().gcs_address
        self._next = 0.0
        self._silent_since: float | None = None
        self._full_since: float | None = None

    def check(self) -> None:
        """Look, if it is time to; to be called more often than that.

        Raises:
            ClusterGoneError: There is nothing more to wait for.
        """
        if (now := time.monotonic()) < self._next:
            return
        self._next = now + _INTERVAL
        try:
            _connect(self._head, 2.0)
        except OSError as error:
            self._silent_since = self._silent_since or now
            if now - self._silent_since > _SILENT_SECONDS:
                gone = f"the head node of the cluster ({self._head}) does not answer any more"
                raise ClusterGoneError(gone) from error
            return
        self._silent_since = None
        if any(map(self._request.fits, nodes())):
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
            self._message(
                f"no node of the cluster can hold a worker ({self._request}); waiting {self._patience:.0f} s for one"
            )
        elif now - self._full_since > self._patience:
            raise ClusterGoneError(f"there is no node in the cluster that can hold a worker ({self._request})")
