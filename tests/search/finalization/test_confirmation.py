"""What is ordered of a study that confirms, how its folds are judged, and what it has to share."""

import numpy as np
import pytest
from optuna.trial import TrialState, create_trial

from search.config.load import load_spec
from search.config.orders import RetrainOrder
from search.config.retraining import Leader, RetrainingSpec
from search.database.connection import open_storage
from search.database.lease import Lease, Leases, NoTrial
from search.errors import StudyError
from search.finalization.out_of_fold import combine_folds
from search.finalization.retrain import confirm_spec, enqueue_again, final_spec
from search.finalization.retraining_state import LostOutputsError, checkpoints_of, read_retraining
from search.plans.folds import best_epoch, judged_at, read_folds
from search.plans.kind import kind_of
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.stores.shared import check_location
from search.study.study import ensure_study, load_study, read_data, stored_spec
from tests.support.studies import StudyFixture
from tests.support.tiny import write_images, write_study
from trainer.errors import ConfigError

LEADERS = tuple(
    Leader(trial=number, params={"lr": lr, "optimizer": "adam", "cutmix_prob": 0.0}, claimed=claimed)
    for number, lr, claimed in ((4, 1e-3, 0.9), (2, 3e-3, 0.8), (7, 1e-4, 0.7))
)


def wanted(leaders=LEADERS, folds=4):
    return RetrainingSpec(kind="confirm", study="tiny", key="k", leaders=leaders, folds=folds)


def fold(trial, number, curve, state=TrialState.COMPLETE, **attributes):
    value = max(curve.values()) if state == TrialState.COMPLETE else None
    return create_trial(
        state=state,
        value=value,
        intermediate_values=curve,
        user_attrs=attributes,
        system_attrs={RetrainOrder.KEY: RetrainOrder(trial=trial, fold=number).model_dump()},
    )


def test_a_fold_is_judged_where_the_others_were_best():
    curves = {1: {1: 0.1, 2: 0.5, 3: 0.4}, 2: {1: 0.3, 2: 0.2, 3: 0.2}, 3: {1: 0.2, 2: 0.2, 3: 0.6}}
    assert [best_epoch(curve) for curve in curves.values()] == [2, 1, 3]
    assert judged_at(curves) == {1: 2, 2: 2, 3: 2}  # round(1.5) is 2: to even
    assert judged_at({1: curves[1]}) == {1: 2}
    trials = [fold(4, number, curve) for number, curve in curves.items()]
    found = read_folds(wanted(folds=3), trials)
    assert found.scores[0].tolist() == [0.5, 0.2, 0.2]
    assert np.isnan(found.scores[1:]).all()
    assert found.epochs(0) == 2


def test_a_fold_that_ended_before_that_epoch_is_judged_at_its_last():
    trials = [fold(4, 1, {1: 0.3, 2: 0.2}), fold(4, 2, {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.9})]
    assert read_folds(wanted(folds=2), trials).scores[0].tolist() == [0.2, 0.1]


def test_a_leader_that_cannot_be_trained_is_out():
    trials = [
        fold(4, 1, {1: 0.3}, TrialState.PRUNED, reason="diverged: the loss is nan"),
        fold(4, 2, {1: 0.9}),
    ]
    found = read_folds(wanted(folds=2), trials)
    assert found.scores[0].tolist() == [-np.inf, 0.9]
    assert found.troubles == ("trial 4 in fold 1: diverged: the loss is nan",)


def test_more_leaders_are_added_and_none_is_taken_away():
    few = wanted(LEADERS[1:2])
    merged = few.and_also(wanted(LEADERS[:2]))
    assert [leader.trial for leader in merged.leaders] == [4, 2]
    assert merged.and_also(few) == merged
    finals = (RetrainOrder(trial=4, epochs=2), RetrainOrder(trial=4, member=1, epochs=2))
    last = RetrainingSpec(kind="final", study="tiny", key="k", leaders=LEADERS[:1], finals=finals[:1])
    assert last.and_also(last.model_copy(update={"finals": finals})).finals == finals


