"""The resume points of a study: which of them a trial goes on from, and when they are removed.

The attempts at a trial are numbered and the numbers only grow. A worker that was thought dead may write late, so each
attempt has an object of its own, and whoever takes the trial over reads the one of the highest attempt.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from trainer.config.train_config import TrainConfig
from trainer.errors import CheckpointError, SaveError
from trainer.training.checkpoint import Checkpoint, pack, unpack

from search.stores.objects import PARTIAL_SECONDS, Store

logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"/trial-(\d+)\.attempt-(\d+)\.point(?:\.|$)")


def run_identity(study: str, trial: int, config: TrainConfig, fingerprint: Mapping[str, object]) -> dict[str, object]:
    """Whose a point is: the key of its study, the number of its trial, and what is trained on which data."""
    # Each machine has weights where it likes; the study knows them by their content.
    return {
        "study": study,
        "trial": trial,
        "config": config.model_dump(mode="json", exclude={"weights"}),
        "data": dict(fingerprint),
    }


class Checkpoints:
    """The resume points of one study, below a key that no other study has; what cannot be removed is logged."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key

    def save(self, trial: int, checkpoint: Checkpoint) -> None:
        """Keep a point in the place of the attempt's earlier one, which is still there after a SaveError."""
        self._store.write(f"{self._prefix(trial)}attempt-{checkpoint.attempt:03d}.point", pack(checkpoint))

    def load(self, trial: int, run: dict[str, Any], *, since: int) -> tuple[Checkpoint | None, str]:
        """Read what a trial goes on from, and remove what is too old ever to be read again.

        ``since`` is the attempt that reported last, 0 if none did: points of earlier ones are behind what was reported.

        Returns:
            The point, or None where the trial starts over; and a line on what is amiss, else an empty one.

        Raises:
            SaveError: The place cannot be read, so that nobody knows whether there is one.
        """
        current = []
        for attempt, name in self._attempts(trial):
            if attempt >= since:
                current.append((attempt, name))
            else:
                self._remove(name)
        refused: list[str] = []
        for attempt, name in reversed(current):
            if (data := self._store.read(name)) is None:  # removed a moment ago
                continue
            try:
                checkpoint = unpack(data, run)
                if checkpoint.attempt != attempt:
                    raise CheckpointError(f"it was written in attempt {checkpoint.attempt}")
            except CheckpointError as error:
                refused.append(f"the resume point of trial {trial}, attempt {attempt}, cannot be used ({error})")
                continue
            goes_on = f"it goes on after epoch {checkpoint.epoch} of attempt {attempt}"
            return checkpoint, f"{' and '.join(refused)}: {goes_on}" if refused else ""
        if refused:
            return None, f"{' and '.join(refused)}: it starts at epoch 1"
        return None, f"trial {trial} has no resume point: it starts at epoch 1" if since else ""

    def save_output(self, trial: int, checkpoint: Checkpoint) -> None:
        """Keep what a trial leaves behind beyond its end, or raise SaveError."""
        self._store.write(self._output(trial, checkpoint.attempt), pack(checkpoint))

    def load_output(self, trial: int, attempt: int, run: dict[str, Any]) -> Checkpoint:
        """Read what a trial has left behind that was ended by this attempt.

        Raises:
            CheckpointError: It is not there, or damaged, or of another run.
            SaveError: The place cannot be read.
        """
        name = self._output(trial, attempt)
        if (data := self._store.read(name)) is None:
            raise CheckpointError(f"{name} is not there")
        return unpack(data, run)

    def clear(self) -> None:
        """Remove all that lies there of the study."""
        try:
            for name in self._store.names(f"{self._key}/"):
                self._remove(name)
        except SaveError as error:
            logger.warning("what lay in %s was left behind: %s", self._key, error)

    def forget(self, trial: int) -> None:
        """Remove the points of a trial that has ended."""
        try:
            for _, name in self._attempts(trial):
                self._remove(name)
        except SaveError as error:
            logger.warning("the resume points of trial %d were left behind: %s", trial, error)

    def sweep(self, unfinished: Callable[[], Collection[int]]) -> int:
        """Remove what ended trials and killed writers left behind; returns how many objects are gone.

        ``unfinished`` tells the numbers of the trials that have not ended. It is asked after the points have been
        listed, so that a trial which begins at this moment loses nothing.
        """
        try:
            names = self._store.names(f"{self._key}/")
            leftovers = self._store.leftovers(f"{self._key}/")
        except SaveError as error:
            logger.warning("old resume points were left behind: %s", error)
            return 0
        # A partial write of a trial that goes on may have a living writer.
        old = [name for name, age in leftovers.items() if age > PARTIAL_SECONDS]
        going_on = unfinished()
        ended = [name for name in (*names, *leftovers) if (trial := _trial(name)) is not None and trial not in going_on]
        return sum(self._remove(name) for name in {*old, *ended})

    def _prefix(self, trial: int) -> str:
        return f"{self._key}/trial-{trial:05d}."

    def _output(self, trial: int, attempt: int) -> str:
        return f"{self._prefix(trial)}attempt-{attempt:03d}.kept"

    def _attempts(self, trial: int) -> list[tuple[int, str]]:
        """The attempts that left a point, from the first on, each with its object's name."""
        found = ((_NAME.search(name), name) for name in self._store.names(self._prefix(trial)))
        return sorted((int(match[2]), name) for match, name in found if match)

    def _remove(self, name: str) -> bool:
        try:
            self._store.remove(name)
        except SaveError as error:
            logger.warning("%s was left behind: %s", name, error)
            return False
        return True


def _trial(name: str) -> int | None:
    match = _NAME.search(name)
    return int(match[1]) if match else None
