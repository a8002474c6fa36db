"""The pen that the people of the drawn data set are drawn with: its colours, shapes and curves."""

import colorsys
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import ImageDraw

Points = NDArray[np.float64]
Colour = tuple[int, ...]

MIRROR = np.array([(-1.0, 1.0), (1.0, 1.0)])  # multiplies points: onto the left side, the right side
CIRCLE = np.array([(math.cos(i * math.pi / 10), math.sin(i * math.pi / 10)) for i in range(20)])


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour that lies ``share`` of the way from a to b, without alpha."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a[:3], b[:3], strict=True))


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """The colour of a hue (in turns), a saturation and a value from 0 to 1."""
    return tuple(round(255 * v) for v in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def darken(colour: Colour, share: float) -> Colour:
    """The colour as it looks in the shade: mixed with a warm black."""
    return mix(colour, (40, 16, 30), share)


def smooth(points: ArrayLike, *, closed: bool = True, steps: int = 5) -> Points:
    """A Catmull-Rom curve through the (n, 2) points, as a polygon of (about n * steps, 2)."""
    p = np.asarray(points, dtype=np.float64)
    q = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = np.arange(steps)[None, :, None] / steps
    a, b, c, d = (q[i : len(q) - 3 + i, None, :] for i in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    flat: Points = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, p[-1:]])


def both(right: ArrayLike) -> Points:
    """The closed curve whose right half goes from top to bottom through the given points."""
    p = np.asarray(right, dtype=np.float64)
    left = p[::-1] * (-1, 1)
    return smooth(np.concatenate([p, left[int(p[-1, 0] == 0) : len(p) - int(p[0, 0] == 0)]]))


def xy(*numbers: float) -> Points:
    """The numbers x, y, x, y, ... as points of (n, 2)."""
    return np.array(numbers, dtype=np.float64).reshape(-1, 2)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """The four corners of a rectangle, (4, 2)."""
    return xy(left, top, right, top, right, bottom, left, bottom)


def oval(x: float, y: float, rx: float, ry: float) -> Points:
    """An ellipse about (x, y) with the radii rx and ry, (20, 2)."""
    return CIRCLE * (rx, ry) + (x, y)


@dataclass(frozen=True)
class Pen:
    """Draws in face units (half a head's width is 1, y goes down) onto the supersampled picture."""

    draw: ImageDraw.ImageDraw
    unit: float
    x: float
    y: float
    tilt: float = 0.0
    width: float = 1.0

    def moved(self, dx: float, dy: float) -> "Pen":
        """The same pen with its origin moved by face units along the tilted axes."""
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        dx, dy = dx * self.unit * self.width, dy * self.unit
        return replace(self, x=self.x + dx * cos - dy * sin, y=self.y + dx * sin + dy * cos)

    def _place(self, points: ArrayLike) -> list[float]:
        p = np.asarray(points, dtype=np.float64) * (self.unit * self.width, self.unit)
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        out = np.empty(p.size)
        out[0::2] = p[:, 0] * cos - p[:, 1] * sin + self.x
        out[1::2] = p[:, 0] * sin + p[:, 1] * cos + self.y
        return out.tolist()

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        """Fill the polygon of the (n, 2) points."""
        self.draw.polygon(self._place(points), fill=colour)

    def line(self, points: ArrayLike, colour: Colour, width: float) -> None:
        """Draw straight lines through the (n, 2) points, ``width`` face units wide."""
        self.draw.line(self._place(points), fill=colour, width=max(1, round(width * self.unit)), joint="curve")

    def curve(self, points: ArrayLike, colour: Colour, width: float) -> None:
        """Draw a smooth line through the (n, 2) points, ``width`` face units wide."""
        self.line(smooth(points, closed=False), colour, width)