def test_an_expected_score_is_stored_as_outlook():
    stored = wanted().model_dump(mode="json")
    assert [leader["outlook"] for leader in stored["leaders"]] == [0.9, 0.8, 0.7]  # its own score, as none is given
    assert set(stored["leaders"][0]) == {"trial", "params", "claimed", "outlook"}
    assert RetrainingSpec.model_validate(stored) == wanted()
    moved = LEADERS[0].with_expected_score(0.85)
    assert moved.model_dump(mode="json") == stored["leaders"][0] | {"outlook": 0.85}
    for leader in stored["leaders"]:
        del leader["outlook"]  # as older versions wrote it
    assert RetrainingSpec.model_validate(stored) == wanted()
    assert Leader.model_validate(stored["leaders"][0] | {"outlook": 0.85}) == moved


class Confirming(StudyFixture):
    """A study that confirms, and what it trains with."""

    def leases(self):
        return Leases(
            self.study,
            worker="w",
            device="cpu",
            closed=True,
            more=lambda connection: kind_of(stored_spec(self.study)).enqueue_due(connection, self.study),
        )

    def claim(self, token="t"):
        return self.leases().claim(token)

    def end(self, token, f1):
        """A training that ends well with this F1 at once."""
        claim = self.claim(token)
        assert isinstance(claim, Lease), claim
        trial = self.study._storage.get_trial(claim.claim.trial_id)
        with claim.held(ending=True):
            self.study._storage.set_trial_intermediate_value(claim.claim.trial_id, 1, f1)
            self.study.tell(trial.number, f1)
        return RetrainOrder.model_validate(trial.system_attrs[RetrainOrder.KEY])


@pytest.fixture
def search(tmp_path):
    root = write_images(tmp_path / "images")
    return load_spec(str(write_study(tmp_path, root))).anchored()


@pytest.fixture
def storage(storage_url):
    with open_storage(storage_url) as opened:
        yield opened


def make(storage, spec, folder):
    data = read_data(spec, folder)
    return Confirming(storage, spec.with_pixels(data.pixels), folder, data)


def test_the_folds_are_the_confirmations_own_and_hold_each_person_out_once(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS, 4), tmp_path)
    held = np.concatenate([split.validation for split in place.data.folds])
    assert sorted(held) == list(range(len(place.data.labels)))
    for split in place.data.folds:
        assert not set(place.data.groups[split.train]) & set(place.data.groups[split.validation])
    by_the_search = read_data(
        search.model_copy(update={"data": search.data.model_copy(update={"validation": 0.2, "folds": 4})}), tmp_path
    )
    mine, theirs = ({tuple(split.validation) for split in data.folds} for data in (place.data, by_the_search))
    assert mine != theirs


def test_the_first_fold_of_all_then_the_rest_of_the_best(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS, 4), tmp_path)
    f1 = {4: 0.3, 2: 0.8, 7: 0.6}
    done = [place.end(str(n), f1[trial]) for n, trial in enumerate((4, 2, 7))]
    assert [(order.fold, order.trial) for order in done] == [(1, 4), (1, 2), (1, 7)]
    rest = [place.end(f"more {n}", 0.7) for n in range(6)]
    assert [(order.fold, order.trial) for order in rest] == [(fold, trial) for fold in (2, 3, 4) for trial in (2, 7)]
    assert place.claim("last") is NoTrial.SPENT
    found = read_retraining(storage, "tiny/confirm")
    assert found.is_done
    assert found.section.leaders[found.chosen].trial == 2
    assert len(found.trials) == place.study.user_attrs["spec"]["study"]["trials"] == 9


