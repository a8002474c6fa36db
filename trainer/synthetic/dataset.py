"""A drawn data set in the layout of the mask competition, so that everything runs where its photographs are not.

The people are drawn, not photographed, but the difficulties are the competition's: six unequal groups of people,
seven pictures a person that look alike, ages that end at exactly 60, an ``id`` that is no safe key, mixed
extensions, four-channel PNGs and AppleDouble files. No mark of gender or age is certain: each is drawn with a
probability, and the probabilities overlap, so that no model is right about everybody.
"""

import csv
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from trainer.errors import ConfigError, DataError, SaveError
from trainer.synthetic.clothes import ABSENT, INCORRECT, WORN
from trainer.synthetic.person import Person, draw_person
from trainer.synthetic.portrait import draw_portrait

logger = logging.getLogger(__name__)

MARKER = "drawn.json"
EDITION = 1  # raise it when the drawings change: a set of another edition is not reused

GENDERS = ("male", "female")
PICTURES = ("mask1", "mask2", "mask3", "mask4", "mask5", "incorrect_mask", "normal")

# People of the competition by gender * 3 + age: male and female, each <30, 30-59, >=60.
GROUP_SIZES = (549, 410, 83, 732, 817, 109)
# Dealt to the first 36 people beside three of every group, which a small draw by the sizes alone could miss.
EXTRAS = (0,) * 4 + (1,) * 2 + (3,) * 5 + (4,) * 7
ROUNDS = 3


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
    smallest = {"people": 1, "eval_people": 1, "width": 32, "height": 32, "seed": 0}
    for (name, least), value in zip(smallest.items(), (people, eval_people, *size, seed), strict=True):
        if value < least:
            raise ConfigError(f"{name} = {value}: a drawn set needs at least {least}")
    wanted = {"edition": EDITION, "people": people, "eval_people": eval_people, "size": list(size), "seed": seed}
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


def _people(seed: int, stream: int, count: int) -> Iterator[Person]:
    """The people of one part of the set: person k does not depend on the count."""
    deal = np.random.default_rng([seed, stream])
    extras = np.split(deal.permutation(EXTRAS), ROUNDS)
    dealt = np.concatenate([deal.permutation([*range(len(GROUP_SIZES)), *more]) for more in extras])
    share = np.array(GROUP_SIZES) / sum(GROUP_SIZES)
    for k in range(count):
        rng = np.random.default_rng([seed, stream, k])
        group = int(dealt[k] if k < len(dealt) else rng.choice(len(share), p=share))
        yield draw_person(rng, group)


def _write_train(folder: Path, people: int, size: tuple[int, int], seed: int) -> None:
    rows: list[tuple[object, ...]] = []
    before = None
    for k, person in enumerate(_people(seed, 0, people)):
        name, before = _name(k, person, before), person
        home = folder / "images" / name
        home.mkdir(parents=True)
        rows.append((name.split("_")[0], GENDERS[person.gender], "Drawn", person.age, name))
        for j, picture in enumerate(PICTURES):
            rng = np.random.default_rng([seed, 0, k, j])
            path = _save(draw_portrait(person, _state(picture), size, rng), home / picture, rng)
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
            path = _save(draw_portrait(person, _state(picture), size, rng), folder / "images" / stem, rng)
            rows.append((path.name, _state(picture) * 6 + person.group))
    rows.sort()  # by hash, so that a person's pictures do not stand together
    _write_csv(folder / "info.csv", ("ImageID", "ans"), [(name, 0) for name, _ in rows])
    _write_csv(folder / "truth.csv", ("ImageID", "ans"), rows)


def _write_csv(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([header, *rows])


def _save(picture: Image.Image, stem: Path, rng: np.random.Generator) -> Path:
    extension = rng.choice(("jpg", "jpeg", "png"), p=(0.8, 0.1, 0.1))
    path = stem.with_name(f"{stem.name}.{extension}")
    if extension == "png":
        (picture.convert("RGBA") if rng.random() < 0.4 else picture).save(path)
    else:
        picture.save(path, quality=int(rng.integers(60, 96)))
    return path


def _state(picture: str) -> int:
    return {"incorrect_mask": INCORRECT, "normal": ABSENT}.get(picture, WORN)


def _name(k: int, person: Person, before: Person | None) -> str:
    """The folder of person k; as in the competition an ``id`` may come twice, or with a suffix for another person."""
    number = f"{k:06d}"
    if k % 40 == 11:
        number = f"{k - 1:06d}-1"
    elif k % 40 == 23 and before and (before.gender, before.age) != (person.gender, person.age):
        number = f"{k - 1:06d}"
    return f"{number}_{GENDERS[person.gender]}_Drawn_{person.age}"
