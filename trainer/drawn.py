"""A drawn data set in the layout of the mask competition, so that everything runs where its photographs are not.

The people are drawn, not photographed, but the difficulties are the competition's: six unequal groups of people,
seven pictures a person that look alike, ages that end at exactly 60, an ``id`` that is no safe key, mixed
extensions, four-channel PNGs and AppleDouble files. No mark of gender or age is certain: each is drawn with a
probability, and the probabilities overlap, so that no model is right about everybody.
"""

import colorsys
import csv
import hashlib
import json
import logging
import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

from trainer.errors import ConfigError, DataError, SaveError

logger = logging.getLogger(__name__)

Points = NDArray[np.float64]
Colour = tuple[int, ...]
Rng = np.random.Generator

MARKER = "drawn.json"
EDITION = 1  # raise it when the drawings change: a set of another edition is not reused

PICTURES = ("mask1", "mask2", "mask3", "mask4", "mask5", "incorrect_mask", "normal")
WORN, INCORRECT, ABSENT = 0, 1, 2

# People of the competition by gender * 3 + age: male and female, each <30, 30-59, >=60.
GROUP_SIZES = (549, 410, 83, 732, 817, 109)
# Dealt to the first 36 people beside three of every group, which a small draw by the sizes alone could miss.
EXTRAS = (0,) * 4 + (1,) * 2 + (3,) * 5 + (4,) * 7
ROUNDS, ROUND = 3, 12

SUPERSAMPLING = 3
SKINS = ((250, 222, 200), (243, 205, 176), (229, 184, 148), (204, 152, 112), (164, 113, 78), (118, 78, 56))
HAIRS = ((28, 25, 30), (52, 36, 30), (84, 56, 38), (128, 78, 42), (196, 152, 92), (150, 60, 40))
GREY = (196, 196, 200)
MASKS = ((150, 196, 226), (244, 244, 242), (40, 42, 48), (240, 180, 190), (120, 170, 140), (190, 190, 196))
INK = (40, 30, 34)
CLOTHES = (  # of those who dress as most men, as most women; by how old they look
    (("tee", "hoodie"), ("shirt", "tie"), ("cardigan", "shirt")),
    (("tee", "hoodie"), ("vneck", "blouse"), ("scarf", "cardigan")),
)
MIRROR = np.array([(-1.0, 1.0), (1.0, 1.0)])  # multiplies points: onto the left side, the right side
CIRCLE = np.array([(math.cos(i * math.pi / 10), math.sin(i * math.pi / 10)) for i in range(20)])


def draw_competition(
    root: Path, *, people: int = 120, eval_people: int = 20, size: tuple[int, int] = (96, 128), seed: int = 0
) -> None:
    """Draw people with and without masks and write them to ``root`` in the layout of the competition.

    Writes ``train/train.csv`` (``id,gender,race,age,path``), ``train/images/<path>/``, ``eval/info.csv``
    (``ImageID,ans``, each ans 0), ``eval/images/`` and, which the competition keeps to itself, ``eval/truth.csv``
    with the true classes. A class is mask * 6 + gender * 3 + age. The set is drawn beside ``root`` and renamed, so
    it is there entirely or not at all; a set of the same arguments that is there already is kept. Equal arguments
    give equal pictures under equal versions of numpy and Pillow, and person k is the same person in a larger set.

    Args:
        root: A folder that does not exist, is empty, or holds the same set.
        people: Training people, seven pictures each; from 12 on all six groups of gender and age are present,
            from 36 on with at least three people each.
        eval_people: Other people, of the evaluation pictures.
        size: Width and height in pixels, RGB uint8.
        seed: Everything random follows from it.

    Raises:
        ConfigError: A number of people is below 1, a side below 32 pixels, or the seed negative.
        DataError: ``root`` holds something else, or the set there is damaged.
        SaveError: The set could not be written.
    """
    for name, value, least in (
        ("people", people, 1),
        ("eval_people", eval_people, 1),
        ("width", size[0], 32),
        ("height", size[1], 32),
        ("seed", seed, 0),
    ):
        if value < least:
            raise ConfigError(f"{name} = {value}: a drawn set needs at least {least}")
    wanted = {
        "edition": EDITION,
        "people": people,
        "eval_people": eval_people,
        "size": list(size),
        "seed": seed,
    }
    if _is_there(root, wanted):
        logger.info("%s: the drawn set is there already", root)
        return
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
        try:
            _write_train(beside / "train", people, size, seed)
            _write_eval(beside / "eval", eval_people, size, seed)
            marker = wanted | {"files": sum(1 for _ in beside.rglob("*.*"))}
            (beside / MARKER).write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")
            beside.chmod(0o755)
            # Another process may have finished the same set meanwhile: then the rename fails and theirs serves.
            if not _is_there(root, wanted):
                beside.replace(root)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as e:
        if _is_there(root, wanted):
            return
        raise SaveError(f"{root}: the drawn set could not be written ({e.strerror or e}); name another folder") from e


