"""Whose fault an error is: a trial's, the machine's (its disk, its processes), or the device's."""

import errno
import os
import re
from collections.abc import Iterator

import torch

from trainer.errors import ImagesChangedError, OtherSplitError, UserError
from trainer.runtime.memory import is_out_of_memory

# A loader worker that the kernel kills is told as a RuntimeError, and so is a full or exhausted shared memory.
_MACHINE = re.compile(
    r"DataLoader worker \(pid.*\) (exited unexpectedly|is killed by signal)|"
    + "|".join(re.escape(os.strerror(code)) for code in (errno.ENOSPC, errno.EMFILE, errno.ENFILE))
)
_DEVICE = re.compile(r"CUDA error|cuDNN error|CUDNN_STATUS_|NCCL")


def is_machine_fault(error: BaseException) -> bool:
    """Whether an error comes from the machine: files, disks, processes; another machine may do the same without it."""
    if isinstance(error, UserError):
        return isinstance(error, ImagesChangedError | OtherSplitError)
    return any(
        isinstance(each, OSError) or (isinstance(each, RuntimeError) and _MACHINE.search(str(each)) is not None)
        for each in _chain(error)
    )


def is_device_fault(error: BaseException) -> bool:
    """Whether an error comes from the accelerator or its libraries, after which the process had better be a new one.

    Memory that is too small is not a fault.
    """
    if isinstance(error, UserError) or is_out_of_memory(error):
        return False
    return any(
        isinstance(each, torch.AcceleratorError)
        or (isinstance(each, RuntimeError) and _DEVICE.search(str(each)) is not None)
        for each in _chain(error)
        if not is_out_of_memory(each)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, as a traceback would show them."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
