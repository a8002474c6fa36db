"""A model folder of several networks, each of which knows one factor of the label; and whichever kind, read to predict.

::

    model.json            classes, factors, members
    1-mask/               a model folder: the network of the first factor
    2-gender/             of the second, perhaps another backbone at another image size
    ...

A class is a combination of values, and its probability the product of the members' probabilities of its values.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from trainer.artifact import (
    INFO_FILE,
    WEIGHTS_FILE,
    ModelInfo,
    check_classes,
    check_weights,
    now,
    packages,
    parse_info,
    read_info,
    read_model,
    read_values,
    settle,
    write_info,
)
from trainer.errors import DataError
from trainer.factors import Factor, Part
from trainer.heads import Heads
from trainer.whole import saving


class Member(BaseModel):
    """One network of a joined model: of which factor, in which folder, with which weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: str
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
    weights_sha256: str


class JoinedInfo(BaseModel):
    """What the ``model.json`` of a joined model holds; the members stand in the order of the factors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    classes: tuple[str, ...]
    factors: tuple[Factor, ...]
    members: tuple[Member, ...]
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


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model as prediction needs it.

    Attributes:
        classes: Their names.
        members: The networks, on the CPU in evaluation mode; a single one knows the classes by itself.
        heads: How the members' scores make those of the classes.
    """

    classes: tuple[str, ...]
    members: tuple[tuple[nn.Module, ModelInfo], ...]
    heads: Heads

    def probabilities(self, scores: Sequence[Tensor]) -> Tensor:
        """Probabilities of the classes.

        Args:
            scores: Of each member for its own classes, float32 [N, C_member].

        Returns:
            float32 [N, C].
        """
        return torch.softmax(self.heads.scores(torch.cat(list(scores), dim=1)), dim=1)


def join(place: Path, folders: Mapping[str, Path], whole: Part, origin: dict[str, Any]) -> JoinedInfo:
    """Put model folders of single factors together, in an existing folder.

    Args:
        place: The folder.
        folders: The model folder of each factor, by its name.
        whole: Of which label.
        origin: Where they come from.

    Raises:
        DataError: A folder is damaged or of something else.
        SaveError: The disk is full or the folder cannot be written to.
    """
    members = []
    for number, factor in enumerate(whole.factors, start=1):
        info = read_info(folders[factor.name])
        check_weights(folders[factor.name], info)
        if info.classes != factor.values:
            raise DataError(f"the model in {folders[factor.name]} is not one of the factor {factor.name}")
        name = f"{number}-{re.sub(r'[^A-Za-z0-9._-]', '_', factor.name)}"
        with saving(place / name):
            (place / name).mkdir(mode=0o755)
            for file in (WEIGHTS_FILE, INFO_FILE):
                shutil.copyfile(folders[factor.name] / file, place / name / file)
                settle(place / name / file)
        members.append(Member(factor=factor.name, folder=name, weights_sha256=info.weights_sha256))
    joined = JoinedInfo(
        classes=whole.classes,
        factors=whole.factors,
        members=tuple(members),
        origin=origin,
        packages=packages(),
        created=now(),
    )
    with saving(place / INFO_FILE):
        write_info(place, joined)
    return joined


def read_joined(folder: Path) -> JoinedInfo:
    """Read the ``model.json`` of a joined model, and see that its members are whole and those that it names.

    Raises:
        DataError: They are not, or it is no joined model.
    """
    joined = parse_info(JoinedInfo, read_values(folder), folder)
    for member, factor in zip(joined.members, joined.factors, strict=True):
        info = read_info(folder / member.folder)
        check_weights(folder / member.folder, info)
        _check_member(folder, member, factor, info)
    return joined


def _check_member(folder: Path, member: Member, factor: Factor, info: ModelInfo) -> None:
    if info.weights_sha256 != member.weights_sha256 or info.classes != factor.values:
        place = folder / member.folder
        raise DataError(f"{place} is not the member that {folder / INFO_FILE} names; finalize the studies again")


def read_infos(folder: Path) -> tuple[ModelInfo, ...]:
    """What is known of each network of a model folder of either kind.

    Raises:
        DataError: It is no model folder.
    """
    if "members" not in read_values(folder):
        return (read_info(folder),)
    joined = parse_info(JoinedInfo, read_values(folder), folder)
    return tuple(read_info(folder / member.folder) for member in joined.members)


def read_predictor(folder: Path) -> Predictor:
    """Read a model folder of either kind.

    Raises:
        DataError: It is no model folder, or not the one that was written.
    """
    if "members" not in read_values(folder):
        network, info = read_model(folder)
        return Predictor(info.classes, ((network, info),), Heads(len(info.classes)))
    joined = parse_info(JoinedInfo, read_values(folder), folder)
    members = tuple(read_model(folder / member.folder) for member in joined.members)
    for member, factor, (_, info) in zip(joined.members, joined.factors, members, strict=True):
        _check_member(folder, member, factor, info)
    return Predictor(joined.classes, members, Heads(len(joined.classes), joined.factors))
