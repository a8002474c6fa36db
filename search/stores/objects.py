"""Where resume points and pictures lie: a folder, perhaps on a share, or a bucket of S3 or of what speaks its language.

A store keeps whole objects by name. Whoever reads gets an object as one writer wrote it, however many write at the
same time and wherever they are killed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from trainer.errors import SaveError

RESUME_POINTS: Final = "resume points"
PARTIAL: Final = ".partial"
"""How the names end of what is being written, or was when its writer was killed."""

PARTIAL_SECONDS: Final = 3600.0
"""A partial write that has not changed for so long is nobody's any more."""

_PROBE_BYTES: Final = 65_536  # more than fits into what a full disk has left over in its last block
_FORM: Final = "s3://BUCKET/PREFIX"
_KEYS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

# What the service or its client says -> what to do.
_MENDS: Final = (
    (r"NoSuchBucket|[Ii]nvalid ?[Bb]ucket", "create the bucket or name another one"),
    (
        r"NoCredentials|PartialCredentials|ProfileNotFound",
        f"set {_KEYS}, or AWS_PROFILE",
    ),
    (r"Redirect|AuthorizationHeaderMalformed|IllegalLocation", "set AWS_DEFAULT_REGION to the bucket's region"),
    (r"RequestTimeTooSkewed", "set this machine's clock"),
    (
        r"AccessDenied|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|Token|Credential|Forbidden|403",
        f"check {_KEYS}, and that they may list, read, write and delete there",
    ),
    (r"", "check AWS_ENDPOINT_URL, the network and the service"),
)


class Store(Protocol):
    """Whole objects by name; parts of a name are separated by ``/``.

    Every method raises SaveError, in one line, where the place cannot be used.
    """

    def write(self, name: str, data: bytes) -> None:
        """Put an object there whole, in the place of an earlier one of that name."""

    def read(self, name: str) -> bytes | None:
        """An object's bytes, or None where there is none."""

    def names(self, prefix: str) -> list[str]:
        """The names of whole objects that begin with ``prefix``, sorted."""

    def leftovers(self, prefix: str) -> dict[str, float]:
        """What is being written, or was when its writer was killed: name and seconds since its last change."""

    def remove(self, name: str) -> None:
        """Remove an object or leftover; a missing one is fine."""


