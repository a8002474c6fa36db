"""Predict the classes of image files with a model folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.artifact import ModelInfo, Preprocessing
from trainer.boxes import read_boxes
from trainer.cores import available_cores
from trainer.crops import Box, Crop, CropError, Crops, ImageSize, height_width
from trainer.errors import ConfigError, DataError
from trainer.images import ImageError, load_resized
from trainer.inference import logits
from trainer.joined import read_predictor
from trainer.listing import NOT_IMAGES, count, first
from trainer.whole import write_whole

BATCH = 64


@dataclass(frozen=True)
class Request:
    """Images to predict, in the order of the answer.

    Attributes:
        files: The image files.
        names: What each is called in the answer.
        competition: Whether the answer is ``ImageID,ans`` (a class index) instead of path, class and probability.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    competition: bool


@dataclass(frozen=True)
class Prediction:
    """Probabilities of each class, float32 [N, C]; a row of NaN where an image could not be read."""

    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]
    bad: tuple[tuple[Path, str], ...]


def read_request(inputs: Sequence[Path]) -> Request:
    """Understand what was named: images, folders of images (all levels), or one ``info.csv`` with a column ImageID.

    Raises:
        DataError: Something does not exist, holds no images, or is no such CSV.
    """
    if len(inputs) == 1 and inputs[0].suffix.lower() == ".csv":
        return _read_info_csv(inputs[0])
    files: list[Path] = []
    for entry in inputs:
        if entry.is_dir():
            found = sorted(file for file in entry.rglob("*") if _may_be_image(file, entry))
            if not found:
                raise DataError(f"{entry} holds no images; name a folder with some")
            files += found
        elif entry.is_file():
            files.append(entry)
        else:
            raise DataError(f"{entry} does not exist; name images, folders or an info.csv")
    return Request(tuple(files), tuple(str(file) for file in files), competition=False)


def _may_be_image(file: Path, below: Path) -> bool:
    """Whether a file below a folder counts: neither a hidden one nor, by its extension, a table, a text or the like."""
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return file.is_file() and not hidden and file.suffix.lower() not in NOT_IMAGES


def _read_info_csv(path: Path) -> Request:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = reader.fieldnames or []
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; name images, folders or an info.csv") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a CSV in UTF-8: {error}") from error
    if "ImageID" not in columns:
        raise DataError(f"{path} has no column ImageID (it has {', '.join(columns) or 'none'}); name an info.csv")
    names = tuple(row["ImageID"] or "" for row in rows)
    if not names:
        raise DataError(f"{path} has no rows; there is nothing to predict")
    if bad := [name for name in names if not name or Path(name).is_absolute() or ".." in Path(name).parts]:
        raise DataError(f"{path}: ImageID {bad[0]!r} is not a file name below images/")
    return Request(tuple(path.parent / "images" / name for name in names), names, competition=True)


DETECT = "detect"
"""As a source of boxes: the detector."""


def find_boxes(
    source: str | None,
    request: Request,
    infos: Sequence[ModelInfo],
    tell: Callable[[str], None] = lambda _: None,
) -> dict[Path, Box]:
    """The boxes of the images that are to be predicted, as far as there are any.

    Args:
        source: a CSV file as in training, whose rows name images as the answer does or relative to its own folder;
            ``detect``: the detector; none: there are none.
        request: the images.
        infos: of the model's networks, which were trained on boxes or not.
        tell: called with a line for people.

    Raises:
        ConfigError: It was not; or the detector is not installed.
        DataError: The file breaks a rule, or names none of the images.
    """
    if source is None:
        return {}
    if not any(info.preprocessing.boxes for info in infos):
        raise ConfigError("this model was not trained on boxes, so they would change what it sees; leave --boxes away")
    if source == DETECT:
        from trainer.faces import find_faces

        faces = find_faces(Path(), [str(file) for file in request.files])
        return {Path(path): face.box for path, face in faces.items() if face.box is not None}
    file = Path(source)
    rows = read_boxes(file)
    by_path = {(file.parent / path).resolve(): path for path in rows}
    boxes: dict[Path, Box] = {}
    named: set[str] = set()
    for name, image in zip(request.names, request.files, strict=True):
        path = name if name in rows else by_path.get(image.resolve())
        if path is not None:
            named.add(path)
            if (box := rows[path]) is not None:
                boxes[image] = box
    if not named:
        raise DataError(
            f"{file} names none of the {len(request.files)} images (its first row is {next(iter(rows))!r}); a row "
            f"names an image as the answer does ({request.names[0]!r}), or relative to the file's own folder"
        )
    if strays := [path for path in rows if path not in named]:
        tell(f"{count(strays, 'row')} of {file} name none of the images that are predicted: {first(strays)}")
    return boxes


