"""Leases on a real PostgreSQL: the budget, take-over, fencing."""

import time
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState

from search import lease as leasing
from search.lease import Lease, LeaseLost, Leases, Refusal, Renewal, counts, live_leases
from search.storage import open_storage


class Desk:
    """A study with a budget, and as many claimants as a test wants."""

    def __init__(self, storage, trials, **budget):
        self.storage = storage
        self.study = optuna.create_study(study_name="s", storage=storage, direction="maximize")
        with leasing.study_lock(storage.engine, self.study._study_id) as connection:
            leasing.create_tables(connection)
        self.set_budget(trials, **budget)

    def set_budget(self, trials, timeout=None, max_failures=20):
        with self.storage.engine.begin() as connection:
            leasing.set_budget(connection, self.study._study_id, trials, timeout, max_failures)

    def leases(self, name="w", duration=90.0):
        return Leases(self.storage.engine, self.study._study_id, worker=name, device="cpu", duration=duration)

    def begin(self, claim):
        """What a worker does with a fresh slot."""
        trial = self.study.ask()
        assert claim.fill(trial._trial_id)
        return trial

    def finish(self, claim, trial, state=TrialState.COMPLETE):
        self.study.tell(trial, 0.5 if state == TrialState.COMPLETE else None, state)
        claim.drop()

    def rows(self):
        with self.storage.engine.connect() as connection:
            return connection.execute(sa.text("SELECT count(*) FROM studyhall_lease")).scalar_one()


@pytest.fixture
def desk(storage_url):
    with open_storage(storage_url) as storage:
        yield lambda trials=3, **budget: Desk(storage, trials, **budget)


def test_claims_stop_at_the_budget_and_go_on_when_it_is_raised(desk):
    at = desk(2)
    first, second = at.leases().claim(), at.leases().claim()
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert at.leases().claim() is Refusal.WAIT  # reserved slots count before their trials exist
    at.finish(first, at.begin(first))
    assert at.leases().claim() is Refusal.WAIT
    at.finish(second, at.begin(second), TrialState.PRUNED)
    assert at.leases().claim() is Refusal.SPENT
    at.set_budget(1)
    assert counts(at.storage.engine, at.study._study_id).budget == 2  # never lowered
    at.set_budget(3)
    assert isinstance(at.leases().claim(), Lease)


def test_a_failed_trial_does_not_use_the_budget_up(desk):
    at = desk(1, max_failures=2)
    for _ in range(2):
        claim = at.leases().claim()
        at.finish(claim, at.begin(claim), TrialState.FAIL)
    assert at.leases().claim() is Refusal.FAILING


def test_the_studys_time_is_up(desk):
    at = desk(5, timeout=0.05)
    time.sleep(0.1)
    assert at.leases().claim() is Refusal.TIMED_OUT


def test_an_expired_lease_is_taken_over_under_the_same_number(desk):
    at = desk(1)
    dead = at.leases("dead", duration=0.2).claim()
    trial = at.begin(dead)
    trial.report(0.3, 1)
    assert at.leases().claim() is Refusal.WAIT
    time.sleep(0.3)
    taken = at.leases("taker").claim()
    assert (taken.trial_id, taken.attempts) == (trial._trial_id, 2)
    with pytest.raises(LeaseLost), dead.held():
        trial.report(0.9, 2)
    assert not dead.renew()
    at.study.get_trials()
    again = optuna.Trial(at.study, taken.trial_id)
    with taken.held():
        again.report(0.4, 2)
    assert again.number == trial.number
    assert at.study.trials[0].intermediate_values == {1: 0.3, 2: 0.4}


def test_renewal_keeps_a_lease(desk):
    at = desk(1)
    claim = at.leases(duration=0.6).claim()
    at.begin(claim)
    with Renewal(claim, interval=0.1):
        time.sleep(1.0)
        assert at.leases().claim() is Refusal.WAIT
    time.sleep(0.7)
    assert at.leases().claim().attempts == 2


def test_a_trial_handed_back_is_free_at_once_and_is_no_death(desk):
    at = desk(1)
    claim = at.leases().claim()
    trial = at.begin(claim)
    claim.hand_back()
    assert live_leases(at.storage.engine, at.study._study_id) == []
    again = at.leases().claim()
    assert (again.trial_id, again.attempts) == (trial._trial_id, 1)


def test_a_death_between_asking_and_filling_is_taken_like_an_expired_one(desk):
    at = desk(3)
    slot = at.leases(duration=0.2).claim()
    orphan = at.study.ask()  # its worker dies here
    other = at.leases().claim()
    # While the slot lives, the trial may be its own: it is not taken, a new one is begun.
    assert other.trial_id is None
    at.begin(other)
    time.sleep(0.3)
    taken = at.leases().claim()
    assert (taken.trial_id, taken.attempts) == (orphan._trial_id, 2)
    assert not slot.fill(orphan._trial_id)


def test_an_older_orphan_is_taken_while_younger_slots_are_being_filled(desk):
    at = desk(3)
    orphan = at.study.ask()
    taken = at.leases().claim()
    assert taken.trial_id == orphan._trial_id
    assert at.leases().claim().trial_id is None


def test_waiting_trials_come_first_and_once(desk):
    at = desk(3)
    at.study.enqueue_trial({"x": 1})
    at.study.enqueue_trial({"x": 2})
    claims = [at.leases().claim() for _ in range(3)]
    waiting = [trial._trial_id for trial in at.study.trials]
    assert [claim.trial_id for claim in claims] == [*waiting, None]
    assert at.leases().claim() is Refusal.WAIT


def test_many_claimants_at_once_never_exceed_the_budget(desk):
    at = desk(20)

    def work(number):
        done = 0
        leases = at.leases(f"w{number}")
        while True:
            claim = leases.claim()
            if claim is Refusal.SPENT:
                return done
            if isinstance(claim, Lease):
                with claim.held():
                    pass
                trial = at.study.ask()
                if claim.fill(trial._trial_id):
                    at.study.tell(trial, 0.1)
                    claim.drop()
                    done += 1
            else:
                time.sleep(0.02)

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(work, range(6)))
    states = [trial.state for trial in at.study.trials]
    assert states == [TrialState.COMPLETE] * 20
    assert sum(done) == 20
    assert at.rows() == 0


def test_workers_are_numbered_over_all_time(desk):
    at = desk()
    assert [at.leases().enlist() for _ in range(3)] == [0, 1, 2]


def test_live_leases_tell_who_works(desk):
    at = desk()
    claim = at.leases("host:1").claim()
    trial = at.begin(claim)
    (live,) = live_leases(at.storage.engine, at.study._study_id)
    assert (live.trial_id, live.worker, live.device, live.attempts) == (trial._trial_id, "host:1", "cpu", 1)
    assert 0 <= live.seconds_since_renewal < 10
