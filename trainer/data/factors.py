"""Labels of several parts: factors such as mask, gender and age, whose combinations are the classes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from trainer.support.text import did_you_mean

SEPARATOR: Final = "/"
"""Between the values in the name of a class."""


@dataclass(frozen=True)
class Factor:
    """One part of the label.

    Attributes:
        name: What it is called.
        values: Names of its values, V of them.
        of_class: The index of its value in each of the data's classes, C of them.
    """

    name: str
    values: tuple[str, ...]
    of_class: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """What data of a single factor are a part of.

    Attributes:
        factor: Its name.
        classes: Names of the whole label's classes, C of them.
        factors: All factors of that label.
    """

    factor: str
    classes: tuple[str, ...]
    factors: tuple[Factor, ...]


def every_combination(values: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[Factor, ...]]:
    """The classes of a label whose factors' values are known, the last factor's changing fastest; and the factors."""
    return _classes(list(values.items()), list(product(*(range(len(each)) for each in values.values()))))


def combine(names: Sequence[str], found: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], tuple[Factor, ...]]:
    """Make classes of the combinations of factors' values that were found; one that nobody has seen is no class.

    Macro-F1 is the mean over the classes of a study, so a class that cannot occur would count 0 for ever. The classes
    are sorted by the first factor's value, then the second's, and so on; the factors go with them.
    """
    combinations = sorted({tuple(values) for values in found})
    columns = [(name, in_order({values[i] for values in combinations})) for i, name in enumerate(names)]
    ranks = [{value: rank for rank, value in enumerate(values)} for _, values in columns]
    ranked = sorted(tuple(rank[value] for rank, value in zip(ranks, each, strict=True)) for each in combinations)
    return _classes(columns, ranked)


def _classes(
    columns: Sequence[tuple[str, Sequence[str]]], combinations: Sequence[tuple[int, ...]]
) -> tuple[tuple[str, ...], tuple[Factor, ...]]:
    """Classes and factors of combinations of value indices."""
    classes = (SEPARATOR.join(values[i] for (_, values), i in zip(columns, each, strict=True)) for each in combinations)
    factors = (
        Factor(name, tuple(values), tuple(each[place] for each in combinations))
        for place, (name, values) in enumerate(columns)
    )
    return tuple(classes), tuple(factors)


def in_order(values: Collection[str]) -> list[str]:
    """Names sorted, as numbers if all of them are."""
    numbers = all(value.isdecimal() for value in values)
    return sorted(values, key=lambda value: (int(value) if numbers else 0, value))


def check_factors(names: Sequence[str], weights: Mapping[str, float]) -> None:
    """Ask whether a label of these factors can have a head a factor, with these weights of their losses.

    Raises:
        ValueError: It is not of several factors, or a weight is of none of them.
    """
    if len(names) < 2:
        raise ValueError(
            "heads = 'factors' needs a label of several factors (layout \"competition\", a list as columns.label, or "
            "data.factors; and no data.factor, which leaves one of them); set heads = 'classes' for these data"
        )
    for name in weights:
        if name not in names:
            raise ValueError(f"factor_weights names {name!r}: {unknown(name, names)}")


def unknown(name: str, names: Sequence[str]) -> str:
    """What to say of a factor that the data do not have."""
    hint = f"; {near}" if (near := did_you_mean(name, names)) else ""
    return f"the label's factors are {', '.join(names)}{hint}" if names else "the label has no factors"
