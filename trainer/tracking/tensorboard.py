"""What TensorBoard shows of a trial: an event file an attempt, in a folder a trial.

Records are written here and now, each in one piece. tensorboard's own writer has a thread, which ends with a traceback
on the terminal when the disk is full, and with which a kill takes up to two minutes of records.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from torch import Tensor

from trainer.support.text import one_line
from trainer.tracking.contact_sheet import Row, as_jpeg, contact_sheet
from trainer.training.epoch_result import EpochResult

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

# tensorboard is imported when the first log is opened: it takes a quarter of a second.

SUFFIX: Final = ".tfevents"
"""What TensorBoard knows event files by; it may stand anywhere in a name."""
IMAGES: Final = "train/images"
BEST: Final = "best_f1"

_BATCHES, _COLUMNS = 4, 8


class TrialLog:
    """The log of one attempt at a trial; a step is an epoch completed.

    What cannot be written costs a line, never the trial.

    Args:
        folder: Of the trial, shared by its attempts; none: nothing is written.
        classes: Names of the classes.
        message: Called with a line for people, once.
        factors: Names of the factors of the label, if it has any.
    """

    def __init__(
        self,
        folder: Path | None,
        classes: tuple[str, ...],
        message: Callable[[str], None],
        factors: tuple[str, ...] = (),
    ) -> None:
        self._folder = folder
        self._classes = classes
        self._factors = factors
        self._message = message
        self._file: _EventFile | None = None
        self._error = ""
        self._rows: list[Row] = []
        self._wanted = 0
        self._step = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, attempt: int, epoch: int, params: Mapping[str, Any]) -> None:
        """Begin, after the epochs that earlier attempts completed; what those wrote of later ones is hidden.

        Args:
            attempt: Orders the files of a trial, so that the machines' clocks do not matter.
            epoch: Epochs completed.
            params: The trial's parameters, for TensorBoard's table of them.
        """
        if self._folder is None:
            return
        with self._guarded():
            from tensorboard.compat.proto.event_pb2 import SessionLog
            from torch.utils.tensorboard.summary import hparams

            self._folder.mkdir(parents=True, exist_ok=True)
            # Where an earlier attempt has completed epochs its images are there, unless it ran on another machine.
            self._wanted = 0 if epoch and any(self._folder.glob(f"*{SUFFIX}")) else _BATCHES
            self._step = epoch
            self._file = _EventFile(self._folder / f"attempt-{attempt:05d}{SUFFIX}", "wb")
            self._add(file_version="brain.Event:2")
            self._add(step=epoch + 1 if epoch else 0, session_log=SessionLog(status=SessionLog.START))
            experiment, parameters, _ = hparams(dict(params), {BEST: 0.0})  # type: ignore[no-untyped-call]
            self._add(step=epoch, summary=experiment)
            self._add(step=epoch, summary=parameters)
        self._message_once()

    def batch(self, images: Tensor, targets: Tensor) -> None:
        """Look at a training batch just before its step, uint8 [B, H, W, 3] and float [B, K]: the first make a picture.

        Nothing is drawn anew for it, so training comes out the same. It may be interrupted at any point.
        """
        if len(self._rows) < self._wanted:
            self._rows.append((images[:_COLUMNS].cpu().numpy().copy(), targets[:_COLUMNS].cpu().numpy().copy()))
            if len(self._rows) == self._wanted:
                self._add_images()

    def epoch(self, result: EpochResult, f1: float | None) -> None:
        """Add an epoch; ``f1`` is what counts for it, if anything does."""
        self._add_images()  # if the epoch has few batches
        self._step = result.epoch
        values = scalars(result, f1, self._classes, self._factors)
        if self._file is not None:
            with self._guarded():
                self._add(step=self._step, summary=_scalars(values))
        self._message_once()

    def end(self, best_f1: float | None, *, failed: bool = False) -> None:
        """The trial has ended, with its best F1 if it has one."""
        self._add_images()
        if self._file is None:
            return
        with self._guarded():
            if best_f1 is not None:
                self._add(step=self._step, summary=_scalars({BEST: best_f1}))
            self._add(step=self._step, summary=_ended(failed=failed))
        self._message_once()

    def close(self) -> None:
        """Write no more. May be called again."""
        self._stop_writing()
        self._rows.clear()
        self._message_once()

    def _stop_writing(self) -> None:
        self._wanted = 0
        file, self._file = self._file, None
        if file is not None:
            with self._guarded():
                file.close()

    def _add_images(self) -> None:
        rows = self._rows
        if self._file is None or not rows:
            return
        self._rows, self._wanted = [], 0
        with self._guarded():
            from tensorboard.compat.proto.summary_pb2 import Summary

            sheet = contact_sheet(rows, self._classes)
            picture = Summary.Image(
                width=sheet.width, height=sheet.height, colorspace=3, encoded_image_string=as_jpeg(sheet)
            )
            self._add(step=self._step, summary=Summary(value=[Summary.Value(tag=IMAGES, image=picture)]))

    def _add(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of an Event
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        RecordWriter(self._file).write(Event(wall_time=time.time(), **fields).SerializeToString())

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        # A ValueError is a name that cannot be written, say one that is not Unicode.
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or one_line(error)
            self._error = f"{self._folder} cannot be written to ({reason}): this trial goes on without TensorBoard"
            self._stop_writing()

    def _message_once(self) -> None:
        """Tell of trouble, from where nothing interrupts the telling."""
        error, self._error = self._error, ""
        if error:
            self._message(error)


class _EventFile(io.FileIO):
    """An unbuffered file that writes a record whole or raises: who is killed leaves what was written."""

    def write(self, data: Any) -> int:  # noqa: ANN401 - what the base class takes
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        return len(data)


def scalars(
    result: EpochResult, f1: float | None, classes: tuple[str, ...], factors: tuple[str, ...] = ()
) -> dict[str, float]:
    """The numbers of an epoch by their names; ``f1`` is what counts for it, if anything does."""
    values = {
        "train/loss": result.train_loss,
        "train/lr": result.lr,
        "train/images_per_second": result.images_per_second,
    }
    if scores := result.validation:
        own = scores.f1 if f1 is None or result.fold else f1
        values |= {"validation/f1": own, "validation/accuracy": scores.accuracy, "validation/loss": scores.loss}
        values |= {f"validation_f1/{name}": value for name, value in zip(classes, scores.per_class_f1, strict=True)}
        values |= {f"factor_f1/{name}": value for name, value in zip(factors, scores.factor_f1, strict=True)}
    if result.folds is not None and f1 is not None:
        values["folds/mean_f1"] = f1
    return values


def _scalars(values: Mapping[str, float]) -> Summary:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])


def _ended(*, failed: bool) -> Summary:
    """For TensorBoard's table of parameters: torch's helper knows no failure, and tensorboard's needs tensorflow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.api_pb2 import Status
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    status = Status.Value("STATUS_FAILURE" if failed else "STATUS_SUCCESS")
    what = HParamsPluginData(session_end_info=SessionEndInfo(status=status, end_time_secs=time.time()))
    about = metadata.create_summary_metadata(what)
    return Summary(value=[Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=about)])
