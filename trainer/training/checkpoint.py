"""A resume point as bytes: a training run between two epochs, and whose run it is.

::

    studyhall resume point 2      the magic line, with the version of the format, and a newline
    checksum                      XXH3 (xxhash.com), 16 bytes, over all that follows
    lengths                       of header and payload, 8 bytes each, big-endian
    header                        JSON: run, attempt, epoch, notes, torch
    payload                       the run's state as torch.save writes it

Nothing is believed before the checksum is right, and the state is read without running code from the file. The checksum
finds what disks and networks do, not what people do; SHA-256 would take as long as all the rest of writing a point.
"""

import contextlib
import copy
import io
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
import xxhash
from torch import Tensor

from trainer.errors import CheckpointError
from trainer.support.text import describe_error, shorten

VERSION: Final = 2
"""Of the format; raise it when an older program could misread what is written."""

_MAGIC: Final = b"studyhall resume point "
_LENGTHS: Final = struct.Struct(">QQ")
_DIGEST: Final = xxhash.xxh3_128().digest_size
_MISSING: Final = object()


@dataclass(frozen=True)
class Checkpoint:
    """What it takes to go on with a run.

    Attributes:
        run: Whose point it is, in JSON values; compared on reading.
        attempt: Of the lease under which it was written.
        epoch: Epochs completed.
        notes: What the caller keeps with it, in JSON values.
        state: Of the run, in tensors and plain containers.
    """

    run: dict[str, Any]
    attempt: int
    epoch: int
    notes: dict[str, Any]
    state: dict[str, Any]


def pack(checkpoint: Checkpoint) -> bytes:
    """Write a point down; floats survive exactly, and tuples among the JSON values become lists."""
    header = json.dumps(
        {
            "run": checkpoint.run,
            "attempt": checkpoint.attempt,
            "epoch": checkpoint.epoch,
            "notes": checkpoint.notes,
            "torch": str(torch.__version__),
        }
    ).encode()
    start = b"%b%d\n" % (_MAGIC, VERSION)
    buffer = io.BytesIO()  # in place, since to put its parts together would be another copy of the largest
    buffer.write(start + bytes(_DIGEST + _LENGTHS.size) + header)
    begin = buffer.tell()
    with _without_crc():
        torch.save(checkpoint.state, buffer)
    lengths = _LENGTHS.pack(len(header), buffer.tell() - begin)
    with buffer.getbuffer() as whole, whole[begin:] as payload:
        digest = _digest(lengths, header, payload)
        whole[len(start) : len(start) + len(digest + lengths)] = digest + lengths
    return buffer.getvalue()


@contextlib.contextmanager
def _without_crc() -> Iterator[None]:
    """Keep torch.save from a checksum of its own, which takes as long as all the rest and is not looked at again."""
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        yield
    finally:
        torch.serialization.set_crc32_options(before)


def snapshot(state: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Copy a run's state to the host's memory; the run may go on at once.

    Returns:
        What gives the copy, and waits where a device has not written it yet: for another thread to call.
    """
    copies: dict[tuple[object, ...], Tensor] = {}
    copied: dict[str, Any] = _copied(state, copies)
    devices = {device for device, *_ in copies if isinstance(device, torch.device) and device.type == "cuda"}
    marks = [torch.cuda.current_stream(device).record_event() for device in devices]

    def wait() -> dict[str, Any]:
        for mark in marks:
            mark.synchronize()
        return copied

    return wait


def _copied(value: Any, copies: dict[tuple[object, ...], Tensor]) -> Any:  # noqa: ANN401 - any part of a state
    if isinstance(value, Tensor):
        which = (value.device, value.data_ptr(), value.dtype, value.shape, value.stride())
        if value.numel() == 0 or which not in copies:  # weights may stand under several names
            # From a GPU to pinned memory: the host does not wait, and what the GPU computes later comes after it.
            copies[which] = value.detach().to("cpu", non_blocking=value.is_cuda, copy=True)
        return copies[which]
    if isinstance(value, dict):
        other = copy.copy(value)  # of its kind, with what torch hangs on it
        other.update((key, _copied(each, copies)) for key, each in value.items())
        return other
    if isinstance(value, list | tuple):
        return type(value)(_copied(each, copies) for each in value)
    return value


def unpack(data: bytes, run: dict[str, Any]) -> Checkpoint:
    """Read a point of ``run``; its tensors come to the CPU.

    Raises:
        CheckpointError: It is torn, damaged, of another format or of another run; the message says which, in one line.
    """
    header, payload = _parts(data)
    try:
        fields = json.loads(bytes(header))
        there, attempt, epoch, notes = (fields[key] for key in ("run", "attempt", "epoch", "notes"))
        written_by = str(fields["torch"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"damaged: its header cannot be read ({_line(error)})") from error
    if type(attempt) is not int or type(epoch) is not int or not isinstance(notes, dict):
        raise CheckpointError("damaged: its header holds values that no run has")
    if (difference := _difference(there, json.loads(json.dumps(run)))) is not None:
        raise CheckpointError(f"of another run: {difference}")
    try:
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except Exception as error:
        versions = f"written with torch {written_by}, read with {torch.__version__}"
        raise CheckpointError(f"its state cannot be read ({versions}: {_line(error)})") from error
    if not isinstance(state, dict):
        raise CheckpointError("damaged: its state is not one of a run")
    return Checkpoint(run=there, attempt=attempt, epoch=epoch, notes=notes, state=state)


def _parts(data: bytes) -> tuple[memoryview, memoryview]:
    """Header and payload, once length and checksum are right."""
    if not data:
        raise CheckpointError("empty")
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + 10)
    if not data.startswith(_MAGIC) or end < 0:
        raise CheckpointError("not a resume point")
    if (version := data[len(_MAGIC) : end]) != b"%d" % VERSION:
        raise CheckpointError(f"of another format: version {version!r}, this program reads {VERSION}")
    body = memoryview(data)[end + 1 :]
    if len(body) < _DIGEST + _LENGTHS.size:
        raise CheckpointError(f"torn: it ends after {len(data)} bytes")
    lengths, rest = body[_DIGEST : _DIGEST + _LENGTHS.size], body[_DIGEST + _LENGTHS.size :]
    header_length, payload_length = _LENGTHS.unpack(lengths)
    if len(rest) != header_length + payload_length:
        raise CheckpointError(f"torn: {len(rest)} bytes where {header_length + payload_length} should be")
    header, payload = rest[:header_length], rest[header_length:]
    if _digest(lengths, header, payload) != body[:_DIGEST]:
        raise CheckpointError("damaged: its checksum differs")
    return header, payload


def _digest(*parts: bytes | memoryview) -> bytes:
    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _difference(there: object, here: object, key: str = "") -> str | None:
    """The first value in which two runs differ, in words."""
    if isinstance(there, dict) and isinstance(here, dict):
        for name in here | there:
            inner = f"{key}.{name}" if key else name
            if difference := _difference(there.get(name, _MISSING), here.get(name, _MISSING), inner):
                return difference
        return None
    return None if there == here else f"{key or 'it'} is {_short(there)} there and {_short(here)} here"


def _short(value: object) -> str:
    return "missing" if value is _MISSING else shorten(json.dumps(value), 80, "...")


def _line(error: BaseException) -> str:
    return describe_error(error, typed=True)[:200]
