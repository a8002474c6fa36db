"""``model.json``: what a model folder says of itself, whether it holds a network, an ensemble or a joined model.

Nothing here needs torch: a machine that predicts with ONNX has none.
"""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_serializer, model_validator

from trainer.config.train_config import TrainConfig
from trainer.data.factors import Factor, Part, check_factors
from trainer.errors import DataError
from trainer.imaging.crop import Crop, ImageSize, Size
from trainer.imaging.views import Tta
from trainer.support.atomic import write_whole
from trainer.support.code_version import code_version
from trainer.support.validation import explain

if TYPE_CHECKING:
    from trainer.model.heads import Heads
    from trainer.model.normalization import Normalization

INFO_FILE: Final = "model.json"
"""Tells a model folder from others."""
FORMATS: Final = (1, 2, 3)
"""Of ``model.json``, which this version reads; it writes the last.

The first knew no factors and no joined models, the second no ensembles, temperature, views, or checksum of its own.
"""
_CHECKSUM_SINCE: Final = 3
"""The first format whose ``model.json`` has a checksum of its own."""
_CHECKSUM: Final = "checksum"

_Info = TypeVar("_Info", bound=BaseModel)


class Preprocessing(BaseModel, frozen=True, extra="forbid"):
    """How a file becomes the network's input: upright RGB, a part of it or all of it resized, normalised.

    Attributes:
        image_size: side of a square, or height and width, in pixels.
        crop: height and width of what is kept around the centre, in pixels of the original; none: the whole.
        boxes: whether it was trained on the boxes of its images; one without a box was treated as above.
        box_margin: share of a box's longer side that is kept on each side of it.
    """

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


class ModelInfo(BaseModel, frozen=True, extra="forbid"):
    """What ``model.json`` of a single network holds."""

    format: Literal[1, 2, 3] = 3
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
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """What the scores of the classes are divided by before the softmax, so that probabilities mean what they say."""
    tta: Tta = "none"
    """The views whose probabilities prediction averages, unless it is told others."""
    weights_sha256: str
    onnx_sha256: str | None = None
    """Of ``model.onnx``, if there is one."""
    packages: dict[str, str]
    created: str

    @model_validator(mode="after")
    def _heads_are_known(self) -> Self:
        check_classes(self.factors, len(self.classes))
        if self.part is not None:
            check_classes(self.part.factors, len(self.part.classes))
        if self.config.heads != "classes":
            check_factors([factor.name for factor in self.factors], self.config.factor_weights)
        return self

    @field_serializer("config")
    def _only_what_has_a_meaning(self, config: TrainConfig) -> dict[str, Any]:
        return config.active()

    @property
    def heads(self) -> Heads:
        """What the outputs of the network stand for."""
        from trainer.model.heads import create_heads  # late, as below: it needs torch

        return create_heads(self.config, len(self.classes), self.factors)

    @property
    def normalization(self) -> Normalization:
        """The normalization that the network was trained with."""
        from trainer.model.normalization import Normalization

        return Normalization(self.preprocessing.mean, self.preprocessing.std)


Voting = Literal["soft", "hard"]
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
"""Of a member, beside ``model.json``: never a path that leads elsewhere."""


class Member(BaseModel, frozen=True, extra="forbid"):
    """One network of an ensemble: in which folder, with which weights."""

    folder: FolderName
    weights_sha256: str


class EnsembleInfo(BaseModel, frozen=True, extra="forbid"):
    """What the ``model.json`` of an ensemble holds."""

    format: Literal[3] = 3
    classes: tuple[str, ...]
    factors: tuple[Factor, ...] = ()
    """What a class is made of; none where it is one thing."""
    part: Part | None = None
    """What the classes are one factor of."""
    voting: Voting
    """``soft``: the mean of the members' probabilities; ``hard``: the share of their votes, ties by that mean."""
    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    origin: dict[str, Any]
    """Where the members come from."""
    packages: dict[str, str]
    created: str

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_classes(self.factors, len(self.classes))
        if self.part is not None:
            check_classes(self.part.factors, len(self.part.classes))
        if len({member.folder for member in self.members}) < len(self.members):
            raise ValueError("a member stands there twice")
        return self

    @property
    def weights_sha256(self) -> str:
        """Of the weights of all members together, in their order."""
        return hashlib.sha256("".join(member.weights_sha256 for member in self.members).encode()).hexdigest()


class FactorMember(Member, frozen=True):
    """A network or an ensemble of a joined model, and which factor it knows."""

    factor: str


