"""Whose fault an error is, told by the errors that torch and Python really raise."""

import errno
import os
import signal

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from trainer.errors import DataError, Diverged, DoesNotFit, ImagesChangedError, SaveError
from trainer.runtime.faults import is_device_fault, is_machine_fault


class Items(Dataset):
    """Two items that do whatever is asked when they are fetched."""

    def __init__(self, fetch):
        self.fetch = fetch

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.fetch()


def raised_by_loader(fetch):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, the test asks
        list(DataLoader(Items(fetch), num_workers=1))
    return caught.value


def read_missing():
    raise OSError(errno.EIO, "Input/output error", "a.png")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    os._exit(3)


def miscalculate():
    raise ValueError("no such class")


@pytest.mark.parametrize(
    ("fetch", "expected"), [(read_missing, True), (die, True), (leave, True), (miscalculate, False)]
)
# Torch raises at SIGCHLD, wherever Python is: also once more while the loader is cleared up.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_comes_out_of_loader_workers(fetch, expected):
    error = raised_by_loader(fetch)
    assert is_machine_fault(error) is expected
    assert not is_device_fault(error)


def caused(error, by):
    try:
        try:
            raise by
        except type(by) as cause:
            raise error from cause
    except type(error) as caught:
        return caught


def while_handling(error, first, *, shown=True):
    try:
        try:
            raise first
        except type(first):
            if shown:
                raise error  # noqa: B904 - the implicit chain is what is tested
            raise error from None
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (ConnectionResetError(), True),
        (RuntimeError("unable to write to file </torch_12_3>: No space left on device (28)"), True),
        (RuntimeError("shapes do not match"), False),
        (KeyError("No space left on device"), False),
        (caused(RuntimeError("the cache cannot be read"), OSError(errno.EIO, "gone")), True),
        (while_handling(RuntimeError("the cache cannot be read"), OSError(errno.EIO, "gone")), True),
        (while_handling(RuntimeError("shapes do not match"), OSError(), shown=False), False),
        (caused(SaveError("models/x cannot be written: disk full"), OSError(errno.ENOSPC, "full")), False),
        (DataError("3 images cannot be read"), False),
        (ImagesChangedError("a.png is another image now"), True),
        (Diverged("the loss is nan"), False),
        (DoesNotFit("one image does not fit"), False),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), False),
    ],
)
def test_the_machines(error, expected):
    assert is_machine_fault(error) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("NCCL error in: ProcessGroupNCCL.cpp, unhandled system error"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"), True),
        (caused(ValueError("in a pin memory thread"), RuntimeError("CUDA error: unknown error")), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), False),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), False),
        (torch.AcceleratorError("CUDA error: out of memory"), False),
        (caused(DoesNotFit("too small"), torch.OutOfMemoryError("CUDA out of memory")), False),
        (RuntimeError("shapes do not match"), False),
        (OSError("CUDA error"), False),
        (DataError("a folder called NCCL does not exist"), False),
    ],
)
def test_the_devices(error, expected):
    assert is_device_fault(error) is expected


def test_a_chain_that_bites_its_tail():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert not is_machine_fault(first)
    assert not is_device_fault(first)