def _is_there(root: Path, wanted: dict[str, object]) -> bool:
    """Whether root holds the wanted set; DataError where it holds anything else."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    try:
        marker = json.loads((root / MARKER).read_text(encoding="utf-8"))
        files = int(marker.pop("files"))
    except (OSError, ValueError, KeyError, AttributeError) as e:
        raise DataError(f"{root}: holds something other than a drawn set; name a new or an empty folder") from e
    if marker != wanted:
        raise DataError(f"{root}: holds a drawn set of {marker}, not of {wanted}; name another folder or delete it")
    if sum(1 for _ in root.rglob("*.*")) - 1 < files:
        raise DataError(f"{root}: some of the {files} files of the drawn set are gone; delete the folder")
    return True


def _write_train(folder: Path, people: int, size: tuple[int, int], seed: int) -> None:
    rows: list[tuple[object, ...]] = []
    before = None
    for k, person in enumerate(_people(seed, 0, people)):
        name, before = _name(k, person, before), person
        home = folder / "images" / name
        home.mkdir(parents=True)
        rows.append((name.split("_")[0], ("male", "female")[person.gender], "Drawn", person.age, name))
        for j, picture in enumerate(PICTURES):
            rng = np.random.default_rng([seed, 0, k, j])
            path = _save(_portrait(person, _state(picture), size, rng), home / picture, rng)
            if j == 0 and k % 50 == 2:
                # What macOS leaves beside a file on a foreign disk: it has the extension, but is no image.
                path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(96))
    _write_csv(folder / "train.csv", ("id", "gender", "race", "age", "path"), rows)


def _write_eval(folder: Path, people: int, size: tuple[int, int], seed: int) -> None:
    (folder / "images").mkdir(parents=True)
    rows = []
    for k, person in enumerate(_people(seed, 1, people)):
        for j, picture in enumerate(PICTURES):
            rng = np.random.default_rng([seed, 1, k, j])
            stem = hashlib.sha256(f"{seed} {k} {j}".encode()).hexdigest()[:40]
            path = _save(_portrait(person, _state(picture), size, rng), folder / "images" / stem, rng)
            rows.append((path.name, _state(picture) * 6 + person.group))
    rows.sort()  # by hash, so that a person's pictures do not stand together
    _write_csv(folder / "info.csv", ("ImageID", "ans"), [(name, 0) for name, _ in rows])
    _write_csv(folder / "truth.csv", ("ImageID", "ans"), rows)


def _write_csv(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([header, *rows])


def _save(picture: Image.Image, stem: Path, rng: Rng) -> Path:
    extension = rng.choice(("jpg", "jpeg", "png"), p=(0.8, 0.1, 0.1))
    path = stem.with_name(f"{stem.name}.{extension}")
    if extension == "png":
        (picture.convert("RGBA") if rng.random() < 0.4 else picture).save(path)
    else:
        picture.save(path, quality=int(rng.integers(60, 96)))
    return path


def _state(picture: str) -> int:
    return {"incorrect_mask": INCORRECT, "normal": ABSENT}.get(picture, WORN)


def _name(k: int, person: "_Person", before: "_Person | None") -> str:
    """The folder of person k; as in the competition an ``id`` may come twice, or with a suffix for another person."""
    gender = ("male", "female")[person.gender]
    number = f"{k:06d}"
    if k % 40 == 11:
        number = f"{k - 1:06d}-1"
    elif k % 40 == 23 and before and (before.gender, before.age) != (person.gender, person.age):
        number = f"{k - 1:06d}"
    return f"{number}_{gender}_Drawn_{person.age}"


@dataclass(frozen=True)
class _Person:
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


def _people(seed: int, stream: int, count: int) -> Iterator[_Person]:
    """The people of one part of the set: person k does not depend on the count."""
    deal = np.random.default_rng([seed, stream])
    extras = deal.permutation(EXTRAS)
    more = ROUND - len(GROUP_SIZES)
    dealt = np.concatenate(
        [deal.permutation([*range(len(GROUP_SIZES)), *extras[i * more : (i + 1) * more]]) for i in range(ROUNDS)]
    )
    share = np.array(GROUP_SIZES) / sum(GROUP_SIZES)
    for k in range(count):
        rng = np.random.default_rng([seed, stream, k])
        group = int(dealt[k] if k < len(dealt) else rng.choice(len(share), p=share))
        yield _person(rng, group)


def _person(rng: Rng, group: int) -> _Person:
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
        hair = _hsv(rng.random(), 0.5, 0.75)
    elif rng.random() < 0.85:
        hair = _mix(hair, GREY, float(np.clip(1.5 * old - 0.6 + rng.normal(0, 0.15), 0, 1)))
    room_hue, cloth_hue = rng.random(2)
    beard = float(rng.choice((0, 0.3, 0.6, 1), p=(0.5, 0.2, 0.15, 0.15))) if not womanly else 0.0
    decade = int(np.clip(math.floor(3.2 * (old + rng.normal(0, 0.1))), 0, 2)) if rng.random() < 0.9 else 1
    return _Person(
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
        cloth=_hsv(cloth_hue, rng.uniform(0.45, 0.7) - 0.35 * old, rng.uniform(0.55, 0.95) - 0.3 * old),
        cloth2=_hsv(cloth_hue + rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6), rng.uniform(0.4, 0.95)),
        room=int(rng.integers(6)),
        wall=_hsv(room_hue, rng.uniform(0.04, 0.22), rng.uniform(0.68, 0.92)),
        wall2=_hsv(room_hue + rng.normal(0, 0.12), rng.uniform(0.08, 0.3), rng.uniform(0.55, 0.85)),
        room_seed=int(rng.integers(2**31)),
    )


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    return tuple(round(x + (y - x) * share) for x, y in zip(a[:3], b[:3], strict=True))


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return tuple(round(255 * v) for v in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def _dark(colour: Colour, share: float) -> Colour:
    return _mix(colour, (40, 16, 30), share)


def _smooth(points: ArrayLike, *, closed: bool = True, steps: int = 5) -> Points:
    """A Catmull-Rom curve through the (n, 2) points, as a polygon of (about n * steps, 2)."""
    p = np.asarray(points, dtype=np.float64)
    q = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = np.arange(steps)[None, :, None] / steps
    a, b, c, d = (q[i : len(q) - 3 + i, None, :] for i in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    flat: Points = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, p[-1:]])


def _both(right: ArrayLike) -> Points:
    """The closed curve whose right half goes from top to bottom through the given points."""
    p = np.asarray(right, dtype=np.float64)
    left = p[::-1] * (-1, 1)
    return _smooth(np.concatenate([p, left[int(p[-1, 0] == 0) : len(p) - int(p[0, 0] == 0)]]))


def _xy(*numbers: float) -> Points:
    return np.array(numbers, dtype=np.float64).reshape(-1, 2)


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return _xy(left, top, right, top, right, bottom, left, bottom)


def _oval(x: float, y: float, rx: float, ry: float) -> Points:
    return CIRCLE * (rx, ry) + (x, y)


@dataclass(frozen=True)
class _Pen:
    """Draws in face units (half a head's width is 1, y goes down) onto the supersampled picture."""

    draw: ImageDraw.ImageDraw
    unit: float
    x: float
    y: float
    tilt: float = 0.0
    width: float = 1.0

    def moved(self, dx: float, dy: float) -> "_Pen":
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        dx, dy = dx * self.unit * self.width, dy * self.unit
        return replace(self, x=self.x + dx * cos - dy * sin, y=self.y + dx * sin + dy * cos)

    def _place(self, points: ArrayLike) -> list[float]:
        p = np.asarray(points, dtype=np.float64) * (self.unit * self.width, self.unit)
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        out = np.empty(p.size)
        out[0::2] = p[:, 0] * cos - p[:, 1] * sin + self.x
        out[1::2] = p[:, 0] * sin + p[:, 1] * cos + self.y
        placed: list[float] = out.tolist()
        return placed

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        self.draw.polygon(self._place(points), fill=colour)

    def line(self, points: ArrayLike, colour: Colour, width: float) -> None:
        self.draw.line(self._place(points), fill=colour, width=max(1, round(width * self.unit)), joint="curve")

    def curve(self, points: ArrayLike, colour: Colour, width: float) -> None:
        self.line(_smooth(points, closed=False), colour, width)


def _portrait(person: _Person, state: int, size: tuple[int, int], rng: Rng) -> Image.Image:
    """One picture of the person, RGB; shift, scale, tilt, light, blur and noise are the picture's own."""
    width, height = size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING
    room = Image.new("RGB", size, person.wall)
    _room(ImageDraw.Draw(room, "RGBA"), person, *size, rng)
    picture = room.resize((width, height), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(picture, "RGBA")
    unit = 0.3 * min(width, 0.75 * height) * rng.normal(1, 0.04)
    x, y = width * rng.normal(0.5, 0.02), height * rng.normal(0.48, 0.015)
    body = _Pen(draw, unit, x, y)
    head = _Pen(draw, unit, x, y, float(rng.normal(0, 0.05)), person.width)
    face = head.moved(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.02)))
    _hair_behind(head, person)
    _body(body, person)
    _head(head, person)
    _features(face, person, rng)
    if state != ABSENT:
        _mask(face, state, rng)
    _hair_before(head, person)
    if person.glasses:
        _glasses(face, person)
    return _photograph(picture.reduce(SUPERSAMPLING), rng)


