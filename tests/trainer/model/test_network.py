"""Backbones and the weights they start from."""

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.errors import ConfigError, WeightsError
from trainer.model import weights as model_module
from trainer.model.network import check_model, compile_model, create_model, seeded_model
from trainer.model.normalization import normalization


def config(backbone="test_resnet", **values):
    return TrainConfig.model_validate({"backbone": backbone, "weights": "none", "image_size": 32, **values})


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(1)
    path = tmp_path / "test_resnet.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), path)
    return path


def test_weights_from_a_file_with_a_head_of_other_size(weights):
    torch.manual_seed(1)
    original = timm.create_model("test_resnet").state_dict()
    model = create_model(config(weights=str(weights)), classes=18)
    head = model.pretrained_cfg["classifier"]
    for name, value in model.state_dict().items():
        if name.startswith(head):
            assert value.shape[0] == 18
        else:
            assert torch.equal(value, original[name]), name


@pytest.mark.parametrize(
    ("name", "near"), [("resnet19", "resnet18"), ("efficentnet_b0", "efficientnet_b0"), ("", "timm.list_models")]
)
def test_unknown_backbone_names_the_nearest(name, near):
    with pytest.raises(WeightsError, match=near) as caught:
        create_model(TrainConfig.model_construct(backbone=name, weights="none", image_size=32), 3)
    assert "\n" not in str(caught.value)


def test_weights_of_another_backbone(weights):
    with pytest.raises(WeightsError, match=r"does not fit backbone 'test_efficientnet': .* and \d+ more"):
        create_model(config("test_efficientnet", weights=str(weights)), 3)


def test_weights_of_another_shape(tmp_path, weights):
    state = timm.create_model("test_resnet").state_dict()
    name = next(iter(state))
    save_file({**state, name: torch.zeros(1, 2)}, tmp_path / "odd.safetensors")
    with pytest.raises(WeightsError, match=rf"{name} has shape \(1, 2\) instead of"):
        create_model(config(weights=str(tmp_path / "odd.safetensors")), 3)


@pytest.mark.parametrize("content", [None, b"", b"not safetensors at all"])
def test_weights_missing_or_damaged(tmp_path, content):
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match="does not exist" if content is None else "cannot be read") as caught:
        create_model(config(weights=str(path)), 3)
    assert "\n" not in str(caught.value)


def test_weights_of_the_hub_without_a_network():
    with pytest.raises(WeightsError, match=r"ImageNet weights of 'test_resnet' cannot be fetched .*name a") as caught:
        create_model(config(weights="imagenet"), 3)
    assert "\n" not in str(caught.value)


def test_a_size_that_the_backbone_cannot_take():
    check_model(config("test_vit", image_size=32), 3)  # transformers are built for the size
    with pytest.raises(WeightsError, match=r"cannot (take|be built for) images of 17 px"):
        check_model(config("test_vit", image_size=17), 3)


def test_normalisation_belongs_to_the_backbone():
    normalise = normalization(create_model(config(), 3))
    image = torch.zeros(1, 2, 4, 3, dtype=torch.uint8)
    image[..., 0] = 255
    out = normalise(image, torch.device("cpu"))
    assert out.shape == (1, 3, 2, 4)
    for channel, value in enumerate((1.0, 0.0, 0.0)):
        expected = (value - normalise.mean[channel]) / normalise.std[channel]
        assert torch.allclose(out[0, channel], torch.tensor(expected), atol=1e-6)
    pixels = torch.randint(0, 256, (2, 5, 7, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(values) * 255 for values in (normalise.mean, normalise.std))
    assert torch.equal(normalise(pixels, torch.device("cpu")), ((pixels.float() - mean) / std).permute(0, 3, 1, 2))


def same(one, other):
    return all(torch.equal(one.state_dict()[key], value) for key, value in other.state_dict().items())


def test_a_copy_of_what_was_built_once_is_what_would_be_built(weights):
    for values in ({}, {"weights": str(weights)}):
        torch.manual_seed(5)
        built = create_model(config(**values), classes=4)
        first, second = (seeded_model(config(**values), 4, seed=5) for _ in range(2))
        assert same(built, first)
        assert same(built, second)
        with torch.no_grad():
            next(first.parameters()).add_(1)
        assert same(built, second)
        assert same(built, seeded_model(config(**values), 4, seed=5))
        assert not same(built, seeded_model(config(**values), 4, seed=6))


def test_weights_are_read_once_until_the_file_is_another_one(weights, monkeypatch):
    reads = []
    monkeypatch.setattr(model_module, "load_file", lambda path: reads.append(path) or load_file(path))
    settings = config(weights=str(weights))
    before = seeded_model(settings, 3, seed=0)
    seeded_model(settings.model_copy(update={"lr": 0.1}), 3, seed=0)
    assert len(reads) == 1
    torch.manual_seed(9)
    save_file(timm.create_model("test_resnet").state_dict(), weights)
    assert not same(before, seeded_model(settings, 3, seed=0))
    assert len(reads) == 2
    weights.unlink()
    with pytest.raises(WeightsError, match="does not exist"):
        seeded_model(settings, 3, seed=0)


def test_what_cannot_be_compiled_is_said_before_any_trial(monkeypatch):
    def no_compiler(*_, **__):
        raise RuntimeError("no working C++ compiler\nwas found")

    monkeypatch.setattr(torch, "compile", lambda model: no_compiler)
    with pytest.raises(ConfigError, match=r"compile = true: .*'test_resnet' here \(no working C\+\+ compiler\)"):
        check_model(config(compile=True), classes=3)
    check_model(config(), classes=3)
    with pytest.raises(ConfigError, match="does not go with a memory limit on the CPU"):
        compile_model(create_model(config(), 3), Runtime(memory_limit=10))
