"""The head of a drawn person: its shape, its features and its hair."""

import math

import numpy as np

from trainer.synthetic.pen import MIRROR, Colour, Pen, both, darken, mix, oval, smooth, xy
from trainer.synthetic.person import Person

INK = (40, 30, 34)


def draw_head(pen: Pen, person: Person) -> None:
    """The ears and the bare head."""
    skin = person.skin
    for side in (-1, 1):
        pen.fill(oval(side * 1.0, 0.02, 0.16, 0.27), skin)
        pen.curve([(side * 1.03, -0.15), (side * 1.1, 0), (side * 1.02, 0.16)], darken(skin, 0.25), 0.04)
        if person.earrings:
            pen.fill(oval(side * 1.04, 0.36, 0.08, 0.1), (236, 200, 90))
    j = person.jaw
    outline = xy(0, -1.3, 0.55, -1.18, 0.93, -0.7, 1, -0.1, 0.92, 0.5, j, 1, j * 0.5, 1.26, 0, 1.33)
    pen.fill(both(outline), darken(skin, 0.1))
    pen.fill(both(outline) * (0.94, 0.97) + (-0.035, -0.02), skin)


def draw_features(pen: Pen, person: Person, rng: np.random.Generator) -> None:
    """Eyes, nose, mouth, beard and wrinkles; where the person looks and how they smile is the picture's own."""
    skin, wear = person.skin, person.wear
    line = darken(skin, 0.42)
    soft = (*line, 70)
    for side in (-1, 1):
        pen.fill(oval(side * 0.58, 0.4, 0.24, 0.17), (230, 110, 110, round(34 * (1 - 0.6 * wear))))
    _wrinkles(pen, skin, wear)
    gaze, smile, lid = float(rng.normal(0, 0.025)), float(rng.normal(0.05, 0.04)), float(rng.normal(1, 0.1))
    for side in (-1, 1):
        _eye(pen.moved(side * 0.4, -0.1), person, side, gaze, lid)
    nose = person.nose
    pen.curve([(0.08, -0.1), (0.1 * nose, 0.15), (0.17 * nose, 0.3)], soft, 0.05)
    pen.curve([(-0.17 * nose, 0.33), (-0.08, 0.39), (0.08, 0.39), (0.17 * nose, 0.33)], line, 0.05)
    for side in (-1, 1):
        pen.fill(oval(side * 0.09 * nose, 0.36, 0.05, 0.03), darken(skin, 0.6))
    if person.beard:
        _beard(pen, person)
    red = mix(mix(skin, (190, 80, 84), 0.45), person.lip_colour, person.lips)
    thick = 0.07 + 0.035 * person.lips
    end, bow = 0.74 - smile, 0.74 - thick
    upper = smooth(xy(-0.3, end, -0.09, bow, 0, 0.75 - thick * 0.7, 0.09, bow, 0.3, end), closed=False)
    lower = smooth(xy(0.3, end, 0, 0.76 + 1.5 * thick, -0.3, end), closed=False)
    pen.fill(np.concatenate([upper, lower]), red)
    pen.curve([(-0.32, 0.73 - smile), (0, 0.765), (0.32, 0.73 - smile)], darken(red, 0.5), 0.04)


def _wrinkles(pen: Pen, skin: Colour, wear: float) -> None:
    crease = (*darken(skin, 0.5), round(30 + 170 * wear))
    if wear > 0.25:
        for side in (-1, 1):
            pen.curve([(side * 0.26, 0.4), (side * 0.42, 0.6), (side * 0.45, 0.78)], crease, 0.045)
            pen.curve([(side * 0.24, 0.09), (side * 0.4, 0.16), (side * 0.54, 0.1)], crease, 0.045)
    if wear > 0.45:
        for i in range(3):
            y = -0.62 - 0.13 * i
            pen.curve([(-0.45 + 0.05 * i, y), (0, y - 0.05), (0.45 - 0.05 * i, y)], crease, 0.035)
        for side in (-1, 1):
            for y in (-0.16, -0.06, 0.04):
                pen.line([(side * 0.67, -0.07 + 0.3 * (y + 0.06)), (side * 0.83, y)], crease, 0.03)
            pen.curve([(side * 0.4, 0.92), (side * 0.5, 1.05), (side * 0.44, 1.15)], crease, 0.04)