@pytest.mark.parametrize("state", [TrialState.FAIL, TrialState.PRUNED])
def test_a_finalist_that_fails_late_makes_room_for_another_beyond_the_first_budget(search, storage, tmp_path, state):
    place = make(storage, confirm_spec(search, "k", LEADERS, 4), tmp_path)
    for n, f1 in enumerate((0.3, 0.8, 0.6)):  # trials 4, 2, 7
        place.end(str(n), f1)
    assert place.end("2 in fold 2", 0.7).trial == 2
    claim = place.claim("7 in fold 2")
    with claim.held(ending=True):
        trial = place.study._storage.get_trial(claim.claim.trial_id)
        assert RetrainOrder.model_validate(trial.system_attrs[RetrainOrder.KEY]).trial == 7
        place.study.tell(trial.number, state=state)
    done = [place.end(f"more {n}", 0.5) for n in range(7)]
    assert {(order.trial, order.fold) for order in done} >= {(trial, fold) for trial in (2, 4) for fold in (3, 4)}
    assert place.claim("last") is NoTrial.SPENT
    found = read_retraining(storage, "tiny/confirm")
    assert found.is_done
    assert found.section.leaders[found.chosen].trial == 2


def test_what_two_commands_miss_is_ordered_once(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:1], 2), tmp_path)
    lost = [place.end("a", 0.5), place.end("b", 0.5)]
    both = [read_retraining(storage, "tiny/confirm") for _ in range(2)]
    for found in both:
        enqueue_again(storage, found, lost)
    assert len(place.study.get_trials()) == 4
    assert [place.end(token, 0.5) for token in "cd"] == lost
    assert place.claim("e") is NoTrial.SPENT


def test_a_training_that_is_ordered_again_is_forgiven_its_failure(search, storage, tmp_path):
    strict = search.model_copy(update={"study": search.study.model_copy(update={"max_failures": 1})})
    place = make(storage, final_spec(strict, "k", LEADERS[0], [RetrainOrder(trial=4, epochs=1)]), tmp_path)
    claim = place.claim("a")
    with claim.held(ending=True):
        place.study.tell(0, state=TrialState.FAIL)
    assert place.claim("b") is NoTrial.FAILING
    found = read_retraining(storage, "tiny/final")
    enqueue_again(storage, found, found.section.finals)
    assert isinstance(place.claim("c"), Lease)


def test_who_comes_too_early_for_the_next_stage_waits(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS, 3), tmp_path)
    for n in range(2):
        place.end(str(n), 0.5)
    held = place.claim("held")
    assert isinstance(held, Lease)
    assert place.claim("early") is NoTrial.WAIT
    assert not read_retraining(storage, "tiny/confirm").is_done


def test_more_leaders_come_into_a_confirmation_that_is_done(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:1], 2), tmp_path)
    place.end("a", 0.5)
    place.end("b", 0.5)
    assert place.claim("c") is NoTrial.SPENT
    ensure_study(storage, confirm_spec(search, "k", LEADERS[:2], 2).with_pixels(place.data.pixels), place.data)
    assert not read_retraining(storage, "tiny/confirm").is_done
    assert {place.end("d", 0.9).trial, place.end("e", 0.9).trial} == {2}
    found = read_retraining(storage, "tiny/confirm")
    assert found.is_done
    assert found.section.leaders[found.chosen].trial == 2


def test_a_leader_that_comes_later_and_overtakes_gets_its_trainings(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:2], 2), tmp_path)
    for token in "abcd":
        place.end(token, 0.1)
    assert place.claim("e") is NoTrial.SPENT
    ensure_study(storage, confirm_spec(search, "k", LEADERS, 2).with_pixels(place.data.pixels), place.data)
    assert [place.end(token, 0.9).trial for token in "fg"] == [7, 7]
    assert place.claim("h") is NoTrial.SPENT
    found = read_retraining(storage, "tiny/confirm")
    assert found.is_done
    assert found.section.leaders[found.chosen].trial == 7


def test_no_leader_could_be_trained(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:1], 2), tmp_path)
    for token in "ab":
        claim = place.claim(token)
        with claim.held(ending=True):
            number = place.study._storage.get_trial(claim.claim.trial_id).number
            place.study.tell(number, state=TrialState.FAIL)
    found = read_retraining(storage, "tiny/confirm")
    assert found.is_done
    with pytest.raises(StudyError, match=r"no leader of 'tiny' could be trained .*folds = 0"):
        found.chosen  # noqa: B018


