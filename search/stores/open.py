"""Open the place that was named for objects: a folder, or a bucket."""

import os
import uuid
from pathlib import Path
from typing import Final

from trainer.errors import SaveError

from search.stores.folder import FolderStore
from search.stores.objects import PARTIAL, RESUME_POINTS, Store
from search.stores.s3 import FORM, open_bucket

_PROBE_BYTES: Final = 65_536  # more than fits into what a full disk has left over in its last block


def open_store(where: str | Path, study: str = "", *, what: str = RESUME_POINTS, prove: bool = True) -> Store:
    """Open the place that was named and prove that objects can be written, read, listed and removed there.

    Args:
        where: A folder, which is made where it is missing, or ``s3://BUCKET/PREFIX``.
        study: The folder in it that the study uses, once it has one: it may belong to somebody else though the place
            does not.
        what: What lies there, for people.
        prove: False for who can do without the place; whether it can be used shows when it is used.

    Raises:
        SaveError: It cannot be used, with the reason and what to do; no secret is shown.
    """
    place = str(where)
    store: Store
    if place.startswith("s3:/"):  # as a Path it has lost one slash
        store = open_bucket(place, what)
    elif "://" in place:
        scheme = place.partition("://")[0]
        raise SaveError(f"{what} cannot lie in {scheme}://...; name a folder or {FORM}")
    else:
        if (folder := Path(place)).exists() and not folder.is_dir():
            raise SaveError(f"{what} cannot lie in {folder}: it is a file; name a folder or {FORM}")
        store = FolderStore(folder, what)
    if prove:
        _prove(store, place, study, what)
    return store


def _prove(store: Store, place: str, study: str, what: str) -> None:
    probe, data = f"{study}/probe.{uuid.uuid4().hex[:8]}{PARTIAL}".lstrip("/"), os.urandom(_PROBE_BYTES)
    store.write(probe, data)
    if store.read(probe) != data or probe not in store.leftovers(probe):
        raise SaveError(f"what is written to {place} does not come back; choose another place for {what}")
    store.remove(probe)