class FolderStore:
    """Files in a folder that several machines may share; who may read them is the umask's affair.

    Args:
        folder: It is made with the first object.
        what: What the objects are called when something is wrong with them.
    """

    def __init__(self, folder: Path, what: str = RESUME_POINTS) -> None:
        self._folder = folder.absolute()
        self._what = what

    def write(self, name: str, data: bytes) -> None:
        """Put a file there whole: written beside, brought to the disk, renamed."""
        path = self._folder / name
        partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
        with self._telling("write", "make room there or choose another place"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None where there is none."""
        with self._telling("read", "let this user read it or choose another place"):
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def names(self, prefix: str) -> list[str]:
        """The names of whole files that begin with ``prefix``, sorted."""
        return [name for name in self._files(prefix) if not name.endswith(PARTIAL)]

    def leftovers(self, prefix: str) -> dict[str, float]:
        """Partial files: name and seconds since the last change."""
        ages = {}
        for name in self._files(prefix):
            if name.endswith(PARTIAL):
                with self._telling("read", "let this user read it"), contextlib.suppress(FileNotFoundError):
                    ages[name] = time.time() - (self._folder / name).stat().st_mtime
        return ages

    def remove(self, name: str) -> None:
        """Remove a file; a missing one is fine."""
        with self._telling("remove", "let this user remove them"):
            (self._folder / name).unlink(missing_ok=True)

    def _files(self, prefix: str) -> list[str]:
        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # nothing there is an answer, a locked door is none
                raise error

        found = []
        with self._telling("list", "let this user read it or choose another place"):
            for folder, _, files in os.walk(self._folder / prefix.rpartition("/")[0], onerror=refuse):
                found += [(Path(folder) / file).relative_to(self._folder).as_posix() for file in files]
        return sorted(name for name in found if name.startswith(prefix))

    @contextlib.contextmanager
    def _telling(self, what: str, mend: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise SaveError(f"cannot {what} {self._what} in {self._folder}: {reason}; {mend}") from error


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the file system knows how."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


class S3Store:
    """Objects in a bucket; a write is one request, so an object is there whole or not at all.

    Args:
        bucket: Its name.
        prefix: What all names begin with in the bucket; may be empty.
        client: boto3's, for S3.
        what: What the objects are called when something is wrong with them.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        client: Any,  # noqa: ANN401 - boto3 has no types
        what: str = RESUME_POINTS,
    ) -> None:
        self._bucket = bucket
        self._what = what
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client

    def write(self, name: str, data: bytes) -> None:
        """Put an object there whole."""
        with self._telling("write"):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data)

    def read(self, name: str) -> bytes | None:
        """An object's bytes, or None where there is none."""
        with self._telling("read"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.NoSuchKey:
                return None
            with contextlib.closing(answer["Body"]) as body:
                data: bytes = body.read()
        return data

    def names(self, prefix: str) -> list[str]:
        """The names of objects that begin with ``prefix``, sorted."""
        return sorted(name for name in self._ages(prefix) if not name.endswith(PARTIAL))

    def leftovers(self, prefix: str) -> dict[str, float]:
        """Probes that a killed process left: name and seconds since they were written."""
        return {name: age for name, age in self._ages(prefix).items() if name.endswith(PARTIAL)}

    def remove(self, name: str) -> None:
        """Remove an object; a missing one is fine."""
        with self._telling("remove"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def _ages(self, prefix: str) -> dict[str, float]:
        ages = {}
        with self._telling("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    age = datetime.now(UTC) - entry["LastModified"]
                    ages[entry["Key"].removeprefix(self._prefix)] = age.total_seconds()
        return ages

    @contextlib.contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        with _telling_s3(f"cannot {what} {self._what} in s3://{self._bucket}/{self._prefix}"):
            yield


@contextlib.contextmanager
def _telling_s3(what: str) -> Iterator[None]:
    """Turn what S3 and its client say into one line without secrets."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    # An endpoint that is no URL is a plain ValueError, and a connection may break while an answer is being read.
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, ClientError):
            said = error.response.get("Error", {})
            reason = f"{said.get('Code', '')}: {said.get('Message', '')}"
        reason = re.sub(r"//[^/\s]*@", "//", " ".join(reason.split()).rstrip("."))
        known = f"{type(error).__name__} {reason}"
        mend = next(mend for pattern, mend in _MENDS if re.search(pattern, known))
        raise SaveError(f"{what}: {reason}; {mend}") from error


def open_store(where: str | Path, study: str = "", *, what: str = RESUME_POINTS, prove: bool = True) -> Store:
    """Open the place that was named and prove that objects can be written, read, listed and removed there.

    Args:
        where: A folder, which is made where it is missing, or ``s3://BUCKET/PREFIX``.
        study: The folder in it that the study uses, once it has one: it may belong to somebody else though the place
            does not.
        what: What lies there, for people.
        prove: False for who can do without the place; whether it can be used shows when it is used.

    Raises:
        SaveError: It cannot be used, with the reason and what to do; no secret is shown.
    """
    place = str(where)
    store: Store
    if place.startswith("s3:/"):  # as a Path it has lost one slash
        store = _open_bucket(place, what)
    elif "://" in place:
        scheme = place.partition("://")[0]
        raise SaveError(f"{what} cannot lie in {scheme}://...; name a folder or {_FORM}")
    else:
        if (folder := Path(place)).exists() and not folder.is_dir():
            raise SaveError(f"{what} cannot lie in {folder}: it is a file; name a folder or {_FORM}")
        store = FolderStore(folder, what)
    if prove:
        _prove(store, place, study, what)
    return store


def _prove(store: Store, place: str, study: str, what: str) -> None:
    probe, data = f"{study}/probe.{uuid.uuid4().hex[:8]}{PARTIAL}".lstrip("/"), os.urandom(_PROBE_BYTES)
    store.write(probe, data)
    if store.read(probe) != data or probe not in store.leftovers(probe):
        raise SaveError(f"what is written to {place} does not come back; choose another place for {what}")
    store.remove(probe)


def _open_bucket(place: str, what: str) -> S3Store:
    if "@" in place:
        raise SaveError(f"keys do not belong into s3://...; set {_KEYS}, and name {_FORM}")
    bucket, _, prefix = place.removeprefix("s3://" if place.startswith("s3://") else "s3:/").partition("/")
    if not bucket:
        raise SaveError(f"{place} names no bucket; name {_FORM}")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", bucket):
        raise SaveError(f"{bucket!r} cannot be the name of a bucket; name {_FORM}")
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise SaveError(f'{what} in {place} need boto3; run: pip install "studyhall[s3]"') from error
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 3},
        # Not all that speaks S3 knows the newer checksums, and a resume point has its own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _telling_s3(f"cannot open {place}"):
        # A session of its own: the one that all of a process share keeps the keys that it saw first.
        return S3Store(bucket, prefix, boto3.session.Session().client("s3", config=config), what)
