"""What determines the result of a training run (:class:`TrainConfig`), and what may be asked about its knobs."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import ConfigDict, ValidationInfo, field_validator, model_validator

from trainer.config.image_knobs import ImageKnobs
from trainer.config.knob import Above, Epochs, Part, Wanted, knob, knob_of
from trainer.config.loss_knobs import LossKnobs
from trainer.config.optimizer_knobs import OptimizerKnobs
from trainer.config.transforms import must_be_numbers, size_problem
from trainer.imaging.crop import Crop, height_width

Precision = Literal["fp32", "bf16", "fp16"]

# Decoupled decay (AdamW) multiplies the weights; L2 decay (Adam, MADGRAD) is added to the gradient and scaled by the
# adaptive step. The same number means something else, so each optimizer has its own default. AdamW's is torch's own.
# L2 at 1e-2 would drown Adam's gradients; 1e-5 is the usual order of magnitude, and MADGRAD's paper (arXiv 2101.11075)
# asks for less decay than SGD needs. SGD's is the one that ResNets were trained with (arXiv 1512.03385). Whoever names
# another optimizer knows which kind its decay is: it has none unless it is given.
DEFAULT_WEIGHT_DECAY: dict[str, float] = {"adam": 1e-5, "adamw": 1e-2, "madgrad": 1e-5, "sgd": 1e-4}


class TrainConfig(ImageKnobs, LossKnobs, OptimizerKnobs):
    """Everything that determines the result of a training run; frozen and validated.

    ``weights`` and ``precision`` also accept a table from backbone to value (``default`` for all others); the entry of
    the configuration's backbone is kept. Two equal configurations on the same data give the same numbers on CPU, bit
    for bit, with the same number of threads.

    Raises:
        pydantic.ValidationError: A value breaks its rule; :func:`~trainer.support.validation.explain` tells it in a
            line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    backbone: Annotated[str, knob(..., "a model that timm knows", min_length=1, helps="the strongest choice of all")]
    weights: str = knob(
        "imagenet",
        "where the backbone starts: imagenet (from the hub), none (random), or a .safetensors file",
        min_length=1,
        searchable=False,
        helps="ImageNet's by far, whenever there are fewer than a million images",
    )
    dropout: Part = knob(
        0.0, "share of the head's inputs that is dropped", unit="share", source="1207.0580", helps="overfitting"
    )
    drop_path: Part = knob(
        0.0,
        "largest share of the samples for which a residual block is skipped",
        unit="share",
        source="1603.09382",
        helps="overfitting of deep backbones; those without residual blocks refuse it",
    )
    freeze: Literal["none", "backbone", "first"] = knob(
        "none",
        "train all (none), the head alone (backbone), or the head alone in the first epochs (first)",
        source="linear probing, then fine-tuning 2202.10054",
        helps="few images; first protects pretrained weights from a new head's gradients",
    )
    freeze_epochs: Epochs = knob(
        1, "epochs in which the head alone is trained", unit="epochs", needs={"freeze": ("first",)}
    )
    seed: int = knob(0, "of all random draws; the study sets it", ge=0, lt=2**32, searchable=False)
    precision: Precision = knob(
        "fp32", "of the forward and backward pass; measured when a study is made", searchable=False
    )
    deterministic: bool = knob(False, "only deterministic algorithms, also on CUDA", searchable=False)
    compile: bool = knob(False, "torch.compile: slow to start, faster steps", searchable=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_numbers(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - of any field
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        return must_be_numbers(value) if {int, float, NoneType}.issuperset(kinds) else value

    @model_validator(mode="before")
    @classmethod
    def _pick_from_tables(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the caller passed
        if not isinstance(values, dict):
            return values
        picked = dict(values)
        for name in ("weights", "precision"):
            if isinstance(table := picked.get(name), dict):
                backbone = picked.get("backbone")
                picked[name] = table.get(backbone, table.get("default"))
                if picked[name] is None:
                    raise ValueError(f"{name} has no entry for backbone {backbone!r} and no 'default'")
        return picked

    @model_validator(mode="after")
    def _weights_are_known(self) -> Self:
        if self.weights not in ("imagenet", "none") and not self.weights.endswith(".safetensors"):
            raise ValueError(f"weights {self.weights!r} must be 'imagenet', 'none' or a file that ends in .safetensors")
        return self

    @model_validator(mode="after")
    def _knobs_have_a_meaning(self) -> Self:
        for name in inactive_knobs(self.model_dump()):
            value, default = getattr(self, name), type(self).model_fields[name].default
            if value != default:
                raise ValueError(
                    f"{name} = {value!r} has no meaning here: it needs {needs_in_words(name)}; remove it or set that"
                )
        if self.schedule == "triangular2" and self.base_lr > self.lr:
            raise ValueError(f"base_lr {self.base_lr} is above lr {self.lr}, the peak; lower it")
        return self

    @model_validator(mode="after")
    def _transforms_fit_the_images(self) -> Self:
        if reason := size_problem(self.augment, *height_width(self.image_size)):
            raise ValueError(f"augment: {reason}")
        return self

    def active(self) -> dict[str, Any]:
        """The knobs that have a meaning in this configuration, in JSON values."""
        return self.model_dump(mode="json", exclude=set(inactive_knobs(self.model_dump())))

    @property
    def cropping(self) -> Crop:
        """The part of an original that is kept, for images without a box of their own."""
        return Crop(size=self.crop, margin=self.box_margin)

    @property
    def decay(self) -> float:
        """The weight decay in force: the configured one, else the optimizer's default."""
        return DEFAULT_WEIGHT_DECAY.get(self.optimizer, 0.0) if self.weight_decay is None else self.weight_decay


def needs(name: str) -> Mapping[str, Wanted]:
    """The knobs and their values, any of which gives the knob ``name`` a meaning; empty: it always has one."""
    return knob_of(TrainConfig.model_fields[name]).needs


def needs_in_words(name: str) -> str:
    """The same in words."""

    def words(wanted: Wanted) -> str:
        return str(wanted) if isinstance(wanted, Above) else f"= {' or '.join(map(repr, wanted))}"

    return " or ".join(f"{knob} {words(wanted)}" for knob, wanted in needs(name).items())


def inactive_knobs(values: Mapping[str, Any]) -> list[str]:
    """The knobs that have no meaning under these values of the others; a missing one has its default."""

    def value(name: str) -> object:
        return values.get(name, TrainConfig.model_fields[name].default)

    asking = {name: wanted for name in TrainConfig.model_fields if (wanted := needs(name))}
    return [name for name, wanted in asking.items() if not any(value(knob) in wanted[knob] for knob in wanted)]


def is_searchable(name: str) -> bool:
    """Whether the knob ``name`` may stand in a study's search space."""
    return knob_of(TrainConfig.model_fields[name]).searchable


def is_integer(name: str) -> bool:
    """Whether the knob ``name`` is a whole number."""
    return TrainConfig.model_fields[name].annotation in (int, int | None)


def takes_lists(name: str) -> bool:
    """Whether a list may be the value of the knob ``name``."""
    kinds = (TrainConfig.model_fields[name].annotation, *get_args(TrainConfig.model_fields[name].annotation))
    return any(get_origin(kind) is tuple for kind in kinds)