def _photograph(picture: Image.Image, rng: Rng) -> Image.Image:
    """Light from one side, a colour cast, blur and sensor noise."""
    if rng.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.7)) * picture.width / 96))
    width, height = picture.size
    slope = rng.normal(0, 0.07, 2)
    light = 1 + slope[0] * np.linspace(-1, 1, width) + slope[1] * np.linspace(-1, 1, height)[:, None]
    gain = light[..., None] * (rng.normal(0.96, 0.07) * rng.normal(1, 0.02, 3))
    pixels = np.asarray(picture) * gain.astype(np.float32)
    pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(1, 5))
    return Image.fromarray((pixels + 0.5).clip(0, 255).astype(np.uint8))


def _room(draw: ImageDraw.ImageDraw, person: _Person, width: int, height: int, rng: Rng) -> None:
    """The wall behind the person: the same in all seven pictures but for where the camera stands."""
    own = np.random.default_rng(person.room_seed)
    pen = _Pen(draw, width / 2, width * (0.5 + rng.normal(0, 0.04)), height * (0.5 + rng.normal(0, 0.03)))
    light, dark = _mix(person.wall, (255, 255, 255), 0.25), _dark(person.wall, 0.15)
    x = float(own.uniform(-0.9, 0.9))
    if person.room == 0:  # wainscot
        pen.fill(_box(-2, 0.5, 2, 3), person.wall2)
        pen.line([(-2, 0.5), (2, 0.5)], light, 0.04)
    elif person.room == 1:  # striped paper
        for i in np.arange(-2, 2, 0.3):
            pen.fill(_box(i, -3, i + 0.15, 3), light)
    elif person.room == 2:  # a window
        pen.fill(_box(x - 0.6, -1.1, x + 0.6, 0.3), (255, 255, 250))
        pen.fill(_box(x - 0.54, -1.05, x + 0.54, 0.25), (176, 214, 240))
        pen.fill(_oval(x, 0.25, 0.5, 0.25), (130, 180, 130, 160))
        pen.fill(_box(x - 0.025, -1.1, x + 0.025, 0.3), (255, 255, 250))
        pen.fill(_box(x - 0.6, -0.425, x + 0.6, -0.375), (255, 255, 250))
    elif person.room == 3:  # lights out of focus
        for cx, cy, r in own.uniform((-1.1, -1.4, 0.08), (1.1, 1, 0.3), (14, 3)):
            pen.fill(_oval(cx, cy, r, r), (*_mix(person.wall2, (255, 255, 255), 0.3), 110))
    elif person.room == 4:
        _shelves(pen, person, own)
    else:  # out of doors
        pen.fill(_box(-2, -3, 2, 0.3), (190, 220, 240))
        for cx, cy, r in own.uniform((-1.2, 0.1, 0.3), (1.2, 0.6, 0.6), (6, 3)):
            pen.fill(_oval(cx, cy, r, r), _mix((110, 160, 96), dark, float(own.uniform(0, 0.5))))
        pen.fill([(-2, 0.5), (2, 0.4), (2, 3), (-2, 3)], (140, 176, 110))


