"""One trial on a real PostgreSQL: taken over, resumed, lost, given up, diverged, in want of memory or of a disk."""

import math
import time

import optuna
import pytest
import torch
from optuna.trial import TrialState

from search.config.load import load_spec
from search.database import schema
from search.database.connection import open_storage
from search.database.lease import MAX_CRASHES
from search.database.optuna_internals import study_id
from search.results import history
from search.worker.events import EpochDone, Note, TrialStarted
from search.worker.signals import Stopped
from search.worker.trial_runner import MachineFaultError
from tests.support.crashes import Killed, at_epoch, real_and_killed
from tests.support.data_sets import make_factor_data
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from trainer.errors import Diverged, DoesNotFit, SaveError
from trainer.support.code_version import code_version
from trainer.tracking.event_files import read_scalars
from trainer.tracking.trial_logs import TrackingTargets


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=5, trials=4)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


@pytest.fixture
def factor_workshop(storage_url, tmp_path):
    """One whose data have two factors, for networks with a head each."""
    path = write_study(tmp_path, tmp_path, epochs=3, trials=4, fixed='heads = "factors"\nclass_weights = "inverse"')
    path.write_text(path.read_text().replace("[data]", '[data]\nfactors = ["place", "colour"]'))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, load_spec(str(path)), tmp_path, make_factor_data())


def die_in_epoch(workshop, number, run=None, duration=0.1):
    """A worker that is killed in an epoch; its lease has run out when this returns."""
    lease = workshop.claim(duration=duration)
    with pytest.raises(Killed):
        workshop.run(lease, run or scripted(before=at_epoch(number, Killed())))
    time.sleep(duration * 2)


def test_a_trial_names_each_version_of_the_code_that_trained_it(workshop, monkeypatch):
    monkeypatch.setattr(history, "code_version", lambda: "9.0.0 (0123456789ab)")
    die_in_epoch(workshop, 3)
    monkeypatch.undo()
    for _ in range(2):
        assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    versions = [trial.user_attrs["code_versions"] for trial in workshop.trials]
    assert versions == [["9.0.0 (0123456789ab)", code_version()], [code_version()]]


def test_a_resume_point_of_an_earlier_release_names_it():
    notes = history.TrialHistory(reports={1: 0.5}).as_notes()
    del notes["code_versions"]
    assert history.TrialHistory.from_notes(notes).code_versions == ["0.1.0", code_version()]


@pytest.mark.parametrize("optimizer", ["adamw", "madgrad"])
def test_a_trial_that_is_taken_over_goes_on_bit_for_bit(workshop, optimizer):
    params = {"lr": 3e-3, "optimizer": optimizer, "cutmix_prob": 0.5}
    workshop.study.enqueue_trial(params)
    workshop.study.enqueue_trial(params)
    assert workshop.run(workshop.claim()).kind == "complete"
    die_in_epoch(workshop, 3, real_and_killed(3))
    taken = workshop.claim()
    assert (taken.claim.attempt, taken.claim.crashes) == (2, 1)
    workshop.events.clear()
    assert workshop.run(taken).kind == "complete"
    whole, again = workshop.trials
    assert again.params == whole.params
    assert again.intermediate_values == whole.intermediate_values
    assert again.value == whole.value
    assert again.user_attrs["per_class_f1"] == whole.user_attrs["per_class_f1"]
    assert again.user_attrs["best_epoch"] == whole.user_attrs["best_epoch"]
    assert "factor_f1" not in whole.user_attrs
    (started,) = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert (started.attempt, started.epoch) == (2, 2)
    assert [event.epoch for event in workshop.events if isinstance(event, EpochDone)] == [3, 4, 5]
    last = [run.model.state_dict() for run in (workshop.runs[0], workshop.runs[2])]
    assert all(torch.equal(last[0][key], last[1][key]) for key in last[0])
    assert workshop.store.names("") == []  # nothing is left of either


def test_a_trial_with_a_head_a_factor_tells_how_well_it_knew_each(factor_workshop, tmp_path):
    workshop, params = factor_workshop, {"lr": 3e-3, "optimizer": "adamw", "cutmix_prob": 0.5}
    workshop.study.enqueue_trial(params)
    workshop.study.enqueue_trial(params)
    assert workshop.run(workshop.claim(), logbook=TrackingTargets(tmp_path / "logs")).kind == "complete"
    die_in_epoch(workshop, 3, real_and_killed(3))
    assert workshop.run(workshop.claim()).kind == "complete"
    whole, again = workshop.trials
    assert again.intermediate_values == whole.intermediate_values
    told = whole.user_attrs["factor_f1"]
    assert again.user_attrs["factor_f1"] == told
    assert list(told) == ["place", "colour"]
    scalars = read_scalars(tmp_path / "logs")
    shown = scalars[scalars["step"] == whole.user_attrs["best_epoch"]].set_index("tag")["value"]
    assert {name: shown[f"factor_f1/{name}"] for name in told} == pytest.approx(told)


