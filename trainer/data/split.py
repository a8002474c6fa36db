"""Training and validation sides that keep a group, such as a person, on one side."""

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from trainer.errors import DataError
from trainer.support.text import shorten_list


@dataclass(frozen=True, eq=False)
class Split:
    """The two sides.

    Attributes:
        train: int64 [n_train], row numbers of the table, ascending.
        validation: int64 [n_validation], row numbers of the table, ascending.
    """

    train: np.ndarray
    validation: np.ndarray


def hold_out(table: pd.DataFrame, fraction: float, seed: int) -> Split:
    """Hold out a share of the groups, with about the same share of every class.

    scikit-learn's StratifiedGroupKFold deals the groups into n folds. Of the possible choices of k folds that
    follow one another, the one is held out that leaves the fewest classes absent from either side and, among
    those, holds the shares of the classes nearest to `fraction`. k / n is the simplest fraction within 5 % of
    `fraction`: 1/5 for 0.2, 2/7 for 0.3. A column `side` overrules all this.

    Args:
        table: columns `label`, `group` and perhaps `side` ("train", "validation") and `stratum`, one row an image.
        fraction: share that is held out, 0.05 to 0.5.
        seed: of the shuffling; the same table and seed give the same split on every machine.

    Raises:
        DataError: there are fewer groups than folds, or a side has no image.
    """
    held = (table["side"] == "validation").to_numpy() if "side" in table else _best_folds(table, fraction, seed)
    split = _split(held)
    for name, side in (("train", split.train), ("validation", split.validation)):
        if not len(side):
            raise DataError(f"no image is on the side {name!r} of the split: correct the split column")
    return split


def folds(table: pd.DataFrame, count: int, seed: int) -> tuple[Split, ...]:
    """Deal the groups into two or more folds; each is the validation side once. A column `side` plays no part.

    Raises:
        DataError: there are fewer groups than folds.
    """
    fold = _assign_folds(table, count, seed)
    return tuple(_split(fold == i) for i in range(count))


def check_split(table: pd.DataFrame, split: Split) -> None:
    """Refuse a split in which a group stands on both sides.

    Raises:
        DataError: names the groups.
    """
    groups = table["group"].to_numpy()
    if both := sorted(set(groups[split.train]) & set(groups[split.validation])):
        raise DataError(
            f"{len(both)} group(s) stand on both sides of the split ({shorten_list(both)}): the validation score "
            "would be worthless; put every image of a group on one side"
        )


def subsample(table: pd.DataFrame, fraction: float, seed: int) -> pd.DataFrame:
    """Draw a share of the groups with all their images, for a quick trial; ten groups at least, if there are.

    Groups are drawn so that as many classes as possible have two groups, one for each side of a split. With a
    column `side` each side gives its share. The chosen rows keep their order and are numbered anew.
    """
    if "side" in table:
        parts = [_draw_groups(part, fraction, seed) for _, part in table.groupby("side")]
        chosen: set[str] = set().union(*parts)
    else:
        chosen = _draw_groups(table, fraction, seed)
    return table[table["group"].isin(chosen)].reset_index(drop=True)


def _strata(table: pd.DataFrame) -> np.ndarray:
    """What is shared out evenly, int64 [n]: the label, or what it is one factor of, so that all factors split alike."""
    return table["stratum" if "stratum" in table else "label"].to_numpy()


def _split(held: np.ndarray) -> Split:
    return Split(np.flatnonzero(~held).astype(np.int64), np.flatnonzero(held).astype(np.int64))


def _best_folds(table: pd.DataFrame, fraction: float, seed: int) -> np.ndarray:
    """Which rows are held out, bool [n]."""
    k, n = _share(fraction)
    fold = _assign_folds(table, n, seed)
    labels = _strata(table)
    totals = np.bincount(labels)
    present = totals > 0
    counts = np.stack([np.bincount(labels[fold == i], minlength=len(totals)) for i in range(n)])

    def distance(start: int) -> tuple[int, float]:
        held = counts[[(start + i) % n for i in range(k)]].sum(axis=0)
        absent = int((held[present] == 0).sum() + (held[present] == totals[present]).sum())
        by_class = np.abs(held[present] / totals[present] - fraction).mean()
        overall = abs(held.sum() / totals.sum() - fraction)
        # Rounded, so that the last bit of a sum cannot choose another fold on another machine.
        return absent, round(float(by_class + overall), 9)

    best = min(range(n), key=distance)
    return np.isin(fold, [(best + i) % n for i in range(k)])


def _share(fraction: float) -> tuple[int, int]:
    """The simplest k / n within 5 % of a fraction from 0.05 to 0.5."""
    for n in range(2, 21):
        k = round(fraction * n)
        if k and abs(k / n - fraction) <= 0.05 * fraction + 1e-12:
            return k, n
    return 1, round(1 / fraction)


def _assign_folds(table: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """The fold of each row, int64 [n]."""
    labels, groups = _strata(table), table["group"].to_numpy(dtype=object)
    number = len(set(groups))
    if number < count:
        raise DataError(
            f"fewer people than folds: {number} groups cannot be dealt into {count} folds; add people, or "
            "take fewer folds (a larger data.validation takes fewer)"
        )
    most = int(np.bincount(labels).max())
    if most < count:
        raise DataError(
            f"no class has more than {most} images, too few for {count} folds: add images or take fewer folds"
        )
    fold = np.empty(len(labels), dtype=np.int64)
    splitter = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer images than folds is told by `search check`, in better words.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for i, (_, held) in enumerate(splitter.split(labels, labels, groups)):
            fold[held] = i
    return fold


def _draw_groups(table: pd.DataFrame, fraction: float, seed: int) -> set[str]:
    # Ordered by a hash and not by a generator: the order is the same with every numpy, and dropping one group
    # leaves that of the others.
    groups = sorted(set(table["group"]), key=lambda g: hashlib.sha256(f"{seed}:{g}".encode()).digest())
    wanted = min(len(groups), max(10, round(fraction * len(groups))))
    members = {str(label): set(part["group"]) for label, part in table.groupby(_strata(table))}
    rarest_first = sorted(members, key=lambda label: (len(members[label]), int(label)))
    chosen: set[str] = set()
    for least in (1, 2):
        for label in rarest_first:
            candidates = [g for g in groups if g in members[label] and g not in chosen]
            lacking = max(0, least - len(members[label] & chosen))
            chosen.update(candidates[: min(lacking, wanted - len(chosen))])
    rest = [g for g in groups if g not in chosen]
    return chosen | set(rest[: wanted - len(chosen)])
