"""A model folder of several models, each of which knows one factor of the label.

::

    model.json            classes, factors, members
    1-mask/               a model folder: of the first factor, a network or an ensemble
    2-gender/             of the second, perhaps another backbone at another image size
    ...

A class is a combination of values, and its probability the product of the members' probabilities of its values.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.data.factors import Part
from trainer.errors import DataError
from trainer.saved_model.manifest import INFO_FILE, FactorMember, JoinedInfo, now, packages, write_info
from trainer.saved_model.network import ONNX_FILE, WEIGHTS_FILE
from trainer.saved_model.tree import ModelTree, read_part, read_tree
from trainer.support.atomic import saving, sync_public


def write_joined(place: Path, folders: Mapping[str, Path], whole: Part, origin: dict[str, Any]) -> JoinedInfo:
    """Put the model folder of each factor of ``whole``, by its name, together in an existing folder.

    Raises:
        DataError: A folder is damaged or of something else.
        SaveError: The disk is full or the folder cannot be written to.
    """
    members = []
    for number, factor in enumerate(whole.factors, start=1):
        tree = read_part(folders[factor.name])
        tree.check_weights()
        if isinstance(tree.info, JoinedInfo) or tree.info.classes != factor.values:
            raise DataError(f"the model in {folders[factor.name]} is not one of the factor {factor.name}")
        name = f"{number}-{re.sub(r'[^A-Za-z0-9._-]', '_', factor.name)}"
        with saving(place / name):
            _copy(tree, place / name)
        members.append(FactorMember(factor=factor.name, folder=name, weights_sha256=tree.info.weights_sha256))
    joined = JoinedInfo(
        classes=whole.classes,
        factors=whole.factors,
        members=tuple(members),
        origin=origin,
        packages=packages(),
        created=now(),
    )
    write_info(place, joined)
    return joined


def _copy(tree: ModelTree, target: Path) -> None:
    target.mkdir(mode=0o755)
    for name in (WEIGHTS_FILE, ONNX_FILE, INFO_FILE):
        if (tree.folder / name).exists():
            shutil.copyfile(tree.folder / name, target / name)
            sync_public(target / name)
    for member in tree.members:
        _copy(member, target / member.folder.name)


def read_joined(folder: Path) -> JoinedInfo:
    """Read the ``model.json`` of a joined model, and see that its members are whole and those that it names.

    Raises:
        DataError: They are not, or it is no joined model.
    """
    tree = read_tree(folder)
    if not isinstance(tree.info, JoinedInfo):
        raise DataError(f"{folder} is not a joined model")
    tree.check_weights()
    return tree.info
