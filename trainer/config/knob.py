"""How a knob of :class:`trainer.config.train_config.TrainConfig` is declared, with what people should know about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field
from pydantic.fields import FieldInfo

Share = Annotated[float, Field(ge=0, le=1)]
Part = Annotated[float, Field(ge=0, lt=1)]
"""A share that is never the whole."""
Weight = Annotated[float, Field(ge=0, le=100)]
Rate = Annotated[float, Field(gt=0, le=10)]
Epochs = Annotated[int, Field(ge=1, le=10_000)]
Patience = Annotated[int, Field(ge=0, le=10_000)]


@dataclass(frozen=True)
class Above:
    """The numbers above a limit, as what a condition asks for."""

    limit: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and value > self.limit

    def __str__(self) -> str:
        return f"above {self.limit:g}"


Wanted = tuple[str, ...] | Above
"""Which values of another knob give one a meaning."""


@dataclass(frozen=True)
class Knob:
    """What is known of a knob beside its type and its bounds.

    Attributes:
        meaning: What it is, in a few words.
        values: Which values it takes, where its type and bounds do not say it.
        unit: Of its value; empty: a plain number or a name.
        source: Where it comes from: numbers are papers on arXiv.
        helps: When it is worth turning.
        searchable: Whether it may stand in a study's ``[space]``. What determines the data or the cost of a trial may
            not, nor what is the machine's.
        needs: The knobs and their values, any of which gives it a meaning; empty: it always has one.
    """

    meaning: str
    unit: str = ""
    source: str = ""
    helps: str = ""
    searchable: bool = True
    values: str = ""
    needs: Mapping[str, Wanted] = field(default_factory=dict)


def knob(  # noqa: PLR0913 - one for each thing to know
    default: Any,  # noqa: ANN401 - of the field's own type
    meaning: str,
    *,
    unit: str = "",
    source: str = "",
    helps: str = "",
    searchable: bool = True,
    values: str = "",
    needs: Mapping[str, Wanted] | None = None,
    **rule: Any,  # noqa: ANN401 - pydantic's bounds: gt, ge, lt, le, min_length
) -> Any:  # noqa: ANN401 - the field's value, as pydantic's own Field
    """Declare a knob as a field; the arguments are those of :class:`Knob`, the rest pydantic's bounds."""
    about = Knob(meaning, unit, source, helps, searchable, values, needs or {})
    return Field(default, description=meaning, json_schema_extra=vars(about), **rule)


def knob_of(declared: FieldInfo) -> Knob:
    """What :func:`knob` was told about a field."""
    extra = declared.json_schema_extra
    return Knob(**extra) if isinstance(extra, dict) else Knob("")  # type: ignore[arg-type]
