"""Study files: read, refused in one line, kept as JSON, and compared with what is stored."""

import json
import tomllib
from pathlib import Path

import pytest

from search.config.identity import differences
from search.config.load import load_spec, parse_spec
from search.config.overrides import debugged, with_weights
from search.config.search_space import is_asked
from tests.support.repository import ROOT
from tests.support.tiny import write_study
from trainer.errors import ConfigError, WeightsError
from trainer.imaging.crop import Crop
from trainer.model.network import check_backbone
from trainer.training.optimizer import check_optimizer

TRANSFORMS = [{"name": "flip"}, {"name": "rotate", "degrees": 12}, {"name": "coarse_dropout", "size": [0.1, 0.2]}]
HERE = ROOT / "studies"


@pytest.fixture
def spec(tmp_path):
    return load_spec(str(write_study(tmp_path, tmp_path)))


def values(tmp_path, **changes):
    """A valid study file as a dictionary, with some dotted keys changed; a value of None removes the key."""
    content = tomllib.loads(write_study(tmp_path, tmp_path).read_text())
    for path, value in changes.items():
        *tables, key = path.split("__")
        target = content
        for table in tables:
            target = target.setdefault(table, {})
        if value is None:
            del target[key]
        else:
            target[key] = value
    return content


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_studies_load(path):
    spec = load_spec(str(path))
    assert spec.study.name == path.stem
    assert path.read_text().startswith("# ")
    assert parse_spec(json.loads(json.dumps(spec.model_dump(mode="json"))), "again") == spec


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"study__trial": 3}, "study.trial: unknown key (did you mean 'trials'?)"),
        ({"stduy": {}}, "stduy: unknown key (did you mean 'study'?)"),
        ({"study__trials": 0}, "study.trials: input should be greater than or equal to 1 (got 0)"),
        ({"study__trials": None}, "study.trials: this key is missing"),
        ({"study__timeout": "soon"}, "study.timeout: 'soon' is no duration; write it like 90s, 45m, 24h or 2d"),
        ({"study__name": "a/b"}, "study.name: string should match pattern"),
        ({"space__lr": {"low": 0.1, "high": 0.001}}, "space.lr: low 0.1 is above high 0.001; swap them"),
        ({"space__lr": {"low": -0.1, "high": 0.1}}, "space.lr: input should be greater than 0 (got -0.1)"),
        ({"space__lr": {"low": 0, "high": 0.1, "log": True}}, "a logarithmic range must start above 0, not at 0"),
        ({"space__lr": {"low": 0.1}}, "space.lr.high: this key is missing"),
        ({"space__optimizer": {"choices": []}}, "space.optimizer.choices: tuple should have at least 1 item"),
        ({"space__optimizer": {"choices": ["adam", "adam"]}}, "name a value twice"),
        ({"space__optimizer": {"choices": ["Adam W"]}}, "space.optimizer: string should match pattern"),
        ({"space__learning_rate": {"low": 0.1, "high": 1}}, "space.learning_rate: unknown knob"),
        ({"space__focal_gama": {"low": 0.1, "high": 1}}, "did you mean 'focal_gamma'?"),
        ({"space__seed": {"low": 1, "high": 2}}, "space.seed: this knob cannot be searched"),
        ({"space__epochs": {"low": 1, "high": 2}}, "space.epochs: this knob cannot be searched"),
        ({"space__optimizer": "adam"}, "space.optimizer: 'adam' is no search space; write { choices = [...] }"),
        ({"space__lr": {"low": float("nan"), "high": 1}}, "space.lr.low: input should be a finite number"),
        (
            {"space__batch_size": {"low": 8, "high": 16, "step": 0.5}, "fixed__batch_size": None},
            "space.batch_size: step 0.5 must be a whole number",
        ),
        ({"fixed__lr": 0.1}, "lr stands in [space] and in [fixed]; remove one"),
        ({"fixed__seed": 1}, "fixed.seed: set seed in [study]"),
        ({"fixed__backbone": None}, "no backbone"),
        ({"fixed__epoch": 3}, "fixed.epoch: unknown key (did you mean 'epochs'?)"),
        (
            {"fixed__image_size": "big"},
            "fixed.image_size: 'big' is no size; write the side of a square, or [height, width]",
        ),
        ({"fixed__image_size": [64]}, "fixed.image_size: [64] is no size"),
        ({"fixed__image_size": [64, 8]}, "in pixels from 16 to 2048"),
        ({"fixed__crop": 300}, "fixed.crop: 300 is no crop; write [height, width] in pixels of the original"),
        ({"fixed__crop": [300, 0]}, "fixed.crop: [300, 0] is no crop; height and width are whole pixels from 1"),
        ({"fixed__box_margin": 0.3}, "fixed.box_margin needs boxes in [data], the file of the boxes; name it or"),
        ({"space__crop": {"choices": ["a", "b"]}}, "space.crop: this knob cannot be searched"),
        ({"space__normalisation": {"choices": ["data", "none"]}}, "space.normalisation"),
        ({"data__boxes": "../faces.csv"}, "data.boxes: boxes '../faces.csv' leaves the data folder"),
        ({"fixed__epochs": 0}, "fixed.epochs: input should be greater than or equal to 1 (got 0)"),
        ({"data__layout": "zip"}, "data.layout: input should be 'competition', 'folders' or 'table' (got 'zip')"),
        ({"data__validaton": 0.2}, "data.validaton: unknown key (did you mean 'validation'?)"),
        ({"pruner__kind": "hyperbend"}, "pruner.kind"),
        ({"pruner__min_epochs": 5}, "pruner.min_epochs 5 is above fixed.epochs 2"),
        ({"space__class_ratio": {"low": 1, "high": 2}}, "space.class_ratio: this knob cannot be searched"),
        ({"fixed__class_ratio": {"a": -1}}, "fixed.class_ratio.a: input should be greater than 0 (got -1)"),
        ({"fixed__sampler_power": 1.5}, "fixed.sampler_power: input should be less than or equal to 1 (got 1.5)"),
        ({"fixed__extra_weight": 2}, "fixed.extra_weight needs a table [[data.extra]]; add one or remove it"),
        ({"space__extra_weight": {"low": 0, "high": 2}}, "space.extra_weight needs a table [[data.extra]]"),
        ({"space__train_cut": {"low": "a", "high": 2}}, "space.train_cut"),
        ({"data__extra": [{"layout": "folders"}]}, "data.extra.0.root: this key is missing"),
        ({"data__extra": [{"layuot": "folders", "root": "x"}]}, "unknown key (did you mean 'layout'?)"),
        (
            {"data__extra": [{"layout": "folders", "root": "x", "validation": 0.2}]},
            "data.extra.0.validation: unknown key",
        ),
        (
            {"data__extra": [{"layout": "table", "root": "x", "group_regex": "y"}]},
            "group_regex does not belong to layout",
        ),
        ({"data__corrections": "/x.csv"}, "data.corrections: corrections '/x.csv' leaves the data folder"),
        ({"start": [{"lr": 1.0}]}, "start 1: lr = 1.0 is outside the space (0.0001 ... 0.01)"),
        ({"start": [{"lr": 0.001}, {"optimizer": "sgd"}]}, "start 2: optimizer = 'sgd' is outside the space"),
        ({"start": [{"gamma": 1}]}, "start 1: gamma is not in [space]"),
        ({"start": [{"lr": [1e-3, 1e-4]}]}, "start 1: lr = [0.001, 0.0001]: one value belongs here"),
        ({"start": [{"optimizer": ["adam"]}]}, "start 1: optimizer = ['adam']: one value belongs here"),
        (
            {"fixed__focal_gamma": [1, 2]},
            "fixed.focal_gamma: one value belongs here, not the list [1, 2]; keep one, or",
        ),
        ({"fixed__loss": ["focal"]}, "or search them: [space] loss = { choices = [...] }"),
        ({"fixed__backbone": ["a", "b"]}, "fixed.backbone: one value belongs here, not the list ['a', 'b']"),
        ({"fixed__epochs": [1, 2]}, "fixed.epochs: one value belongs here, not the list [1, 2]; keep one"),
        ({"space__lr": [1e-3, 1e-4]}, "space.lr: [0.001, 0.0001] is no search space; write { choices = [...] }"),
        ({"space__lr": {"choices": [[1e-3], 1e-4]}}, "space.lr.choices.0: [0.001] is not one value"),
        ({"space__lr": {"low": [1e-3], "high": 1e-2}}, "space.lr.low: one value belongs here, not the list [0.001]"),
        ({"space__augment": TRANSFORMS}, "is no search space; a list of tables can stand in [fixed] only"),
        ({"space__augment": {"choices": ["none", TRANSFORMS]}}, "space.augment.choices.1: [{'name': 'flip'"),
        (
            {"space__augment": {"choices": ["none", "hevy"]}},
            "space.augment: unknown preset 'hevy' (did you mean 'heavy",
        ),
        (
            {"space__augment": {"low": 0, "high": 1}},
            "space.augment: 0 is neither a preset (none, light, medium, heavy)",
        ),
        ({"fixed__augment": [{"name": "flp"}]}, "fixed.augment: transform 1 is unknown: 'flp' (did you mean 'flip'?)"),
        (
            {"fixed__augment": [{"name": "clahe", "tiles": 32}]},
            "augment: transform 1 (clahe): images of 32 x 32 pixels: 32 tiles are too many; at most 16",
        ),
        ({"fixed__mixup_alpha": 0.4}, "fixed.mixup_alpha needs mixup_prob above 0; remove it, or set or search that"),
        ({"space__mixup_alpha": {"low": 0.1, "high": 1}}, "space.mixup_alpha needs mixup_prob above 0; remove it"),
    ],
)
def test_mistakes_are_one_line_with_file_key_and_rule(tmp_path, changes, line):
    with pytest.raises(ConfigError) as caught:
        parse_spec(values(tmp_path, **changes), "studies/x.toml")
    message = str(caught.value)
    assert message.startswith("studies/x.toml: ")
    assert line in message
    assert "\n" not in message