def _shelves(pen: _Pen, person: _Person, own: Rng) -> None:
    for shelf in (-1.0, -0.45, 0.1, 0.65):
        left = -1.3
        while left < 1.3:
            thick, tall = own.uniform(0.06, 0.14), own.uniform(0.25, 0.42)
            cover = _mix(_hsv(own.random(), 0.35, own.uniform(0.4, 0.85)), person.wall, 0.4)
            pen.fill(_box(left, shelf - tall, left + thick, shelf), cover)
            left += thick + 0.015
        pen.fill(_box(-2, shelf, 2, shelf + 0.05), _dark(person.wall2, 0.4))


def _body(pen: _Pen, person: _Person) -> None:
    skin, shade = person.skin, _dark(person.cloth, 0.25)
    n, broad = person.neck, 0.7 + 1.9 * person.neck
    pen.fill([(-n, 0.6), (n, 0.6), (n, 2.1), (-n, 2.1)], skin)
    pen.fill(_smooth([(-n, 0.7), (n, 0.7), (n, 1.45), (0, 1.75), (-n, 1.45)]), _dark(skin, 0.22))
    shoulders = [(n * 0.9, 1.62), (n * 1.5, 1.8), (broad, 2.1), (broad + 0.3, 2.9), (broad + 0.3, 5)]
    pen.fill(_both(shoulders), person.cloth)
    for side in (-1, 1):
        pen.curve([(side * (broad - 0.4), 2.5), (side * (broad - 0.35), 3), (side * (broad - 0.4), 4)], shade, 0.05)
    neckline = [(n * 0.92, 1.6), (n * 0.75, 1.95), (0, 2.15)]
    if person.clothes in ("vneck", "blouse"):
        neckline = [(n, 1.55), (n * 0.55, 2.1), (0, 2.6)]
    if person.clothes != "scarf":
        pen.fill(_both(neckline), skin)
        pen.curve([*neckline, *((-x, y) for x, y in neckline[-2::-1])], shade, 0.06)
    _garment(pen, person, shade)


