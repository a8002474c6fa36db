"""The sampler and the pruner of a study, as its file asks for them."""

import numpy as np
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from search.config.study_spec import StudySpec
from search.plans.kind import kind_of


def make_sampler(spec: StudySpec, worker: int) -> BaseSampler:
    """The sampler of a worker, by the number of those before it: a shared seed would give identical start-up trials."""
    seed = int(np.random.SeedSequence((spec.study.seed, worker)).generate_state(1)[0])
    if spec.sampler.kind == "random":
        return RandomSampler(seed=seed)
    # Where parameters have conditions those that are there are modelled one by one. A joint model, with `group` or
    # without, knows only those that all trials have, or splits the trials up: it finds worse
    # (benchmarks/statistics/samplers.py).
    return TPESampler(n_startup_trials=spec.sampler.startup_trials, seed=seed, multivariate=not spec.has_conditions)


def make_pruner(spec: StudySpec) -> BasePruner:
    """The pruner; its resource is an epoch and its limits are given, so that it prunes from the first trials on."""
    pruner = spec.pruner
    # Where there are folds a trial reports at the end of each.
    first = spec.epochs if spec.data.folds else pruner.min_epochs
    if pruner.kind == "hyperband":
        return HyperbandPruner(
            min_resource=first, max_resource=kind_of(spec).steps, reduction_factor=pruner.reduction_factor
        )
    if pruner.kind == "asha":
        return SuccessiveHalvingPruner(
            min_resource=first, reduction_factor=pruner.reduction_factor, min_early_stopping_rate=0
        )
    if pruner.kind == "median":
        return MedianPruner(n_startup_trials=pruner.startup_trials, n_warmup_steps=first - 1)
    return NopPruner()
