"""Whether knobs that speak of the data fit them: classes that exist, and a boundary that there is."""

from trainer.config.train_config import TrainConfig
from trainer.data.ordinal import OrdinalFactor
from trainer.errors import ConfigError
from trainer.support.text import suggest


def has_data_knobs(config: TrainConfig) -> bool:
    """Whether :func:`check_fit` has anything to look at."""
    return config.train_cut is not None or bool(config.class_ratio)


def check_fit(
    config: TrainConfig, classes: tuple[str, ...], ordinal_factor: OrdinalFactor | None, largest: float | None = None
) -> None:
    """Refuse knobs that do not fit the data's classes, their ordered factor and, where one is given, its largest value.

    Raises:
        ConfigError: ``class_ratio`` names a class that is not there, or ``train_cut`` moves nothing or too far.
    """
    for name in config.class_ratio:
        if name not in classes:
            raise ConfigError(f"class_ratio: {name!r} is no class of these data{suggest(name, classes)}")
    if config.train_cut is not None:
        if ordinal_factor is None:
            raise ConfigError(
                f"train_cut {config.train_cut:g} has no meaning here: these data have no ordered factor (the "
                "competition's layout has the age); remove it"
            )
        ordinal_factor.check(config.train_cut)
        if largest is not None and config.train_cut > largest:
            raise ConfigError(
                f"train_cut {config.train_cut:g} is above {largest:g}, the largest {ordinal_factor.name} there is: "
                "training would have no image of the last class; lower it"
            )