class JoinedInfo(BaseModel, frozen=True, extra="forbid"):
    """What the ``model.json`` of a joined model holds; the members stand in the order of the factors."""

    format: Literal[2, 3] = 3
    classes: tuple[str, ...]
    factors: tuple[Factor, ...]
    members: tuple[FactorMember, ...]
    origin: dict[str, Any]
    """Where the members come from."""
    packages: dict[str, str]
    created: str

    @model_validator(mode="after")
    def _has_a_member_a_factor(self) -> Self:
        check_classes(self.factors, len(self.classes))
        if [member.factor for member in self.members] != [factor.name for factor in self.factors] or not self.members:
            raise ValueError("there is not one member for each factor")
        return self


AnyInfo = ModelInfo | EnsembleInfo | JoinedInfo
"""What the ``model.json`` of a model folder of any kind holds."""


def check_classes(factors: tuple[Factor, ...], classes: int) -> None:
    """Raise a ValueError where factors do not make so many classes."""
    for factor in factors:
        if len(factor.of_class) != classes or not all(0 <= value < len(factor.values) for value in factor.of_class):
            raise ValueError(f"the factor {factor.name!r} is not one of these {classes} classes")


def write_info(place: Path, info: BaseModel) -> None:
    """Write ``model.json``, with a checksum of what it says, into an existing folder.

    Raises:
        SaveError: It cannot be written; an earlier one is kept.
    """
    values = with_checksum(json.loads(info.model_dump_json()))
    write_whole(place / INFO_FILE, json.dumps(values, indent=2, ensure_ascii=False) + "\n", synced=True)


def with_checksum(values: dict[str, Any]) -> dict[str, Any]:
    """The content of a ``model.json`` with the checksum that belongs to it; only the layout of the file may change."""
    content = {key: value for key, value in values.items() if key != _CHECKSUM}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return {**content, _CHECKSUM: hashlib.sha256(canonical.encode()).hexdigest()}


def read_info(folder: Path) -> ModelInfo:
    """Read the ``model.json`` of a single network.

    Raises:
        DataError: The folder holds no such model that this version can read.
    """
    values = read_values(folder)
    if "members" in values:
        raise DataError(f"{folder} holds several networks, and one is wanted here; name the folder of a member")
    return parse_info(ModelInfo, values, folder)


def read_values(folder: Path) -> dict[str, Any]:
    """The content of ``model.json``, of a format that this version reads, as it was written.

    Raises:
        DataError: It is missing, damaged, edited or of another format.
    """
    path = folder / INFO_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{folder} holds no {INFO_FILE}; name a folder that finalize wrote") from error
    except NotADirectoryError as error:
        raise DataError(f"{folder} is a file; name the folder that finalize wrote") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: {error}; finalize the study again") from error
    if not isinstance(values, dict):
        raise DataError(f"{path} does not describe a model; finalize the study again")
    if (found := values.get("format")) not in FORMATS:
        raise DataError(
            f"{path} is of format {found!r}, and this version reads {', '.join(map(str, FORMATS))}; use the version "
            "that wrote it, or finalize the study again"
        )
    if found >= _CHECKSUM_SINCE and with_checksum(values) != values:
        raise DataError(f"{path} is not the file that was written (checksum differs); finalize the study again")
    return {key: value for key, value in values.items() if key != _CHECKSUM or found < _CHECKSUM_SINCE}


def parse_info(kind: type[_Info], values: dict[str, Any], folder: Path) -> _Info:
    """What ``model.json`` says, validated.

    Raises:
        DataError: It breaks a rule.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise DataError(f"{explain(error, where=str(folder / INFO_FILE))}; finalize the study again") from error


def check_file(path: Path, checksum: str, mend: str) -> None:
    """Compare a file of a model folder with the checksum that was written with it.

    Raises:
        DataError: It is missing, unreadable, or not the one that was written; the message ends with the mend.
    """
    try:
        found = file_checksum(path)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; {mend}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); let this user read it") from error
    if found != checksum:
        raise DataError(f"{path} is not the file that was written (checksum differs); {mend}")


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def packages() -> dict[str, str]:
    """The versions that a model is written with, studyhall's with its commit."""
    names = ("torch", "timm", "numpy", "pillow")
    installed = {name: version(name) for name in names}
    return {"python": platform.python_version(), "studyhall": code_version(), **installed}


def now() -> str:
    """The time of day, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