def test_presets_are_searched_and_a_list_is_kept(tmp_path):
    presets = ["none", "light", "medium", "heavy"]
    searched = parse_spec(values(tmp_path, space__augment={"choices": presets}, start=[{"augment": "heavy"}]), "x")
    base = {"lr": 1e-3, "optimizer": "adam", "cutmix_prob": 0.0}
    assert [searched.config({**base, "augment": name}).augment for name in presets] == presets
    fixed = parse_spec(values(tmp_path, fixed__augment=TRANSFORMS), "x")
    config = fixed.config(base)
    assert [each.name for each in config.augment] == ["flip", "rotate", "coarse_dropout"]
    again = parse_spec(json.loads(json.dumps(fixed.model_dump(mode="json"))), "again")
    assert again == fixed
    assert again.config(base) == config
    assert differences(json.loads(json.dumps(fixed.identity())), again.identity()) == []


def test_a_list_that_differs_is_told_by_the_option(tmp_path):
    turned = [TRANSFORMS[0], {**TRANSFORMS[1], "degrees": 15}, TRANSFORMS[2]]
    mine, theirs, shorter = (
        parse_spec(values(tmp_path, fixed__augment=each), "x").identity() for each in (TRANSFORMS, turned, turned[:2])
    )
    assert differences(theirs, mine) == ["fixed.augment.2.degrees: the study has 15, this file 12"]
    assert "fixed.augment.3.name: the study has None, this file 'coarse_dropout'" in differences(shorter, mine)


