"""Keep libraries from writing into the progress display."""

import logging
import warnings

import optuna


def quiet_libraries() -> None:
    """Let them say nothing but what ends up in a line of our own."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # What it has to say when the hub cannot be reached ends up in our own line.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
