"""Sections of a study file that are about the search itself: its budget, who proposes, who ends poor trials."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

SEEDS: Final = 2**32
"""How many seeds there are, from 0."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(value: object) -> object:
    """Seconds from ``90``, ``"90s"``, ``"45m"``, ``"24h"`` or ``"2d"``; anything else is passed on to be refused."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)
    if match is None:
        raise ValueError(f"{value!r} is no duration; write it like 90s, 45m, 24h or 2d")
    return float(match[1]) * _UNITS[match[2]]


LONGEST = 3650 * 86400.0
"""Seconds of the longest duration; the database cannot add up much more."""
Duration = Annotated[float, Field(gt=0, le=LONGEST), BeforeValidator(parse_duration)]


class Section(BaseModel):
    """A table of a study file: frozen, and without keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class StudySection(Section):
    """``[study]``: its name, its budget and its seed."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/confirm|/final)?$")]
    trials: Annotated[int, Field(ge=1)]
    """Finished trials (complete or pruned), all workers together; never more."""
    timeout: Duration | None = None
    """Seconds since the study was made after which no trial is started."""
    max_failures: Annotated[int, Field(ge=1)] = 20
    """Failed trials after which the search ends: something is wrong with every configuration."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    debug: bool = False
    """5 % of the people and 2 epochs: a rehearsal."""


class SamplerSection(Section):
    """``[sampler]``: who proposes configurations."""

    kind: Literal["tpe", "random"] = "tpe"
    startup_trials: Annotated[int, Field(ge=0)] = 10
    """Random trials before TPE begins; with Hyperband in each bracket."""


class PrunerSection(Section):
    """``[pruner]``: who ends poor trials early; resources are epochs."""

    kind: Literal["hyperband", "asha", "median", "none"] = "hyperband"
    min_epochs: Annotated[int, Field(ge=1)] = 1
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    startup_trials: Annotated[int, Field(ge=0)] = 5
    """Complete trials before the median pruner begins."""


class FinalizeSection(Section):
    """``[finalize]``: how the leaders are confirmed before one is chosen; the command line may say otherwise."""

    leaders: Annotated[int, Field(ge=1, le=50)] = 5
    """Configurations that are confirmed."""
    folds: Annotated[int, Field(ge=0, le=20)] = 5
    """Into how many the people are dealt; 0: nothing is confirmed, and the best trial is taken at its word."""
    licence: str = ""
    """Of the model, for its card."""

    @field_validator("folds")
    @classmethod
    def _is_no_single_fold(cls, value: int) -> int:
        if value == 1:
            raise ValueError("folds 1: one fold holds nobody out; take 2 or more, or 0 to confirm nothing")
        return value