def test_what_is_trained_is_kept_and_put_together(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:1], 2), tmp_path)
    checkpoints = Checkpoints(place.store, f"tiny-confirm-{place.key[:8]}")
    place.checkpoints = checkpoints
    for token in "ab":
        assert place.run(place.claim(token)).kind == "complete"
    found = read_retraining(storage, "tiny/confirm")
    orders = found.orders_of(found.section.leaders[0])
    kept = found.outputs(checkpoints_of(found, place.store), orders)
    answers = combine_folds(found, 0, kept, place.data)
    assert answers.paths.tolist() == place.data.paths.tolist()
    assert answers.labels.tolist() == place.data.labels.tolist()
    assert set(answers.folds.tolist()) == {1, 2}
    for number, split in enumerate(place.data.folds, start=1):
        assert sorted(np.flatnonzero(answers.folds == number)) == split.validation.tolist()
        # The network of the best epoch says what the outputs of that epoch are.
        best = kept[number - 1]
        curve = found.folds.curves[0][number]
        assert best.epoch == best_epoch(curve)
        assert best.outputs.shape == (2, len(split.validation), 3)

    # What is lost is ordered again, and nothing else is.
    place.store.remove(f"tiny-confirm-{place.key[:8]}/trial-00000.attempt-001.kept")
    with pytest.raises(LostOutputsError, match="is not there") as lost:
        found.outputs(checkpoints, orders)
    assert lost.value.orders == (orders[0],)
    enqueue_again(storage, found, lost.value.orders)
    assert not read_retraining(storage, "tiny/confirm").is_done
    assert place.run(place.claim("again")).kind == "complete"
    again = read_retraining(storage, "tiny/confirm")
    assert again.is_done
    (first, _) = again.outputs(checkpoints, orders)
    assert all(bool((first.weights[key] == kept[0].weights[key]).all()) for key in first.weights)


def test_everybody_is_trained_on_for_the_epochs_that_were_ordered(search, storage, tmp_path):
    orders = (RetrainOrder(trial=4, epochs=1), RetrainOrder(trial=4, member=1, epochs=1))
    place = make(storage, final_spec(search, "k", LEADERS[0], orders), tmp_path)
    place.checkpoints = Checkpoints(place.store, f"tiny-final-{place.key[:8]}")
    for token in "ab":
        ending = place.run(place.claim(token))
        assert ending.kind == "complete"
        assert ending.value > 0  # the training loss: nobody is left to tell an F1
    assert place.claim("c") is NoTrial.SPENT
    found = read_retraining(storage, "tiny/final")
    assert found.is_done
    one, other = found.outputs(place.checkpoints, orders)
    assert one.epoch == other.epoch == 1
    assert len(one.outputs) == 0
    assert any(bool((one.weights[key] != other.weights[key]).any()) for key in one.weights)


def test_another_place_for_resume_points_is_refused(search, storage, tmp_path):
    place = make(storage, confirm_spec(search, "k", LEADERS[:1], 2), tmp_path)
    mine, other = FolderStore(tmp_path / "mine"), FolderStore(tmp_path / "other")
    check_location(storage, place.study, mine)
    check_location(storage, load_study(storage, "tiny/confirm"), mine)
    with pytest.raises(StudyError, match=r"not those of tiny/confirm.*place of resume points"):
        check_location(storage, load_study(storage, "tiny/confirm"), other)


def test_a_study_file_cannot_take_such_a_name(tmp_path):
    path = write_study(tmp_path, tmp_path / "images")
    path.write_text(path.read_text().replace('name = "tiny"', 'name = "tiny/confirm"'))
    with pytest.raises(ConfigError, match="'tiny/confirm' is one that finalize gives; choose another"):
        load_spec(str(path))


def test_what_finalize_shall_do_stands_in_the_file_and_is_checked(tmp_path):
    path = write_study(tmp_path, tmp_path / "images", more="[finalize]\nleaders = 3\nfolds = 1")
    with pytest.raises(ConfigError, match=r"finalize\.folds.*one fold holds nobody out"):
        load_spec(str(path))
    path.write_text(path.read_text().replace("folds = 1", "folds = 2"))
    spec = load_spec(str(path))
    assert (spec.finalize.leaders, spec.finalize.folds) == (3, 2)
    assert not [key for key in spec.identity() if key.startswith(("finalize", "retraining"))]
