"""``search scalars``: what TensorBoard shows of a study, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optuna.storages import RDBStorage
from trainer.tracking.event_files import read_scalars, study_folder

from search.database.optuna_internals import study_id
from search.database.queries import study_key
from search.errors import StudyError
from search.study.study import load_study

if TYPE_CHECKING:
    import pandas as pd


def read_study(storage: RDBStorage, name: str, folder: Path | None) -> pd.DataFrame:
    """Read the scalars of a study, see :func:`read_scalars`; ``folder`` holds those of all studies.

    Raises:
        StudyError: There is no such study, or nothing was written of it here.
    """
    if folder is None:
        raise StudyError("none is no folder to read event files from; name that of TensorBoard")
    key = study_key(storage.engine, study_id(load_study(storage, name)))
    return read_scalars(study_folder(folder, name, key))
