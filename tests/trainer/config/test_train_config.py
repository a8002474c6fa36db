"""TrainConfig: rules, tables, and errors of one line."""

import pytest
from pydantic import ValidationError

from trainer.config.knob import Above
from trainer.config.runtime import Runtime
from trainer.config.train_config import DEFAULT_WEIGHT_DECAY, TrainConfig, is_searchable, needs, takes_lists
from trainer.support.validation import brief, explain


def test_frozen():
    with pytest.raises(ValidationError):
        TrainConfig(backbone="resnet18").lr = 1.0


@pytest.mark.parametrize("optimizer", DEFAULT_WEIGHT_DECAY)
def test_weight_decay_default_belongs_to_the_optimizer(optimizer):
    assert TrainConfig(backbone="resnet18", optimizer=optimizer).decay == DEFAULT_WEIGHT_DECAY[optimizer]
    assert TrainConfig(backbone="resnet18", optimizer=optimizer, weight_decay=0).decay == 0


def test_tables_give_the_backbones_entry():
    table = {"resnet18": "none", "default": "imagenet"}
    assert TrainConfig(backbone="resnet18", weights=table).weights == "none"
    assert TrainConfig(backbone="resnet50", weights=table).weights == "imagenet"
    with pytest.raises(ValidationError, match="no entry for backbone 'resnet50'"):
        TrainConfig(backbone="resnet50", weights={"resnet18": "none"})


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"lr": -1}, "here: lr: input should be greater than 0 (got -1)"),
        ({"lr": float("nan")}, "here: lr: input should be a finite number (got nan)"),
        ({"learning_rat": 1}, "here: learning_rat: unknown key"),
        ({"epoch": 1}, "here: epoch: unknown key (did you mean 'epochs'?)"),
        (
            {"loss": "focl"},
            "here: loss: input should be 'focal', 'cross_entropy', 'symmetric' or 'soft_f1' (got 'focl')",
        ),
        ({"weights": "x.pth"}, "must be 'imagenet', 'none' or a file that ends in .safetensors"),
        ({"cutmix_prob": 2, "lr": 0}, "(and 1 more)"),
        ({"epochs": True}, "here: epochs: a number belongs here, not True"),
        ({"clip_grad": "1"}, "here: clip_grad: a number belongs here, not '1'"),
        ({"augment": [{"name": "rotate", "degrees": "10"}]}, "degrees: a number belongs here, not '10'"),
        ({"augment": [{"name": "rotate", "p": True}]}, "p: a number belongs here, not True"),
        ({"augment": [{"name": "blur", "sigma": ["1", 2]}]}, "sigma: a number belongs here, not '1'"),
        ({"step_size": 3}, "here: step_size = 3 has no meaning here: it needs schedule = 'step'; remove it"),
        ({"momentum": 0.5}, "it needs optimizer = 'sgd'"),
        ({"loss": "soft_f1", "focal_gamma": 2.0}, "it needs loss = 'focal' or second_loss = 'focal'"),
        ({"second_loss_share": 0.7}, "it needs second_loss = 'focal' or 'cross_entropy' or 'symmetric' or 'soft_f1'"),
        ({"second_loss": "soft_f1", "second_loss_share": -0.1}, "second_loss_share: input should be greater than or"),
        ({"mixup_alpha": 0.4}, "mixup_alpha = 0.4 has no meaning here: it needs mixup_prob above 0; remove it"),
        ({"cutmix_shape": "halves"}, "cutmix_shape = 'halves' has no meaning here: it needs cutmix_prob above 0"),
        ({"lr": [1e-3, 1e-4]}, "here: lr: one value belongs here, not the list [0.001, 0.0001]; keep one"),
        ({"optimizer": ["sgd", "adam"]}, "here: optimizer: one value belongs here, not the list ['sgd', 'adam']"),
        ({"augment": [{"name": "rotate", "degre": 3}]}, "here: augment: transform 1 (rotate): degre: unknown key (did"),
        ({"schedule": "triangular2", "lr": 1e-3, "base_lr": 1e-2}, "base_lr 0.01 is above lr 0.001, the peak; lower"),
    ],
)
def test_errors_are_one_line(values, line):
    with pytest.raises(ValidationError) as caught:
        TrainConfig.model_validate({"backbone": "resnet18", **values})
    message = str(explain(caught.value, where="here", known=TrainConfig.model_fields))
    assert line in message
    assert "\n" not in message


def test_every_condition_names_knobs_and_values_that_exist():
    for name in TrainConfig.model_fields:
        for knob, values in needs(name).items():
            possible = (values.limit + 0.5,) if isinstance(values, Above) else values
            for value in possible:
                assert value in values
                TrainConfig.model_validate({"backbone": "resnet18", knob: value})
    assert {"step_size", "momentum", "focal_gamma", "mixup_alpha", "cutmix_shape"} <= {
        name for name in TrainConfig.model_fields if needs(name)
    }


def test_what_is_the_machines_or_the_studys_is_not_searchable():
    assert not any(is_searchable(name) for name in ("seed", "precision", "weights", "epochs", "image_size"))
    assert all(is_searchable(name) for name in ("lr", "optimizer", "focal_gamma", "cutmix_prob", "backbone"))


@pytest.mark.parametrize("values", [{"memory_limit": 0}, {"threads": 0}, {"loader_workers": -1}, {"memory": 1}])
def test_a_runtime_has_rules_too(values):
    with pytest.raises(ValidationError):
        Runtime(**values)


def test_a_runtime_is_unlimited_unless_told(tmp_path):
    assert (Runtime().memory_limit, Runtime().sizes) == (None, None)
    assert Runtime(memory_limit=1, sizes=str(tmp_path)).sizes == tmp_path


def test_only_knobs_that_are_lists_take_lists():
    assert takes_lists("augment")
    assert not any(takes_lists(name) for name in ("lr", "optimizer", "weight_decay", "backbone", "deterministic"))


def test_a_long_value_is_told_in_short():
    assert brief([1, 2]) == "[1, 2]"
    assert brief(list(range(100))).startswith("[0, 1, 2")
    assert len(brief("x" * 500)) == 80


def test_what_is_kept_of_a_configuration_has_a_meaning():
    config = TrainConfig(backbone="resnet18", schedule="step", step_size=3, loss="cross_entropy")
    kept = config.active()
    assert (kept["step_size"], kept["loss"]) == (3, "cross_entropy")
    assert not kept.keys() & {"momentum", "focal_gamma", "cycle_epochs", "base_lr", "factor_weights", "freeze_epochs"}
    assert TrainConfig.model_validate(kept) == config