def test_a_taker_that_dies_before_its_first_epoch_loses_nothing(workshop):
    die_in_epoch(workshop, 4)
    die_in_epoch(workshop, 4)  # took over after epoch 3 and trained nothing
    workshop.events.clear()
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    (started,) = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert (started.attempt, started.epoch) == (3, 3)
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()


def test_a_lost_resume_point_means_starting_over_and_saying_so(workshop):
    die_in_epoch(workshop, 4)
    (name,) = workshop.store.names("")
    workshop.store.remove(name)
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    notes = [event.text for event in workshop.events if isinstance(event, Note)]
    assert len(notes) == 1
    assert "trial 0" in notes[0]
    assert "epoch 1" in notes[0]


@pytest.mark.parametrize("damage", ["torn", "foreign", "another run's state"])
def test_a_resume_point_of_no_use(workshop, damage):
    die_in_epoch(workshop, 4)
    (name,) = workshop.store.names("")
    if damage == "torn":
        workshop.store.write(name, workshop.store.read(name)[:-10])
    elif damage == "foreign":
        workshop.key = "another study of the same name"
    else:
        die_in_epoch(workshop, 5)  # leaves another one, to be replaced by a real run's
        (first, second) = sorted(workshop.store.names(""))
        workshop.store.remove(second)
        assert first == name
    taken = workshop.claim()
    assert workshop.run(taken, scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    assert any("epoch 1" in event.text for event in workshop.events if isinstance(event, Note))


def test_what_a_dead_half_writes_late_is_not_gone_on_with(workshop):
    """The first worker is frozen in epoch 3 past its lease, and goes on when the second has reported and died."""
    second = {}

    def freeze(epoch):
        if epoch == 3 and not second:
            time.sleep(0.3)
            second["lease"] = workshop.claim(duration=0.2)
            with pytest.raises(Killed):
                workshop.run(second["lease"], scripted(f1=0.3, before=at_epoch(5, Killed())))
            time.sleep(0.4)

    # Its F1 would differ, as they do on a GPU, so what is mixed shows.
    lease = workshop.claim(duration=0.2)
    frozen = scripted(f1=0.3, before=freeze)
    assert workshop.run(lease, frozen).kind == "lost"
    reports = workshop.trials[0].intermediate_values
    assert list(reports) == [1, 2, 3, 4]
    assert len(workshop.store.names("")) == 2
    third = workshop.claim()
    assert (third.claim.attempt, third.claim.reported) == (3, 2)
    assert workshop.run(third, scripted()).kind == "complete"
    started = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert [(event.attempt, event.epoch) for event in started] == [(1, 0), (2, 2), (3, 4)]
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    assert workshop.store.names("") == []


def test_a_worker_that_lost_its_lease_writes_nothing_more(workshop):
    lease = workshop.claim()
    lease.hand_back()
    taken = workshop.claim()
    assert workshop.run(lease, scripted()).kind == "lost"
    (stored,) = workshop.trials
    assert stored.state == TrialState.RUNNING
    assert stored.intermediate_values == {}
    assert stored.user_attrs == {}
    taken.renew()


def test_a_trial_in_which_workers_keep_dying_is_given_up(workshop):
    for _ in range(MAX_CRASHES):
        die_in_epoch(workshop, 2)
    outcome = workshop.run(workshop.claim(), scripted())
    assert outcome.kind == "failed"
    (trial,) = workshop.trials
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs["reason"] == "3 workers died in this trial; the last: w on cpu fell silent"
    assert workshop.store.names("") == []


def test_an_epoch_that_is_trained_again_is_no_progress(workshop):
    """Without a resume point each worker trains the same epochs again and dies in the same one."""
    for _ in range(MAX_CRASHES):
        die_in_epoch(workshop, 3)
        for name in workshop.store.names(""):
            workshop.store.remove(name)
    assert workshop.run(workshop.claim(), scripted()).kind == "failed"


def test_a_value_outside_the_space_ends_its_trial_and_no_worker(workshop):
    workshop.study.enqueue_trial({"optimizer": "sgd"})  # as somebody may in the dashboard
    assert workshop.run(workshop.claim()).kind == "failed"
    (trial,) = workshop.trials
    assert trial.state == TrialState.FAIL
    assert "'sgd'" in trial.user_attrs["reason"]


def test_a_number_outside_the_space_ends_its_trial_as_well(workshop):
    workshop.study.enqueue_trial({"lr": 5.0})  # of which Optuna only warns
    assert workshop.run(workshop.claim()).kind == "failed"
    assert "lr = 5.0 is outside the space" in workshop.trials[0].user_attrs["reason"]


def test_an_error_of_the_configuration_ends_the_trial_with_its_traceback(workshop):
    outcome = workshop.run(workshop.claim(), scripted(before=at_epoch(2, ValueError("no such head"))))
    assert outcome.kind == "failed"
    (trial,) = workshop.trials
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs["reason"] == "ValueError: no such head"
    assert trial.user_attrs["traceback"].endswith("ValueError: no such head\n")
    assert all(run.closed for run in workshop.runs)


@pytest.mark.parametrize(
    ("error", "crashes"),
    [(OSError(5, "Input/output error"), 0), (RuntimeError("CUDA error: unspecified launch failure"), 1)],
)
def test_an_error_of_the_machine_hands_the_trial_back(workshop, error, crashes):
    with pytest.raises(MachineFaultError, match=str(error).replace("[", r"\[").replace("]", r"\]")):
        workshop.run(workshop.claim(), scripted(before=at_epoch(3, error)))
    assert workshop.states == [TrialState.RUNNING]
    taken = workshop.claim()
    assert taken.claim.crashes == crashes
    assert str(error) in taken.claim.last_error
    assert workshop.run(taken, scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()


def test_a_diverged_trial_is_pruned_under_a_constraint(workshop):
    error = Diverged("the training loss is nan in epoch 2")
    outcome = workshop.run(workshop.claim(), scripted(before=at_epoch(2, error)))
    assert outcome.kind == "pruned"
    (trial,) = workshop.trials
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {"diverged": 1.0}
    assert trial.user_attrs["reason"] == "diverged: the training loss is nan in epoch 2"
    assert not math.isnan(trial.value)


def test_a_configuration_that_does_not_fit_is_pruned_under_a_constraint(workshop):
    error = DoesNotFit("1 image of 4096 px does not fit")
    outcome = workshop.run(workshop.claim(), scripted(before=at_epoch(1, error)))
    assert outcome.kind == "pruned"
    (trial,) = workshop.trials
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {"fits": 1.0}
    assert trial.user_attrs["reason"] == "out of memory: 1 image of 4096 px does not fit"


def late_divergences(constrained):
    """One half of the space is pruned early, the other diverges late, which Optuna takes for the better sign."""
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    for _ in range(60):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        for epoch in (1, 2, 3) if x > 0.5 else (1,):
            trial.report(0.1 if x > 0.5 else 0.5 - (x - 0.2) ** 2, epoch)
        if x > 0.5 and constrained:
            trial.set_constraint("diverged", 1.0)
        study.tell(trial, state=TrialState.PRUNED)
    return sum(trial.params["x"] > 0.5 for trial in study.trials[20:])


def test_the_sampler_learns_from_trials_that_diverged():
    assert late_divergences(constrained=True) < 10
    assert late_divergences(constrained=False) > 30


@pytest.mark.parametrize(("batch_norm", "shown"), [(True, 4), (False, None)])
@pytest.mark.parametrize("diverges", [True, False])
def test_a_split_batch_is_marked_where_it_changes_the_result(workshop, batch_norm, shown, diverges):
    def split(config, data, runtime):
        run = scripted(before=at_epoch(1, Diverged("nan")) if diverges else lambda epoch: None)(config, data, runtime)
        run.batch_split, run.has_batch_norm = 4, batch_norm
        return run

    workshop.run(workshop.claim(), split)
    assert workshop.trials[0].user_attrs.get("batch_split") == shown


def test_deaths_count_only_while_a_trial_does_not_get_on(workshop):
    for epoch in (2, 3, 4, 5):  # each worker trains one epoch and dies in the next
        die_in_epoch(workshop, epoch)
    taken = workshop.claim()
    assert (taken.claim.attempt, taken.claim.crashes) == (5, 1)
    assert workshop.run(taken, scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()


def test_a_disk_that_is_full_costs_no_trial(workshop, monkeypatch):
    def write(name, data):
        raise SaveError("cannot write the resume point: No space left on device")

    monkeypatch.setattr(workshop.store, "write", write)  # test_points.py has a really full disk
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    notes = [event.text for event in workshop.events if isinstance(event, Note)]
    assert len(notes) == 1
    assert "No space left on device" in notes[0]


def test_a_pruned_trial_says_where_it_stood(workshop):
    for value in (0.99, 0.98, 0.97):
        better = workshop.study.ask()
        for epoch in (1, 2, 3):
            better.report(value, epoch)
        workshop.study.tell(better, value)
    with workshop.storage.engine.begin() as connection:
        schema.set_budget(connection, study_id(workshop.study), 9, None, 5)
    workshop.study.pruner = optuna.pruners.ThresholdPruner(lower=1.1)
    outcome = workshop.run(workshop.claim(), scripted())
    assert outcome.kind == "pruned"
    assert outcome.reason.startswith("epoch 1: F1 0.3")
    assert outcome.reason.endswith("ranks 4 of 4 at this epoch (none)")
    assert workshop.trials[3].intermediate_values.keys() == {1}


def test_a_stop_hands_the_trial_back_with_its_resume_point(workshop):
    lease = workshop.claim()
    context = workshop.context(scripted())

    def stop(epoch):
        if epoch == 3:
            context.stopper.requested = True  # what SIGTERM does; tests/commands/test_work.py sends a real one
            raise Stopped

    with pytest.raises(Stopped):
        workshop.run(lease, scripted(before=stop), stopper=context.stopper)
    taken = workshop.claim()
    assert (taken.claim.attempt, taken.claim.crashes) == (2, 0)
    assert workshop.run(taken, scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    assert [event.epoch for event in workshop.events if isinstance(event, TrialStarted)] == [0, 2]
