"""Running out of memory: what it looks like, how to go on after it, and limits."""

import contextlib
import ctypes
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from trainer.config.runtime import Runtime
from trainer.support.text import first_line

T = TypeVar("T")

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h

# CUDA's libraries allocate past torch's allocator; the CPU's allocator raises a plain RuntimeError.
_SIGNS = (
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device's memory is too small for what was asked."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


@dataclass(frozen=True)
class OutOfMemory:
    """What came of work that did not fit."""

    reason: str


def try_allocating(work: Callable[[], T]) -> T | OutOfMemory:
    """Do some work; running out of memory comes back as a value, every other error is raised.

    As a value, since an exception keeps the frames that it came through alive, and with them the tensors that are to be
    freed before the next attempt.
    """
    try:
        return work()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return OutOfMemory(first_line(error) or type(error).__name__)


def free_memory() -> None:
    """Give back what nothing refers to any more; call it after the references are dropped."""
    gc.collect()
    torch.cuda.empty_cache()  # does nothing where CUDA was not used


def keep_freed_memory() -> None:
    """Let this process keep the memory of freed tensors for the next ones, where the C library is glibc.

    By itself it hands every large block back to the kernel, and each step asks for the same blocks again: the kernel
    fills them with zeros page by page, which takes a tenth of the time of a small network (docs/performance.md).
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_MMAP_MAX, 0)  # all from the heap
        mallopt(_M_TRIM_THRESHOLD, -1)  # whose end stays where it is


def limit_memory(runtime: Runtime) -> None:
    """Keep this process below ``runtime.memory_limit`` on a CUDA device; without one, allow the whole card."""
    if not runtime.device.startswith("cuda"):
        return
    whole = torch.cuda.get_device_properties(runtime.device).total_memory
    torch.cuda.set_per_process_memory_fraction(device_memory(runtime) / whole, torch.device(runtime.device))


def device_memory(runtime: Runtime) -> int:
    """Bytes of a GPU's memory that a run may use; 0 on the CPU, where images need no copy of their own."""
    if not runtime.device.startswith("cuda"):
        return 0
    whole = torch.cuda.get_device_properties(runtime.device).total_memory
    return whole if runtime.memory_limit is None else min(whole, runtime.memory_limit)


def declared_limit(runtime: Runtime) -> int | None:
    """The limit that this module has to watch itself: the CPU's, in bytes; CUDA's allocator watches its own."""
    return None if runtime.device.startswith("cuda") else runtime.memory_limit


@contextlib.contextmanager
def training_limit(model: nn.Module, limit: int | None) -> Iterator[None]:
    """Let a forward and backward pass keep no more than ``limit`` bytes for the gradients; none: no limit.

    Counted is what autograd saves, each storage once, without the parameters: what makes a large batch large.

    Raises:
        torch.OutOfMemoryError: From inside the block, where the pass asks for more.
    """
    if limit is None:
        yield
        return
    seen = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen:
            seen.add(storage.data_ptr())
            kept += storage.nbytes()
            if kept > limit:
                raise torch.OutOfMemoryError(f"the backward pass needs more than the {limit} bytes allowed")
        # The tensor itself would refer to the graph that keeps it, and neither would ever be freed.
        return tensor.detach()

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        yield


@contextlib.contextmanager
def inference_limit(model: nn.Module, limit: int | None) -> Iterator[None]:
    """Let no module of a network give out a tensor of more than ``limit`` bytes; none: no limit.

    Without gradients nothing is kept, so the largest single output stands for the memory that a forward pass needs.

    Raises:
        torch.OutOfMemoryError: From inside the block.
    """
    if limit is None:
        yield
        return

    def check(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.nbytes > limit:
            raise torch.OutOfMemoryError(f"a layer's output of {output.nbytes} bytes is over the {limit} allowed")

    with contextlib.ExitStack() as hooks:
        for module in model.modules():
            hooks.enter_context(module.register_forward_hook(check))
        yield
