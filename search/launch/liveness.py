"""A file that is touched while a command is alive, for the health checks of containers."""

import logging
import time
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""How often the file is touched; who reads it should allow for a busy machine."""


class LivenessFile:
    """Touches a file, whose folder must exist, every few seconds; without a file it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._next = 0.0

    def touch(self) -> None:
        """Say that all is well; to be called more often than every few seconds."""
        if self._path is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS
        try:
            self._path.touch()
        except OSError as error:  # a full disk is no reason to stop working: the health check will tell
            logger.warning("the pulse %s could not be touched: %s", self._path, error)
