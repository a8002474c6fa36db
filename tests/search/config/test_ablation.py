"""What an ablation runs, and what it refuses to."""

import json

import pytest

from search.config.ablation import may_change, parse, parse_changes, parse_settings
from search.config.load import load_spec, parse_spec
from search.config.orders import AblationOrder
from search.config.overrides import with_weights
from search.plans.kind import kind_of
from tests.support.tiny import write_study
from trainer.config.train_config import TrainConfig
from trainer.errors import ConfigError


@pytest.fixture
def search_spec(tmp_path):
    return load_spec(str(write_study(tmp_path, tmp_path, epochs=2)))


def ablation(search_spec, changes, *, repetitions=2, seed=3, **fixed):
    """A study that compares; ``fixed`` is added to the base."""
    values = search_spec.model_dump(mode="json")
    values["fixed"] |= fixed
    values["study"]["seed"] = seed
    values |= {"space": {}, "pruner": {"kind": "none"}, "ablation": {"changes": changes, "seeds": repetitions}}
    return parse_spec(json.loads(json.dumps(values)), "x")


def test_the_base_comes_first_and_seed_by_seed(search_spec):
    spec = ablation(search_spec, {"focal_gamma": [0, 1, 2.0], "optimizer": ["adamw", "sgd"]})
    assert kind_of(spec).runs() == [
        AblationOrder(knob, value, seed)
        for seed in (4, 5)
        for knob, value in ((None, None), ("focal_gamma", 1), ("focal_gamma", 2), ("optimizer", "sgd"))
    ]
    # 0 and adamw are the base's: once a seed is enough.
    assert [str(run) for run in kind_of(spec).runs()[:3]] == ["base", "focal_gamma = 1", "focal_gamma = 2"]


def test_the_seeds_are_not_the_one_that_the_base_was_chosen_with(search_spec):
    assert kind_of(ablation(search_spec, {"lr": [1e-2]}, repetitions=3, seed=0)).seeds == [1, 2, 3]
    assert kind_of(ablation(search_spec, {"lr": [1e-2]}, seed=2**32 - 2)).seeds == [2**32 - 1, 0]


def test_all_else_is_equal_but_for_what_loses_its_meaning(search_spec):
    changes = {"loss": ["cross_entropy"], "schedule": ["step", "triangular2"], "epochs": [5]}
    spec = ablation(search_spec, changes, focal_gamma=2.0, step_size=3, warmup=0.1)
    base = spec.config({}).model_dump()
    assert (base["focal_gamma"], base["step_size"], base["schedule"]) == (2.0, 2, "cosine")  # 3 waits for its schedule
    different = {
        str(run): {
            name: value for name, value in spec.config(run.change, run.seed).model_dump().items() if value != base[name]
        }
        for run in kind_of(spec).runs()
    }
    seed = {"seed": 5}
    assert different == {
        "base": seed,
        "loss = cross_entropy": {**seed, "loss": "cross_entropy", "focal_gamma": 0.0},
        "schedule = step": {**seed, "schedule": "step", "step_size": 3},
        "schedule = triangular2": {**seed, "schedule": "triangular2", "warmup": 0.05},
        "epochs = 5": {**seed, "epochs": 5},
    }


def test_a_value_is_the_knobs_own_wherever_it_comes_from():
    assert parse("focal_gamma", "1") == parse("focal_gamma", 1) == 1.0
    assert type(parse("focal_gamma", "1")) is float
    assert type(parse("batch_size", "16")) is int
    assert parse("weight_decay", "none") is None
    assert parse("second_loss", "none") == "none"  # a value with a name, not the lack of one
    assert parse_changes(["focal_gamma=0, 1", "optimizer=sgd", "focal_gamma=2"]) == {
        "focal_gamma": (0.0, 1.0, 2.0),
        "optimizer": ("sgd",),
    }
    assert parse_settings(["step_size=3", "compile=true"]) == {"step_size": 3, "compile": True}


