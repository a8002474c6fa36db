"""A model folder of several networks that know the same classes and decide together.

::

    model.json            classes, members, how they vote
    1-fold/               a model folder: a network of one fold, or of one seed
    2-fold/
    ...
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.errors import DataError
from trainer.saved_model.manifest import EnsembleInfo, Member, Voting, now, packages, read_info, write_info
from trainer.saved_model.network import check_weights


def write_ensemble(place: Path, members: Sequence[str], voting: Voting, origin: dict[str, Any]) -> EnsembleInfo:
    """Make an ensemble of model folders, named ``members``, that stand in ``place`` already: write its ``model.json``.

    Raises:
        DataError: There is none, one is damaged, or two do not know the same classes.
        SaveError: The disk is full or the folder cannot be written to.
    """
    if not members:
        raise DataError(f"{place}: an ensemble has no members; write a model into a folder of it first")
    infos = [read_info(place / name) for name in members]
    for name, info in zip(members, infos, strict=True):
        check_weights(place / name, info)
        if (info.classes, info.factors, info.part) != (infos[0].classes, infos[0].factors, infos[0].part):
            raise DataError(
                f"{place / name} does not know the classes of {place / members[0]}; gather models of the same classes"
            )
    ensemble = EnsembleInfo(
        classes=infos[0].classes,
        factors=infos[0].factors,
        part=infos[0].part,
        voting=voting,
        members=tuple(
            Member(folder=name, weights_sha256=info.weights_sha256) for name, info in zip(members, infos, strict=True)
        ),
        origin=origin,
        packages=packages(),
        created=now(),
    )
    write_info(place, ensemble)
    return ensemble
