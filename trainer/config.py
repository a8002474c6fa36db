"""What determines the result of a training run (:class:`TrainConfig`) and what does not (:class:`Runtime`)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from trainer.errors import ConfigError

Optimizer = Literal["adam", "adamw", "madgrad"]
Precision = Literal["fp32", "bf16", "fp16"]

# Decoupled decay (AdamW) multiplies the weights; L2 decay (Adam, MADGRAD) is added to the gradient and scaled by the
# adaptive step. The same number means something else, so each optimizer has its own default. AdamW's is torch's own.
# L2 at 1e-2 would drown Adam's gradients; 1e-5 is the usual order of magnitude, and MADGRAD's paper (arXiv 2101.11075)
# asks for less decay than SGD needs.
DEFAULT_WEIGHT_DECAY: dict[str, float] = {"adam": 1e-5, "adamw": 1e-2, "madgrad": 1e-5}

_TABLES = ("weights", "precision")


def _knob(*, searchable: bool = True) -> dict[str, Any]:
    return {"searchable": searchable}


class TrainConfig(BaseModel):
    """Everything that determines the result of a training run; frozen and validated.

    ``weights`` and ``precision`` also accept a table from backbone to value (``default`` for all others); the entry of
    the configuration's backbone is kept. Two equal configurations on the same data give the same numbers on CPU, bit
    for bit, with the same number of threads.

    Raises:
        pydantic.ValidationError: A value breaks its rule; :func:`explain` makes one line of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lr: Annotated[float, Field(gt=0, le=10, description="peak learning rate", json_schema_extra=_knob())] = 1e-3
    optimizer: Annotated[Optimizer, Field(json_schema_extra=_knob())] = "adamw"
    weight_decay: Annotated[
        float | None,
        Field(ge=0, le=1, description="none: the optimizer's default", json_schema_extra=_knob()),
    ] = None
    focal_gamma: Annotated[float, Field(ge=0, le=20, json_schema_extra=_knob())] = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1, json_schema_extra=_knob())] = 0.0
    cutmix_prob: Annotated[
        float, Field(ge=0, le=1, description="share of the batches that are mixed", json_schema_extra=_knob())
    ] = 0.0
    mixup_prob: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="share of the batches that are blended, of those that CutMix left alone",
            json_schema_extra=_knob(),
        ),
    ] = 0.0
    mixup_alpha: Annotated[
        float, Field(gt=0, le=10, description="how evenly images are blended", json_schema_extra=_knob())
    ] = 0.2
    augment: Annotated[Literal["none", "light"], Field(json_schema_extra=_knob())] = "light"
    backbone: Annotated[str, Field(min_length=1, description="a name that timm knows", json_schema_extra=_knob())]
    weights: Annotated[
        str,
        Field(
            min_length=1,
            description="imagenet (from the hub), none, or a .safetensors file",
            json_schema_extra=_knob(searchable=False),
        ),
    ] = "imagenet"
    image_size: Annotated[
        int, Field(ge=16, le=2048, description="pixels a side", json_schema_extra=_knob(searchable=False))
    ] = 224
    batch_size: Annotated[int, Field(ge=2, le=65536, description="images a step", json_schema_extra=_knob())] = 64
    epochs: Annotated[
        int,
        Field(ge=1, le=10_000, description="horizon of the schedule", json_schema_extra=_knob(searchable=False)),
    ] = 10
    schedule: Annotated[Literal["cosine"], Field(json_schema_extra=_knob())] = "cosine"
    warmup: Annotated[
        float,
        Field(ge=0, lt=1, description="share of the steps over which the rate rises", json_schema_extra=_knob()),
    ] = 0.05
    seed: Annotated[int, Field(ge=0, lt=2**32, json_schema_extra=_knob(searchable=False))] = 0
    precision: Annotated[Precision, Field(json_schema_extra=_knob(searchable=False))] = "fp32"
    deterministic: Annotated[
        bool,
        Field(
            description="only deterministic algorithms, also on CUDA",
            json_schema_extra=_knob(searchable=False),
        ),
    ] = False

    compile: Annotated[
        bool,
        Field(
            description="torch.compile: slow to start, faster steps",
            json_schema_extra=_knob(searchable=False),
        ),
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _pick_from_tables(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the caller passed
        if not isinstance(values, dict):
            return values
        picked = dict(values)
        for name in _TABLES:
            table = picked.get(name)
            if isinstance(table, dict):
                backbone = picked.get("backbone")
                entry = table.get(backbone, table.get("default"))
                if entry is None:
                    raise ValueError(f"{name} has no entry for backbone {backbone!r} and no 'default'")
                picked[name] = entry
        return picked

    @model_validator(mode="after")
    def _weights_are_known(self) -> Self:
        if self.weights not in ("imagenet", "none") and not self.weights.endswith(".safetensors"):
            raise ValueError(f"weights {self.weights!r} must be 'imagenet', 'none' or a file that ends in .safetensors")
        return self

    @property
    def decay(self) -> float:
        """The weight decay in force: the configured one, else the optimizer's default."""
        return DEFAULT_WEIGHT_DECAY[self.optimizer] if self.weight_decay is None else self.weight_decay


def is_searchable(name: str) -> bool:
    """Whether the knob ``name`` may stand in a study's search space."""
    extra = TrainConfig.model_fields[name].json_schema_extra
    return isinstance(extra, dict) and bool(extra["searchable"])


def first_error(error: ValidationError) -> ErrorDetails:
    """The error to tell about: an unknown key before all others, since a misspelt key also makes one go missing."""
    errors = error.errors(include_url=False)
    return next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])


def explain(
    error: ValidationError, *, where: str, prefix: str = "", known: Iterable[str] = (), tag_at: int | None = None
) -> ConfigError:
    """Make one line out of a pydantic error: where, which key, the rule, what stood there, the nearest known key.

    Args:
        error: What pydantic raised.
        where: The file or place that the values came from.
        prefix: A dotted path that goes before the key.
        known: Keys that may stand there, for a hint at a misspelt one.
        tag_at: Where a union's tag stands in pydantic's path; it is no key of the file's and left out.
    """
    first = first_error(error)
    path = [str(part) for place, part in enumerate(first["loc"]) if place != tag_at and part not in ("int", "float")]
    key = ".".join((*([prefix] if prefix else []), *path))
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        message = "unknown key" + (f" (did you mean {near[0]!r}?)" if near else "")
    elif first["type"] == "missing":
        message = "this key is missing"
    elif first["type"] != "value_error":
        message += f" (got {first['input']!r})"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return ConfigError(": ".join(part for part in (where, key, message + more) if part))


class Runtime(BaseModel):
    """What the machine decides and the result does not depend on.

    Attributes:
        device: ``cpu`` or ``cuda:N``.
        loader_workers: Processes that make training batches; 0: the training process makes them itself.
        threads: Threads of torch on the CPU.
        memory_limit: Bytes of the device that a run may use; on the CPU, what it may keep for the backward pass. A
            batch that needs more is split, which networks with batch norm notice (:mod:`trainer.step`).
        sizes: File in which this machine remembers how many images fit at a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = "cpu"
    loader_workers: Annotated[int, Field(ge=0)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    memory_limit: Annotated[int | None, Field(gt=0)] = None
    sizes: Path | None = None
