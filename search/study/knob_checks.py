"""Whether a study's knobs fit its data: looked at when its file is used, before any image is decoded."""

from collections.abc import Iterator

from trainer.config.train_config import TrainConfig
from trainer.data.fit import check_fit, has_data_knobs
from trainer.data.samples import read_samples

from search.config.search_space import a_sample
from search.config.study_spec import StudySpec
from search.plans.kind import kind_of


def check_names(spec: StudySpec) -> None:
    """Refuse backbones and optimizers that timm does not know, or that do not work here.

    Raises:
        WeightsError: See :func:`trainer.model.network.check_backbone`.
        ConfigError: See :func:`trainer.training.optimizer.check_optimizer`.
    """
    from trainer.model.network import check_backbone  # with torch, which takes seconds to import
    from trainer.training.optimizer import check_optimizer

    for backbone in kind_of(spec).trained_backbones:
        check_backbone(backbone)
    for config in spec.configs_of("optimizer"):
        check_optimizer(config)


def check_knobs(spec: StudySpec) -> None:
    """Refuse a study with a knob that does not fit its data, at any end or choice of its space.

    The data folder is listed only where a knob speaks of what is in it.

    Raises:
        ConfigError: See :func:`trainer.data.fit.check_fit`.
        DataError: See :func:`trainer.data.samples.read_samples`.
    """
    configs = [config for config in _corners(spec) if has_data_knobs(config)]
    if not configs:
        return
    samples = read_samples(spec.data)
    largest = float(samples.table["ordered"].max()) if samples.ordinal_factor is not None else None
    for config in configs:
        check_fit(config, samples.classes, samples.ordinal_factor, largest)


def _corners(spec: StudySpec) -> Iterator[TrainConfig]:
    for name in spec.changes:
        yield from spec.configs_of(name)
    for name, parameter in spec.space.items():
        for value in parameter.samples():
            yield spec.config(a_sample(spec.space, spec.fixed, {name: value}))