def _garment(pen: _Pen, person: _Person, shade: Colour) -> None:
    n = person.neck
    if person.clothes in ("shirt", "tie", "blouse"):
        for side in MIRROR:
            collar = _xy(n, 1.5, n * 1.25, 1.85, n * 0.5, 2.35, 0.04, 2.1) * side
            pen.fill(collar, _mix(person.cloth, (255, 255, 255), 0.5))
            pen.line([*collar, collar[0]], shade, 0.03)
    if person.clothes == "tie":
        pen.fill(_xy(-0.14, 2.05, 0.14, 2.05, 0.09, 2.3, 0.2, 3.4, -0.2, 3.4, -0.09, 2.3), person.cloth2)
    elif person.clothes == "cardigan":
        pen.fill([(-n * 0.8, 1.9), (n * 0.8, 1.9), (0.3, 4), (-0.3, 4)], person.cloth2)
        pen.fill(_both([(n * 0.92, 1.6), (n * 0.5, 1.9), (0, 2.0)]), person.skin)
        for side in MIRROR:
            pen.line(_xy(n * 1.05, 1.65, 0.42, 2.5, 0.3, 4) * side, shade, 0.09)
    elif person.clothes == "hoodie":
        for side in MIRROR:
            pen.fill(_smooth(_xy(n, 1.45, 1.15, 1.75, 0.7, 2.15, 0, 2.35, n * 0.8, 2) * side), shade)
            pen.line(_xy(0.22, 2.2, 0.26, 2.9) * side, (240, 240, 240), 0.05)
    elif person.clothes == "scarf":
        pen.fill(_both([(0, 1.6), (n, 1.5), (n * 1.55, 1.75), (n * 1.3, 2.15), (0, 2.4)]), person.cloth2)
        pen.curve([(-n * 1.3, 1.75), (0, 2.1), (n * 1.3, 1.75)], _dark(person.cloth2, 0.3), 0.05)
        pen.fill(_smooth([(0.1, 2.1), (0.55, 2.1), (0.65, 3.2), (0.2, 3.2)]), _dark(person.cloth2, 0.1))


