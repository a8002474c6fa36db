"""Leases on a real PostgreSQL: the budget, take-over, fencing."""

import contextlib
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState

from search.database import schema
from search.database.connection import open_storage
from search.database.lease import Lease, LeaseLost, Leases, NoTrial
from search.database.optuna_internals import study_id, trial_id
from search.database.queries import counts, live_leases, next_worker_number


class Desk:
    """A study with a budget, and as many claimants as a test wants."""

    def __init__(self, storage, trials, **budget):
        self.storage = storage
        self.study = optuna.create_study(study_name="s", storage=storage, direction="maximize")
        with storage.engine.begin() as connection:
            schema.ensure_tables(connection)
        self.set_budget(trials, **budget)

    def set_budget(self, trials, timeout=None, max_failures=20):
        with self.storage.engine.begin() as connection:
            schema.set_budget(connection, study_id(self.study), trials, timeout, max_failures)

    def claim(self, name="w", duration=90.0, token=None):
        leases = Leases(self.study, worker=name, device="cpu", duration=duration)
        return leases.claim(token or uuid.uuid4().hex)

    def trial(self, claim):
        self.study.get_trials()
        return optuna.Trial(self.study, claim.claim.trial_id)

    def finish(self, claim, state=TrialState.COMPLETE):
        with claim.held(ending=True):
            self.study.tell(self.trial(claim), 0.5 if state == TrialState.COMPLETE else None, state)

    def states(self):
        return [trial.state.name for trial in self.study.get_trials()]

    def rows(self):
        with self.storage.engine.connect() as connection:
            return connection.execute(sa.text("SELECT count(*) FROM studyhall_lease")).scalar_one()


@pytest.fixture
def desk(storage_url):
    with open_storage(storage_url) as storage:
        # The server of the tests has just started: nobody's lease expires before it has been up for one duration.
        yield lambda trials=3, **budget: Desk(storage, trials, **budget)


def test_claims_stop_at_the_budget_and_go_on_when_it_is_raised(desk):
    at = desk(2)
    first, second = at.claim(), at.claim()
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert at.states() == ["RUNNING", "RUNNING"]
    assert at.claim() is NoTrial.WAIT
    at.finish(first)
    assert at.claim() is NoTrial.WAIT
    at.finish(second, TrialState.PRUNED)
    assert at.claim() is NoTrial.SPENT
    at.set_budget(1)
    assert counts(at.storage.engine, study_id(at.study)).budget == 2  # never lowered
    at.set_budget(3)
    assert isinstance(at.claim(), Lease)


def test_a_failed_trial_does_not_use_the_budget_up(desk):
    at = desk(1, max_failures=2)
    for _ in range(2):
        at.finish(at.claim(), TrialState.FAIL)
    assert at.claim() is NoTrial.FAILING


def test_the_studys_time_is_up(desk):
    at = desk(5, timeout=0.5)
    claim = at.claim()
    assert 0 < claim.renew() <= 0.5
    time.sleep(0.6)
    assert claim.renew() < 0
    assert at.claim() is NoTrial.TIMED_OUT
    claim.hand_back()
    assert at.claim() is NoTrial.TIMED_OUT  # what was handed back waits for more time as well
    at.set_budget(5, timeout=100)
    assert at.claim().claim.trial_id == claim.claim.trial_id


def test_a_study_without_a_timeout_has_all_the_time(desk):
    assert desk(5).claim().renew() is None


def test_an_expired_lease_is_taken_over_under_the_same_number(desk):
    at = desk(1)
    dead = at.claim("dead", duration=0.2)
    trial = at.trial(dead)
    with dead.held(reporting=True):
        trial.report(0.3, 1)
    assert at.claim(duration=0.2) is NoTrial.WAIT
    time.sleep(0.3)
    taken = at.claim("taker", duration=0.2)
    claim = taken.claim
    assert (claim.trial_id, claim.attempt, claim.crashes, claim.reported) == (trial_id(trial), 2, 1, 1)
    assert claim.last_error == "dead on cpu fell silent"
    with pytest.raises(LeaseLost), dead.held():
        trial.report(0.9, 2)
    with pytest.raises(LeaseLost):
        dead.renew()
    dead.hand_back()  # changes nothing
    assert at.claim(duration=0.2) is NoTrial.WAIT
    again = at.trial(taken)
    with taken.held(reporting=True, progress=True):
        again.report(0.4, 2)
    assert again.number == trial.number
    assert at.study.trials[0].intermediate_values == {1: 0.3, 2: 0.4}
    time.sleep(0.3)
    third = at.claim("third", duration=0.2).claim
    assert (third.attempt, third.crashes, third.reported) == (3, 1, 2)  # the second had got on


def test_a_server_that_was_away_gives_everybody_time_to_come_back(desk):
    at = desk(1)
    claim = at.claim()
    # As if the lease had lasted a day and expired an hour ago; the server of this test has not been up for a day.
    with at.storage.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE studyhall_lease SET renewed_at = now() - interval '25 h', expires_at = now() - interval '1 h'"
            )
        )
    assert at.claim() is NoTrial.WAIT
    claim.renew()


