"""All knobs of :class:`trainer.config.train_config.TrainConfig` as a table, from their own declarations."""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from trainer.config.knob import knob_of
from trainer.config.train_config import TrainConfig, needs_in_words
from trainer.support.markdown import table

_BOUNDS = {"gt": "above {}", "ge": "from {}", "lt": "below {}", "le": "to {}"}


@dataclass(frozen=True)
class Row:
    """What is told of a knob, in words; Markdown's backticks around what is typed into a study file."""

    name: str
    meaning: str
    unit: str
    values: str
    default: str
    searched: bool
    needs: str
    source: str
    helps: str


def knob_table() -> tuple[Row, ...]:
    """The knobs in the order of their declaration."""
    return tuple(_row(name, field) for name, field in TrainConfig.model_fields.items())


def as_markdown(rows: tuple[Row, ...]) -> str:
    """The table in Markdown, its papers as links."""
    head = ("name", "meaning", "unit", "range", "default", "searched", "source", "when it helps")
    cells = []
    for row in rows:
        texts = (
            f"`{row.name}`",
            f"{row.meaning}; needs {row.needs}" if row.needs else row.meaning,
            row.unit,
            row.values,
            row.default,
            "yes" if row.searched else "no",
            re.sub(r"\b(\d{4}\.\d{4,5})\b", r"[\1](https://arxiv.org/abs/\1)", row.source),
            row.helps,
        )
        cells.append([text.replace("|", "/") for text in texts])
    return "\n".join(table(head, cells)) + "\n"


def _row(name: str, field: FieldInfo) -> Row:
    about = knob_of(field)
    return Row(
        name=name,
        meaning=about.meaning,
        unit=about.unit,
        values=about.values or _values(field),
        default=_default(field),
        searched=about.searchable,
        # Conditions with what stands in a study file set as code.
        needs=re.sub(r"(\w+) = ", r"`\1` = ", re.sub(r"'([^']*)'", r'`"\1"`', needs_in_words(name))),
        source=about.source,
        helps=about.helps,
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return "not given" if field.default is None else f"`{json.dumps(field.default)}`"  # JSON's values are TOML's too


def _values(field: FieldInfo) -> str:
    kinds = _flat(field.annotation)
    if all(isinstance(kind, str) for kind in kinds):
        return ", ".join(f"`{kind}`" for kind in kinds)
    if kinds == [bool]:
        return "`true`, `false`"
    if kinds == [str]:
        return "a name"
    rules = {
        rule: value for each in field.metadata for rule in _BOUNDS if (value := getattr(each, rule, None)) is not None
    }
    text = " ".join(_BOUNDS[rule].format(f"{rules[rule]:g}") for rule in _BOUNDS if rule in rules)
    return f"{text}, whole" if kinds == [int] else text


def _flat(annotation: Any) -> list[Any]:  # noqa: ANN401 - any annotation of a field
    """The kinds of value that an annotation allows but none; names where they are the values themselves."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if parts := get_args(annotation):
        return [kind for part in parts if part is not type(None) for kind in _flat(part)]
    return [annotation]