def _hair_behind(pen: _Pen, person: _Person) -> None:
    colour = _dark(person.hair, 0.25)
    if person.bun:
        pen.fill(_oval(0, -1.55, 0.42, 0.36), colour)
    if person.length > 0.25 and not person.bun:
        end = 0.6 + 1.7 * person.length
        flare = 1.12 + 0.15 * person.length
        down = _xy(0, -1.4, 0.85, -1.15, 1.18, -0.4, flare, 0.5, flare, end, 0.5, end + 0.12, 0, end)
        pen.fill(_both(down), colour)
    if person.curls:
        for a in np.linspace(-0.25, math.pi + 0.25, 12):
            pen.fill(_oval(1.02 * math.cos(a), -0.35 - 1.0 * math.sin(a), 0.34, 0.34), colour)


def _head(pen: _Pen, person: _Person) -> None:
    skin = person.skin
    for side in (-1, 1):
        pen.fill(_oval(side * 1.0, 0.02, 0.16, 0.27), skin)
        pen.curve([(side * 1.03, -0.15), (side * 1.1, 0), (side * 1.02, 0.16)], _dark(skin, 0.25), 0.04)
        if person.earrings:
            pen.fill(_oval(side * 1.04, 0.36, 0.08, 0.1), (236, 200, 90))
    j = person.jaw
    outline = _xy(0, -1.3, 0.55, -1.18, 0.93, -0.7, 1, -0.1, 0.92, 0.5, j, 1, j * 0.5, 1.26, 0, 1.33)
    pen.fill(_both(outline), _dark(skin, 0.1))
    pen.fill(_both(outline) * (0.94, 0.97) + (-0.035, -0.02), skin)


