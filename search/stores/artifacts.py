"""Where the pictures of trials lie: Optuna's artifact store over a folder or S3; workers and the dashboard share it."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import BinaryIO, Final

from optuna.artifacts.exceptions import ArtifactNotFound

from search.stores.objects import PARTIAL_SECONDS, Store
from search.stores.open import open_store

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def artifacts_place(option: str | None, home: Path) -> str:
    """Tell where artifacts lie: the option, else ``STUDY_ARTIFACTS``, else beside the embedded database."""
    return option or os.environ.get("STUDY_ARTIFACTS") or str(home / "artifacts")


def open_artifacts(place: str, *, prove: bool = True) -> Artifacts:
    """Open the place where artifacts lie, as :func:`search.stores.open.open_store` does."""
    return Artifacts(open_store(place, what="artifacts", prove=prove))


class Artifacts:
    """Optuna's ``ArtifactStore`` over a :class:`search.stores.objects.Store`.

    An id is a UUID in its usual form, as Optuna, its dashboard and we make them, so no id leaves the folder.
    Methods raise ArtifactNotFound for what is no id, and SaveError where the place cannot be used.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """Open an artifact, which must be there."""
        if (data := self._store.read(_checked(artifact_id))) is None:
            raise ArtifactNotFound(f"there is no artifact {artifact_id}")
        return io.BytesIO(data)

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Put an artifact there whole."""
        self._store.write(_checked(artifact_id), content_body.read())

    def sweep(self) -> None:
        """Remove what killed writers left half written."""
        for name, age in self._store.leftovers("").items():
            if age > PARTIAL_SECONDS:
                self._store.remove(name)

    def remove(self, artifact_id: str) -> None:
        """Remove an artifact; a missing one is fine."""
        self._store.remove(_checked(artifact_id))


def _checked(artifact_id: str) -> str:
    if not _ID.fullmatch(artifact_id):
        raise ArtifactNotFound(f"{artifact_id!r} is no artifact's id")
    return artifact_id