def test_a_write_and_the_check_of_its_lease_are_one_transaction(desk):
    at = desk(1)
    claim = at.claim()
    trial = at.trial(claim)
    with contextlib.suppress(RuntimeError), claim.held(reporting=True):
        trial.report(0.3, 1)
        raise RuntimeError
    assert at.study.trials[0].intermediate_values == {}
    with claim.held():
        # One connection: neither Optuna nor a renewal from another thread waits for a second one.
        at.trial(claim).report(0.4, 1)
        assert at.storage.engine.pool.checkedout() == 1
    assert at.study.trials[0].intermediate_values == {1: 0.4}


def test_a_trial_handed_back_is_free_at_once_and_is_no_death(desk):
    at = desk(1)
    claim = at.claim()
    claim.hand_back()
    with at.storage.engine.connect() as connection:
        assert live_leases(connection, study_id(at.study)) == []
    with pytest.raises(LeaseLost):
        claim.renew()
    again = at.claim()
    assert (again.claim.trial_id, again.claim.attempt, again.claim.crashes) == (claim.claim.trial_id, 2, 0)
    again.hand_back("CUDA error", crashed=True)
    third = at.claim().claim
    assert (third.attempt, third.crashes, third.last_error) == (3, 1, "CUDA error")


def test_a_claim_whose_answer_was_lost_is_not_made_twice(desk):
    at = desk(3)
    first = at.claim(token="t")
    assert at.claim(token="t").claim == first.claim
    assert at.states() == ["RUNNING"]


def test_a_running_trial_without_a_lease_is_taken_like_an_expired_one(desk):
    at = desk(3)
    orphan = at.study.ask()  # by a program that knows nothing of leases
    taken = at.claim().claim
    assert (taken.trial_id, taken.attempt, taken.crashes) == (trial_id(orphan), 2, 1)
    assert at.claim().claim.trial_id != trial_id(orphan)


def test_orphans_never_exceed_the_budget(desk):
    at = desk(2)
    first, second = at.claim(), at.claim()
    orphan = at.study.ask()
    assert at.claim() is NoTrial.WAIT
    at.finish(first)
    assert at.claim() is NoTrial.WAIT
    at.finish(second)
    assert at.claim() is NoTrial.SPENT
    at.set_budget(3)
    assert at.claim().claim.trial_id == trial_id(orphan)


def test_waiting_trials_come_first_and_once(desk):
    at = desk(3)
    at.study.enqueue_trial({"x": 1})
    at.study.enqueue_trial({"x": 2})
    waiting = [trial_id(trial) for trial in at.study.trials]
    claims = [at.claim() for _ in range(3)]
    assert [claim.claim.trial_id for claim in claims[:2]] == waiting
    assert claims[2].claim.trial_id not in waiting
    assert at.trial(claims[1]).suggest_float("x", 0, 5) == 2
    assert at.claim() is NoTrial.WAIT


def test_a_trial_ended_by_hand_is_lost_to_its_worker(desk):
    at = desk(2)
    claim = at.claim()
    trial = at.trial(claim)
    at.study.tell(trial, state=TrialState.FAIL)  # as the dashboard does
    with pytest.raises(LeaseLost), claim.held():
        trial.report(0.1, 1)
    assert at.claim().claim.trial_id != claim.claim.trial_id
    with pytest.raises(LeaseLost):
        claim.renew()


def test_a_deleted_study(desk):
    at = desk(2)
    claim = at.claim()
    trial = at.trial(claim)
    optuna.delete_study(study_name="s", storage=at.storage)
    with pytest.raises(LeaseLost), claim.held():
        trial.report(0.1, 1)
    with pytest.raises(KeyError):
        at.claim()


def test_many_claimants_at_once_never_exceed_the_budget(desk):
    at = desk(20)

    def work(number):
        done = 0
        while True:
            claim = at.claim(f"w{number}")
            if claim is NoTrial.SPENT:
                return done
            if isinstance(claim, Lease):
                at.finish(claim)
                done += 1
            else:
                time.sleep(0.02)

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(work, range(6)))
    assert at.states() == ["COMPLETE"] * 20
    assert sorted(trial.number for trial in at.study.trials) == list(range(20))
    assert sum(done) == 20
    assert at.rows() == 0


def test_workers_are_numbered_over_all_time(desk):
    at = desk()
    assert [next_worker_number(at.storage.engine, study_id(at.study)) for _ in range(3)] == [0, 1, 2]


def test_live_leases_tell_who_works(desk):
    at = desk()
    leases = Leases(at.study, worker="host:1", device="cpu", packages={"torch": "2"})
    claim = leases.claim("t")
    with at.storage.engine.connect() as connection:
        (live,) = live_leases(connection, study_id(at.study))
    assert (live.trial_id, live.worker, live.device) == (claim.claim.trial_id, "host:1", "cpu")
    assert (live.attempt, live.crashes, live.packages) == (1, 0, {"torch": "2"})
    assert 0 <= live.seconds_since_renewal < 10