FACTORS = {"data__group_regex": None, "data__layout": "competition"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"fixed__heads": "factors"}, "heads = 'factors' needs a label of several factors (layout"),
        ({"space__heads": {"choices": ["classes", "factors"]}}, "heads = 'factors' needs a label of several factors"),
        (FACTORS | {"fixed__heads": "factors", "data__factor": "age"}, "and no data.factor, which leaves one of them"),
        (
            FACTORS | {"fixed__heads": "factors", "fixed__factor_weights": {"agee": 2}},
            "factor_weights names 'agee': the label's factors are mask, gender, age; did you mean 'age'?",
        ),
        (
            FACTORS | {"fixed__heads": "factors", "fixed__factor_weights": {"age": 0}},
            "fixed.factor_weights.age: input should be greater than 0 (got 0)",
        ),
        (
            FACTORS | {"fixed__heads": "factors", "fixed__factor_weights": [1]},
            "fixed.factor_weights: one value belongs here, not the list [1]; keep one",
        ),
        (FACTORS | {"fixed__factor_weights": {"age": 2}}, "fixed.factor_weights needs heads = 'factors'"),
        ({"fixed__heads": "factor"}, "fixed.heads: input should be 'classes' or 'factors' (got 'factor')"),
        (FACTORS | {"space__factor_weights": {"choices": [1]}}, "space.factor_weights: this knob cannot be searched"),
        (FACTORS | {"data__factor": "sex"}, "data: factor 'sex': the label's factors are mask, gender, age"),
        ({"data__columns": {"label": [1]}}, "data.columns.label: [1] names no column: write the name of one"),
    ],
)
def test_heads_and_factors_fit_the_data(tmp_path, changes, line):
    with pytest.raises(ConfigError) as caught:
        parse_spec(values(tmp_path, **changes), "studies/x.toml")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_study_of_three_heads():
    spec, flagship = (load_spec(str(HERE / f"{name}.toml")) for name in ("mask-heads", "mask-f1"))
    assert spec.data.factor_names == ("mask", "gender", "age")
    assert spec.any_config("resnet18").heads == "factors"
    assert (spec.space, spec.data, spec.study.seed) == (flagship.space, flagship.data, flagship.study.seed)
    assert {key for key in spec.fixed if spec.fixed[key] != flagship.fixed.get(key)} == {"heads"}


