"""Train and apply image classifiers; knows nothing of Optuna.

``from trainer import load`` is all it takes to use a model (:mod:`trainer.predict.model`).
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.predict.model import load

__all__ = ["load"]

# Read when torch is loaded. Threads of OpenMP that wait for each other spin; libgomp's own patience is fifteen times
# as long, which gains nothing on idle cores and costs most of the speed where another process wants one of them
# (docs/performance.md).
os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of a module, whatever is asked for
    """Import what somebody asks for only then: training and searching need nothing of it."""
    if name == "load":
        from trainer.predict.model import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
