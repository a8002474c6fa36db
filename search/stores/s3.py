"""Objects in a bucket of S3, or of what speaks its language."""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from trainer.errors import SaveError

from search.stores.objects import PARTIAL

FORM: Final = "s3://BUCKET/PREFIX"
_KEYS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

# What the service or its client says -> what to do.
_ADVICE: Final = (
    (r"NoSuchBucket|[Ii]nvalid ?[Bb]ucket", "create the bucket or name another one"),
    (r"NoCredentials|PartialCredentials|ProfileNotFound", f"set {_KEYS}, or AWS_PROFILE"),
    (r"Redirect|AuthorizationHeaderMalformed|IllegalLocation", "set AWS_DEFAULT_REGION to the bucket's region"),
    (r"RequestTimeTooSkewed", "set this machine's clock"),
    (
        r"AccessDenied|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|Token|Credential|Forbidden|403",
        f"check {_KEYS}, and that they may list, read, write and delete there",
    ),
    (r"", "check AWS_ENDPOINT_URL, the network and the service"),
)


class S3Store:
    """Objects in a bucket; a write is one request, so an object is there whole or not at all.

    All names begin with ``prefix``, which may be empty; ``what`` is what the objects are called when something is
    wrong with them.
    """

    def __init__(self, bucket: str, prefix: str, client: Any, what: str) -> None:  # noqa: ANN401 - boto3 has no types
        self._bucket = bucket
        self._what = what
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client

    def write(self, name: str, data: bytes) -> None:
        """Put an object there whole."""
        with self._explained("write"):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data)

    def read(self, name: str) -> bytes | None:
        """An object's bytes, or None where there is none."""
        with self._explained("read"):
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
        with self._explained("remove"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def _ages(self, prefix: str) -> dict[str, float]:
        ages = {}
        with self._explained("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    age = datetime.now(UTC) - entry["LastModified"]
                    ages[entry["Key"].removeprefix(self._prefix)] = age.total_seconds()
        return ages

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        with _explained_s3(f"cannot {what} {self._what} in s3://{self._bucket}/{self._prefix}"):
            yield


@contextlib.contextmanager
def _explained_s3(what: str) -> Iterator[None]:
    """Turn what S3 and its client say into one line without secrets."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    # An endpoint that is no URL is a plain ValueError, and a connection may break while an answer is being read.
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, ClientError):
            answer = error.response.get("Error", {})
            reason = f"{answer.get('Code', '')}: {answer.get('Message', '')}"
        reason = re.sub(r"//[^/\s]*@", "//", " ".join(reason.split()).rstrip("."))
        known = f"{type(error).__name__} {reason}"
        advice = next(advice for pattern, advice in _ADVICE if re.search(pattern, known))
        raise SaveError(f"{what}: {reason}; {advice}") from error


def open_bucket(place: str, what: str) -> S3Store:
    """Open ``s3://BUCKET/PREFIX``; keys and endpoint come from where boto3 looks for them.

    Raises:
        SaveError: It is not of that form, or boto3 is missing or has no use for what it found.
    """
    if "@" in place:
        raise SaveError(f"keys do not belong into s3://...; set {_KEYS}, and name {FORM}")
    bucket, _, prefix = place.removeprefix("s3://" if place.startswith("s3://") else "s3:/").partition("/")
    if not bucket:
        raise SaveError(f"{place} names no bucket; name {FORM}")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", bucket):
        raise SaveError(f"{bucket!r} cannot be the name of a bucket; name {FORM}")
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
    with _explained_s3(f"cannot open {place}"):
        # A session of its own: the one that all of a process share keeps the keys that it saw first.
        return S3Store(bucket, prefix, boto3.session.Session().client("s3", config=config), what)
