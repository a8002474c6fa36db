"""One pass of a network over all validation samples, in batches that the memory has room for."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.errors import Diverged, DoesNotFit
from trainer.model.heads import Heads
from trainer.model.inference import logits
from trainer.model.normalization import Normalization
from trainer.runtime.memory import OutOfMemory, declared_limit, free_memory, inference_limit, try_allocating
from trainer.training.metrics import Scores, score


class Validation:
    """Scores a network on all validation samples, without augmentation, on their true labels.

    Attributes:
        batch_size: Images that are taken at a time; halved where they do not fit.
        outputs: Of the last pass: logits of the classes, float32 [V, C].
    """

    def __init__(
        self,
        config: TrainConfig,
        data: Dataset,
        runtime: Runtime,
        loader: Loader,
        heads: Heads,
        normalization: Normalization,
    ) -> None:
        self._data = data
        self._loader = loader
        self._heads = heads
        self._normalisation = normalization
        self._precision = config.precision
        self._device = torch.device(runtime.device)
        self._limit = declared_limit(runtime)
        self.batch_size = 2 * config.batch_size
        self.outputs = torch.empty(0, len(data.classes))

    def __call__(self, model: nn.Module, epoch: int, on_batch: Callable[[], None]) -> Scores:
        """Score a network that is on the device, and leave it in evaluation mode.

        Raises:
            Diverged: The loss is infinite or not a number.
            DoesNotFit: Not even one image fits on the device.
        """
        rows = self._data.validation
        parts: list[Tensor] = []
        done = 0
        while done < len(rows):
            batch = self._loader.validation(done, done + self.batch_size)
            output = self._logits(model, batch)
            if isinstance(output, OutOfMemory):
                if len(batch) == 1:
                    raise DoesNotFit(f"not even one image fits on {self._device} to validate ({output.reason})")
                free_memory()
                self.batch_size = math.ceil(len(batch) / 2)
                continue
            parts.append(output)
            done += len(batch)
            on_batch()
        self.outputs, truth = self._heads.scores(torch.cat(parts)), self._data.labels[rows]
        loss = float(functional.cross_entropy(self.outputs, torch.from_numpy(truth).to(self._device)))
        if not math.isfinite(loss):
            raise Diverged(f"the validation loss is {loss} in epoch {epoch}")
        predicted = self.outputs.argmax(dim=1).cpu().numpy()
        return score(truth, predicted, len(self._data.classes), loss, self._data.factors)

    def _logits(self, model: nn.Module, batch: Tensor) -> Tensor | OutOfMemory:
        with inference_limit(model, self._limit):
            return try_allocating(lambda: logits(model, self._normalisation, [batch], self._device, self._precision))