def test_what_factors_brought_leaves_older_studies_what_they_are(spec):
    stored = spec.identity()
    for key in ("data.factor", "data.factors", "data.label_separator"):
        del stored[key]
    assert differences(stored, spec.identity()) == []
    changed = spec.model_copy(update={"data": spec.data.model_copy(update={"factor": "age"})})
    assert differences(stored, changed.identity()) == ["data.factor: the study has None, this file 'age'"]


def test_a_file_that_is_not_there_names_those_that_are(tmp_path, monkeypatch):
    write_study(tmp_path, tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"studies/mask-f2.toml does not exist; studies/ has tiny"):
        load_spec("mask-f2")
    (tmp_path / "studies" / "other.toml").write_text((tmp_path / "studies" / "tiny.toml").read_text())
    with pytest.raises(ConfigError, match=r"study.name is 'tiny'; call it 'other' or rename the file"):
        load_spec("other")
    (tmp_path / "studies" / "broken.toml").write_text("[study\n")
    with pytest.raises(ConfigError, match=r"cannot be read as TOML"):
        load_spec("broken")


def test_durations(tmp_path):
    for text, seconds in {"90s": 90, "45m": 2700, "24h": 86400, "2d": 172800, 30: 30, "1.5h": 5400}.items():
        assert parse_spec(values(tmp_path, study__timeout=text), "x").study.timeout == seconds


def test_what_is_identity_what_is_extendable_what_is_local(spec, tmp_path):
    def changed(**sections):
        update = {name: getattr(spec, name).model_copy(update=values) for name, values in sections.items()}
        return differences(spec.identity(), spec.model_copy(update=update).identity())

    assert changed(study={"trials": 99, "timeout": 5.0, "max_failures": 1}) == []
    assert changed(data={"root": tmp_path / "else", "on_bad_image": "skip"}) == []
    assert changed(study={"seed": 4}) == ["study.seed: the study has 3, this file 4"]
    assert changed(data={"validation": 0.3}) == ["data.validation: the study has 0.25, this file 0.3"]
    assert changed(pruner={"reduction_factor": 4}) == ["pruner.reduction_factor: the study has 3, this file 4"]
    other = spec.with_fixed(epochs=3)
    assert differences(spec.identity(), other.identity()) == ["fixed.epochs: the study has 2, this file 3"]


