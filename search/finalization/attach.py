"""A finished model beside its study in the dashboard: what is in its folder, as artifacts of the study.

Page, card and ``model.json`` stay for every version, named after it; of weights and ONNX, which are large, only the
latest version's stay: the others lie in their model folders.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import optuna
from optuna.storages import RDBStorage
from trainer.errors import SaveError
from trainer.saved_model.manifest import INFO_FILE
from trainer.saved_model.network import WEIGHTS_FILE
from trainer.saved_model.versions import version_number

from search.database.optuna_internals import (
    artifact_attribute,
    artifact_filename,
    artifact_ids,
    removed_artifact_attribute,
    set_study_attribute,
    study_attributes,
    study_id,
)
from search.database.queries import study_key
from search.database.retry import summarize_error
from search.reports.model.card import CARD_FILE
from search.reports.model.page import PAGE_FILE
from search.stores.artifacts import Artifacts

logger = logging.getLogger(__name__)

_FILES: Final = {
    PAGE_FILE: "text/html; charset=utf-8",
    CARD_FILE: "text/plain; charset=utf-8",  # as which every browser shows it
    INFO_FILE: "application/json",
    "model.onnx": "application/octet-stream",
    WEIGHTS_FILE: "application/octet-stream",
}
_ONLY_OF_LATEST: Final = ("model.onnx", WEIGHTS_FILE)


def attach_model(
    storage: RDBStorage,
    study: str,
    folder: Path,
    version: str,
    artifacts: Artifacts,
    message: Callable[[str], None],
    *,
    largest: int = 100 * 10**6,
) -> list[str]:
    """Put the files of a model folder to its study; the same version again replaces them.

    Those of more bytes than ``largest`` stay in the model folder alone. What fails is told, and no more: the model is
    whole without it. Returns the names under which the dashboard lists them.
    """
    attached = []
    try:
        opened = optuna.load_study(study_name=study, storage=storage)
        # Versions in different folders are different ones.
        key = f"{study_key(storage.engine, study_id(opened))}/{folder.absolute().parent}"
        store = _StudyArtifacts(opened, key, artifacts)
        for name, kind in _FILES.items():
            path = folder / name
            if not path.is_file():
                continue
            if (size := path.stat().st_size) > largest:
                message(f"{name} stays out of the dashboard: {size / 1e6:.0f} MB are more than {largest / 1e6:.0f} MB")
                continue
            store.put(f"{version}-{name}", path, kind)
            attached.append(f"{version}-{name}")
        store.remove_earlier(version)
    except Exception as error:  # told: no list in a dashboard is worth a model
        logger.debug("%s is not attached", folder, exc_info=error)
        why = str(error) if isinstance(error, SaveError) else f"{type(error).__name__}: {summarize_error(error)}"
        message(f"{folder} is whole, but the dashboard does not list all of it: {why}")
    return attached


@dataclass(frozen=True)
class _StudyArtifacts:
    """A study's own artifacts; a file has the same id whenever it is put there, so that none is left over."""

    study: optuna.Study
    key: str
    artifacts: Artifacts

    def put(self, name: str, path: Path, kind: str) -> None:
        """Put a file there: its bytes are there before the database hears of them."""
        artifact_id = self._id(name)
        with path.open("rb") as content:
            self.artifacts.write(artifact_id, content)
        self._set_metadata(artifact_attribute(artifact_id, name, kind))

    def remove_earlier(self, version: str) -> None:
        """Remove the large files of earlier versions."""
        known = study_attributes(self.study)
        for artifact_id in artifact_ids(known):
            filename = artifact_filename(known, artifact_id)
            other, _, name = filename.partition("-")
            # What somebody has uploaded under such a name has another id.
            is_earlier = (version_number(other) or 0) < (version_number(version) or 0)
            if name in _ONLY_OF_LATEST and is_earlier and artifact_id == self._id(filename):
                self._set_metadata(removed_artifact_attribute(artifact_id))
                self.artifacts.remove(artifact_id)

    def _set_metadata(self, attribute: Mapping[str, str]) -> None:
        for key, value in attribute.items():
            set_study_attribute(self.study, key, value)

    def _id(self, name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.key}/{name}"))
