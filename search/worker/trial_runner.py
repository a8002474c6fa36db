"""One trial: suggest, train, report, prune, tell; from its first epoch or from where another worker left it."""

from __future__ import annotations

import logging
import platform
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from trainer.errors import CheckpointError, Diverged, DoesNotFit, SaveError
from trainer.runtime.faults import is_device_fault, is_machines_fault
from trainer.support.text import describe_error
from trainer.training.checkpoint import Checkpoint, snapshot
from trainer.training.kept_run import RunWithOutput
from trainer.training.run import EpochResult

from search.database.lease import MAX_CRASHES, Lease, LeaseLost
from search.database.retry import DATABASE_ERRORS, DatabaseAwayError, within
from search.results.confusion import CONFUSION
from search.results.history import TrialHistory
from search.results.notes import attributes_of, trial_note
from search.stores.checkpoints import run_identity
from search.worker.checkpoint_writer import CheckpointWriter
from search.worker.context import AnyRun, WorkerContext
from search.worker.events import EpochDone, Note, TrialStarted
from search.worker.reporter import OutOfTime, Pruned, Report, Stalled, TrialReporter
from search.worker.signals import Stopped
from search.worker.task import Task, assigned, ordered, searched
from search.worker.trial_artifacts import ArtifactKey, TrialArtifacts
from search.worker.trial_record import TrialOutcome, TrialRecord

logger = logging.getLogger(__name__)

_GRACE = 2.0
"""Seconds that a trained epoch waits for the answer to the one before, which takes milliseconds while all is well."""
_LAST_POINT = 3.0
"""Seconds that a point has to be written before its trial is handed back; its report has one more."""
_REST = 20.0
"""Seconds that a point has to be written whose trial ends without it: a store that hangs must not hold a worker up."""
_HAND_BACK = 4.0
"""Seconds that handing back may take: who asks a worker to stop kills it after ten, and Python takes some to end."""
_TRACEBACK = 4000


class MachineFaultError(Exception):
    """This machine, not the configuration, is at fault; the trial has been handed back."""


def run_trial(context: WorkerContext, lease: Lease) -> tuple[int, TrialOutcome]:
    """Run a leased trial to its end and tell the study how it ended.

    Whatever is wrong with the configuration ends the trial, not the worker; whatever is wrong with the machine hands
    the trial back and ends the worker.

    Returns:
        The trial's number and how it ended here.

    Raises:
        Stopped: The worker was asked to stop; the trial is handed back.
        DatabaseAwayError: It was away for too long; whoever takes the trial goes on from its resume point.
        MachineFaultError: The disk or the device failed; the trial is handed back.
    """
    context.stopper.clear_interrupt()
    try:
        record = context.with_retries(lambda: TrialRecord(context.study, context.spec, lease))
    except Stopped:
        hand_back(lease)
        raise
    attempt = _TrialRunner(context, lease, record)
    try:
        with attempt.log, attempt.reporter:
            ending = attempt.run()
            if ending.kind != "handed back":
                attributes = attempt.attributes(ending)
                exhibit = attempt.exhibit(ending, attributes)
                context.with_retries(lambda: record.end(ending, attributes, exhibit))
                attempt.log.end(ending.value, failed=ending.kind == "failed")
    except LeaseLost:
        attempt.clear_up()
        return record.number, TrialOutcome("lost", None, "another worker has it, or somebody ended it")
    except Stopped:
        hand_back(lease)
        raise
    if ending.kind == "handed back":
        hand_back(lease)
    else:
        context.checkpoints.forget(record.number)
    return record.number, ending


def hand_back(lease: Lease, last_error: str = "", *, died: bool = False) -> None:
    """Leave a trial to others at once; where the database is away they wait until the lease expires."""
    try:
        within(lambda: lease.hand_back(last_error, died=died), seconds=_HAND_BACK)
    except (DatabaseAwayError, *DATABASE_ERRORS) as error:
        logger.debug("a trial was not handed back", exc_info=error)


