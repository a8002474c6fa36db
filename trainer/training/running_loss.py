"""The mean loss of an epoch while it goes on."""

import torch
from torch import Tensor

_CUDA_STEPS_A_GLANCE = 20


class RunningLoss:
    """The mean loss of an epoch so far, summed on the device: to look at it there makes the host wait."""

    def __init__(self, device: torch.device) -> None:
        self._total = torch.zeros((), device=device)
        self._weight: Tensor | float = 0.0
        self._cuda = device.type == "cuda"
        self._last_known = 0.0
        self._on_its_way: tuple[Tensor, torch.cuda.Event] | None = None

    def add(self, total: Tensor, weight: Tensor | float) -> None:
        """Add a batch."""
        self._total += total
        self._weight += weight

    def mean(self) -> float:
        """The mean; on CUDA the host waits for it."""
        return float(self._total) / float(self._weight)

    def glance(self, step: int) -> float:
        """The mean, if it can be had without waiting: on CUDA that of an earlier step."""
        if not self._cuda:
            return self.mean()
        if self._on_its_way is not None and self._on_its_way[1].query():  # type: ignore[no-untyped-call]
            self._last_known, self._on_its_way = float(self._on_its_way[0]), None
        if self._on_its_way is None and step % _CUDA_STEPS_A_GLANCE == 0:
            host, copied = torch.empty((), pin_memory=True), torch.cuda.Event()  # type: ignore[no-untyped-call]
            host.copy_(self._total / self._weight, non_blocking=True)
            copied.record()
            self._on_its_way = host, copied
        return self._last_known
