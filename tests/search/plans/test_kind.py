"""What a study is decides what its trials are, and every kind answers all that is asked of one."""

import json

import pytest

from search.config.load import load_spec, parse_spec
from search.config.orders import AblationOrder, RetrainOrder, read_order
from search.config.retraining import Leader
from search.errors import StudyError
from search.finalization.retrain import confirm_spec, final_spec
from search.plans.ablation import Ablation
from search.plans.kind import kind_of
from search.plans.retraining import Retraining
from search.plans.search import Search
from tests.support.data_sets import make_data
from tests.support.tiny import write_study

LEADER = Leader(trial=4, params={"lr": 1e-3, "optimizer": "adam", "cutmix_prob": 0.0}, claimed=0.9)


@pytest.fixture
def search(tmp_path):
    return load_spec(str(write_study(tmp_path, tmp_path, trials=7, epochs=3)))


@pytest.fixture
def kinds(search):
    values = json.loads(search.model_dump_json())
    values |= {"space": {}, "ablation": {"study": "tiny", "changes": {"lr": [1e-2, 1e-4]}, "seeds": 2}}
    specs = {
        "search": search,
        "ablation": parse_spec(values, "x"),
        "confirm": confirm_spec(search, "k", (LEADER,), folds=3),
        "final": final_spec(search, "k", LEADER, (RetrainOrder(trial=4, epochs=2), RetrainOrder(trial=4, member=1))),
    }
    return {name: kind_of(spec) for name, spec in specs.items()}


def test_a_study_is_one_of_three(kinds):
    assert [type(kind) for kind in kinds.values()] == [Search, Ablation, Retraining, Retraining]
    assert [kind.is_closed for kind in kinds.values()] == [False, True, True, True]
    assert [kind.metric for kind in kinds.values()] == ["macro-F1"] * 3 + ["training loss"]
    assert [kind.part_of for kind in kinds.values()] == ["", "", "tiny", "tiny"]
    assert [kind.compares for kind in kinds.values()] == ["", "the file of study tiny", "", ""]
    assert [kind.unit for kind in kinds.values()] == ["trials", "trials", "trainings", "trainings"]
    assert [bool(kind.fold_assignment) for kind in kinds.values()] == [False, False, True, False]


def test_the_budget_is_the_files_or_exactly_what_is_ordered(kinds):
    # Base and two changes, with two seeds; one leader's three folds; two networks.
    assert [kind.with_budget().study.trials for kind in kinds.values()] == [7, 6, 3, 2]


def test_only_the_leaders_backbones_are_trained_again(kinds):
    assert {kind.trained_backbones for kind in kinds.values()} == {("test_resnet",)}


def test_every_kind_says_how_its_page_is_read_and_what_comes_next(kinds):
    for kind in kinds.values():
        assert kind.how_to_read().startswith("### How to read this page")
        assert "{" not in kind.how_to_read()
    assert [kind.next_command for kind in kinds.values()] == ["finalize", "search ablate", "", ""]
    assert [bool(kind.next_step()) for kind in kinds.values()] == [True, True, False, False]
    assert "| lr" in "\n".join(kinds["ablation"].compared())


def test_a_trial_without_an_order_is_refused_where_all_have_one(kinds):
    data = make_data()
    assert kinds["search"].task(data, None, dict(LEADER.params)).stop_after_epoch is None
    for name in ("ablation", "confirm", "final"):
        with pytest.raises(StudyError, match="it was enqueued by hand"):
            kinds[name].task(data, None, {})


@pytest.mark.parametrize(
    "order",
    [
        AblationOrder(None, None, 3, "abc"),
        AblationOrder("lr", 0.01, 4, "abc"),
        RetrainOrder(trial=4, fold=2),
        RetrainOrder(trial=4, member=1, epochs=3),
    ],
    ids=str,
)
def test_an_order_comes_back_as_it_was_stored(order):
    stored = json.loads(json.dumps({order.KEY: order.as_json()}))
    assert read_order(stored) == order
    assert read_order(stored).labels == order.labels
    assert read_order({"another program's": 1}) is None


def test_the_split_is_no_part_of_what_a_run_is():
    one, other = AblationOrder("lr", 0.01, 4, "abc"), AblationOrder("lr", 0.01, 4)
    assert one == other
    assert hash(one) == hash(other)
