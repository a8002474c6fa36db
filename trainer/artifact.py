"""The model folder: ``model.safetensors`` and ``model.json``, everything needed to predict and to repeat."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError, field_serializer, model_validator
from safetensors.torch import save_file
from torch import nn

from trainer.config import TrainConfig
from trainer.crops import Crop, ImageSize, Size
from trainer.errors import ConfigError, DataError, SaveError
from trainer.explain import explain
from trainer.factors import Factor, Part
from trainer.heads import Heads, create_heads
from trainer.model import Normalisation, build, read_weights
from trainer.whole import saving

WEIGHTS_FILE = "model.safetensors"
INFO_FILE = "model.json"
FORMATS: Final = (1, 2)
"""Of ``model.json``, which this version reads; it writes the last. The first knew no factors and no joined models."""
_PACKAGES = ("studyhall", "torch", "timm", "numpy", "pillow")


_Info = TypeVar("_Info", bound=BaseModel)


class Preprocessing(BaseModel):
    """How a file becomes the network's input: upright RGB, a part of it or all of it resized, normalised.

    Attributes:
        image_size: side of a square, or height and width, in pixels.
        crop: height and width of what is kept around the centre, in pixels of the original; none: the whole.
        boxes: whether it was trained on the boxes of its images; one without a box was treated as above.
        box_margin: share of a box's longer side that is kept on each side of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: ImageSize
    crop: Size | None = None
    boxes: bool = False
    box_margin: float = 0.0
    resize: Literal["squash"] = "squash"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def cropping(self) -> Crop:
        """The part of an original that is kept, for images without a box."""
        return Crop(size=self.crop, margin=self.box_margin)


class ModelInfo(BaseModel):
    """What ``model.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1, 2] = 2
    classes: tuple[str, ...]
    factors: tuple[Factor, ...] = ()
    """What a class is made of; none where it is one thing."""
    part: Part | None = None
    """What the classes are one factor of."""
    preprocessing: Preprocessing
    config: TrainConfig
    epochs: int
    """Epochs that were trained; the schedule's horizon is ``config.epochs``."""
    origin: dict[str, Any]
    """Where the configuration comes from: study, trial, its validation F1 and how that was measured, data."""
    weights_sha256: str
    packages: dict[str, str]
    created: str

    @model_validator(mode="after")
    def _heads_are_known(self) -> Self:
        check_classes(self.factors, len(self.classes))
        if self.part is not None:
            check_classes(self.part.factors, len(self.part.classes))
        try:
            self.heads  # noqa: B018 - it can be made
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self

    @field_serializer("config")
    def _only_what_has_a_meaning(self, config: TrainConfig) -> dict[str, Any]:
        return config.active()

    @property
    def heads(self) -> Heads:
        """What the outputs of the network stand for."""
        return create_heads(self.config, len(self.classes), self.factors)

    @property
    def normalisation(self) -> Normalisation:
        """The normalisation that the network was trained with."""
        return Normalisation(self.preprocessing.mean, self.preprocessing.std)


