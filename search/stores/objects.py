"""Where resume points and pictures lie: a folder, perhaps on a share, or a bucket of S3 or of what speaks its language.

A store keeps whole objects by name. Whoever reads gets an object as one writer wrote it, however many write at the
same time and wherever they are killed.
"""

from typing import Final, Protocol

RESUME_POINTS: Final = "resume points"
PARTIAL: Final = ".partial"
"""How the names end of what is being written, or was when its writer was killed."""
PARTIAL_SECONDS: Final = 3600.0
"""A partial write that has not changed for so long is nobody's any more."""


class Store(Protocol):
    """Whole objects by name; parts of a name are separated by ``/``.

    Every method raises SaveError, in one line, where the place cannot be used.
    """

    def write(self, name: str, data: bytes) -> None:
        """Put an object there whole, in the place of an earlier one of that name."""

    def read(self, name: str) -> bytes | None:
        """An object's bytes, or None where there is none."""

    def names(self, prefix: str) -> list[str]:
        """The names of whole objects that begin with ``prefix``, sorted."""

    def leftovers(self, prefix: str) -> dict[str, float]:
        """What is being written, or was when its writer was killed: name and seconds since its last change."""

    def remove(self, name: str) -> None:
        """Remove an object or leftover; a missing one is fine."""
