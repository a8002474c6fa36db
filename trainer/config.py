"""What determines the result of a training run (:class:`TrainConfig`) and what does not (:class:`Runtime`)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from trainer.errors import ConfigError

Optimizer = Literal["adam", "adamw", "madgrad", "sgd"]
Loss = Literal["focal", "cross_entropy", "symmetric", "soft_f1"]
Schedule = Literal["cosine", "step", "triangular2", "one_cycle", "constant"]
Precision = Literal["fp32", "bf16", "fp16"]

# Decoupled decay (AdamW) multiplies the weights; L2 decay (Adam, MADGRAD) is added to the gradient and scaled by the
# adaptive step. The same number means something else, so each optimizer has its own default. AdamW's is torch's own.
# L2 at 1e-2 would drown Adam's gradients; 1e-5 is the usual order of magnitude, and MADGRAD's paper (arXiv 2101.11075)
# asks for less decay than SGD needs. SGD's is the one that ResNets were trained with (arXiv 1512.03385).
DEFAULT_WEIGHT_DECAY: dict[str, float] = {"adam": 1e-5, "adamw": 1e-2, "madgrad": 1e-5, "sgd": 1e-4}

_TABLES = ("weights", "precision")


def _knob(*, searchable: bool = True, needs: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """What is kept of a knob: whether it may be searched, and which values of others give it a meaning, any of them."""
    return {"searchable": searchable, "needs": {name: list(values) for name, values in (needs or {}).items()}}


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
    momentum: Annotated[
        float,
        Field(ge=0, lt=1, description="of SGD, Nesterov's", json_schema_extra=_knob(needs={"optimizer": ("sgd",)})),
    ] = 0.9
    clip_grad: Annotated[
        float | None,
        Field(gt=0, description="largest norm of all gradients; none: as they are", json_schema_extra=_knob()),
    ] = None
    loss: Annotated[
        Loss, Field(description="the training criterion; focal at gamma 0 is cross-entropy", json_schema_extra=_knob())
    ] = "focal"
    focal_gamma: Annotated[
        float,
        Field(
            ge=0,
            le=20,
            description="how little well classified images count",
            json_schema_extra=_knob(needs={"loss": ("focal",), "second_loss": ("focal",)}),
        ),
    ] = 0.0
    symmetric_alpha: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="weight of cross-entropy in the symmetric one",
            json_schema_extra=_knob(needs={"loss": ("symmetric",), "second_loss": ("symmetric",)}),
        ),
    ] = 1.0
    symmetric_beta: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="weight of reverse cross-entropy in the symmetric one",
            json_schema_extra=_knob(needs={"loss": ("symmetric",), "second_loss": ("symmetric",)}),
        ),
    ] = 1.0
    second_loss: Annotated[
        Literal["none"] | Loss, Field(description="a criterion mixed with the first", json_schema_extra=_knob())
    ] = "none"
    second_loss_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="how much the second criterion counts; the first counts the rest",
            json_schema_extra=_knob(needs={"second_loss": get_args(Loss)}),
        ),
    ] = 0.5
    class_weights: Annotated[
        Literal["none", "inverse", "effective"],
        Field(description="what rare classes count in the criterion", json_schema_extra=_knob()),
    ] = "none"
    class_weight_beta: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="of the effective number of images",
            json_schema_extra=_knob(needs={"class_weights": ("effective",)}),
        ),
    ] = 0.999
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
    schedule: Annotated[
        Schedule, Field(description="how the learning rate goes on from its peak", json_schema_extra=_knob())
    ] = "cosine"
    warmup: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="share of the steps over which the rate rises",
            json_schema_extra=_knob(needs={"schedule": ("cosine", "step", "one_cycle", "constant")}),
        ),
    ] = 0.05
    step_size: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="epochs after which the rate falls",
            json_schema_extra=_knob(needs={"schedule": ("step",)}),
        ),
    ] = 2
    step_gamma: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="by which factor it falls then",
            json_schema_extra=_knob(needs={"schedule": ("step",)}),
        ),
    ] = 0.2
    cycle_epochs: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="epochs of a triangle, up and down; each is half as high as the one before",
            json_schema_extra=_knob(needs={"schedule": ("triangular2",)}),
        ),
    ] = 2
    base_lr: Annotated[
        float,
        Field(
            gt=0,
            le=10,
            description="learning rate between triangles",
            json_schema_extra=_knob(needs={"schedule": ("triangular2",)}),
        ),
    ] = 1e-5
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

    @model_validator(mode="after")
    def _knobs_have_a_meaning(self) -> Self:
        for name in unmet(self.model_dump()):
            value, default = getattr(self, name), type(self).model_fields[name].default
            if value != default:
                raise ValueError(
                    f"{name} = {value!r} has no meaning here: it needs {needed(name)}; remove it or set that"
                )
        if self.schedule == "triangular2" and self.base_lr > self.lr:
            raise ValueError(f"base_lr {self.base_lr} is above lr {self.lr}, the peak; lower it")
        return self

    @property
    def decay(self) -> float:
        """The weight decay in force: the configured one, else the optimizer's default."""
        return DEFAULT_WEIGHT_DECAY[self.optimizer] if self.weight_decay is None else self.weight_decay


def needs(name: str) -> dict[str, list[str]]:
    """The knobs and their values, any of which gives the knob ``name`` a meaning; empty: it always has one."""
    extra = TrainConfig.model_fields[name].json_schema_extra
    found: dict[str, list[str]] = extra["needs"] if isinstance(extra, dict) else {}  # type: ignore[assignment]
    return found


def needed(name: str) -> str:
    """The same in words."""
    return " or ".join(f"{knob} = {' or '.join(map(repr, values))}" for knob, values in needs(name).items())


def unmet(values: Mapping[str, Any]) -> list[str]:
    """The knobs that have no meaning under these values of the others; a missing one has its default."""

    def value(name: str) -> object:
        return values.get(name, TrainConfig.model_fields[name].default)

    asking = {name: wanted for name in TrainConfig.model_fields if (wanted := needs(name))}
    return [name for name, wanted in asking.items() if not any(value(knob) in wanted[knob] for knob in wanted)]


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
