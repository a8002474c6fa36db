"""A number behind a part of the label, such as the age behind its classes, whose last boundary training may move."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.errors import ConfigError


@dataclass(frozen=True)
class OrdinalFactor:
    """How an ordered factor is cut into classes.

    Attributes:
        name: of the factor, such as "age".
        boundaries: ascending; a value at a boundary belongs above it. The classes of neighbouring parts are
            neighbours too: one part up is one label up.
    """

    name: str
    boundaries: tuple[float, ...]

    def parts(self, values: NDArray[np.float64], last: float | None = None) -> NDArray[np.int64]:
        """The part of each value [N], from 0; with its last boundary at ``last``."""
        boundaries = self.boundaries if last is None else (*self.boundaries[:-1], last)
        return np.searchsorted(boundaries, values, side="right")

    def relabel(self, labels: NDArray[np.int64], values: NDArray[np.float64], boundary: float) -> NDArray[np.int64]:
        """True labels [N] under another last boundary, a new array; a label stays where its value is not a number."""
        return labels + self.parts(values, boundary) - self.parts(values)

    def check(self, boundary: float) -> None:
        """Refuse a last boundary that is not above the one before it.

        Raises:
            ConfigError: names both.
        """
        if len(self.boundaries) > 1 and not boundary > self.boundaries[-2]:
            raise ConfigError(
                f"train_cut {boundary:g} must be above {self.boundaries[-2]:g}, the boundary of {self.name} below the "
                f"one that it moves ({self.boundaries[-1]:g}); raise it"
            )
