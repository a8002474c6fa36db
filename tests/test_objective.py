"""One trial on a real PostgreSQL with the real trainer: taken over, lost, given up, diverged."""

import math

import optuna
import psycopg
import pytest
import sqlalchemy
from optuna.trial import TrialState

from search import lease as leasing
from search import objective
from search.lease import MAX_ATTEMPTS, Leases
from search.objective import DATABASE_ERRORS, Bench, begin, run_trial
from search.signals import Stopper
from search.space import suggest
from search.spec import load_spec
from search.storage import open_storage
from search.study import ensure_study
from tests.test_loop import make_data
from tests.tiny import write_study
from trainer.config import Runtime
from trainer.errors import Diverged


class Workshop:
    """A study, its data, and benches for as many workers as a test wants."""

    def __init__(self, storage, spec):
        self.storage = storage
        self.spec = spec
        self.data = make_data()
        self.study, _ = ensure_study(storage, spec, self.data)
        self.events = []

    def bench(self):
        return Bench(0, self.study, self.spec, self.data, Runtime(), Stopper(), self.events.append)

    def claim(self, duration=90.0):
        return Leases(self.storage.engine, self.study._study_id, worker="w", device="cpu", duration=duration).claim()

    def run(self, lease):
        bench = self.bench()
        return run_trial(bench, begin(bench, lease), lease)

    @property
    def trials(self):
        return self.study.get_trials(deepcopy=False)


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=3)))
    with open_storage(storage_url) as storage:
        made = Workshop(storage, spec)
        plain = sqlalchemy.make_url(storage_url).set(drivername="postgresql")
        made.plain_url = plain.render_as_string(hide_password=False)
        yield made


def test_a_trial_that_is_taken_over_keeps_number_parameters_and_reports(workshop):
    whole = workshop.claim()
    assert workshop.run(whole).outcome == "complete"
    (uninterrupted,) = workshop.trials

    # The same configuration again; its worker dies after the report of epoch 2.
    workshop.study.enqueue_trial(uninterrupted.params)
    dead = workshop.claim(duration=0.1)
    trial = begin(workshop.bench(), dead)
    suggest(trial, workshop.spec.space)
    for epoch in (1, 2):
        trial.report(uninterrupted.intermediate_values[epoch], epoch)
    with workshop.storage.engine.begin() as connection:
        connection.execute(leasing.text("SELECT pg_sleep(0.2)"))
    taken = workshop.claim()
    assert (taken.trial_id, taken.attempts) == (trial._trial_id, 2)
    assert workshop.run(taken).outcome == "complete"
    again = workshop.trials[1]
    assert again.number == trial.number
    assert again.params == uninterrupted.params
    assert again.intermediate_values == uninterrupted.intermediate_values
    assert again.value == uninterrupted.value


def test_a_worker_that_lost_its_lease_writes_nothing_more(workshop):
    lease = workshop.claim()
    bench = workshop.bench()
    trial = begin(bench, lease)
    lease.drop()  # what a taker's claim does to it
    ending = run_trial(bench, trial, lease)
    assert ending.outcome == "lost"
    (stored,) = workshop.trials
    assert stored.state == TrialState.RUNNING
    assert stored.intermediate_values == {}
    assert stored.user_attrs == {}


def test_a_trial_in_which_workers_keep_dying_is_given_up(workshop):
    lease = workshop.claim(duration=0.05)
    begin(workshop.bench(), lease)
    for _ in range(MAX_ATTEMPTS):
        with workshop.storage.engine.begin() as connection:
            connection.execute(leasing.text("SELECT pg_sleep(0.1)"))
        lease = workshop.claim(duration=0.05 if lease.attempts < MAX_ATTEMPTS else 90)
    assert workshop.run(lease).outcome == "failed"
    (trial,) = workshop.trials
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs["reason"] == f"RuntimeError: {MAX_ATTEMPTS} workers died in this trial"


def test_a_value_outside_the_space_ends_its_trial_and_no_worker(workshop):
    workshop.study.enqueue_trial({"optimizer": "sgd"})  # as somebody may in the dashboard
    assert workshop.run(workshop.claim()).outcome == "failed"
    (trial,) = workshop.trials
    assert trial.state == TrialState.FAIL
    assert "'sgd'" in trial.user_attrs["reason"]


def test_a_database_that_goes_away_is_not_the_trials_fault(workshop, monkeypatch):
    # The seam is the connection: while the lease is held, the server drops it and every other.
    lease = workshop.claim()
    trial = begin(workshop.bench(), lease)
    real = trial.report

    def report(*arguments, **options):
        with psycopg.connect(workshop.plain_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'studyhall' AND datname = current_database()"
            )
        real(*arguments, **options)

    monkeypatch.setattr(trial, "report", report)
    with pytest.raises(DATABASE_ERRORS):
        run_trial(workshop.bench(), trial, lease)
    assert workshop.trials[0].state == TrialState.RUNNING


def test_a_diverged_trial_is_pruned_under_a_constraint(workshop, monkeypatch):
    # The seam between search and trainer: a run whose loss explodes in its second epoch.
    real = objective.train

    def explode(*arguments):
        yield next(real(*arguments))
        raise Diverged("the training loss is nan in epoch 2")

    monkeypatch.setattr(objective, "train", explode)
    ending = workshop.run(workshop.claim())
    assert ending.outcome == "pruned"
    (trial,) = workshop.trials
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {"diverged": 1.0}
    assert trial.user_attrs["reason"] == "diverged: the training loss is nan in epoch 2"
    assert not math.isnan(trial.value)


def test_a_pruned_trial_says_where_it_stood(workshop):
    for value in (0.99, 0.98, 0.97):
        better = workshop.study.ask()
        for epoch in (1, 2, 3):
            better.report(value, epoch)
        workshop.study.tell(better, value)
    with workshop.storage.engine.begin() as connection:
        leasing.set_budget(connection, workshop.study._study_id, 9, None, 5)
    workshop.study.pruner = optuna.pruners.ThresholdPruner(lower=1.1)
    ending = workshop.run(workshop.claim())
    assert ending.outcome == "pruned"
    assert ending.reason.startswith("epoch 1: F1 0.")
    assert ending.reason.endswith("ranks 4 of 4 at this epoch (none)")
    assert workshop.trials[3].intermediate_values.keys() == {1}
