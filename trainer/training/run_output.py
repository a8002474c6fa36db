"""A run that is trained for what it leaves behind: its network, and what it said of the images that it held out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.errors import CheckpointError
from trainer.model.normalization import Normalization
from trainer.training.epoch_result import EpochResult
from trainer.training.run import Run


@dataclass(frozen=True, eq=False)
class RunOutput:
    """What a run has left behind.

    Attributes:
        weights: Of its network: of the best epoch where something was held out, else of the last one.
        epoch: The epoch that they are of.
        normalization: What belongs before the network.
        outputs: float16 [E, V, C], logits of the held out images after each epoch; no images where none were held out.
    """

    weights: dict[str, Tensor]
    epoch: int
    normalization: Normalization
    outputs: Tensor

    def as_state(self) -> dict[str, Any]:
        """The same in tensors and plain containers."""
        return {
            "weights": self.weights,
            "epoch": self.epoch,
            "mean": list(self.normalization.mean),
            "std": list(self.normalization.std),
            "outputs": self.outputs,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> RunOutput:
        """Read it back.

        Raises:
            CheckpointError: The state is not one of this kind.
        """
        try:
            normalization = Normalization(_three(state["mean"]), _three(state["std"]))
            return cls(dict(state["weights"]), int(state["epoch"]), normalization, state["outputs"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"it is not what a run left behind ({error})") from error


class RunWithOutput(Run):
    """A run that keeps what it will leave behind."""

    def __init__(
        self, config: TrainConfig, data: Dataset, runtime: Runtime, loader: Loader | None = None, *, stop_after: int
    ) -> None:
        """Set up a run that ends after the epoch ``stop_after``, under the schedule of the configuration."""
        super().__init__(config, data, runtime, loader=loader)
        self._stop_after = min(stop_after, config.epochs)
        self._outputs: list[Tensor] = []
        self._best: dict[str, Any] = {}

    def epochs(self) -> Iterator[EpochResult]:
        """See :meth:`trainer.training.run.Run.epochs`."""
        if self.epoch >= self._stop_after:
            return
        for result in super().epochs():
            if result.validation is not None:
                self._outputs.append(self.outputs.to("cpu", torch.float16))
                if not self._best or result.validation.f1 > self._best["f1"]:
                    self._best = {"f1": result.validation.f1, "epoch": result.epoch, "weights": self._weights()}
            yield result
            if result.epoch >= self._stop_after:
                return

    def to_output(self) -> RunOutput:
        """Its network and outputs, once the run has ended."""
        best = self._best or {"epoch": self.epoch, "weights": self._weights()}
        outputs = torch.stack(self._outputs) if self._outputs else torch.empty(0, 0, 0, dtype=torch.float16)
        return RunOutput(best["weights"], best["epoch"], self.normalization, outputs)

    def state_dict(self) -> dict[str, Any]:
        """See :meth:`trainer.training.run.Run.state_dict`."""
        return {"run": super().state_dict(), "outputs": list(self._outputs), "best": self._best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See :meth:`trainer.training.run.Run.load_state_dict`."""
        try:
            self._outputs, self._best = list(state["outputs"]), dict(state["best"])
            run = state["run"]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the resume point does not fit this run ({error})") from error
        super().load_state_dict(run)

    def _weights(self) -> dict[str, Tensor]:
        state = self.final_model.state_dict()
        return {key: value.detach().to("cpu", copy=True).contiguous() for key, value in state.items()}


def _three(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - from a file
    red, green, blue = map(float, values)
    return red, green, blue