class _TrialRunner:
    """One worker's go at a trial."""

    def __init__(self, context: WorkerContext, lease: Lease, record: TrialRecord) -> None:
        self._context = context
        self._lease = lease
        self._record = record
        self._history = TrialHistory()
        self._split = 1  # parts of a batch, where that changes the result
        self._stopped_early = ""
        self._checkpoints_fail = False
        self._writer = CheckpointWriter()
        self._artifact_key: ArtifactKey | None = None
        self._factors = tuple(factor.name for factor in context.data.factors)
        self.log = context.logbook.of(record.number, context.data.classes, self._note, self._factors)
        self.reporter = TrialReporter(
            lease,
            record.report,
            context.timeouts,
            deadline=context.deadline,
            interrupt=context.stopper.interrupt,
            message=self._note,
        )

    def run(self) -> TrialOutcome:
        """Train to the end; what it returns is yet to be told, unless the trial is to be handed back.

        Raises:
            LeaseLost, Stopped, DatabaseAwayError, MachineFaultError: See :func:`run_trial`.
        """
        claim = self._lease.claim
        if claim.crashes >= MAX_CRASHES:
            return TrialOutcome(
                "failed", None, f"{claim.crashes} workers died in this trial; the last: {claim.last_error}"
            )
        try:
            ending = self._outcome()
            with self._interruptible():
                self.reporter.flush()
        except LeaseLost:
            self._rest()
            raise
        except Pruned as decision:
            self._rest()
            self._history.end_with(decision.epoch)
            return TrialOutcome("pruned", self._best_value, str(decision))
        except OutOfTime as news:
            return TrialOutcome("handed back", None, str(news))
        except Stalled as error:
            hand_back(self._lease, str(error), died=True)
            raise MachineFaultError(str(error)) from error
        finally:
            self._writer.cancel()
            self.reporter.only_renew()
            self._context.stopper.clear_interrupt()
        return ending

    def _outcome(self) -> TrialOutcome:
        """What training comes to by itself."""
        try:
            self._task = self._find_task()
            self._train()
        except Diverged as error:
            # TPE ranks pruned trials by their latest step first; the constraint keeps a late divergence from looking
            # like a success.
            return TrialOutcome("pruned", self._best_value, f"diverged: {error}", constraint="diverged")
        except DoesNotFit as error:
            return TrialOutcome("pruned", self._best_value, f"out of memory: {error}", constraint="fits")
        except (LeaseLost, Pruned, OutOfTime, Stalled, DatabaseAwayError, *DATABASE_ERRORS):
            raise
        except Exception as error:
            reason = describe_error(error, typed=True)[:500]
            if is_device_fault(error):
                # Perhaps the configuration's doing after all: a trial that does it to several workers is given up.
                hand_back(self._lease, reason, died=True)
                raise MachineFaultError(reason) from error
            if isinstance(error, SaveError) or is_machines_fault(error):
                hand_back(self._lease, reason)
                raise MachineFaultError(reason) from error
            logger.debug("trial %d failed", self._record.number, exc_info=True)
            lines = "".join(traceback.format_exception(error)[-8:])[-_TRACEBACK:]
            return TrialOutcome("failed", None, reason, traceback=lines)
        return TrialOutcome("complete", self._history.value)

    def _find_task(self) -> Task:
        context, record = self._context, self._record
        if record.order is not None:
            return ordered(context.spec, context.data, record.order, record.params)
        if record.assignment is not None:
            return assigned(context.spec, context.data, record.assignment, record.split)
        return searched(context.spec, context.data, context.with_retries(record.suggest))

    def _train(self) -> None:
        run, note = self._start()
        with run:
            attempt, shown = self._lease.claim.attempt, self._task.shown
            self._context.emit(TrialStarted(self._context.worker, self._record.number, shown, attempt, run.epoch))
            if note:
                self._note(note)
            self.log.open(attempt, run.epoch, shown)
            run.watch = self.log.batch
            for epoch, f1 in self._history.reports.items():
                self.reporter.send(Report(epoch, f1, own=False))  # the worker before may not have delivered them all
            self.reporter.wait_for_answer(seconds=_GRACE)
            epochs = run.epochs()
            try:
                while (result := self._next(epochs, run)) is not None:
                    self._await_last()
                    self._take(result, run)
                self._await_checkpoint()
                if isinstance(run, RunWithOutput):
                    self._keep(run)
            except (LeaseLost, Pruned):
                raise
            except (Diverged, DoesNotFit):
                self._await_checkpoint()  # it ends with what was reported before
                raise
            except BaseException:
                self._leave_last()
                raise
            finally:
                self._split = run.batch_split if run.has_batch_norm else 1

    def _keep(self, run: RunWithOutput) -> None:
        """Put there what the run leaves behind, before the study hears that it has ended.

        Raises:
            SaveError: It could not be written: without it the training was in vain.
        """
        checkpoint = Checkpoint(self._identity(), self._lease.claim.attempt, run.epoch, {}, run.kept().as_state())
        with self._interruptible():
            self._context.checkpoints.keep(self._record.number, checkpoint)

    def _next(self, epochs: Iterator[EpochResult], run: AnyRun) -> EpochResult | None:
        with self._interruptible(lambda: run.steps):
            return next(epochs, None)

    def _await_last(self) -> None:
        """Wait for the point of the epoch before, and for the answer to its report; this epoch was trained beside."""
        self._await_checkpoint()
        self.reporter.wait_for_answer(seconds=_GRACE)

    def _await_checkpoint(self) -> None:
        with self._interruptible():
            self._writer.wait()

    def _leave_last(self) -> None:
        """Let others find what had been trained before something went wrong, which is what counts, or is to stop."""
        with suppress(Exception):
            self._writer.wait(_LAST_POINT)
            self.reporter.wait_for_answer(seconds=1.0)

    def _rest(self) -> None:
        """Let nothing be written any more, so that all points can be removed; what still comes the next sweep finds."""
        self._writer.cancel()
        end = time.monotonic() + _REST
        with suppress(Exception):
            while not self._writer.wait(0.2) and time.monotonic() < end and not self._context.stopper.requested:
                pass

    @contextmanager
    def _interruptible(self, progress: Callable[[], int] | None = None) -> Iterator[None]:
        """Let a request to stop, or news, end the block; watch it by a number that grows while it gets on."""
        stopper = self._context.stopper
        try:
            with stopper.interruptible(), self.reporter.watching(progress):
                yield
        except Stopped:
            if not stopper.requested:
                self.reporter.wait_for_answer(seconds=0)  # it was news: raised here
            raise

    def _start(self) -> tuple[AnyRun, str]:
        """The run, at its beginning or where an earlier attempt left it; and why not, if it starts over."""
        context = self._context

        def new() -> AnyRun:
            task = self._task
            with self._interruptible(lambda: 0):
                if task.stop_after_epoch is None:
                    return context.run(task.config, task.data, context.runtime)
                return context.keep(task.config, task.data, context.runtime, until=task.stop_after_epoch)

        run, claim = new(), self._lease.claim
        if claim.attempt == 1:
            return run, ""
        checkpoint, note = context.checkpoints.load(self._record.number, self._identity(), since=claim.reported)
        if checkpoint is None:
            return run, note
        try:
            history = TrialHistory.from_notes(checkpoint.notes)
            run.load_state_dict(checkpoint.state)
        except (CheckpointError, KeyError, TypeError, ValueError) as error:
            run.close()
            return (
                new(),
                f"the resume point of trial {self._record.number} cannot be used ({error}): it starts at epoch 1",
            )
        self._history = history
        return run, note

    def _identity(self) -> dict[str, object]:
        return run_identity(self._context.key, self._record.number, self._task.config, self._task.data.fingerprint)

    def _take(self, result: EpochResult, run: AnyRun) -> None:
        epoch = result.epoch
        counting = result.counting
        # Where an epoch is trained again for want of a resume point, what was reported stands.
        f1 = None if counting is None else self._record.reported.get(epoch, counting.f1)
        seen = f1 if f1 is not None else result.validation.f1 if result.validation else None
        self._stopped_early = run.stopped_early
        self._history.take(result, f1, self._context.data.classes, self._factors)
        # Before the point: what is logged but not saved is hidden when the epoch is trained again.
        self.log.epoch(result, f1)
        checkpoint = Checkpoint(self._identity(), self._lease.claim.attempt, epoch, self._history.as_notes(), state={})
        state = snapshot(run.state_dict())

        def report() -> None:
            self.reporter.send(Report(epoch, f1))
            context, speed = self._context, result.images_per_second
            steps = self._task.stop_after_epoch or max(self._task.config.epochs, context.spec.steps)
            context.emit(
                EpochDone(context.worker, self._record.number, epoch, steps, seen, speed, result.of, result.train_loss)
            )

        # Saved first: a report without its resume point would belong to a run that nobody can go on with.
        self._writer.begin(lambda: self._save(replace(checkpoint, state=state())), report)

    def _save(self, checkpoint: Checkpoint) -> None:
        try:
            self._context.checkpoints.save(self._record.number, checkpoint)
        except SaveError as error:  # no reason to lose what has been trained
            if not self._checkpoints_fail:
                self._note(
                    f"trial {self._record.number} goes on, but whoever had to take it over would start it anew: {error}"
                )
            self._checkpoints_fail = True

    def attributes(self, ending: TrialOutcome) -> dict[str, object]:
        """What is told of the trial at its end."""
        attributes: dict[str, object] = {
            **self._history.as_attributes(),
            "host": platform.node(),
            "device": self._context.runtime.device,
        }
        if self._stopped_early:
            attributes["stopped_early"] = self._stopped_early
        if self._split > 1:
            attributes["batch_split"] = self._split
        if ending.reason:
            attributes["reason"] = ending.reason
        if ending.traceback:
            attributes["traceback"] = ending.traceback
        return attributes

    @property
    def _best_value(self) -> float | None:
        return self._history.best.best_f1 if self._history.best else None

    def exhibit(self, ending: TrialOutcome, attributes: dict[str, object]) -> TrialArtifacts:
        """Put there what the dashboard shows of the trial that ends; whatever fails here is no reason to lose it."""
        context, record, claim = self._context, self._record, self._lease.claim
        kept: dict[str, object] = {CONFUSION: self._history.best.confusion} if self._history.best else {}
        if context.artifact_writer is None:
            return TrialArtifacts(kept)
        self._artifact_key = ArtifactKey(context.key, record.number, claim.attempt)
        classes = context.data.classes
        epochs = max(context.spec.steps, *self._history.reports, 0)  # an ablation may change them
        pictures = context.artifact_writer.write(self._artifact_key, self._history, classes, epochs=epochs)
        for picture in pictures:
            kept |= picture.as_attribute()
        told = {**attributes, "attempt": claim.attempt}
        pages = {each.name: each.page(context.study._study_id, claim.trial_id) for each in pictures}
        note = trial_note(ending.kind, record.params, self._history, told, classes, pages)
        return TrialArtifacts(kept, attributes_of(note, claim.trial_id))

    def clear_up(self) -> None:
        """Remove what was left of a trial that is somebody else's: its pictures, and if it has ended its point."""
        if self._artifact_key and self._context.artifact_writer:
            self._context.artifact_writer.remove(self._artifact_key)
        with suppress(*DATABASE_ERRORS, KeyError):
            if self._record.is_finished():
                self._context.checkpoints.forget(self._record.number)

    def _note(self, line: str) -> None:
        self._context.emit(Note(self._context.worker, line))
