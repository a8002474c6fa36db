"""Making and joining a study on a real PostgreSQL."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import TrialState

from search.config.load import load_spec, parse_spec
from search.database.connection import open_storage
from search.database.optuna_internals import study_id
from search.database.queries import counts
from search.errors import StudyError
from search.stores.artifacts import Artifacts
from search.stores.folder import FolderStore
from search.study.delete import delete_study
from search.study.samplers import make_pruner, make_sampler
from search.study.study import best_complete, ensure_study, load_study, stored_spec, study_names
from tests.support.tiny import write_images, write_study
from trainer.data.prepare import prepare
from trainer.support.code_version import code_version

START = '[[start]]\nlr = 1e-3\noptimizer = "adamw"\ncutmix_prob = 0.0'


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images"))


@pytest.fixture
def spec(tmp_path, images):
    return load_spec(str(write_study(tmp_path, images, more=START)))


@pytest.fixture(scope="module")
def data(images, tmp_path_factory):
    spec = load_spec(str(write_study(tmp_path_factory.mktemp("s"), images)))
    return prepare(spec.data, image_size=32, seed=3, cache_dir=tmp_path_factory.mktemp("cache"))


def test_a_study_remembers_what_it_was_made_from(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        study, is_new = ensure_study(storage, spec, data)
        assert is_new
        assert stored_spec(load_study(storage, "tiny")) == spec.with_pixels("exact")  # what was settled, not "auto"
        assert study.user_attrs["data"] == data.fingerprint
        assert study.user_attrs["classes"] == ["a", "b", "c"]
        assert study.user_attrs["packages"]["studyhall"] == code_version()
        _, is_new = ensure_study(storage, spec, data)
        assert not is_new
        trials = study.get_trials()
        assert [trial.state for trial in trials] == [TrialState.WAITING]
        assert trials[0].system_attrs["fixed_params"] == {"lr": 1e-3, "optimizer": "adamw", "cutmix_prob": 0.0}


def test_a_specification_of_a_newer_version_is_refused_in_a_line(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        study, _ = ensure_study(storage, spec, data)
        study.set_user_attr("spec", {**study.user_attrs["spec"], "future": 1})
        study.set_user_attr("packages", {"studyhall": "9.0.0 (0123456789ab)"})
        with pytest.raises(
            StudyError, match=r"made by studyhall 9\.0\.0 \(0123456789ab\).*future: unknown key"
        ) as told:
            stored_spec(study)
    assert "install the version that made it" in str(told.value)
    assert "\n" not in str(told.value)


def test_made_once_by_many_at_once(storage_url, spec, data):
    def make(_):
        with open_storage(storage_url) as storage:
            return ensure_study(storage, spec, data)[1]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [False, False, False, True]
    with open_storage(storage_url) as storage:
        assert len(load_study(storage, "tiny").trials) == 1


def test_another_specification_is_refused_with_the_differences(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        ensure_study(storage, spec, data)
        with pytest.raises(StudyError, match="another specification") as caught:
            ensure_study(storage, spec.with_fixed(epochs=3, batch_size=4), data)
        assert "fixed.epochs: the study has 2, this file 3" in str(caught.value)
        assert "fixed.batch_size: the study has 8, this file 4" in str(caught.value)


def test_other_data_are_refused_with_what_differs(storage_url, spec, data):
    moved = {**data.fingerprint, "labels": "other"}
    with open_storage(storage_url) as storage:
        ensure_study(storage, spec, data)
        with pytest.raises(StudyError, match="the labels"):
            ensure_study(storage, spec, dataclasses.replace(data, fingerprint=moved))


def test_the_budget_can_be_raised_by_the_file(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        study, _ = ensure_study(storage, spec, data)
        for trials, budget in [(9, 9), (5, 9)]:
            changed = spec.model_copy(update={"study": spec.study.model_copy(update={"trials": trials})})
            ensure_study(storage, changed, data)
            assert counts(storage.engine, study_id(study)).budget == budget


def test_a_study_that_died_half_made_is_furnished_again(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        half = optuna.create_study(study_name="tiny", storage=storage, direction="maximize")
        half.enqueue_trial(dict(spec.start[0]))
        study, is_new = ensure_study(storage, spec, data)
        assert is_new
        assert len(study.trials) == 1


def test_a_foreign_study_is_left_alone(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        foreign = optuna.create_study(study_name="tiny", storage=storage)
        foreign.tell(foreign.ask(), 1.0)
        with pytest.raises(StudyError, match="not made by this program"):
            load_study(storage, "tiny")
        with pytest.raises(StudyError, match="not made by this program"):
            ensure_study(storage, spec, data)
        assert "spec" not in foreign.user_attrs


def test_a_study_that_does_not_exist_names_those_that_do(storage_url, spec, data, tmp_path):
    with open_storage(storage_url) as storage:
        with pytest.raises(StudyError, match="there are none yet"):
            load_study(storage, "mask-f2")
        ensure_study(storage, spec, data)
        with pytest.raises(StudyError, match="study 'mask-f2' does not exist in this storage; there are tiny"):
            load_study(storage, "mask-f2")
        delete_study(storage, "tiny", Artifacts(FolderStore(tmp_path / "artifacts")))
        assert study_names(storage) == []


def test_best_is_the_best_complete_trial(storage_url, spec, data):
    with open_storage(storage_url) as storage:
        study, _ = ensure_study(storage, spec, data)
        assert best_complete(study) is None
        for value in (0.4, 0.7, 0.7, 0.1):
            study.tell(study.ask(), value)
        pruned = study.ask()
        pruned.report(0.99, 1)
        study.tell(pruned, state=TrialState.PRUNED)
        assert best_complete(study).number == 1


def test_samplers_differ_by_worker_and_repeat(spec):
    def first_draws(worker):
        study = optuna.create_study(sampler=make_sampler(spec, worker))
        return [study.ask().suggest_float("x", 0, 1) for _ in range(3)]

    assert first_draws(0) == first_draws(0)
    assert first_draws(0) != first_draws(1)


@pytest.mark.parametrize(
    ("kind", "pruner"),
    [("hyperband", HyperbandPruner), ("asha", SuccessiveHalvingPruner), ("median", MedianPruner), ("none", NopPruner)],
)
def test_pruners_and_samplers_come_from_the_file(spec, kind, pruner):
    values = spec.model_dump(mode="json")
    values["pruner"]["kind"] = kind
    values["sampler"]["kind"] = "random" if kind == "none" else "tpe"
    chosen = parse_spec(values, "x")
    assert isinstance(make_pruner(chosen), pruner)
    assert isinstance(make_sampler(chosen, 0), RandomSampler if kind == "none" else TPESampler)


def test_hyperband_has_explicit_resources(spec):
    pruner = make_pruner(parse_spec({**spec.model_dump(mode="json"), "pruner": {"kind": "hyperband"}}, "x"))
    assert (pruner._min_resource, pruner._max_resource, pruner._reduction_factor) == (1, 2, 3)
