"""One trial: suggest, train, report, prune, tell; from its first epoch or from where another worker left it."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from trainer.errors import CheckpointError, Diverged, DoesNotFit, SaveError
from trainer.runtime.faults import is_device_fault, is_machine_fault
from trainer.support.text import describe_error
from trainer.training.checkpoint import Checkpoint, snapshot
from trainer.training.epoch_result import EpochResult
from trainer.training.run_output import RunWithOutput

from search.database.lease import MAX_CRASHES, Lease, LeaseLost
from search.database.retry import DATABASE_ERRORS, DatabaseAwayError, within
from search.plans.study_kind import Task
from search.results.history import TrialHistory
from search.stores.checkpoints import run_identity
from search.worker.context import AnyRun, WorkerContext
from search.worker.epoch_delivery import EpochDelivery
from search.worker.events import EpochDone, Note, TrialStarted
from search.worker.reporter import OutOfTime, Pruned, Report, TrialReporter
from search.worker.signals import Stopped
from search.worker.stall_watch import Stalled
from search.worker.trial_record import TrialOutcome, TrialRecord
from search.worker.trial_result import TrialResult

logger = logging.getLogger(__name__)

_HAND_BACK = 4.0
"""Seconds that handing back may take: who asks a worker to stop kills it after ten, and Python takes some to end."""
_TRACEBACK = 4000


class MachineFaultError(Exception):
    """This machine, not the configuration, is at fault; the trial has been handed back."""


def run_trial(context: WorkerContext, lease: Lease) -> tuple[int, TrialOutcome]:
    """Run a leased trial to its end and tell the study how it ended.

    Whatever is wrong with the configuration ends the trial, not the worker; whatever is wrong with the machine hands
    the trial back and ends the worker. Returns the trial's number and how it ended here.

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
    runner = _TrialRunner(context, lease, record)
    try:
        with runner.log, runner.reporter:
            outcome = runner.run()
            if outcome.kind != "handed back":
                attributes = runner.result.attributes(outcome)
                artifacts = runner.result.artifacts(outcome, attributes)
                context.with_retries(lambda: record.end(outcome, attributes, artifacts))
                runner.log.end(outcome.value, failed=outcome.kind == "failed")
    except LeaseLost:
        runner.clear_up()
        return record.number, TrialOutcome("lost", None, "another worker has it, or somebody ended it")
    except Stopped:
        hand_back(lease)
        raise
    if outcome.kind == "handed back":
        hand_back(lease)
    else:
        context.checkpoints.forget(record.number)
    return record.number, outcome


def hand_back(lease: Lease, last_error: str = "", *, crashed: bool = False) -> None:
    """Leave a trial to others at once; where the database is away they wait until the lease expires."""
    try:
        within(lambda: lease.hand_back(last_error, crashed=crashed), seconds=_HAND_BACK)
    except (DatabaseAwayError, *DATABASE_ERRORS) as error:
        logger.debug("a trial was not handed back", exc_info=error)


