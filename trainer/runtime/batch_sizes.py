"""How many images fit on this machine's device at a time, remembered from one process to the next."""

import contextlib
import json
import math

from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.imaging.crop import format_size
from trainer.runtime.devices import device_name
from trainer.support.atomic import replace_file


class FittingSizes:
    """How many images of a kind do not fit at a time on this machine, known from the batches that did not.

    Kept in a JSON file that all workers of a machine share, one entry for backbone, image size, precision and device:
    the smallest number that failed, and the largest below it that worked. It only saves failing again: a batch is split
    just as it would be if it had to find out. It never raises: what cannot be read is unknown, what cannot be written
    is lost.
    """

    def __init__(self, config: TrainConfig, runtime: Runtime) -> None:
        self._file = runtime.sizes
        device = device_name(runtime.device) + (f" {runtime.memory_limit} B" if runtime.memory_limit else "")
        frozen = ", frozen" if config.freeze == "backbone" else ""
        self._key = f"{config.backbone}{frozen}, {format_size(config.image_size)}, {config.precision}, {device}"

    def split(self, batch: int) -> int:
        """Into how many chunks a batch has to be split as far as is known: doubled until a chunk is below what failed.

        1 where nothing is known: a batch that may fit is tried whole.
        """
        fails = self._read().get(self._key, {}).get("fails", math.inf)
        chunks = 1
        while chunks < batch and math.ceil(batch / chunks) >= fails:
            chunks *= 2
        return min(chunks, batch)

    def note(self, *, fits: int, fails: int) -> None:
        """Remember that so many images fit at a time and so many did not."""
        if self._file is None:
            return
        entries = self._read()
        before = entries.get(self._key, {"fits": fits, "fails": fails})
        smallest = min(before["fails"], fails)
        largest = max(size for size in (before["fits"], fits, 0) if size < smallest)
        entries[self._key] = {"fits": largest, "fails": smallest}
        with contextlib.suppress(OSError):
            replace_file(self._file, json.dumps(entries, indent=1, sort_keys=True).encode(), mode=0o600)

    def _read(self) -> dict[str, dict[str, int]]:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                entries = json.loads(self._file.read_text(encoding="utf-8"))
                if isinstance(entries, dict):
                    return {key: entry for key, entry in entries.items() if _is_entry(entry)}
        return {}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.keys() != {"fits", "fails"}:
        return False
    return all(type(size) is int for size in entry.values()) and 0 <= entry["fits"] < entry["fails"]
