"""What a drawn person wears: clothes, glasses and a mask, as it should be or not."""

import numpy as np

from trainer.synthetic.pen import MIRROR, Colour, Pen, both, darken, hsv, mix, oval, smooth, xy
from trainer.synthetic.person import Person

WORN, INCORRECT, ABSENT = 0, 1, 2
MASKS = ((150, 196, 226), (244, 244, 242), (40, 42, 48), (240, 180, 190), (120, 170, 140), (190, 190, 196))


def draw_body(pen: Pen, person: Person) -> None:
    """The neck, the shoulders and what the person is dressed in."""
    skin, shade = person.skin, darken(person.cloth, 0.25)
    n, broad = person.neck, 0.7 + 1.9 * person.neck
    pen.fill([(-n, 0.6), (n, 0.6), (n, 2.1), (-n, 2.1)], skin)
    pen.fill(smooth([(-n, 0.7), (n, 0.7), (n, 1.45), (0, 1.75), (-n, 1.45)]), darken(skin, 0.22))
    shoulders = [(n * 0.9, 1.62), (n * 1.5, 1.8), (broad, 2.1), (broad + 0.3, 2.9), (broad + 0.3, 5)]
    pen.fill(both(shoulders), person.cloth)
    for side in (-1, 1):
        pen.curve([(side * (broad - 0.4), 2.5), (side * (broad - 0.35), 3), (side * (broad - 0.4), 4)], shade, 0.05)
    neckline = [(n * 0.92, 1.6), (n * 0.75, 1.95), (0, 2.15)]
    if person.clothes in ("vneck", "blouse"):
        neckline = [(n, 1.55), (n * 0.55, 2.1), (0, 2.6)]
    if person.clothes != "scarf":
        pen.fill(both(neckline), skin)
        pen.curve([*neckline, *((-x, y) for x, y in neckline[-2::-1])], shade, 0.06)
    _garment(pen, person, shade)


def _garment(pen: Pen, person: Person, shade: Colour) -> None:
    n = person.neck
    if person.clothes in ("shirt", "tie", "blouse"):
        for side in MIRROR:
            collar = xy(n, 1.5, n * 1.25, 1.85, n * 0.5, 2.35, 0.04, 2.1) * side
            pen.fill(collar, mix(person.cloth, (255, 255, 255), 0.5))
            pen.line([*collar, collar[0]], shade, 0.03)
    if person.clothes == "tie":
        pen.fill(xy(-0.14, 2.05, 0.14, 2.05, 0.09, 2.3, 0.2, 3.4, -0.2, 3.4, -0.09, 2.3), person.cloth2)
    elif person.clothes == "cardigan":
        pen.fill([(-n * 0.8, 1.9), (n * 0.8, 1.9), (0.3, 4), (-0.3, 4)], person.cloth2)
        pen.fill(both([(n * 0.92, 1.6), (n * 0.5, 1.9), (0, 2.0)]), person.skin)
        for side in MIRROR:
            pen.line(xy(n * 1.05, 1.65, 0.42, 2.5, 0.3, 4) * side, shade, 0.09)
    elif person.clothes == "hoodie":
        for side in MIRROR:
            pen.fill(smooth(xy(n, 1.45, 1.15, 1.75, 0.7, 2.15, 0, 2.35, n * 0.8, 2) * side), shade)
            pen.line(xy(0.22, 2.2, 0.26, 2.9) * side, (240, 240, 240), 0.05)
    elif person.clothes == "scarf":
        pen.fill(both([(0, 1.6), (n, 1.5), (n * 1.55, 1.75), (n * 1.3, 2.15), (0, 2.4)]), person.cloth2)
        pen.curve([(-n * 1.3, 1.75), (0, 2.1), (n * 1.3, 1.75)], darken(person.cloth2, 0.3), 0.05)
        pen.fill(smooth([(0.1, 2.1), (0.55, 2.1), (0.65, 3.2), (0.2, 3.2)]), darken(person.cloth2, 0.1))


