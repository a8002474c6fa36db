"""Who a person of the drawn data set is: the looks that all seven pictures share, drawn by gender and age."""

import math
from dataclasses import dataclass

import numpy as np

from trainer.synthetic.pen import Colour, hsv, mix

SKINS = ((250, 222, 200), (243, 205, 176), (229, 184, 148), (204, 152, 112), (164, 113, 78), (118, 78, 56))
HAIRS = ((28, 25, 30), (52, 36, 30), (84, 56, 38), (128, 78, 42), (196, 152, 92), (150, 60, 40))
GREY = (196, 196, 200)
CLOTHES = (  # of those who dress as most men, as most women; by how old they look
    (("tee", "hoodie"), ("shirt", "tie"), ("cardigan", "shirt")),
    (("tee", "hoodie"), ("vneck", "blouse"), ("scarf", "cardigan")),
)


@dataclass(frozen=True)
class Person:
    """What a person's seven pictures have in common; marks of gender and age are drawn once, here."""

    gender: int
    age: int
    group: int
    skin: Colour
    hair: Colour
    iris: Colour
    width: float  # of the head, 1 is average
    jaw: float
    neck: float
    eyes: float
    brows: float
    nose: float
    lips: float  # 0 bare, 1 painted
    lip_colour: Colour
    lashes: float
    beard: float  # 0 shaven, 0.3 stubble, 1 full
    length: float  # of the hair: 0 short, 0.5 at the chin, 1 over the shoulders
    fringe: float
    parting: float
    curls: bool
    bun: bool
    recede: float
    wear: float  # of the years on the skin: 0 none, 1 deep
    glasses: int  # 0 none, 1 round, 2 square
    earrings: bool
    clothes: str
    cloth: Colour
    cloth2: Colour
    room: int
    wall: Colour
    wall2: Colour
    room_seed: int


def draw_person(rng: np.random.Generator, group: int) -> Person:
    """A person of the group gender * 3 + age band; everything else follows from ``rng``."""
    gender, band = divmod(group, 3)
    if band == 0:
        age = int(rng.integers(18, 30))
    elif band == 1:  # a fifth are 58 or 59, beside the exact 60 of the last band
        age = 58 + int(rng.integers(2)) if rng.random() < 0.2 else 30 + int(28 * math.sqrt(rng.random()))
    else:
        age = 60
    years = age + (10 if band == 2 else 0) + rng.normal(0, 2.5)  # how old the person looks
    old = float(np.clip((years - 27) / 38, 0, 1))
    lean = (1.1 if gender else -1.1) + rng.normal(0, 0.5)  # how womanly, on the whole, the person looks

    def chance(x: float) -> bool:
        return bool(rng.random() < 1 / (1 + math.exp(-x)))

    def near(colour: Colour, spread: float = 8) -> Colour:
        return tuple(int(v) for v in np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255))

    womanly = chance(3 * lean)
    hair = near(HAIRS[rng.choice(len(HAIRS), p=(0.36, 0.24, 0.16, 0.12, 0.07, 0.05))], 6)
    if old < 0.3 and rng.random() < 0.15:
        hair = hsv(rng.random(), 0.5, 0.75)
    elif rng.random() < 0.85:
        hair = mix(hair, GREY, float(np.clip(1.5 * old - 0.6 + rng.normal(0, 0.15), 0, 1)))
    room_hue, cloth_hue = rng.random(2)
    beard = float(rng.choice((0, 0.3, 0.6, 1), p=(0.5, 0.2, 0.15, 0.15))) if not womanly else 0.0
    decade = int(np.clip(math.floor(3.2 * (old + rng.normal(0, 0.1))), 0, 2)) if rng.random() < 0.9 else 1
    return Person(
        gender=gender,
        age=age,
        group=group,
        skin=near(SKINS[rng.choice(len(SKINS), p=(0.24, 0.28, 0.2, 0.12, 0.1, 0.06))], 5),
        hair=hair,
        iris=near(((70, 44, 30), (60, 90, 120), (70, 100, 70))[rng.choice(3, p=(0.7, 0.18, 0.12))]),
        width=float(rng.normal(1, 0.045)),
        jaw=float(np.clip(0.64 - 0.05 * lean + rng.normal(0, 0.04), 0.5, 0.8)),
        neck=float(np.clip(0.52 - 0.05 * lean + rng.normal(0, 0.03), 0.4, 0.62)),
        eyes=float(np.clip(1 + 0.06 * lean - 0.12 * old + rng.normal(0, 0.08), 0.75, 1.2)),
        brows=float(np.clip(0.075 - 0.02 * lean + rng.normal(0, 0.014), 0.03, 0.13)),
        nose=float(rng.normal(1, 0.12)),
        lips=float(rng.uniform(0.5, 1)) if womanly and chance(0.8) else 0.0,
        lip_colour=near(((206, 60, 76), (190, 80, 96), (170, 40, 60), (220, 110, 110))[rng.integers(4)]),
        lashes=float(rng.uniform(0.5, 1)) if womanly and chance(1.2) else 0.0,
        beard=beard,
        length=float(np.clip((0.75 if chance(3.5 * lean) else 0.0) - 0.15 * old + rng.normal(0.08, 0.16), 0, 1)),
        fringe=float(np.clip(rng.normal(0.4 - 0.2 * old + 0.05 * lean, 0.3), 0, 1)),
        parting=float(rng.uniform(-0.6, 0.6)),
        curls=chance(-1.6),
        bun=womanly and chance(-1.6),
        recede=float(np.clip(rng.normal(old - 0.35, 0.2), 0, 1)) * (1 if lean < 0 else 0.2),
        wear=float(np.clip(old + rng.normal(-0.05, 0.12), 0, 1)),
        glasses=int(rng.integers(1, 3)) if chance(3.5 * (old - 0.75)) else 0,
        earrings=womanly and chance(-0.2),
        clothes=str(rng.choice(CLOTHES[womanly][decade])),
        cloth=hsv(cloth_hue, rng.uniform(0.45, 0.7) - 0.35 * old, rng.uniform(0.55, 0.95) - 0.3 * old),
        cloth2=hsv(cloth_hue + rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6), rng.uniform(0.4, 0.95)),
        room=int(rng.integers(6)),
        wall=hsv(room_hue, rng.uniform(0.04, 0.22), rng.uniform(0.68, 0.92)),
        wall2=hsv(room_hue + rng.normal(0, 0.12), rng.uniform(0.08, 0.3), rng.uniform(0.55, 0.85)),
        room_seed=int(rng.integers(2**31)),
    )
