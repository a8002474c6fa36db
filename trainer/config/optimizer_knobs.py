"""The knobs of optimizer and schedule."""

from typing import Literal

from pydantic import BaseModel

from trainer.config.knob import Epochs, Part, Patience, Rate, knob

Schedule = Literal["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]


class OptimizerKnobs(BaseModel):
    """How weights are moved, for how long, and when that ends."""

    lr: Rate = knob(
        1e-3,
        "peak learning rate",
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
    momentum: Part = knob(0.9, "Nesterov's momentum", needs={"optimizer": ("sgd",)}, helps="0.9 rarely needs a search")
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
    ema_decay: Part = knob(
        0.0,
        "how much of the weights' moving average each step keeps, less in the first steps; 0: no average",
        source="Polyak and Juditsky 1992; timm ModelEmaV3",
        helps="long training at large rates: 0.99 to 0.9999; the average is what is validated and kept",
    )
    batch_size: int = knob(64, "images a step", unit="images", ge=2, le=65536, helps="with lr: they belong together")
    epochs: Epochs = knob(10, "horizon of the schedule", unit="epochs", searchable=False, helps="the pruner saves most")
    schedule: Schedule = knob(
        "cosine",
        "how the learning rate goes on from its peak",
        source="cosine 1608.03983, triangular2 1506.01186, one_cycle 1708.07120",
        helps="cosine; constant shows whether a schedule matters at all",
    )
    warmup: Part = knob(
        0.05,
        "share of the steps over which the rate rises to its peak",
        unit="share",
        needs={"schedule": ("cosine", "step", "one_cycle", "plateau", "constant")},
        helps="large rates, transformers, new heads on old weights",
    )
    step_size: Epochs = knob(2, "epochs after which the rate falls", unit="epochs", needs={"schedule": ("step",)})
    step_gamma: float = knob(
        0.2, "by which factor it falls", gt=0, le=1, needs={"schedule": ("step", "plateau")}, helps="0.1 to 0.5"
    )
    plateau_patience: Patience = knob(
        1,
        "epochs without a lower training loss before the rate falls",
        unit="epochs",
        needs={"schedule": ("plateau",)},
        helps="the training loss, since the final training on everything has no other",
    )
    cycle_epochs: Epochs = knob(
        2,
        "length of a triangle, up and down; each is half as high as the one before",
        unit="epochs",
        needs={"schedule": ("triangular2",)},
        source="1506.01186",
    )
    base_lr: Rate = knob(
        1e-5, "learning rate between triangles", needs={"schedule": ("triangular2",)}, source="1506.01186"
    )
    stop_patience: Patience = knob(
        0,
        "epochs without a better macro-F1 after which training ends; 0: never",
        unit="epochs",
        helps="long horizons; it is apart from the pruner: the trial counts as complete",
    )
    overfit_patience: Patience = knob(
        0,
        "epochs in a row in which validation loss rises and training loss falls, after which training ends; 0: never",
        unit="epochs",
        helps="long horizons without CutMix and MixUp, which hold the training loss up",
    )