def test_where_extra_data_lie_is_the_machines_affair(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    extra = [{"layout": "folders", "root": "more"}]
    spec = parse_spec(values(tmp_path, data__extra=extra, fixed__extra_weight=2.0), "x")
    elsewhere = parse_spec(values(tmp_path, data__extra=[{**extra[0], "root": "/else"}], fixed__extra_weight=2.0), "x")
    assert differences(spec.identity(), elsewhere.identity()) == []
    assert differences(spec.identity(), spec.anchored().identity()) == []
    assert spec.anchored().data.extra[0].root == tmp_path / "more"
    assert spec.with_data(Path("other"), None).data.extra[0].root == Path("more")
    assert parse_spec(json.loads(json.dumps(spec.model_dump(mode="json"))), "again") == spec
    table = parse_spec(values(tmp_path, data__extra=[{"layout": "table", "root": "more"}]), "x")
    plain = parse_spec(values(tmp_path), "x")
    assert "data.extra.0.layout: the study has 'folders', this file 'table'" in differences(
        spec.identity(), table.identity()
    )
    assert "data.extra.0.layout: the study has None, this file 'table'" in differences(
        plain.identity(), table.identity()
    )


def test_a_study_made_before_there_were_corrections_or_extra_data_is_the_same(spec):
    older = {key: value for key, value in spec.identity().items() if key not in ("data.corrections", "data.extra")}
    assert differences(older, spec.identity()) == []


def test_weights_count_by_content_not_by_path(spec, tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    first.write_bytes(b"one")
    second.write_bytes(b"one")

    def identity(path):
        return with_weights(spec, (f"test_resnet={path}",)).identity()

    assert differences(identity(first), identity(second)) == []
    second.write_bytes(b"two")
    (line,) = differences(identity(first), identity(second))
    assert line.startswith("fixed.weights.test_resnet: the study has 'sha256:")
    with pytest.raises(WeightsError, match=r"cannot be read"):
        identity(tmp_path / "none.safetensors")
    with pytest.raises(ConfigError, match=r"backbone 'resnet19' is not searched; this study has test_resnet"):
        with_weights(spec, ("resnet19=none",))
    with pytest.raises(ConfigError, match=r"weights: .*must be 'imagenet', 'none' or a file"):
        with_weights(spec, ("x.bin",))


def test_weights_of_the_command_line(spec):
    table = spec.with_fixed(weights={"test_resnet": "a.safetensors"})
    assert with_weights(table, ("none",)).any_config("test_resnet").weights == "none"
    assert with_weights(table, ("test_resnet=none",)).any_config("test_resnet").weights == "none"
    odd = "./a=b/c.safetensors"
    assert with_weights(table, (odd,)).any_config("test_resnet").weights == odd


def test_precision_that_is_left_open_fits_what_was_settled(spec):
    settled = spec.with_fixed(precision={"test_resnet": "bf16"}).identity()
    left_open = spec.with_fixed(precision="auto").identity()
    assert differences(settled, left_open) == []
    assert differences(settled, spec.with_fixed(precision="fp32").identity())
    assert differences(settled, spec.with_fixed(precision={"default": "fp32"}).identity())


def test_debug_is_a_study_of_its_own(spec):
    debug = debugged(spec)
    assert (debug.study.name, debug.epochs, debug.fraction) == ("tiny-debug", 2, 0.05)
    assert parse_spec(debug.model_dump(mode="json"), "again") == debug


def test_configurations_hold_fixed_values_parameters_and_the_seed(spec):
    config = spec.config({"lr": 0.002, "optimizer": "adam", "cutmix_prob": 0.25})
    assert (config.lr, config.optimizer, config.cutmix_prob, config.backbone) == (0.002, "adam", 0.25, "test_resnet")
    assert (config.seed, config.epochs, config.image_size) == (3, 2, 32)


def test_geometry_comes_from_the_fixed_values_and_survives_storing(tmp_path):
    fixed = {"fixed__image_size": [48, 32], "fixed__crop": [300, 200], "fixed__box_margin": 0.1}
    spec = parse_spec(values(tmp_path, data__boxes="a.csv", **fixed), "x.toml")
    stored = parse_spec(json.loads(json.dumps(spec.model_dump(mode="json"))), "stored")
    for each in (spec, stored):
        assert each.image_size == (48, 32)
        assert each.crop == Crop(size=(300, 200), margin=0.1)
        assert each.data.boxes == "a.csv"
    assert not differences(stored.identity(), spec.identity())
    plain = parse_spec(values(tmp_path), "x.toml")
    earlier = {key: value for key, value in plain.identity().items() if key != "data.boxes"}
    assert not differences(earlier, plain.identity())  # of a study that was made before there were boxes
    assert "data.boxes: the study has None, this file 'a.csv'" in differences(earlier, spec.identity())


def test_the_wide_study_searches_what_teams_turned_and_starts_where_they_did():
    spec = load_spec(str(HERE / "mask-f1-wide.toml"))
    assert len(spec.space) >= 15
    assert spec.has_conditions
    assert len(spec.start) == 6
    conditional = {"momentum", "step_size", "step_gamma", "base_lr", "focal_gamma", "second_loss_share", "drop_path"}
    plain = {"optimizer": "adamw", "schedule": "cosine", "loss": "cross_entropy", "second_loss": "none"}
    values = {**plain, "backbone": "resnet18", "lr": 1e-3}
    assert {name for name in spec.space if not is_asked(name, spec.space, {**spec.fixed, **values})} >= conditional
    known = {start["backbone"] for start in spec.start}
    assert known == {"efficientnet_b0", "tf_efficientnet_b4", "efficientnet_b3", "resnet18", "efficientnet_b4"}
    lrs = [start["lr"] for start in spec.start]
    assert lrs == [6e-5, 3e-4, 1e-4, 1e-4, 1e-3, 3e-4]


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.stem)
def test_timm_knows_the_backbones_and_optimizers_of_shipped_studies(path):
    spec = load_spec(str(path))
    for backbone in spec.backbones:
        check_backbone(backbone)
    for config in spec.configs_of("optimizer"):
        check_optimizer(config)
