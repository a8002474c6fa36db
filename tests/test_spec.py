"""Study files: read, refused in one line, kept as JSON, and compared with what is stored."""

import json
import tomllib
from pathlib import Path

import pytest

from search.spec import differences, load_spec, parse_spec
from tests.tiny import write_study
from trainer.crops import Crop
from trainer.errors import ConfigError, WeightsError

HERE = Path(__file__).parent.parent / "studies"


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
        ({"space__optimizer": {"choices": ["sgdd"]}}, "space.optimizer: input should be 'adam', 'adamw'"),
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
        ({"start": [{"lr": 1.0}]}, "start 1: lr = 1.0 is outside the space (0.0001 ... 0.01)"),
        ({"start": [{"lr": 0.001}, {"optimizer": "sgd"}]}, "start 2: optimizer = 'sgd' is outside the space"),
        ({"start": [{"gamma": 1}]}, "start 1: gamma is not in [space]"),
    ],
)
def test_mistakes_are_one_line_with_file_key_and_rule(tmp_path, changes, line):
    with pytest.raises(ConfigError) as caught:
        parse_spec(values(tmp_path, **changes), "studies/x.toml")
    message = str(caught.value)
    assert message.startswith("studies/x.toml: ")
    assert line in message
    assert "\n" not in message


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


def test_weights_count_by_content_not_by_path(spec, tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    first.write_bytes(b"one")
    second.write_bytes(b"one")

    def identity(path):
        return spec.with_weights((f"test_resnet={path}",)).identity()

    assert differences(identity(first), identity(second)) == []
    second.write_bytes(b"two")
    (line,) = differences(identity(first), identity(second))
    assert line.startswith("fixed.weights.test_resnet: the study has 'sha256:")
    with pytest.raises(WeightsError, match=r"cannot be read"):
        identity(tmp_path / "none.safetensors")
    with pytest.raises(ConfigError, match=r"backbone 'resnet19' is not searched; this study has test_resnet"):
        spec.with_weights(("resnet19=none",))
    with pytest.raises(ConfigError, match=r"command line: .*must be 'imagenet', 'none' or a file"):
        spec.with_weights(("x.bin",))


def test_weights_of_the_command_line(spec):
    table = spec.with_fixed(weights={"test_resnet": "a.safetensors"})
    assert table.with_weights(("none",)).any_config("test_resnet").weights == "none"
    assert table.with_weights(("test_resnet=none",)).any_config("test_resnet").weights == "none"
    odd = "./a=b/c.safetensors"
    assert table.with_weights((odd,)).any_config("test_resnet").weights == odd


def test_precision_that_is_left_open_fits_what_was_settled(spec):
    settled = spec.with_fixed(precision={"test_resnet": "bf16"}).identity()
    left_open = spec.with_fixed(precision="auto").identity()
    assert differences(settled, left_open) == []
    assert differences(settled, spec.with_fixed(precision="fp32").identity())
    assert differences(settled, spec.with_fixed(precision={"default": "fp32"}).identity())


def test_debug_is_a_study_of_its_own(spec):
    debug = spec.debugged()
    assert (debug.study.name, debug.epochs, debug.people) == ("tiny-debug", 2, 0.05)
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
