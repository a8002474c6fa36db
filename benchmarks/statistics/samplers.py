"""Which sampler finds the best configuration of a space with conditions: ``python -m benchmarks.statistics.samplers``.

The objective is made up, in the shape of studies/mask-f1-wide.toml: a peak in the learning rate that lies elsewhere for
each optimizer, parameters that exist only under some choices, and noise as of one validation split. What counts is the
true value of the configuration with the best noisy score, which is what a study would finalize.
"""

from __future__ import annotations

import argparse
import math
import warnings
from statistics import mean, stdev
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from benchmarks.rehearsal import parse

_PEAKS = {"adamw": -3.2, "sgd": -2.6, "madgrad": -3.7}
_STARTUP = 10


def truth(params: dict[str, Any], interaction: float) -> float:
    """The value without noise; ``interaction``: how far the peaks lie apart, 0: parameters add up."""
    peak = -3.2 + interaction * (_PEAKS[params["optimizer"]] + 3.2)
    value = 0.5 - 0.06 * (math.log10(params["lr"]) - peak) ** 2
    if params["optimizer"] == "sgd":
        value += 0.01 - 3 * (params["momentum"] - 0.93) ** 2
    if params["schedule"] == "step":
        value += 0.02 - 0.015 * abs(params["step_size"] - 3) - 0.1 * (params["step_gamma"] - 0.3) ** 2
    if params["loss"] == "focal":
        value += 0.02 - 0.01 * (params["focal_gamma"] - 1.2) ** 2
    mixing = params["cutmix_prob"] - 0.4 + interaction * 2 * (params["label_smoothing"] - 0.05)
    return float(value - 0.05 * mixing**2 - 3 * (params["label_smoothing"] - 0.04) ** 2)


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    """Parameters of a trial, some only under others."""
    params: dict[str, Any] = {
        "lr": trial.suggest_float("lr", 2e-5, 3e-3, log=True),
        "optimizer": trial.suggest_categorical("optimizer", list(_PEAKS)),
        "schedule": trial.suggest_categorical("schedule", ["cosine", "step"]),
        "loss": trial.suggest_categorical("loss", ["focal", "cross_entropy"]),
        "cutmix_prob": trial.suggest_float("cutmix_prob", 0, 1),
        "label_smoothing": trial.suggest_float("label_smoothing", 0, 0.1),
    }
    if params["optimizer"] == "sgd":
        params["momentum"] = trial.suggest_float("momentum", 0.8, 0.99)
    if params["schedule"] == "step":
        params["step_size"] = trial.suggest_int("step_size", 1, 6)
        params["step_gamma"] = trial.suggest_float("step_gamma", 0.1, 0.7)
    if params["loss"] == "focal":
        params["focal_gamma"] = trial.suggest_float("focal_gamma", 0, 5)
    return params


def found(sampler: BaseSampler, seed: int, trials: int, noise: float, interaction: float) -> float:
    """The true value of what a study would finalize."""
    rng = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    true: list[float] = []
    for _ in range(trials):
        trial = study.ask()
        true.append(truth(suggest(trial), interaction))
        study.tell(trial, true[-1] + rng.normal(0, noise))
    return true[study.best_trial.number]


SAMPLERS: dict[str, Any] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "TPE, multivariate": lambda seed: TPESampler(seed=seed, n_startup_trials=_STARTUP),
    "TPE, multivariate, group": lambda seed: TPESampler(seed=seed, n_startup_trials=_STARTUP, group=True),
    "TPE, univariate": lambda seed: TPESampler(seed=seed, n_startup_trials=_STARTUP, multivariate=False),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--noise", type=float, default=0.01)
    options = parse(parser, "--seeds 2 --trials 12")
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("| sampler | parameters add up | they interact |\n|---|---|---|")  # noqa: T201
    for name, make in SAMPLERS.items():
        cells = []
        for interaction in (0.0, 1.0):
            values = [
                found(make(seed), seed, options.trials, options.noise, interaction) for seed in range(options.seeds)
            ]
            cells.append(f"{mean(values):.4f} ± {stdev(values) / len(values) ** 0.5:.4f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