def test_a_value_that_is_named_twice_is_run_once(search_spec):
    spec = ablation(search_spec, {"focal_gamma": [1, 1.0, 2]})
    assert spec.ablation.changes == {"focal_gamma": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("focal_gamma", "--knob 'focal_gamma' is no change; write it like --knob focal_gamma=0,1,2"),
        ("focal_gama=1", "--knob focal_gama: unknown knob; did you mean 'focal_gamma'?"),
        ("focal_gamma=-1", "--knob focal_gamma: input should be greater than or equal to 0 (got '-1')"),
        ("focal_gamma=1,", "--knob focal_gamma: input should be a valid number"),
        ("lr=nan", "--knob lr: "),
        ("lr=none", "--knob lr: input should be a valid number"),
        ("schedule=stp", "--knob schedule: input should be 'cosine', 'step'"),
        ("image_size=64", "--knob image_size: this knob cannot be changed in an ablation; make a study of each value"),
        ("weights=none", "--knob weights: this knob cannot be changed in an ablation"),
        ("seed=1", "--knob seed: this knob cannot be changed in an ablation; each repetition has a seed of its own"),
    ],
)
def test_no_change(options, line):
    with pytest.raises(ConfigError) as caught:
        parse_changes([options])
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("option", "line"), [("seed=1", "seed of its own"), ("weights=none", "--weights names them")])
def test_no_setting(option, line):
    with pytest.raises(ConfigError, match=line):
        parse_settings([option])


@pytest.mark.parametrize(
    ("changes", "fixed", "line"),
    [
        ({"step_size": [1]}, {}, "step_size: it has no meaning in the base: it needs schedule = 'step'"),
        ({"focal_gamma": [1]}, {"loss": "cross_entropy"}, "focal_gamma: it has no meaning in the base"),
        ({"schedule": ["triangular2"]}, {"base_lr": 0.1}, "base_lr 0.1 is above lr 0.001, the peak"),
        ({"optimizer": ["adamw"]}, {}, "optimizer = adamw changes nothing: the base has it"),
        ({}, {}, "ablation.changes: dictionary should have at least 1 item"),
        ({"lr": [0.1]}, {"lr": -1}, "fixed.lr: input should be greater than 0"),
    ],
)
def test_what_cannot_be_compared(search_spec, changes, fixed, line):
    with pytest.raises(ConfigError) as caught:
        ablation(search_spec, changes, **fixed)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_study_either_searches_or_compares(search_spec):
    values = search_spec.model_dump(mode="json")
    with pytest.raises(ConfigError, match="one of the two"):
        parse_spec({**values, "space": {}}, "x")
    with pytest.raises(ConfigError, match="one of the two"):
        parse_spec({**values, "ablation": {"changes": {"lr": [1]}, "seeds": 1}}, "x")


def test_what_is_compared_may_grow_and_is_no_part_of_the_identity(search_spec):
    small = ablation(search_spec, {"focal_gamma": [1]})
    large = ablation(search_spec, {"focal_gamma": [1, 2], "lr": [0.01]}, repetitions=5)
    assert small.identity() == large.identity()
    assert small.ablation.and_also({"focal_gamma": (2.0,), "lr": (0.01,)}, 5) == large.ablation
    assert large.ablation.and_also({"focal_gamma": (1.0,)}, 1) == large.ablation  # nothing is taken away
    assert small.identity() != ablation(search_spec, {"focal_gamma": [1]}, lr=0.01).identity()
    assert parse_spec(json.loads(json.dumps(large.model_dump(mode="json"))), "again") == large


def test_backbones_that_are_compared_are_checked_and_measured_as_all_others(search_spec):
    changes = {"backbone": ["test_vit", "test_resnet"]}
    spec = ablation(search_spec, changes, precision={"test_resnet": "fp32", "test_vit": "auto"})
    assert spec.backbones == ("test_resnet", "test_vit")
    assert spec.unmeasured == ("test_vit",)
    assert spec.any_config("test_vit").backbone == "test_vit"
    assert search_spec.unmeasured == ()
    assert search_spec.with_fixed(precision="auto").unmeasured == ("test_resnet",)


@pytest.mark.parametrize("knob", TrainConfig.model_fields)
def test_every_knob_is_either_changed_or_refused_in_words(knob):
    value = "test_vit" if knob == "backbone" else TrainConfig.model_fields[knob].default
    if may_change(knob):
        assert parse(knob, value) == value
    else:
        with pytest.raises(ValueError, match="cannot be changed in an ablation"):
            parse(knob, value)


def test_weights_of_backbones_that_the_base_does_not_have_are_no_mistake(search_spec):
    spec = ablation(search_spec, {"lr": [1e-2]}, weights={"test_resnet": "none", "test_vit": "imagenet"})
    assert with_weights(spec, ("test_resnet=imagenet",)).config({}).weights == "imagenet"
    with pytest.raises(ConfigError, match="backbone 'test_vit' is not searched; this study has test_resnet"):
        with_weights(spec, ("test_vit=none",))


def test_a_change_that_the_data_cannot_have_is_refused_before_anything_runs(search_spec):
    with pytest.raises(ConfigError, match="heads = 'factors' needs a label of several factors"):
        ablation(search_spec, {"heads": ["factors"]})
