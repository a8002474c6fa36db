"""Parameters that depend on others: in the order, the suggestions, the study file and the final configuration."""

import tomllib

import optuna
import pytest

from search.config.load import parse_spec
from search.config.search_space import in_order, suggest
from trainer.errors import ConfigError

STUDY = """
[study]
name = "wide"
trials = 5

[data]
layout = "folders"
root = "images"

[space]
lr = { low = 1e-4, high = 1e-2, log = true }
step_size = { low = 1, high = 3 }
step_gamma = { low = 0.1, high = 0.5 }
schedule = { choices = ["cosine", "step"] }
optimizer = { choices = ["adamw", "sgd"] }
momentum = { choices = [0.8, 0.9, 0.95] }
loss = { choices = ["focal", "soft_f1"] }
focal_gamma = { low = 0.0, high = 5.0 }
cutmix_prob = { choices = [0.0, 0.5, 1.0], when = { schedule = "step", optimizer = ["sgd", "adamw"] } }

[fixed]
backbone = "test_resnet"
weights = "none"
"""


def spec(old="", new=""):
    assert old in STUDY
    return parse_spec(tomllib.loads(STUDY.replace(old, new) if old else STUDY), "wide.toml")


def suggested(study, values=None):
    if values:
        study.enqueue_trial(values)
    trial = study.ask()
    wide = spec()
    params = suggest(trial, wide.space, wide.fixed)
    assert trial.params == params
    return params, wide.config(params)


def test_a_parameter_stands_behind_its_conditions():
    order = in_order(spec().space)
    assert order.index("schedule") < order.index("step_size")
    assert order.index("schedule") < order.index("cutmix_prob") > order.index("optimizer")
    assert sorted(order) == sorted(spec().space)


def test_only_what_has_a_meaning_is_asked_for():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = [suggested(study) for _ in range(60)]
    for params, config in seen:
        assert ("step_size" in params) == ("step_gamma" in params) == (params["schedule"] == "step")
        assert ("cutmix_prob" in params) == (params["schedule"] == "step")
        assert ("momentum" in params) == (params["optimizer"] == "sgd")
        assert ("focal_gamma" in params) == (params["loss"] == "focal")
        assert config.cutmix_prob == params.get("cutmix_prob", 0.0)
    assert len({tuple(sorted(params)) for params, _ in seen}) == 8


@pytest.mark.slow
def test_tpe_takes_trials_of_different_parameters():
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(n_startup_trials=8, seed=1))
    for _ in range(60):
        trial = study.ask()
        params = suggest(trial, spec().space, spec().fixed)
        study.tell(trial, (params["schedule"] == "step") - abs(params.get("step_size", 1) - 3))
    late = study.trials[-20:]
    assert sum(trial.params.get("step_size") == 3 for trial in late) > 12


def test_a_knob_of_mixing_is_asked_for_where_anything_is_mixed():
    mixing = """mixup_prob = { choices = [0, 0.5] }
mixup_alpha = { low = 0.1, high = 1.0 }
cutmix_shape = { choices = ["box", "halves"] }
optimizer = { choices"""
    wide = spec("optimizer = { choices", mixing)
    assert in_order(wide.space).index("mixup_prob") < in_order(wide.space).index("mixup_alpha")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = [suggest(study.ask(), wide.space, wide.fixed) for _ in range(40)]
    for params in seen:
        assert ("mixup_alpha" in params) == (params["mixup_prob"] > 0)
        assert ("cutmix_shape" in params) == (params.get("cutmix_prob", 0) > 0)
        assert wide.config(params).mixup_alpha == params.get("mixup_alpha", 0.2)
    assert (
        {"mixup_alpha" in params for params in seen} == {"cutmix_shape" in params for params in seen} == {True, False}
    )
    fixed = spec('weights = "none"', 'weights = "none"\nmixup_prob = 0.5\nmixup_alpha = 0.7')
    assert fixed.any_config("test_resnet").mixup_alpha == 0.7


def test_what_is_fixed_counts_where_it_has_a_meaning():
    wide = spec("focal_gamma = { low = 0.0, high = 5.0 }", "").with_fixed(focal_gamma=2.0)
    base = {"lr": 1e-3, "schedule": "cosine", "optimizer": "adamw"}
    assert wide.config({**base, "loss": "focal"}).focal_gamma == 2.0
    assert wide.config({**base, "loss": "soft_f1"}).focal_gamma == 0.0


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'schedule = { choices = ["cosine", "step"] }',
            "",
            "space.cutmix_prob: when.schedule: it is not another parameter",
        ),
        ('weights = "none"', 'weights = "none"\nbase_lr = 1e-6', "fixed.base_lr needs schedule = 'triangular2'"),
        ('schedule = "step", ', 'schedul = "step", ', "space.cutmix_prob: when.schedul: it is not another parameter"),
        ('schedule = "step", ', 'schedule = "stp", ', "when.schedule: 'stp' is outside its space (cosine, step)"),
        ('schedule = "step", ', "cutmix_prob = 0.5, ", "when.cutmix_prob: it is not another parameter of [space]"),
        (
            'schedule = "step", ',
            "focal_gamma = 1.0, ",
            "when.focal_gamma: focal_gamma is a range and hits no value; give",
        ),
        (
            "step_size = { low = 1, high = 3 }",
            'step_size = { low = 1, high = 3, when = { schedule = "cosine" } }',
            "space.step_size needs schedule = 'step'; remove it, or set or search that",
        ),
        (
            'choices = ["cosine", "step"] }',
            'choices = ["cosine", "step"], when = { momentum = 0.9 } }\n'
            "label_smoothing = { low = 0, high = 0.1, when = { cutmix_prob = 0.5 } }\n"
            "warmup = { low = 0, high = 0.1 }",
            "",
        ),
        (
            'optimizer = { choices = ["adamw", "sgd"] }',
            'optimizer = { choices = ["adamw", "sgd"], when = { momentum = 0.9 } }',
            "the conditions of optimizer, momentum, cutmix_prob go round in a circle",
        ),
    ],
)
def test_conditions_that_cannot_be(old, new, line):
    if not line:  # several conditions in a row are fine
        assert in_order(spec(old, new).space)[-1] == "label_smoothing"
        return
    with pytest.raises(ConfigError) as caught:
        spec(old, new)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_start_holds_only_what_is_searched_under_it():
    start = '[[start]]\nschedule = "cosine"\nstep_size = 2\n'
    with pytest.raises(ConfigError, match="start 1: step_size is not searched under its other values; remove it"):
        parse_spec(tomllib.loads(STUDY + start), "wide.toml")
    good = parse_spec(tomllib.loads(STUDY + start.replace("cosine", "step")), "wide.toml")
    assert good.start == ({"schedule": "step", "step_size": 2},)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    params, config = suggested(study, dict(good.start[0]))
    assert (params["schedule"], config.step_size) == ("step", 2)
