"""Where the event files lie that TensorBoard shows, and the same numbers as a table."""

from __future__ import annotations

import logging
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trainer.errors import DataError, SaveError
from trainer.support.atomic import write_whole

if TYPE_CHECKING:
    import pandas as pd

NOWHERE: Final = "none"
COLUMNS: Final = ("study", "trial", "tag", "step", "value", "wall_time")

_TRIAL: Final = re.compile(r"trial-\d+")
_EVENTS: Final = "tfevents"  # trainer.tracking.tensorboard writes them; it needs torch, and this shall not


def log_folder(where: str | Path) -> Path | None:
    """The folder that was named, whether it exists or not; none for ``none``.

    Raises:
        SaveError: It is no folder.
    """
    if str(where) == NOWHERE:
        return None
    if "://" in str(where):
        scheme = str(where).partition("://")[0]
        raise SaveError(f"event files cannot lie in {scheme}://...; name a folder, or none")
    return Path(where).absolute()


def check_writable(folder: Path) -> None:
    """Make a folder for event files and prove that files can be written there.

    Raises:
        SaveError: They cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"x")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SaveError(f"cannot write event files to {folder}: {reason}; name another folder, or none") from error


def study_folder(folder: Path, name: str, key: str) -> Path:
    """The folder of a study among others; one of the same name that was made anew has another key."""
    return folder / f"{name.replace('/', '-')}-{key[:8]}"


def write_scalars(table: pd.DataFrame, output: str) -> None:
    """Write a table as CSV to a file, or to the standard output where ``output`` is ``-``.

    Raises:
        SaveError: It cannot be written.
    """
    text = table.to_csv(index=False, lineterminator="\n")
    if output == "-":
        sys.stdout.write(text)
    else:
        write_whole(Path(output), text)


def trial_folder(folder: Path, number: int) -> Path:
    """The folder of a trial in that of its study."""
    return folder / f"trial-{number:05d}"


def read_scalars(folder: Path) -> pd.DataFrame:
    """Read the scalars of all trials below a folder: of one trial, of a study, or of several studies.

    What an attempt wrote of epochs that a later one trained again is left out, and so is a last record that a killed
    worker did not finish.

    Returns:
        The columns study (its folder's name), trial, tag, step (epochs completed), value (float32, as it was written)
        and wall_time (seconds since 1970 by the worker's clock), sorted by the first four.

    Raises:
        DataError: There are none.
    """
    import pandas as pd

    found = {path.parent for path in folder.rglob(f"*{_EVENTS}*") if _TRIAL.fullmatch(path.parent.name)}
    rows = [row for place in sorted(found) for row in _read_trial(place)]
    if not rows:
        raise DataError(f"there are no event files of trials in {folder}; `search work` writes them")
    table = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
    table["value"] = table["value"].astype("float32")
    keys = list(COLUMNS[:4])
    return table.drop_duplicates(keys, keep="last").sort_values(keys, kind="stable", ignore_index=True)


def _read_trial(folder: Path) -> Iterator[tuple[str, int, str, int, float, float]]:
    from tensorboard.backend.event_processing import event_accumulator

    log = event_accumulator.EventAccumulator(str(folder), {event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 1})
    logger = logging.getLogger("tensorboard")
    level = logger.level
    logger.setLevel(logging.ERROR)  # a trial that was taken over is nothing that it need warn of
    try:
        log.Reload()
    finally:
        logger.setLevel(level)
    number = int(folder.name.removeprefix("trial-"))
    for tag in log.Tags()[event_accumulator.SCALARS]:
        for event in log.Scalars(tag):
            yield folder.parent.name, number, tag, event.step, event.value, event.wall_time
