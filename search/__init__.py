"""Search hyperparameters of image classifiers with Optuna workers that share one study in PostgreSQL.

::

    import search

    spec = search.load_spec("mask-f1")
    with search.open_storage() as storage:
        study = search.create_study(storage, spec)
        search.work(storage, "mask-f1", workers=2)
        model = search.finalize(storage, "mask-f1")

Names in ``__all__`` are public and stay; everything else may move.
"""

from typing import TYPE_CHECKING

from trainer.support.lazy import exports

if TYPE_CHECKING:
    from search.api import (
        create_study,
        finalize,
        load_study,
        open_storage,
        read_out_of_fold,
        read_scalars,
        read_status,
        work,
        write_report,
    )
    from search.config.load import load_spec
    from search.config.study_spec import StudySpec
    from search.errors import StorageError, StudyError

__all__ = [
    "StorageError",
    "StudyError",
    "StudySpec",
    "create_study",
    "finalize",
    "load_spec",
    "load_study",
    "open_storage",
    "read_out_of_fold",
    "read_scalars",
    "read_status",
    "work",
    "write_report",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "search.api": [name for name in __all__ if name.islower() and name != "load_spec"],
        "search.config.load": ["load_spec"],
        "search.config.study_spec": ["StudySpec"],
        "search.errors": ["StorageError", "StudyError"],
    },
    extra="search",
)