def draw_glasses(pen: Pen, person: Person) -> None:
    """Round or square glasses, over whatever the face wears."""
    frame = darken(person.cloth2, 0.65)
    for s in (-1, 1):
        ring = oval(s * 0.41, -0.06, 0.29, 0.25)
        if person.glasses == 2:
            ring = smooth([(s * 0.12, -0.26), (s * 0.7, -0.26), (s * 0.68, 0.14), (s * 0.17, 0.14)], steps=3)
        pen.fill(ring, (220, 235, 245, 50))
        pen.line([*ring, ring[0]], frame, 0.05)
        pen.line([(s * 0.7, -0.1), (s * 1.0, -0.12)], frame, 0.05)
    pen.curve([(-0.13, -0.08), (0, -0.13), (0.13, -0.08)], frame, 0.05)


def draw_mask(pen: Pen, state: int, rng: np.random.Generator) -> None:
    """A mask over nose and mouth, or one that leaves the nose, nose and mouth, or all but the eyes free."""
    top, bottom, lift = float(rng.normal(0.05, 0.04)), float(rng.normal(1.36, 0.04)), 0.0
    if state == INCORRECT:
        how = rng.choice(("nose", "chin", "eyes"), p=(0.7, 0.2, 0.1))
        if how == "nose":
            top = float(rng.normal(0.51, 0.025))
        elif how == "chin":
            top, bottom = float(rng.normal(0.93, 0.04)), 1.62
        else:
            lift, bottom = float(rng.normal(-0.75, 0.08)), 0.95
    colour = mix(MASKS[rng.choice(6, p=(0.28, 0.3, 0.17, 0.08, 0.09, 0.08))], hsv(rng.random(), 0.4, 0.8), 0.15)
    pen = pen.moved(0, lift)
    corner, low = top + 0.16 + 0.1 * (0.5 - top), bottom - 0.42
    side = 0.95 if lift == 0 else 0.99
    loop = (*mix(colour, (255, 255, 255), 0.4), 220)
    for s in MIRROR:
        pen.curve(xy(side, corner, 1.03, -0.12 - lift, 1.06, 0.02 - lift) * s, loop, 0.05)
        pen.curve(xy(side * 0.88, low, 1.02, 0.3 - lift, 1.05, 0.1 - lift) * s, loop, 0.05)
    middle = (corner + low) / 2
    edge = (side, corner, side * 0.97, middle, side * 0.86, low, 0.45, bottom - 0.07, 0, bottom)
    shape = both(xy(0, top, 0.3, top + 0.06, *edge))
    pen.fill(shape * (1.02, 1) + (0, 0.03), darken(colour, 0.35))
    pen.fill(shape, colour)
    _pattern(pen, colour, top, bottom, rng)
    pen.curve([(-0.3, top + 0.1), (0, top + 0.05), (0.3, top + 0.1)], (255, 255, 255, 120), 0.04)


def _pattern(pen: Pen, colour: Colour, top: float, bottom: float, rng: np.random.Generator) -> None:
    style = rng.choice(("pleats", "fold", "plain", "dots", "stripes"), p=(0.4, 0.25, 0.15, 0.1, 0.1))
    ink, height = (*darken(colour, 0.35), 150), bottom - top
    other = hsv(rng.random(), 0.5, 0.75)
    if style in ("pleats", "stripes"):
        for t in (0.3, 0.5, 0.7):
            y, x = top + t * height, 0.86 - 0.22 * max(0.0, t - 0.4)
            stroke = [(-x, y), (-0.4, y + 0.05), (0.4, y + 0.05), (x, y)]
            pen.curve(stroke, other if style == "stripes" else ink, 0.09 if style == "stripes" else 0.035)
    elif style == "fold":
        pen.curve([(-0.9, top + 0.32), (0, top + 0.3 * height), (0.9, top + 0.32)], ink, 0.035)
        pen.curve([(-0.8, bottom - 0.47), (0, top + 0.72 * height), (0.8, bottom - 0.47)], ink, 0.035)
    elif style == "dots":
        for i, t in enumerate((0.25, 0.42, 0.59, 0.76)):
            for x in np.arange(-0.6 + 0.12 * (i % 2), 0.65, 0.24):
                pen.fill(oval(float(x), top + t * height, 0.05, 0.05), other)