def _eye(pen: Pen, person: Person, side: int, gaze: float, lid: float) -> None:
    r = 0.115 * person.eyes * lid
    white = xy(-0.2, 0.02, -0.1, -r * 0.85, 0.05, -r, 0.2, -0.01, 0.08, r * 0.75, -0.08, r * 0.8) * (side, 1)
    pen.fill(smooth(white), (250, 248, 246))
    pen.fill(oval(gaze, -0.01, 0.1, min(0.1, r)), person.iris)
    pen.fill(oval(gaze, -0.01, 0.05, 0.05), (16, 12, 14))
    pen.fill(oval(gaze + 0.035, -0.045, 0.028, 0.028), (255, 255, 255))
    pen.curve(white[:4], INK, 0.035 + 0.045 * person.lashes)
    if person.lashes:
        pen.line([white[3], white[3] + (side * 0.08, -0.07)], INK, 0.05)
    pen.curve(xy(-0.22, -0.27, 0, -0.34, 0.24, -0.27) * (side, 1), darken(person.hair, 0.3), person.brows)


def _beard(pen: Pen, person: Person) -> None:
    alpha = {0.3: 70, 0.6: 130, 1.0: 235}[person.beard]
    colour = (*darken(person.hair, 0.1), alpha)
    j = person.jaw
    outer = [(0.96, 0.2), (0.92, 0.52), (j + 0.01, 1.01), (j * 0.5, 1.29), (0, 1.36)]
    inner = [(0, 0.52), (0.3, 0.56), (0.42, 0.72), (0.62, 0.55), (0.86, 0.15)]
    right = np.concatenate([smooth(inner, closed=False), smooth(outer, closed=False)])
    pen.fill(np.concatenate([right, right[::-1] * (-1, 1)]), colour)


def draw_hair_behind(pen: Pen, person: Person) -> None:
    """The hair that the head hides: to be drawn first."""
    colour = darken(person.hair, 0.25)
    if person.bun:
        pen.fill(oval(0, -1.55, 0.42, 0.36), colour)
    if person.length > 0.25 and not person.bun:
        end = 0.6 + 1.7 * person.length
        flare = 1.12 + 0.15 * person.length
        down = xy(0, -1.4, 0.85, -1.15, 1.18, -0.4, flare, 0.5, flare, end, 0.5, end + 0.12, 0, end)
        pen.fill(both(down), colour)
    if person.curls:
        for a in np.linspace(-0.25, math.pi + 0.25, 12):
            pen.fill(oval(1.02 * math.cos(a), -0.35 - 1.0 * math.sin(a), 0.34, 0.34), colour)


def draw_hair_before(pen: Pen, person: Person) -> None:
    """The hair over the forehead and beside the face: to be drawn over the mask."""
    hair, p = person.hair, person.parting
    if person.length > 0.25 and not person.bun:
        end = 0.5 + 1.5 * person.length
        for side in MIRROR:
            fall = xy(0.7, -1.1, 1.1, -0.7, 1.2, 0.2, 1.2, end, 0.92, end, 0.93, 0.2, 0.86, -0.55)
            pen.fill(smooth(fall * side), hair)
            pen.curve(xy(1.08, -0.3, 1.08, 0.3, 1.05, end - 0.15) * side, (*darken(hair, 0.3), 150), 0.04)
    else:
        for side in MIRROR:
            pen.fill(smooth(xy(0.9, -0.85, 1.07, -0.5, 1.05, -0.05, 0.96, 0.12, 0.92, -0.35) * side), hair)
    if person.recede > 0.75:
        return
    outer = xy(-1.07, -0.35, -1.06, -0.85, -0.62, -1.36, 0, -1.5, 0.62, -1.36, 1.06, -0.85, 1.07, -0.35)
    up = 0.35 * person.recede
    low = -0.86 + 0.36 * person.fringe - up
    right = ((0.93, -0.3), (0.86, -0.62 - up), (0.5, low + 0.02 - up))
    left = ((-0.6, low + 0.06 - up), (-0.87, -0.62 - up), (-0.93, -0.3))
    inner = sorted([*right, (p, -0.92 - 0.6 * up), (p - 0.3, low), *left], reverse=True)
    pen.fill(np.concatenate([smooth(outer, closed=False), smooth(inner, closed=False)]), hair)
    for i, x in enumerate((-0.7, -0.35, 0.35, 0.7)):
        strand = [(p * 0.6, -1.3), (x * 0.9, -1.22 + 0.02 * i), (x * 1.2, -0.85)]
        pen.curve(strand, (*mix(hair, (255, 255, 255), 0.25), 90), 0.05)
    if person.curls:
        for a in np.linspace(0.15, math.pi - 0.15, 9):
            pen.fill(oval(0.88 * math.cos(a), -0.45 - 0.75 * math.sin(a), 0.24, 0.22), mix(hair, (0, 0, 0), 0.1))
