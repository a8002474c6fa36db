"""A database that goes away in the middle of a trial, in every way that a network knows: nothing is lost or doubled."""

import signal
import threading
import time
import uuid

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState

from search.config.load import load_spec
from search.database import schema
from search.database.connection import open_storage
from search.database.optuna_internals import study_id
from search.database.retry import DatabaseAwayError
from search.worker.events import EpochDone, Note, TrialStarted
from search.worker.signals import Stopper
from search.worker.timeouts import Timeouts
from search.worker.trial_runner import MachineFaultError, run_trial
from tests.support.proxy import Proxy
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from tests.support.waiting import PATIENCE, until
from trainer.errors import Diverged


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=5, trials=99)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


@pytest.fixture
def proxy(storage_url):
    made = Proxy(storage_url)
    yield made
    made.release()
    made.close()


@pytest.fixture
def through(proxy):
    """The workshop's storage as a worker sees it whose network may break."""
    with open_storage(proxy.url) as storage:
        yield storage


@pytest.fixture
def stopper():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    made = Stopper()
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def in_epoch(number, action):
    return lambda epoch: action() if epoch == number else None


def until_reported(workshop, epoch):
    """An epoch's report arrives while the next one is trained."""
    until(lambda: epoch in reports(workshop))


def reports(workshop, number=0):
    return workshop.study.get_trials(deepcopy=False)[number].intermediate_values


def test_no_lost_answer_is_repeated_blindly(workshop, proxy, through):
    context = workshop.context(scripted(), storage=through)

    def whole_trial():
        """What a worker does with the database for one trial: claim, run, end."""
        token = uuid.uuid4().hex
        lease = context.with_retries(lambda: workshop.claim(storage=through, token=token))
        before = proxy.commits
        return run_trial(context, lease)[1].kind, proxy.commits - before + 1

    outcome, commits = whole_trial()
    assert outcome == "complete"
    assert commits > 8  # the claim, the parameters, a renewal, five reports, the end
    for number in range(1, commits + 1):
        proxy.lose_answer_of = lost = proxy.commits + number
        assert whole_trial()[0] == "complete", f"answer {number} of {commits} was lost"
        assert proxy.commits > lost
    trials = workshop.trials
    assert len(trials) == 1 + commits
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    for trial in trials:
        assert trial.intermediate_values == workshop.runs[0].expected()
        assert set(trial.params) == {"lr", "optimizer", "cutmix_prob"}
        assert trial.user_attrs["attempt"] == 1
    with workshop.storage.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM studyhall_lease")).scalar_one() == 0


@pytest.mark.parametrize("how", ["cut", "hold"])
def test_training_goes_on_while_the_database_is_away(workshop, proxy, through, how):
    back = {"cut": proxy.mend, "hold": proxy.release}[how]
    away_at_the_end = []

    def break_off():
        until_reported(workshop, 1)
        getattr(proxy, how)()
        threading.Timer(3, back).start()

    def before(epoch):
        if epoch == 2:
            break_off()
        if epoch == 5:
            away_at_the_end.append(reports(workshop))

    lease = workshop.claim(storage=through)
    outcome = workshop.run(lease, scripted(seconds=0.1, before=before), storage=through)
    assert outcome.kind == "complete"
    assert list(away_at_the_end[0]) == [1]  # four epochs on, only the first had been heard of
    assert reports(workshop) == workshop.runs[0].expected()
    assert list(reports(workshop)) == [1, 2, 3, 4, 5]
    if how == "cut":
        notes = [event.text for event in workshop.events if isinstance(event, Note)]
        assert any("waiting for the database" in note and "training goes on" in note for note in notes)


def test_a_server_that_restarts_costs_nothing(workshop, storage_url):
    def terminate():
        with workshop.storage.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    with open_storage(storage_url) as storage:
        lease = workshop.claim(storage=storage)
        outcome = workshop.run(lease, scripted(seconds=0.1, before=lambda epoch: terminate()), storage=storage)
    assert outcome.kind == "complete"
    assert reports(workshop) == workshop.runs[0].expected()


def test_a_trial_that_diverges_while_the_database_is_away_loses_no_report(workshop, proxy, through):
    def before(epoch):
        if epoch == 2:
            proxy.cut()
            threading.Timer(2, proxy.mend).start()
        if epoch == 4:
            raise Diverged("the training loss is nan in epoch 4")

    outcome = workshop.run(workshop.claim(storage=through), scripted(before=before), storage=through)
    assert (outcome.kind, outcome.reason) == ("pruned", "diverged: the training loss is nan in epoch 4")
    assert list(reports(workshop)) == [1, 2, 3]


