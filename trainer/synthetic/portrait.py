"""One picture of a drawn person: the room, the order of the layers and the camera."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from trainer.synthetic.clothes import ABSENT, draw_body, draw_glasses, draw_mask
from trainer.synthetic.face import draw_features, draw_hair_before, draw_hair_behind, draw_head
from trainer.synthetic.pen import Pen, box, darken, hsv, mix, oval
from trainer.synthetic.person import Person

SUPERSAMPLING = 3


def draw_portrait(person: Person, state: int, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """One picture of the person, RGB; shift, scale, tilt, light, blur and noise are the picture's own."""
    width, height = size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING
    room = Image.new("RGB", size, person.wall)
    _room(ImageDraw.Draw(room, "RGBA"), person, *size, rng)
    picture = room.resize((width, height), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(picture, "RGBA")
    unit = 0.3 * min(width, 0.75 * height) * rng.normal(1, 0.04)
    x, y = width * rng.normal(0.5, 0.02), height * rng.normal(0.48, 0.015)
    body = Pen(draw, unit, x, y)
    head = Pen(draw, unit, x, y, float(rng.normal(0, 0.05)), person.width)
    face = head.moved(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.02)))
    draw_hair_behind(head, person)
    draw_body(body, person)
    draw_head(head, person)
    draw_features(face, person, rng)
    if state != ABSENT:
        draw_mask(face, state, rng)
    draw_hair_before(head, person)
    if person.glasses:
        draw_glasses(face, person)
    return _photograph(picture.reduce(SUPERSAMPLING), rng)


def _photograph(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
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


def _room(draw: ImageDraw.ImageDraw, person: Person, width: int, height: int, rng: np.random.Generator) -> None:
    """The wall behind the person: the same in all seven pictures but for where the camera stands."""
    own = np.random.default_rng(person.room_seed)
    pen = Pen(draw, width / 2, width * (0.5 + rng.normal(0, 0.04)), height * (0.5 + rng.normal(0, 0.03)))
    light, dark = mix(person.wall, (255, 255, 255), 0.25), darken(person.wall, 0.15)
    x = float(own.uniform(-0.9, 0.9))
    if person.room == 0:  # wainscot
        pen.fill(box(-2, 0.5, 2, 3), person.wall2)
        pen.line([(-2, 0.5), (2, 0.5)], light, 0.04)
    elif person.room == 1:  # striped paper
        for i in np.arange(-2, 2, 0.3):
            pen.fill(box(i, -3, i + 0.15, 3), light)
    elif person.room == 2:  # a window
        pen.fill(box(x - 0.6, -1.1, x + 0.6, 0.3), (255, 255, 250))
        pen.fill(box(x - 0.54, -1.05, x + 0.54, 0.25), (176, 214, 240))
        pen.fill(oval(x, 0.25, 0.5, 0.25), (130, 180, 130, 160))
        pen.fill(box(x - 0.025, -1.1, x + 0.025, 0.3), (255, 255, 250))
        pen.fill(box(x - 0.6, -0.425, x + 0.6, -0.375), (255, 255, 250))
    elif person.room == 3:  # lights out of focus
        for cx, cy, r in own.uniform((-1.1, -1.4, 0.08), (1.1, 1, 0.3), (14, 3)):
            pen.fill(oval(cx, cy, r, r), (*mix(person.wall2, (255, 255, 255), 0.3), 110))
    elif person.room == 4:
        _shelves(pen, person, own)
    else:  # out of doors
        pen.fill(box(-2, -3, 2, 0.3), (190, 220, 240))
        for cx, cy, r in own.uniform((-1.2, 0.1, 0.3), (1.2, 0.6, 0.6), (6, 3)):
            pen.fill(oval(cx, cy, r, r), mix((110, 160, 96), dark, float(own.uniform(0, 0.5))))
        pen.fill([(-2, 0.5), (2, 0.4), (2, 3), (-2, 3)], (140, 176, 110))


def _shelves(pen: Pen, person: Person, own: np.random.Generator) -> None:
    for shelf in (-1.0, -0.45, 0.1, 0.65):
        left = -1.3
        while left < 1.3:
            thick, tall = own.uniform(0.06, 0.14), own.uniform(0.25, 0.42)
            cover = mix(hsv(own.random(), 0.35, own.uniform(0.4, 0.85)), person.wall, 0.4)
            pen.fill(box(left, shelf - tall, left + thick, shelf), cover)
            left += thick + 0.015
        pen.fill(box(-2, shelf, 2, shelf + 0.05), darken(person.wall2, 0.4))