class _TrialRunner:
    """One worker's go at a trial."""

    def __init__(self, context: WorkerContext, lease: Lease, record: TrialRecord) -> None:
        self._context = context
        self._lease = lease
        self._record = record
        self._checkpoints_fail = False
        self._factors = tuple(factor.name for factor in context.data.factors)
        self.log = context.logbook.trial_logs(record.number, context.data.classes, self._note, self._factors)
        self.reporter = TrialReporter(
            lease,
            record.report,
            context.timeouts,
            deadline=context.deadline,
            interrupt=context.stopper.interrupt,
            message=self._note,
        )
        self.result = TrialResult(context, record, lease.claim)
        self._delivery = EpochDelivery(context.stopper, self.reporter)

    def run(self) -> TrialOutcome:
        """Train to the end; what it returns is yet to be told, unless the trial is to be handed back.

        Raises:
            LeaseLost, Stopped, DatabaseAwayError, MachineFaultError: See :func:`run_trial`.
        """
        claim = self._lease.claim
        if claim.crashes >= MAX_CRASHES:
            died = f"{claim.crashes} workers died in this trial; the last: {claim.last_error}"
            return TrialOutcome("failed", None, died)
        try:
            outcome = self._train_to_end()
            self._delivery.flush()
        except LeaseLost:
            self._delivery.abandon()
            raise
        except Pruned as decision:
            self._delivery.abandon()
            self.result.history.truncate_after(decision.epoch)
            return TrialOutcome("pruned", self.result.best_f1, str(decision))
        except OutOfTime as reason:
            return TrialOutcome("handed back", None, str(reason))
        except Stalled as error:
            hand_back(self._lease, str(error), crashed=True)
            raise MachineFaultError(str(error)) from error
        finally:
            self._delivery.close()
        return outcome

    def _train_to_end(self) -> TrialOutcome:
        """What training comes to by itself."""
        try:
            self._task = self._find_task()
            self._train()
        except Diverged as error:
            # TPE ranks pruned trials by their latest step first; the constraint keeps a late divergence from looking
            # like a success.
            return TrialOutcome("pruned", self.result.best_f1, f"diverged: {error}", constraint="diverged")
        except DoesNotFit as error:
            return TrialOutcome("pruned", self.result.best_f1, f"out of memory: {error}", constraint="fits")
        except (LeaseLost, Pruned, OutOfTime, Stalled, DatabaseAwayError, *DATABASE_ERRORS):
            raise
        except Exception as error:
            reason = describe_error(error, typed=True)[:500]
            if is_device_fault(error):
                # Perhaps the configuration's doing after all: a trial that does it to several workers is given up.
                hand_back(self._lease, reason, crashed=True)
                raise MachineFaultError(reason) from error
            if isinstance(error, SaveError) or is_machine_fault(error):
                hand_back(self._lease, reason)
                raise MachineFaultError(reason) from error
            logger.debug("trial %d failed", self._record.number, exc_info=True)
            lines = "".join(traceback.format_exception(error)[-8:])[-_TRACEBACK:]
            return TrialOutcome("failed", None, reason, traceback=lines)
        return TrialOutcome("complete", self.result.history.value)

    def _find_task(self) -> Task:
        context, record = self._context, self._record
        asks = record.order is None and not context.kind.is_closed
        params = context.with_retries(record.suggest) if asks else record.params
        return context.kind.task(context.data, record.order, params)

    def _train(self) -> None:
        run, note = self._start()
        with run:
            attempt, shown = self._lease.claim.attempt, self._task.shown
            self._context.emit(TrialStarted(self._context.worker, self._record.number, shown, attempt, run.epoch))
            if note:
                self._note(note)
            self.log.open(attempt, run.epoch, shown)
            run.on_batch = self.log.batch
            for epoch, f1 in self.result.history.reports.items():
                self.reporter.send(Report(epoch, f1, own=False))  # the worker before may not have delivered them all
            self._delivery.wait_for_answer()
            epochs = run.epochs()
            try:
                while (result := self._next(epochs, run)) is not None:
                    self._delivery.wait_for_previous()
                    self._take(result, run)
                self._delivery.wait_for_checkpoint()
                if isinstance(run, RunWithOutput):
                    self._save_output(run)
            except (LeaseLost, Pruned):
                raise
            except (Diverged, DoesNotFit):
                self._delivery.wait_for_checkpoint()  # it ends with what was reported before
                raise
            except BaseException:
                self._delivery.wait_briefly()
                raise
            finally:
                self.result.batch_split = run.batch_split if run.has_batch_norm else 1

    def _save_output(self, run: RunWithOutput) -> None:
        """Put there what the run leaves behind, before the study hears of its end; after a SaveError it was in vain."""
        checkpoint = Checkpoint(self._identity(), self._lease.claim.attempt, run.epoch, {}, run.to_output().as_state())
        with self._delivery.interruptible():
            self._context.checkpoints.save_output(self._record.number, checkpoint)

    def _next(self, epochs: Iterator[EpochResult], run: AnyRun) -> EpochResult | None:
        with self._delivery.interruptible(lambda: run.steps):
            return next(epochs, None)

    def _start(self) -> tuple[AnyRun, str]:
        """The run, at its beginning or where an earlier attempt left it; and why not, if it starts over."""
        context = self._context

        def new() -> AnyRun:
            task = self._task
            with self._delivery.interruptible(lambda: 0):
                if task.stop_after_epoch is None:
                    return context.run(task.config, task.data, context.runtime)
                return context.keep(task.config, task.data, context.runtime, stop_after=task.stop_after_epoch)

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
            note = f"the resume point of trial {self._record.number} cannot be used ({error}): it starts at epoch 1"
            return new(), note
        self.result.history = history
        return run, note

    def _identity(self) -> dict[str, object]:
        return run_identity(self._context.key, self._record.number, self._task.config, self._task.data.fingerprint)

    def _take(self, result: EpochResult, run: AnyRun) -> None:
        epoch, counting = result.epoch, result.trial_scores
        # Where an epoch is trained again for want of a resume point, what was reported stands.
        f1 = None if counting is None else self._record.reported.get(epoch, counting.f1)
        seen = f1 if f1 is not None else result.validation.f1 if result.validation else None
        self.result.stopped_early = run.stopped_early
        self.result.history.add_epoch(result, f1, self._context.data.classes, self._factors)
        # Before the point: what is logged but not saved is hidden when the epoch is trained again.
        self.log.epoch(result, f1)
        notes = self.result.history.as_notes()
        checkpoint = Checkpoint(self._identity(), self._lease.claim.attempt, epoch, notes, state={})
        state = snapshot(run.state_dict())

        def report() -> None:
            self.reporter.send(Report(epoch, f1))
            context, number, speed = self._context, self._record.number, result.images_per_second
            steps = self._task.stop_after_epoch or max(self._task.config.epochs, context.kind.steps)
            done = EpochDone(context.worker, number, epoch, steps, seen, speed, result.fold_prefix, result.train_loss)
            context.emit(done)

        # Saved first: a report without its resume point would belong to a run that nobody can go on with.
        self._delivery.begin(lambda: self._save(replace(checkpoint, state=state())), report)

    def _save(self, checkpoint: Checkpoint) -> None:
        try:
            self._context.checkpoints.save(self._record.number, checkpoint)
        except SaveError as error:  # no reason to lose what has been trained
            if not self._checkpoints_fail:
                self._note(
                    f"trial {self._record.number} goes on, but whoever had to take it over would start it anew: {error}"
                )
            self._checkpoints_fail = True

    def clear_up(self) -> None:
        """Remove what was left of a trial that is somebody else's: its pictures, and if it has ended its point."""
        self.result.remove_artifacts()
        with suppress(*DATABASE_ERRORS, KeyError):
            if self._record.is_finished():
                self._context.checkpoints.forget(self._record.number)

    def _note(self, line: str) -> None:
        self._context.emit(Note(self._context.worker, line))
