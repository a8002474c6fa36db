"""What determines the result of a training run (:class:`TrainConfig`) and what does not (:class:`Runtime`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from trainer.crops import Crop, ImageSize, Size, height_width, shortest
from trainer.knobs import Above, Wanted, facts, knob
from trainer.transforms import Augment, refusal

Loss = Literal["focal", "cross_entropy", "symmetric", "soft_f1"]
Schedule = Literal["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]
CutmixShape = Literal["box", "halves"]
Precision = Literal["fp32", "bf16", "fp16"]

# Decoupled decay (AdamW) multiplies the weights; L2 decay (Adam, MADGRAD) is added to the gradient and scaled by the
# adaptive step. The same number means something else, so each optimizer has its own default. AdamW's is torch's own.
# L2 at 1e-2 would drown Adam's gradients; 1e-5 is the usual order of magnitude, and MADGRAD's paper (arXiv 2101.11075)
# asks for less decay than SGD needs. SGD's is the one that ResNets were trained with (arXiv 1512.03385). Whoever names
# another optimizer knows which kind its decay is: it has none unless it is given.
DEFAULT_WEIGHT_DECAY: dict[str, float] = {"adam": 1e-5, "adamw": 1e-2, "madgrad": 1e-5, "sgd": 1e-4}

_TABLES = ("weights", "precision")
_SMALLEST: Final = 16
_LARGEST: Final = 2048
_LARGEST_ORIGINAL: Final = 65_536


def _is_size(value: object) -> object:
    sides = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
    if not all(type(side) is int and _SMALLEST <= side <= _LARGEST for side in sides):
        raise ValueError(
            f"{value!r} is no size; write the side of a square, or [height, width], in pixels from {_SMALLEST} to "
            f"{_LARGEST}"
        )
    return value


def _is_crop(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{value!r} is no crop; write [height, width] in pixels of the original")
    if not all(type(side) is int and 1 <= side <= _LARGEST_ORIGINAL for side in value):
        raise ValueError(f"{value!r} is no crop; height and width are whole pixels from 1 to {_LARGEST_ORIGINAL}")
    return value


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
    optimizer: str = knob(
        "adamw",
        "what turns gradients into steps: adam, adamw, madgrad, sgd (Nesterov's) or any other that timm knows",
        pattern="^[a-z0-9_]+$",
        source="Adam 1412.6980, AdamW 1711.05101, MADGRAD 2101.11075; timm",
        helps="AdamW is hard to beat with few trials; MADGRAD is fast in the first epochs; SGD wants a larger rate",
    )
    weight_decay: float | None = knob(
        None,
        "shrinking of the weights, never of norms and biases; if not given, the optimizer's own default",
        ge=0,
        le=1,
        source="decoupled 1711.05101; L2 for Adam, MADGRAD and SGD",
        helps="more of it with many epochs and few images",
    )
    momentum: float = knob(
        0.9, "Nesterov's momentum", ge=0, lt=1, needs={"optimizer": ("sgd",)}, helps="0.9 rarely needs a search"
    )
    head_lr_factor: float = knob(
        1.0,
        "the head's learning rate as a multiple of the backbone's",
        gt=0,
        le=1000,
        source="discriminative learning rates 1801.06146",
        helps="a new head on pretrained weights: 3 to 10",
    )
    clip_grad: float | None = knob(
        None,
        "largest norm of all gradients together; if not given, they stay as they are",
        gt=0,
        source="1211.5063",
        helps="where the loss jumps or diverges at otherwise good rates",
    )
    ema_decay: float = knob(
        0.0,
        "how much of the weights' moving average each step keeps, less in the first steps; 0: no average",
        ge=0,
        lt=1,
        source="Polyak and Juditsky 1992; timm ModelEmaV3",
        helps="long training at large rates: 0.99 to 0.9999; the average is what is validated and kept",
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
    class_weights: Literal["none", "inverse", "effective"] = knob(
        "none",
        "what rare classes count in the criterion: by 1 / images, or by the effective number of images",
        source="1901.05555",
        helps="classes of very different size; inverse is often too much; images are counted as the sampler draws them",
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
    train_cut: float | None = knob(
        None,
        "where training draws the last boundary of the data's ordered factor (60 years); none: where it is",
        unit="as the factor: years",
        values="above the boundary before it (30 years)",
        helps="a rare last class: 58 lends it its neighbours; validation stays on the true labels",
    )
    sampler_power: float = knob(
        0.0,
        "how evenly classes are drawn: a class of n images in proportion to n^(1 - power); 1: all alike",
        ge=0,
        le=1,
        source="1910.09217, where 1 - power is q",
        helps="rare classes; 1 often hurts, 0.3 to 0.6 is milder; instead of class weights or beside them",
    )
    class_ratio: dict[str, Annotated[float, Field(gt=0, le=1000)]] = knob(
        {},
        "factors, by the names of classes, on how often they are drawn; an epoch keeps its length",
        values='`{ "class" = 2.0 }`, each above 0 to 1000',
        searchable=False,
        helps="one class that the confusion matrix shows to be neglected",
    )
    extra_weight: float = knob(
        1.0,
        "how often an extra image (data.extra) is drawn, while each of the study's own is drawn once",
        unit="times an epoch",
        ge=0,
        le=100,
        helps="extra data: 0 shows whether they help at all",
    )
    cutmix_prob: float = knob(
        0.0,
        "share of the batches in which a part of each image is another one's",
        unit="share",
        ge=0,
        le=1,
        source="1905.04899",
        helps="many epochs; with few it slows learning down",
    )
    cutmix_shape: CutmixShape = knob(
        "box",
        "that part: a box anywhere, of any size, or the right half",
        needs={"cutmix_prob": Above(0)},
        source="box 1905.04899; halves: teams of the mask competition",
        helps="halves where both sides of an image show the same thing, such as faces from the front",
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
        0.2,
        "how evenly images are blended: Beta(alpha, alpha)",
        gt=0,
        le=10,
        needs={"mixup_prob": Above(0)},
        source="1710.09412",
        helps="small: most blends are nearly one image; 1: any share is as likely",
    )
    augment: Augment = knob(
        "light",
        "what each training image goes through: none, light, medium, heavy, or in [fixed] a list of transforms",
        source="docs/augmentation.md; Cutout 1708.04552, GridMask 2001.04086",
        helps="light at least; more with more epochs and fewer images",
    )
    backbone: Annotated[str, knob(..., "a model that timm knows", min_length=1, helps="the strongest choice of all")]
    weights: str = knob(
        "imagenet",
        "where the backbone starts: imagenet (from the hub), none (random), or a .safetensors file",
        min_length=1,
        searchable=False,
        helps="ImageNet's by far, whenever there are fewer than a million images",
    )
    dropout: float = knob(
        0.0,
        "share of the head's inputs that is dropped",
        unit="share",
        ge=0,
        lt=1,
        source="1207.0580",
        helps="overfitting",
    )
    drop_path: float = knob(
        0.0,
        "largest share of the samples for which a residual block is skipped",
        unit="share",
        ge=0,
        lt=1,
        source="1603.09382",
        helps="overfitting of deep backbones; those without residual blocks refuse it",
    )
    freeze: Literal["none", "backbone", "first"] = knob(
        "none",
        "train all (none), the head alone (backbone), or the head alone in the first epochs (first)",
        source="linear probing, then fine-tuning 2202.10054",
        helps="few images; first protects pretrained weights from a new head's gradients",
    )
    freeze_epochs: int = knob(
        1,
        "epochs in which the head alone is trained",
        unit="epochs",
        ge=1,
        le=10_000,
        needs={"freeze": ("first",)},
    )
    image_size: Annotated[ImageSize, BeforeValidator(_is_size), AfterValidator(shortest)] = knob(
        224,
        "what images become: the side of a square, or [height, width]; 16 to 2048",
        unit="pixels",
        searchable=False,
        helps="larger until it is too slow; the originals' proportions where all of them have the same",
    )
    crop: Annotated[Size | None, BeforeValidator(_is_crop)] = knob(
        None,
        "[height, width] that is kept around the original's centre, before it is resized; none: the whole",
        unit="pixels of the original",
        searchable=False,
        helps="portraits taken alike, with a lot around the face",
    )
    box_margin: float = knob(
        0.2,
        "what is kept around a box of [data] boxes, on each side; more where the proportions of image_size ask for it",
        unit="share of its longer side",
        ge=0,
        le=2,
        searchable=False,
        helps="hair, hands and the ends of a mask lie outside a detector's box",
    )
    normalisation: Literal["backbone", "data"] = knob(
        "backbone",
        "mean and deviation that pixels are brought to: those the backbone was trained with, or those of the data",
        helps="data: training from scratch, or images unlike photographs; with ImageNet's weights rarely",
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
        needs={"schedule": ("cosine", "step", "one_cycle", "plateau", "constant")},
        helps="large rates, transformers, new heads on old weights",
    )
    step_size: int = knob(
        2, "epochs after which the rate falls", unit="epochs", ge=1, le=10_000, needs={"schedule": ("step",)}
    )
    step_gamma: float = knob(
        0.2, "by which factor it falls", gt=0, le=1, needs={"schedule": ("step", "plateau")}, helps="0.1 to 0.5"
    )
    plateau_patience: int = knob(
        1,
        "epochs without a lower training loss before the rate falls",
        unit="epochs",
        ge=0,
        le=10_000,
        needs={"schedule": ("plateau",)},
        helps="the training loss, since the final training on everything has no other",
    )
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
    stop_patience: int = knob(
        0,
        "epochs without a better macro-F1 after which training ends; 0: never",
        unit="epochs",
        ge=0,
        le=10_000,
        helps="long horizons; it is apart from the pruner: the trial counts as complete",
    )
    overfit_patience: int = knob(
        0,
        "epochs in a row in which validation loss rises and training loss falls, after which training ends; 0: never",
        unit="epochs",
        ge=0,
        le=10_000,
        helps="long horizons without CutMix and MixUp, which hold the training loss up",
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

    @model_validator(mode="after")
    def _transforms_fit_the_images(self) -> Self:
        if reason := refusal(self.augment, *height_width(self.image_size)):
            raise ValueError(f"augment: {reason}")
        return self

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
    return facts(TrainConfig.model_fields[name]).needs


def needed(name: str) -> str:
    """The same in words."""

    def words(wanted: Wanted) -> str:
        return str(wanted) if isinstance(wanted, Above) else f"= {' or '.join(map(repr, wanted))}"

    return " or ".join(f"{knob} {words(wanted)}" for knob, wanted in needs(name).items())


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


def takes_lists(name: str) -> bool:
    """Whether a list may be the value of the knob ``name``."""
    kinds = (TrainConfig.model_fields[name].annotation, *get_args(TrainConfig.model_fields[name].annotation))
    return any(get_origin(kind) is tuple for kind in kinds)


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
