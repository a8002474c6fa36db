"""What Weights & Biases shows of a trial, where a project there was named; the package is the extra ``wandb``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from trainer.support.text import describe_error
from trainer.tracking.tensorboard import BEST, scalars
from trainer.training.epoch_result import EpochResult


class Names(NamedTuple):
    """Of classes and factors, in the order of their scores."""

    classes: tuple[str, ...]
    factors: tuple[str, ...] = ()


class WandbLog:
    """A trial as a run of a project: its parameters, the numbers of its epochs, and how it ended.

    A trial that moves to another worker goes on in the same run. What cannot be sent costs a line, never the trial:
    the package keeps it in a folder ``wandb`` and sends it beside the training.

    Args:
        project: Its name, or ENTITY/PROJECT.
        study: The study's name, which groups the runs.
        key: Tells the study from an earlier one of the same name.
        trial: The trial's number.
        names: Of the classes and factors.
        message: Called with a line for people, once.
    """

    def __init__(
        self, project: str, *, study: str, key: str, trial: int, names: Names, message: Callable[[str], None]
    ) -> None:
        self._project = project
        self._study = study
        self._id = f"{key[:8]}-{trial}"
        self._trial = trial
        self._names = names
        self._message = message
        self._run: Any = None

    def open(self, params: Mapping[str, Any]) -> None:
        """Begin, or go on with what earlier attempts sent."""
        with self._guarded():
            import wandb  # it starts a process of its own; only where it was asked for

            *entity, project = self._project.split("/")
            self._run = wandb.init(
                entity=entity[0] if entity else None,
                project=project,
                group=self._study,
                name=f"{self._study} {self._trial}",
                id=self._id,
                resume="allow",
                reinit="create_new",
                config=dict(params),
                settings=wandb.Settings(console="off", silent=True, disable_git=True, disable_code=True),
            )

    def epoch(self, result: EpochResult, f1: float | None) -> None:
        """Add an epoch; ``f1`` is what counts for it, if anything does."""
        if self._run is not None:
            with self._guarded():
                self._run.log(scalars(result, f1, *self._names), step=result.epoch)

    def end(self, best_f1: float | None, *, failed: bool = False) -> None:
        """The trial has ended, with its best F1 if it has one."""
        if self._run is None:
            return
        with self._guarded():
            if best_f1 is not None:
                self._run.summary[BEST] = best_f1
            self._run.finish(exit_code=int(failed))
            self._run = None

    def close(self) -> None:
        """Leave the run to whoever goes on with the trial. May be called again."""
        run, self._run = self._run, None
        if run is not None:
            with self._guarded():
                run.finish()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the package raises what it likes, and no log is worth a trial
            self._run = None
            reason = describe_error(error)[:200]
            self._message(f"Weights & Biases does not take trial {self._trial} ({reason}): it goes on without")