@pytest.mark.parametrize("how", ["cut", "hold"])
@pytest.mark.slow
def test_after_its_patience_a_worker_leaves_and_another_goes_on_where_it_was(workshop, proxy, through, how, stopper):
    def break_off():
        until_reported(workshop, 1)
        getattr(proxy, how)()

    timeouts = Timeouts(lease=3, patience=1)
    lease = workshop.claim(duration=3, storage=through)
    with pytest.raises(DatabaseAwayError, match="database has"):
        workshop.run(
            lease,
            scripted(seconds=0.5, before=in_epoch(2, break_off)),
            storage=through,
            timeouts=timeouts,
            stopper=stopper,
        )
    done = max(event.epoch for event in workshop.events if isinstance(event, EpochDone))
    assert done >= 2
    assert list(reports(workshop)) == [1]
    time.sleep(3)
    workshop.events.clear()
    taken = workshop.claim()
    assert workshop.run(taken, scripted()).kind == "complete"
    (started,) = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert started.epoch == done
    assert reports(workshop) == workshop.runs[0].expected()
    assert list(reports(workshop)) == [1, 2, 3, 4, 5]


def test_a_late_decision_to_prune_counts_for_its_epoch(workshop, proxy, through, stopper):
    context = workshop.context(
        scripted(seconds=0.5, before=in_epoch(1, proxy.cut)),
        storage=through,
        stopper=stopper,
        timeouts=Timeouts(lease=9),
    )
    context.study.pruner = optuna.pruners.ThresholdPruner(lower=1.1)
    lease = workshop.claim(duration=9)
    threading.Timer(1.2, proxy.mend).start()
    # The lease was claimed over the good way; what follows goes over the bad one.
    lease._storage = through
    _, outcome = run_trial(context, lease)
    assert outcome.kind == "pruned"
    assert outcome.reason.startswith("epoch 1:")
    assert list(reports(workshop)) == [1]
    assert workshop.runs[0].epoch >= 2  # training had gone on
    attributes = workshop.trials[0].user_attrs
    assert (attributes["best_epoch"], attributes["best_f1"]) == (1, reports(workshop)[1])
    assert outcome.value == attributes["best_f1"]
    assert workshop.trials[0].state == TrialState.PRUNED


def test_training_that_hangs_is_given_up_and_counts_as_a_death(workshop, stopper):
    lease = workshop.claim()
    started = time.monotonic()
    with pytest.raises(MachineFaultError, match="training has not got on for"):
        workshop.run(
            lease,
            scripted(before=in_epoch(3, lambda: time.sleep(2 * PATIENCE))),
            timeouts=Timeouts(stall=1),
            stopper=stopper,
        )
    assert time.monotonic() - started < PATIENCE
    taken = workshop.claim()
    assert taken.claim.crashes == 1
    assert "has not got on" in taken.claim.last_error
    assert workshop.run(taken, scripted()).kind == "complete"
    assert reports(workshop) == workshop.runs[0].expected()


@pytest.mark.slow
def test_training_that_gets_on_slowly_does_not_hang(workshop, stopper):
    lease = workshop.claim()
    run = scripted(seconds=1.5)  # steps all the while
    outcome = workshop.run(lease, run, timeouts=Timeouts(stall=0.5), stopper=stopper)
    assert outcome.kind == "complete"


@pytest.mark.parametrize("whose", ["study", "worker"])
def test_a_trial_that_cannot_finish_in_time_is_handed_back_with_its_resume_point(workshop, stopper, whose):
    more = {}
    if whose == "study":
        with workshop.storage.engine.begin() as connection:
            schema.set_budget(connection, study_id(workshop.study), 99, 1.5, 20)
            connection.execute(sa.text("UPDATE studyhall_budget SET created_at = now()"))
    else:
        more["deadline"] = time.monotonic() + 1.5
    outcome = workshop.run(workshop.claim(), scripted(seconds=0.6), stopper=stopper, **more)
    assert (outcome.kind, outcome.reason) == (
        "handed back",
        f"{'the' if whose == 'study' else 'this'} {whose}'s time is up",
    )
    assert workshop.states == [TrialState.RUNNING]
    with workshop.storage.engine.begin() as connection:
        schema.set_budget(connection, study_id(workshop.study), 99, None, 20)
    taken = workshop.claim()
    assert taken.claim.crashes == 0
    workshop.events.clear()
    assert workshop.run(taken, scripted()).kind == "complete"
    (started,) = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert started.epoch >= 1
    assert reports(workshop) == workshop.runs[0].expected()


def test_a_lease_is_renewed_while_an_epoch_lasts(workshop, stopper):
    lease = workshop.claim(duration=1)
    seen = []

    def look():
        time.sleep(1.5)
        with workshop.storage.engine.connect() as connection:
            seen.append(
                connection.execute(sa.text("SELECT expires_at > clock_timestamp() FROM studyhall_lease")).scalar_one()
            )

    outcome = workshop.run(lease, scripted(before=in_epoch(2, look)), timeouts=Timeouts(lease=1), stopper=stopper)
    assert outcome.kind == "complete"
    assert seen == [True]


def test_news_of_a_lost_lease_end_the_training_at_once(workshop, stopper):
    lease = workshop.claim(duration=1)

    def lose():
        lease.hand_back()
        time.sleep(2 * PATIENCE)

    started = time.monotonic()
    outcome = workshop.run(lease, scripted(before=in_epoch(2, lose)), timeouts=Timeouts(lease=1), stopper=stopper)
    assert outcome.kind == "lost"
    assert time.monotonic() - started < PATIENCE
