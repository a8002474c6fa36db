"""Whether machines share the place in which a study's trainings leave what is kept of them.

Nothing here needs torch: it is asked before there are workers.
"""

from typing import Final

import optuna
from optuna.storages import RDBStorage

from search.database.lease import lock
from search.database.optuna_internals import study_id
from search.database.queries import live_leases, study_key
from search.database.transaction import transaction
from search.errors import StudyError
from search.stores.objects import Store

_MARKED: Final = "resume_points_marked"
_MARK: Final = "shared-by-all-machines"


def checkpoints_folder(study: str, key: str) -> str:
    """The folder of a study's resume points among others; one of the same name that was made anew has another key."""
    return f"{study.replace('/', '-')}-{key[:8]}"


def check_location(storage: RDBStorage, study: optuna.Study, store: Store) -> None:
    """Mark the place where resume points lie as that of a study, or see that it is the one that was marked.

    What the trainings leave behind lies there too, and whoever writes the model has to find it.

    Raises:
        StudyError: It is another place.
        SaveError: It cannot be used.
    """
    mark = f"{checkpoints_folder(study.study_name, study_key(storage.engine, study_id(study)))}/{_MARK}"
    with transaction(storage) as connection:
        lock(connection, study_id(study))
        if _MARKED not in study.user_attrs:
            store.write(mark, b"")
            study.set_user_attr(_MARKED, True)
        elif store.read(mark) is None:
            raise StudyError(
                f"the resume points of this machine are not those of {study.study_name}, so what is trained here would "
                "not be found; name the place of resume points that all machines share"
            )


def claim_location(storage: RDBStorage, study: optuna.Study, store: Store) -> bool:
    """Mark this place where the one that was marked has gone, and nobody is at work who would use another.

    Returns whether it was marked now.
    """
    mark = f"{checkpoints_folder(study.study_name, study_key(storage.engine, study_id(study)))}/{_MARK}"
    with transaction(storage) as connection:
        lock(connection, study_id(study))
        if _MARKED not in study.user_attrs or store.read(mark) is not None or live_leases(connection, study_id(study)):
            return False
        store.write(mark, b"")
    return True