def check_classes(factors: tuple[Factor, ...], classes: int) -> None:
    """Ask whether factors make so many classes.

    Raises:
        ValueError: They do not.
    """
    for factor in factors:
        if len(factor.of_class) != classes or not all(0 <= value < len(factor.values) for value in factor.of_class):
            raise ValueError(f"the factor {factor.name!r} is not one of these {classes} classes")


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder`` that takes its place when the block ends well, and vanishes otherwise.

    The lock keeps a second writer out; what an earlier writer left when it was killed is removed.

    Raises:
        SaveError: The place cannot be written to, or somebody else is writing there.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise SaveError(f"{folder} is a file; choose another --output")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / INFO_FILE).exists():
        raise SaveError(f"{folder} is not empty and holds no model; choose another --output")
    with saving(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.parent / f".{folder.name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise SaveError(f"another process is writing {folder}; wait for it or choose another --output") from error
    try:
        with saving(folder):
            if not folder.exists() and _aside(folder).exists():
                _aside(folder).rename(folder)  # a writer was killed between its two renames
            for left in folder.parent.glob(f".{folder.name}.*.partial"):
                shutil.rmtree(left)
            place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
            place.chmod(0o755)  # a temporary folder starts private; a model is read by others
        try:
            yield place
            with saving(folder):
                _replace(folder, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    finally:
        lock.release()


def _aside(folder: Path) -> Path:
    """Where an earlier model is kept for the moment in which the new one takes its place."""
    return folder.with_name(f".{folder.name}.old")


def _replace(folder: Path, new: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    old = _aside(folder)
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def write_model(  # noqa: PLR0913 - all that a model folder tells
    place: Path,
    model: nn.Module,
    config: TrainConfig,
    *,
    classes: tuple[str, ...],
    normalisation: Normalisation,
    epochs: int,
    origin: dict[str, Any],
    factors: tuple[Factor, ...] = (),
    part: Part | None = None,
    boxes: bool = False,
) -> ModelInfo:
    """Write a network and what it takes to use it into an existing folder; ``boxes``: it was trained on them.

    Raises:
        SaveError: The disk is full or the folder cannot be written to.
    """
    weights = place / WEIGHTS_FILE
    with saving(weights):
        state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
        _save_state(state, weights)
        info = ModelInfo(
            classes=classes,
            factors=factors,
            part=part,
            preprocessing=Preprocessing(
                image_size=config.image_size,
                crop=config.crop,
                boxes=boxes,
                box_margin=config.box_margin if boxes else 0.0,
                mean=normalisation.mean,
                std=normalisation.std,
            ),
            config=config,
            epochs=epochs,
            origin=origin,
            weights_sha256=_sha256(weights),
            packages=packages(),
            created=now(),
        )
        settle(weights)
        write_info(place, info)
    return info


def write_info(place: Path, info: BaseModel) -> None:
    """Write ``model.json`` into an existing folder; an OSError is the caller's."""
    (place / INFO_FILE).write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    settle(place / INFO_FILE)


def settle(file: Path) -> None:
    """Let others read a file, and bring it to the disk."""
    file.chmod(0o644)  # safetensors' files start private
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def packages() -> dict[str, str]:
    """The versions that a model is written with."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def now() -> str:
    """The time of day, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _save_state(state: dict[str, Any], path: Path) -> None:
    from safetensors import SafetensorError

    try:
        save_file(state, path)
    except SafetensorError as error:  # its message holds the operating system's reason
        raise OSError(None, str(error)) from error


def read_info(folder: Path) -> ModelInfo:
    """Read ``model.json``.

    Raises:
        DataError: The folder holds no model that this version can read.
    """
    return parse_info(ModelInfo, read_values(folder), folder)


def read_values(folder: Path) -> dict[str, Any]:
    """The content of ``model.json``, of a format that this version reads.

    Raises:
        DataError: It is missing, damaged or of another format.
    """
    path = folder / INFO_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{folder} holds no {INFO_FILE}; name a folder that finalize wrote") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}; finalize the study again") from error
    if not isinstance(values, dict):
        raise DataError(f"{path} does not describe a model; finalize the study again")
    if (found := values.get("format")) not in FORMATS:
        raise DataError(
            f"{path} is of format {found!r}, and this version reads {' and '.join(map(str, FORMATS))}; use the version "
            "that wrote it, or finalize the study again"
        )
    return values


def parse_info(kind: type[_Info], values: dict[str, Any], folder: Path) -> _Info:
    """What ``model.json`` says, validated.

    Raises:
        DataError: It breaks a rule.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise DataError(f"{explain(error, where=str(folder / INFO_FILE))}; finalize the study again") from error


def read_model(folder: Path) -> tuple[nn.Module, ModelInfo]:
    """Rebuild the network of a model folder on the CPU, in evaluation mode.

    Raises:
        DataError: The folder is no model folder, or its weights are not those that were written.
    """
    info = read_info(folder)
    check_weights(folder, info)
    model = build(info.config.backbone, info.heads.outputs, info.preprocessing.image_size)
    model.load_state_dict(read_weights(folder / WEIGHTS_FILE))
    return model.eval(), info


def check_weights(folder: Path, info: ModelInfo) -> None:
    """Compare the weights with the checksum that was written with them.

    Raises:
        DataError: They are missing, unreadable, or not those that were written.
    """
    weights = folder / WEIGHTS_FILE
    try:
        found = _sha256(weights)
    except FileNotFoundError as error:
        raise DataError(f"{weights} is missing; finalize the study again") from error
    except OSError as error:
        raise DataError(f"{weights} cannot be read ({error.strerror}); let this user read it") from error
    if found != info.weights_sha256:
        raise DataError(f"{weights} is not the file that was written (checksum differs); finalize the study again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
