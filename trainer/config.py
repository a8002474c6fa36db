"""What determines the result of a training run (:class:`TrainConfig`) and what does not (:class:`Runtime`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainer.knobs import facts, knob

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


class TrainConfig(BaseModel):
    """Everything that determines the result of a training run; frozen and validated.

    ``weights`` and ``precision`` also accept a table from backbone to value (``default`` for all others); the entry of
    the configuration's backbone is kept. Two equal configurations on the same data give the same numbers on CPU, bit
    for bit, with the same number of threads.

    Raises:
        pydantic.ValidationError: A value breaks its rule; :func:`trainer.explain.explain` makes one line of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lr: float = knob(
        1e-3,
        "peak learning rate",
        gt=0,
        le=10,
        helps="always; search it on a logarithmic scale: every other knob shifts its best value",
    )
    optimizer: Optimizer = knob(
        "adamw",
        "what turns gradients into steps",
        source="Adam 1412.6980, AdamW 1711.05101, MADGRAD 2101.11075, SGD with Nesterov's momentum",
        helps="AdamW is hard to beat with few trials; MADGRAD is fast in the first epochs; SGD wants a larger rate",
    )
    weight_decay: float | None = knob(
        None,
        "shrinking of the weights, never of norms and biases; none: the optimizer's own default",
        ge=0,
        le=1,
        source="decoupled 1711.05101; L2 for Adam, MADGRAD and SGD",
        helps="more of it with many epochs and few images",
    )
    momentum: float = knob(
        0.9, "Nesterov's momentum", ge=0, lt=1, needs={"optimizer": ("sgd",)}, helps="0.9 rarely needs a search"
    )
    clip_grad: float | None = knob(
        None,
        "largest norm of all gradients together; none: as they are",
        gt=0,
        source="1211.5063",
        helps="where the loss jumps or diverges at otherwise good rates",
    )
    loss: Loss = knob(
        "focal",
        "training criterion; focal at gamma 0 is cross-entropy",
        source="focal 1708.02002, symmetric 1908.06112",
        helps="symmetric against wrong labels; soft_f1 alone learns slowly, so mix it in",
    )
    focal_gamma: float = knob(
        0.0,
        "how little images that are classified well count",
        ge=0,
        le=20,
        needs={"loss": ("focal",), "second_loss": ("focal",)},
        source="1708.02002",
        helps="rare classes; 0.5 to 2 is usual, above 5 little is left to learn from",
    )
    symmetric_alpha: float = knob(
        1.0,
        "weight of cross-entropy in the symmetric loss",
        ge=0,
        le=100,
        needs={"loss": ("symmetric",), "second_loss": ("symmetric",)},
        source="1908.06112",
    )
    symmetric_beta: float = knob(
        1.0,
        "weight of reverse cross-entropy in the symmetric loss",
        ge=0,
        le=100,
        needs={"loss": ("symmetric",), "second_loss": ("symmetric",)},
        source="1908.06112",
        helps="wrong labels: larger beside alpha trusts the labels less",
    )
    second_loss: Literal["none"] | Loss = knob(
        "none", "a criterion mixed with the first", helps="soft_f1 beside focal or cross-entropy aims at the metric"
    )
    second_loss_share: float = knob(
        0.5,
        "what the second criterion counts; the first counts the rest",
        unit="share",
        ge=0,
        le=1,
        needs={"second_loss": get_args(Loss)},
    )
    heads: Literal["classes", "factors"] = knob(
        "classes",
        "what the network tells apart: the classes, or each factor of the label with a head of its own",
        helps="classes of few images whose factors have many, as old people in masks that are worn wrongly",
    )
    factor_weights: dict[str, Annotated[float, Field(gt=0, le=1000)]] = knob(
        {},
        "what the loss of each factor's head counts, by its name; 1 where it is not named",
        searchable=False,
        needs={"heads": ("factors",)},
        helps="a factor that is harder than the others, or learns more slowly",
    )
    class_weights: Literal["none", "inverse", "effective"] = knob(
        "none",
        "what rare classes count in the criterion: by 1 / images, or by the effective number of images",
        source="1901.05555",
        helps="classes of very different size; inverse is often too much",
    )
    class_weight_beta: float = knob(
        0.999,
        "how far the effective number of images goes from none (0) to inverse (1)",
        ge=0,
        lt=1,
        needs={"class_weights": ("effective",)},
        source="1901.05555",
    )
    label_smoothing: float = knob(
        0.0,
        "share of each label that is spread over all classes",
        unit="share",
        ge=0,
        lt=1,
        source="1512.00567",
        helps="doubtful labels; 0.05 to 0.1",
    )
    cutmix_prob: float = knob(
        0.0,
        "share of the batches in which a box of each image is another one's",
        unit="share",
        ge=0,
        le=1,
        source="1905.04899",
        helps="many epochs; with few it slows learning down",
    )
    mixup_prob: float = knob(
        0.0,
        "share of the batches, of those that CutMix left alone, in which images are blended",
        unit="share",
        ge=0,
        le=1,
        source="1710.09412",
        helps="many epochs",
    )
    mixup_alpha: float = knob(
        0.2, "how evenly images are blended: Beta(alpha, alpha)", gt=0, le=10, source="1710.09412"
    )
    augment: Literal["none", "light"] = knob(
        "light", "what each training image goes through", helps="light at least; more with more epochs"
    )
    backbone: Annotated[str, knob(..., "a model that timm knows", min_length=1, helps="the strongest choice of all")]
    weights: str = knob(
        "imagenet",
        "where the backbone starts: imagenet (from the hub), none (random), or a .safetensors file",
        min_length=1,
        searchable=False,
        helps="ImageNet's by far, whenever there are fewer than a million images",
    )
    image_size: int = knob(
        224, "side of the squares that images become", unit="pixels", ge=16, le=2048, searchable=False
    )
    batch_size: int = knob(64, "images a step", unit="images", ge=2, le=65536, helps="with lr: they belong together")
    epochs: int = knob(
        10, "horizon of the schedule", unit="epochs", ge=1, le=10_000, searchable=False, helps="the pruner saves most"
    )
    schedule: Schedule = knob(
        "cosine",
        "how the learning rate goes on from its peak",
        source="cosine 1608.03983, triangular2 1506.01186, one_cycle 1708.07120",
        helps="cosine; constant shows whether a schedule matters at all",
    )
    warmup: float = knob(
        0.05,
        "share of the steps over which the rate rises to its peak",
        unit="share",
        ge=0,
        lt=1,
        needs={"schedule": ("cosine", "step", "one_cycle", "constant")},
        helps="large rates, transformers, new heads on old weights",
    )
    step_size: int = knob(
        2, "epochs after which the rate falls", unit="epochs", ge=1, le=10_000, needs={"schedule": ("step",)}
    )
    step_gamma: float = knob(0.2, "by which factor it falls then", gt=0, le=1, needs={"schedule": ("step",)})
    cycle_epochs: int = knob(
        2,
        "length of a triangle, up and down; each is half as high as the one before",
        unit="epochs",
        ge=1,
        le=10_000,
        needs={"schedule": ("triangular2",)},
        source="1506.01186",
    )
    base_lr: float = knob(
        1e-5,
        "learning rate between triangles",
        gt=0,
        le=10,
        needs={"schedule": ("triangular2",)},
        source="1506.01186",
    )
    seed: int = knob(0, "of all random draws; the study sets it", ge=0, lt=2**32, searchable=False)
    precision: Precision = knob(
        "fp32", "of the forward and backward pass; measured when a study is made", searchable=False
    )
    deterministic: bool = knob(False, "only deterministic algorithms, also on CUDA", searchable=False)
    compile: bool = knob(False, "torch.compile: slow to start, faster steps", searchable=False)

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


def needs(name: str) -> Mapping[str, tuple[str, ...]]:
    """The knobs and their values, any of which gives the knob ``name`` a meaning; empty: it always has one."""
    return facts(TrainConfig.model_fields[name]).needs


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
    return facts(TrainConfig.model_fields[name]).searchable


def is_whole(name: str) -> bool:
    """Whether the knob ``name`` is a whole number."""
    return TrainConfig.model_fields[name].annotation in (int, int | None)


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
