"""A model folder of any kind, read with the folders in it: a network, an ensemble of some, or either for each factor.

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import DataError
from trainer.saved_model.manifest import (
    INFO_FILE,
    AnyInfo,
    EnsembleInfo,
    JoinedInfo,
    Member,
    ModelInfo,
    parse_info,
    read_info,
    read_values,
)
from trainer.saved_model.network import check_weights


@dataclass(frozen=True)
class ModelTree:
    """A model folder.

    Attributes:
        folder: Where it is.
        info: What its ``model.json`` says.
        members: What is in it, in that file's order; a network has none.
    """

    folder: Path
    info: AnyInfo
    members: tuple[ModelTree, ...] = ()

    def networks(self) -> Iterator[tuple[Path, ModelInfo]]:
        """The folder of each network, and what is known of it."""
        if isinstance(self.info, ModelInfo):
            yield self.folder, self.info
        for member in self.members:
            yield from member.networks()

    def check_weights(self) -> None:
        """Compare the weights of all networks with what was written.

        Raises:
            DataError: Some are missing, unreadable, or not those that were written.
        """
        for folder, info in self.networks():
            check_weights(folder, info)


def read_tree(folder: Path) -> ModelTree:
    """Read a model folder of any kind; its members are seen to be those that it names. Weights are not looked at.

    Raises:
        DataError: It is no model folder, it was changed, or a member is missing or another.
    """
    values = read_values(folder)
    if "members" not in values:
        return ModelTree(folder, read_info(folder))
    if "voting" in values:
        ensemble = parse_info(EnsembleInfo, values, folder)
        members = tuple(ModelTree(folder / each.folder, read_info(folder / each.folder)) for each in ensemble.members)
        for voter, member in zip(ensemble.members, members, strict=True):
            _check_member(folder, voter, member, ensemble.classes)
        return ModelTree(folder, ensemble, members)
    joined = parse_info(JoinedInfo, values, folder)
    parts = tuple(read_part(folder / each.folder) for each in joined.members)
    for each, part, factor in zip(joined.members, parts, joined.factors, strict=True):
        _check_member(folder, each, part, factor.values)
    return ModelTree(folder, joined, parts)


def read_part(folder: Path) -> ModelTree:
    """Read what may be a member of a joined model: a network or an ensemble.

    Raises:
        DataError: As in :func:`read_tree`; or it is a joined model itself.
    """
    if {"members", "voting"} & read_values(folder).keys() == {"members"}:
        raise DataError(f"{folder} is a joined model, which cannot be part of another; name models of one factor each")
    return read_tree(folder)


def _check_member(folder: Path, named: Member, found: ModelTree, classes: tuple[str, ...]) -> None:
    info = found.info
    if isinstance(info, JoinedInfo) or info.weights_sha256 != named.weights_sha256 or info.classes != classes:
        raise DataError(f"{found.folder} is not the member that {folder / INFO_FILE} names; finalize the studies again")
