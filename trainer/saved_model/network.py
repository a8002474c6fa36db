"""The model folder of one network: ``model.safetensors`` and ``model.json``: all it takes to predict and to repeat.

Reading needs torch only where a network is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trainer.config.train_config import TrainConfig
from trainer.data.factors import Factor, Part
from trainer.imaging.views import Tta
from trainer.saved_model.manifest import (
    ModelInfo,
    Preprocessing,
    check_file,
    file_checksum,
    now,
    packages,
    read_info,
    write_info,
)
from trainer.support.atomic import saving, sync_public

if TYPE_CHECKING:
    from torch import nn

    from trainer.model.normalization import Normalization

WEIGHTS_FILE: Final = "model.safetensors"
ONNX_FILE: Final = "model.onnx"


def write_model(  # noqa: PLR0913 - all that a model folder tells
    place: Path,
    model: nn.Module,
    config: TrainConfig,
    *,
    classes: tuple[str, ...],
    normalization: Normalization,
    epochs: int,
    origin: dict[str, Any],
    factors: tuple[Factor, ...] = (),
    part: Part | None = None,
    boxes: bool = False,
    temperature: float = 1.0,
    tta: Tta = "none",
) -> ModelInfo:
    """Write a network and what it takes to use it, as :class:`ModelInfo` tells it, into an existing folder.

    Raises:
        SaveError: The disk is full or the folder cannot be written to.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    weights = place / WEIGHTS_FILE
    with saving(weights):
        state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
        try:
            save_file(state, weights)
        except SafetensorError as error:  # its message holds the operating system's reason
            raise OSError(None, str(error)) from error
        info = ModelInfo(
            classes=classes,
            factors=factors,
            part=part,
            preprocessing=Preprocessing(
                image_size=config.image_size,
                crop=config.crop,
                boxes=boxes,
                box_margin=config.box_margin if boxes else 0.0,
                mean=normalization.mean,
                std=normalization.std,
            ),
            config=config,
            epochs=epochs,
            origin=origin,
            temperature=temperature,
            tta=tta,
            weights_sha256=file_checksum(weights),
            packages=packages(),
            created=now(),
        )
        sync_public(weights)
        write_info(place, info)
    return info


def read_model(folder: Path) -> tuple[nn.Module, ModelInfo]:
    """Rebuild the network of a model folder on the CPU, in evaluation mode.

    Raises:
        DataError: The folder is no model folder, or its weights are not those that were written.
    """
    from trainer.model.network import create_timm_model
    from trainer.model.weights import read_weights

    info = read_info(folder)
    check_weights(folder, info)
    model = create_timm_model(info.config.backbone, info.heads.outputs, info.preprocessing.image_size)
    model.load_state_dict(read_weights(folder / WEIGHTS_FILE))
    return model.eval(), info


def check_weights(folder: Path, info: ModelInfo) -> None:
    """Compare the weights with the checksum that was written with them.

    Raises:
        DataError: They are missing, unreadable, or not those that were written.
    """
    check_file(folder / WEIGHTS_FILE, info.weights_sha256, "finalize the study again")