def predict(
    folder: Path,
    files: Sequence[Path],
    *,
    device: str = "cpu",
    skip_bad: bool = False,
    boxes: Mapping[Path, Box] | None = None,
) -> Prediction:
    """Predict images with the model of a folder.

    Each network sees the images at its own size and crop; they are read once for all whose preprocessing is the same.

    Args:
        folder: of the model.
        files: the images.
        device: that computes.
        skip_bad: leave the answers of images that cannot be read empty.
        boxes: of the images, by file; the others are cropped as images without a box were in training.

    Raises:
        DataError: The model folder cannot be used; or images cannot be read and ``skip_bad`` is not set.
    """
    predictor = read_predictor(folder)
    torch.set_num_threads(available_cores())
    place = torch.device(device)
    scores: dict[int, Tensor] = {}
    unreadable: dict[Path, str] = {}
    known = {str(file): box for file, box in (boxes or {}).items()}
    for seen in dict.fromkeys(_reading(info.preprocessing) for _, info in predictor.members):
        alike = {i: each for i, each in enumerate(predictor.members) if _reading(each[1].preprocessing) == seen}
        # An unreadable image must not end a long run at its last batch: its row is filled in and judged at the end.
        size, crop, with_boxes = seen
        reader = _Reader(files, size, Crops(crop, known if with_boxes else {}))
        outputs = _outputs(list(alike.values()), reader, place)
        scores |= {i: info.heads.scores(each) for (i, (_, info)), each in zip(alike.items(), outputs, strict=True)}
        unreadable |= dict(reader.bad)
    bad = tuple((file, unreadable[file]) for file in files if file in unreadable)
    if bad and not skip_bad:
        shown = "\n".join(f"  {path}: {reason}" for path, reason in bad[:10])
        raise DataError(
            f"{len(bad)} of {len(files)} images cannot be read (--on-bad-image skip leaves their answers empty):"
            f"\n{shown}"
        )
    probabilities = predictor.probabilities([scores[i] for i in range(len(scores))]).cpu().numpy()
    probabilities[[file in unreadable for file in files]] = np.nan
    return Prediction(probabilities, predictor.classes, bad)


def _reading(how: Preprocessing) -> tuple[ImageSize, Crop, bool]:
    """What decides the pixels that are read, and so what networks must have in common to share them."""
    return how.image_size, how.cropping, how.boxes


def _outputs(members: Sequence[tuple[nn.Module, ModelInfo]], reader: _Reader, place: torch.device) -> list[Tensor]:
    """The outputs of each network for all images, which are read once."""
    networks = [(network.to(place), info.normalisation) for network, info in members]
    outputs: list[list[Tensor]] = [[] for _ in members]
    for batch in reader.batches():
        for (network, normalise), parts in zip(networks, outputs, strict=True):
            parts.append(logits(network, normalise, [batch], place, "fp32"))
    return [torch.cat(parts) for parts in outputs]


class _Reader:
    """Reads images in threads, a batch ahead of the network."""

    def __init__(self, files: Sequence[Path], size: ImageSize, crops: Crops) -> None:
        self._files = files
        self._size = height_width(size)
        self._crops = crops
        self.bad: list[tuple[Path, str]] = []

    def batches(self) -> Iterator[Tensor]:
        with ThreadPoolExecutor(available_cores()) as pool:
            starts = range(0, len(self._files), BATCH)
            ahead = [pool.submit(self._read, file) for file in self._files[:BATCH]]
            for start in starts:
                now, ahead = (
                    ahead,
                    [pool.submit(self._read, file) for file in self._files[start + BATCH : start + 2 * BATCH]],
                )
                yield torch.from_numpy(np.stack([future.result() for future in now]))

    def _read(self, file: Path) -> NDArray[np.uint8]:
        try:
            return load_resized(file, self._size, self._crops.of(str(file)))
        except (ImageError, CropError) as error:
            self.bad.append((file, error.reason))
            return np.zeros((*self._size, 3), np.uint8)


def write_answer(request: Request, prediction: Prediction, output: Path) -> None:
    """Write the answer as CSV: ``ImageID,ans`` for the competition, else ``path,class,probability``.

    Raises:
        SaveError: The file cannot be written; an earlier one is kept.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("ImageID", "ans") if request.competition else ("path", "class", "probability"))
    for name, row in zip(request.names, prediction.probabilities, strict=True):
        best = None if np.isnan(row[0]) else int(row.argmax())
        if request.competition:
            writer.writerow((name, "" if best is None else best))
        elif best is None:
            writer.writerow((name, "", ""))
        else:
            writer.writerow((name, prediction.classes[best], f"{row[best]:.6f}"))
    write_whole(output, text.getvalue())