def _features(pen: _Pen, person: _Person, rng: Rng) -> None:
    skin, wear = person.skin, person.wear
    line = _dark(skin, 0.42)
    soft = (*line, 70)
    for side in (-1, 1):
        pen.fill(_oval(side * 0.58, 0.4, 0.24, 0.17), (230, 110, 110, round(34 * (1 - 0.6 * wear))))
    _wrinkles(pen, skin, wear)
    gaze, smile, lid = float(rng.normal(0, 0.025)), float(rng.normal(0.05, 0.04)), float(rng.normal(1, 0.1))
    for side in (-1, 1):
        _eye(pen.moved(side * 0.4, -0.1), person, side, gaze, lid)
    nose = person.nose
    pen.curve([(0.08, -0.1), (0.1 * nose, 0.15), (0.17 * nose, 0.3)], soft, 0.05)
    pen.curve([(-0.17 * nose, 0.33), (-0.08, 0.39), (0.08, 0.39), (0.17 * nose, 0.33)], line, 0.05)
    for side in (-1, 1):
        pen.fill(_oval(side * 0.09 * nose, 0.36, 0.05, 0.03), _dark(skin, 0.6))
    if person.beard:
        _beard(pen, person)
    red = _mix(_mix(skin, (190, 80, 84), 0.45), person.lip_colour, person.lips)
    thick = 0.07 + 0.035 * person.lips
    end, bow = 0.74 - smile, 0.74 - thick
    upper = _smooth(_xy(-0.3, end, -0.09, bow, 0, 0.75 - thick * 0.7, 0.09, bow, 0.3, end), closed=False)
    lower = _smooth(_xy(0.3, end, 0, 0.76 + 1.5 * thick, -0.3, end), closed=False)
    pen.fill(np.concatenate([upper, lower]), red)
    pen.curve([(-0.32, 0.73 - smile), (0, 0.765), (0.32, 0.73 - smile)], _dark(red, 0.5), 0.04)


def _wrinkles(pen: _Pen, skin: Colour, wear: float) -> None:
    crease = (*_dark(skin, 0.5), round(30 + 170 * wear))
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


def _eye(pen: _Pen, person: _Person, side: int, gaze: float, lid: float) -> None:
    r = 0.115 * person.eyes * lid
    white = _xy(-0.2, 0.02, -0.1, -r * 0.85, 0.05, -r, 0.2, -0.01, 0.08, r * 0.75, -0.08, r * 0.8) * (side, 1)
    pen.fill(_smooth(white), (250, 248, 246))
    pen.fill(_oval(gaze, -0.01, 0.1, min(0.1, r)), person.iris)
    pen.fill(_oval(gaze, -0.01, 0.05, 0.05), (16, 12, 14))
    pen.fill(_oval(gaze + 0.035, -0.045, 0.028, 0.028), (255, 255, 255))
    pen.curve(white[:4], INK, 0.035 + 0.045 * person.lashes)
    if person.lashes:
        pen.line([white[3], white[3] + (side * 0.08, -0.07)], INK, 0.05)
    pen.curve(_xy(-0.22, -0.27, 0, -0.34, 0.24, -0.27) * (side, 1), _dark(person.hair, 0.3), person.brows)


def _beard(pen: _Pen, person: _Person) -> None:
    alpha = {0.3: 70, 0.6: 130, 1.0: 235}[person.beard]
    colour = (*_dark(person.hair, 0.1), alpha)
    j = person.jaw
    outer = [(0.96, 0.2), (0.92, 0.52), (j + 0.01, 1.01), (j * 0.5, 1.29), (0, 1.36)]
    inner = [(0, 0.52), (0.3, 0.56), (0.42, 0.72), (0.62, 0.55), (0.86, 0.15)]
    right = np.concatenate([_smooth(inner, closed=False), _smooth(outer, closed=False)])
    pen.fill(np.concatenate([right, right[::-1] * (-1, 1)]), colour)


def _mask(pen: _Pen, state: int, rng: Rng) -> None:
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
    colour = _mix(MASKS[rng.choice(6, p=(0.28, 0.3, 0.17, 0.08, 0.09, 0.08))], _hsv(rng.random(), 0.4, 0.8), 0.15)
    pen = pen.moved(0, lift)
    corner, low = top + 0.16 + 0.1 * (0.5 - top), bottom - 0.42
    side = 0.95 if lift == 0 else 0.99
    loop = (*_mix(colour, (255, 255, 255), 0.4), 220)
    for s in MIRROR:
        pen.curve(_xy(side, corner, 1.03, -0.12 - lift, 1.06, 0.02 - lift) * s, loop, 0.05)
        pen.curve(_xy(side * 0.88, low, 1.02, 0.3 - lift, 1.05, 0.1 - lift) * s, loop, 0.05)
    middle = (corner + low) / 2
    edge = (side, corner, side * 0.97, middle, side * 0.86, low, 0.45, bottom - 0.07, 0, bottom)
    shape = _both(_xy(0, top, 0.3, top + 0.06, *edge))
    pen.fill(shape * (1.02, 1) + (0, 0.03), _dark(colour, 0.35))
    pen.fill(shape, colour)
    _pattern(pen, colour, top, bottom, rng)
    pen.curve([(-0.3, top + 0.1), (0, top + 0.05), (0.3, top + 0.1)], (255, 255, 255, 120), 0.04)


