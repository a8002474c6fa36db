"""A run at the seam between search and trainer: epochs that cost nothing and can be told what to do."""

import time

from trainer.errors import CheckpointError
from trainer.training.epoch_result import EpochResult
from trainer.training.metrics import Scores


class ScriptedRun:
    """Stands in for trainer.training.run.Run; the F1 of epoch n is ``f1 + n / 1000``, plus what earlier epochs left.

    Its state is the sum of the epochs so far, so a run that goes on from a wrong state shows.
    """

    def __init__(self, config, data, runtime, *, f1=0.3, seconds=0.0, before=lambda epoch: None):
        self.config = config
        self.classes = len(data.classes)
        self.f1 = f1
        self.seconds = seconds
        self.before = before  # called at the start of each epoch
        self.epoch = 0
        self.total = 0
        self.steps = 0
        self.batch_split = 1
        self.has_batch_norm = False
        self.stopped_early = ""
        self.closed = False

    def epochs(self):
        while self.epoch < self.config.epochs:
            epoch = self.epoch + 1
            self.before(epoch)
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                time.sleep(0.01)
                self.steps += 1
            self.total += epoch
            self.epoch = epoch
            f1 = self.f1 + epoch / 1000 + self.total / 1e6
            scores = Scores(1.0, f1, f1, (f1,) * self.classes, ((1,) * self.classes,) * self.classes)
            yield EpochResult(epoch, 1.0, scores, 0.1, 100.0, self.seconds)

    def expected(self):
        """What an uninterrupted run reports."""
        return {n: self.f1 + n / 1000 + n * (n + 1) / 2 / 1e6 for n in range(1, self.config.epochs + 1)}

    def state_dict(self):
        return {"epoch": self.epoch, "total": self.total}

    def load_state_dict(self, state):
        if state.keys() != {"epoch", "total"}:
            raise CheckpointError("not a scripted run")
        self.epoch, self.total = state["epoch"], state["total"]

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
