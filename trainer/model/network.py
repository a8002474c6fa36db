"""The network: a timm backbone with one head, and the weights it starts from."""

import copy
import functools
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.errors import ConfigError, WeightsError
from trainer.imaging.crop import ImageSize, format_size, height_width
from trainer.model.weights import load_backbone, short_error
from trainer.support.text import first_line, nearest_names


def check_backbone(backbone: str) -> None:
    """Ask whether timm knows a backbone, without building it.

    Raises:
        WeightsError: It does not; the message has the nearest names.
    """
    if not timm.is_model(backbone):
        hint = nearest_names(backbone, timm.list_models() + timm.list_pretrained(), "timm.list_models() lists them all")
        raise WeightsError(f"backbone {backbone!r} is not one that timm knows; {hint}")


def create_timm_model(
    backbone: str,
    classes: int,
    image_size: ImageSize,
    *,
    pretrained: bool = False,
    dropout: float = 0.0,
    drop_path: float = 0.0,
) -> nn.Module:
    """Create a timm model with a head of ``classes`` outputs; with random weights unless ``pretrained``.

    Raises:
        WeightsError: timm does not know the backbone, it cannot take images of this size, or its weights cannot be
            fetched.
        ConfigError: It has no place for dropout or drop path.
    """
    check_backbone(backbone)
    options: dict[str, Any] = {"num_classes": classes}
    if dropout:
        options["drop_rate"] = dropout
    if drop_path:
        options["drop_path_rate"] = drop_path
    # Transformers with absolute positions are built for one size; all other backbones refuse the argument.
    arch = timm.models.get_pretrained_cfg(backbone)
    if arch is not None and arch.fixed_input_size:
        options["img_size"] = image_size
    try:
        model: nn.Module = timm.create_model(backbone, pretrained=pretrained, **options)
    except Exception as error:  # the hub and its client raise whatever went wrong underneath
        for knob, name in (("dropout", "drop_rate"), ("drop_path", "drop_path_rate")):
            if name in options and f"'{name}'" in str(error):
                raise ConfigError(f"backbone {backbone!r} has no {knob}; leave it at 0 or choose another") from error
        if not pretrained:
            raise WeightsError(
                f"backbone {backbone!r} cannot be built for images of {format_size(image_size)}: {short_error(error)}"
            ) from error
        raise WeightsError(
            f"the ImageNet weights of {backbone!r} cannot be fetched ({short_error(error)}); mend the network, "
            f"name a .safetensors file, or set weights to 'none'"
        ) from error
    return model


def create_model(config: TrainConfig, classes: int) -> nn.Module:
    """Create the network of a configuration with the weights it starts from.

    The head is always new: its random values come from torch's global generator.

    Raises:
        WeightsError: See :func:`create_timm_model`; or the weights file is missing, damaged or of another backbone.
    """
    model = create_timm_model(
        config.backbone,
        classes,
        config.image_size,
        pretrained=config.weights == "imagenet",
        dropout=config.dropout,
        drop_path=config.drop_path,
    )
    if config.weights not in ("imagenet", "none"):
        load_backbone(model, config.backbone, Path(config.weights))
    if config.weights != "none":
        # Some families start their head for training from scratch (EfficientNet: uniform in 1/sqrt(classes), which over
        # trained features that is large, and the first gradients wreck them); torch's own start is small.
        model.reset_classifier(classes)  # type: ignore[operator]
    return model.to(memory_format=torch.channels_last)


def seeded_model(config: TrainConfig, classes: int, seed: int) -> nn.Module:
    """What :func:`create_model` creates after ``torch.manual_seed(seed)``, on the CPU.

    A worker trains one configuration after the other of the same few backbones. Each is built, and its weights are
    read, once; after that a copy is handed out, which takes a fifth of the time. Torch's generators are left anywhere.

    Raises:
        WeightsError: See :func:`create_model`.
    """
    values = config.model_dump(include={"backbone", "weights", "image_size", "dropout", "drop_path"})
    return copy.deepcopy(_built(tuple(values.items()), classes, seed, _stamp(config.weights)))


@functools.lru_cache(maxsize=8)  # backbones of one study; the largest take some hundred megabytes each
def _built(values: tuple[tuple[str, Any], ...], classes: int, seed: int, _stamp: tuple[int, ...]) -> nn.Module:
    torch.manual_seed(seed)
    return create_model(TrainConfig.model_validate(dict(values)), classes)


def _stamp(weights: str) -> tuple[int, ...]:
    """Tells a weights file from another one that takes its place."""
    try:
        status = Path(weights).stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def compile_model(model: nn.Module, runtime: Runtime) -> None:
    """Have torch.compile make one program of the network when it is first used; its parameters stay what they are.

    Raises:
        ConfigError: A memory limit on the CPU is watched from within the network, which a compiled one does not allow.
    """
    if runtime.device == "cpu" and runtime.memory_limit is not None:
        raise ConfigError("compile = true does not go with a memory limit on the CPU; leave one of them away")
    model.compile(dynamic=False)


def check_model(config: TrainConfig, classes: int) -> None:
    """Build the network with its weights and pass one image through it, so that a mistake shows before any trial.

    Raises:
        WeightsError: See :func:`create_model`; or the network cannot take images of this size.
        ConfigError: It is to be compiled, and cannot be.
    """
    model = create_model(config, classes).eval()
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, *height_width(config.image_size)))
    except Exception as error:  # each family of backbones says no in its own way
        raise WeightsError(
            f"backbone {config.backbone!r} cannot take images of {format_size(config.image_size)}: {short_error(error)}"
        ) from error
    if not config.compile:
        return
    try:
        with torch.inference_mode():
            torch.compile(model)(torch.zeros(2, 3, *height_width(config.image_size)))
    except Exception as error:  # its back ends raise what they like
        reason = (first_line(error) or type(error).__name__)[:200]
        raise ConfigError(
            f"compile = true: torch cannot compile backbone {config.backbone!r} here ({reason}); install a C++ "
            "compiler (g++), or leave compile away"
        ) from error