def _pattern(pen: _Pen, colour: Colour, top: float, bottom: float, rng: Rng) -> None:
    style = rng.choice(("pleats", "fold", "plain", "dots", "stripes"), p=(0.4, 0.25, 0.15, 0.1, 0.1))
    ink, height = (*_dark(colour, 0.35), 150), bottom - top
    other = _hsv(rng.random(), 0.5, 0.75)
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
                pen.fill(_oval(float(x), top + t * height, 0.05, 0.05), other)


def _hair_before(pen: _Pen, person: _Person) -> None:
    hair, p = person.hair, person.parting
    if person.length > 0.25 and not person.bun:
        end = 0.5 + 1.5 * person.length
        for side in MIRROR:
            fall = _xy(0.7, -1.1, 1.1, -0.7, 1.2, 0.2, 1.2, end, 0.92, end, 0.93, 0.2, 0.86, -0.55)
            pen.fill(_smooth(fall * side), hair)
            pen.curve(_xy(1.08, -0.3, 1.08, 0.3, 1.05, end - 0.15) * side, (*_dark(hair, 0.3), 150), 0.04)
    else:
        for side in MIRROR:
            pen.fill(_smooth(_xy(0.9, -0.85, 1.07, -0.5, 1.05, -0.05, 0.96, 0.12, 0.92, -0.35) * side), hair)
    if person.recede > 0.75:
        return
    outer = _xy(-1.07, -0.35, -1.06, -0.85, -0.62, -1.36, 0, -1.5, 0.62, -1.36, 1.06, -0.85, 1.07, -0.35)
    up = 0.35 * person.recede
    low = -0.86 + 0.36 * person.fringe - up
    right = ((0.93, -0.3), (0.86, -0.62 - up), (0.5, low + 0.02 - up))
    left = ((-0.6, low + 0.06 - up), (-0.87, -0.62 - up), (-0.93, -0.3))
    inner = sorted([*right, (p, -0.92 - 0.6 * up), (p - 0.3, low), *left], reverse=True)
    pen.fill(np.concatenate([_smooth(outer, closed=False), _smooth(inner, closed=False)]), hair)
    for i, x in enumerate((-0.7, -0.35, 0.35, 0.7)):
        strand = [(p * 0.6, -1.3), (x * 0.9, -1.22 + 0.02 * i), (x * 1.2, -0.85)]
        pen.curve(strand, (*_mix(hair, (255, 255, 255), 0.25), 90), 0.05)
    if person.curls:
        for a in np.linspace(0.15, math.pi - 0.15, 9):
            pen.fill(_oval(0.88 * math.cos(a), -0.45 - 0.75 * math.sin(a), 0.24, 0.22), _mix(hair, (0, 0, 0), 0.1))


def _glasses(pen: _Pen, person: _Person) -> None:
    frame = _dark(person.cloth2, 0.65)
    for s in (-1, 1):
        ring = _oval(s * 0.41, -0.06, 0.29, 0.25)
        if person.glasses == 2:
            ring = _smooth([(s * 0.12, -0.26), (s * 0.7, -0.26), (s * 0.68, 0.14), (s * 0.17, 0.14)], steps=3)
        pen.fill(ring, (220, 235, 245, 50))
        pen.line([*ring, ring[0]], frame, 0.05)
        pen.line([(s * 0.7, -0.1), (s * 1.0, -0.12)], frame, 0.05)
    pen.curve([(-0.13, -0.08), (0, -0.13), (0.13, -0.08)], frame, 0.05)
