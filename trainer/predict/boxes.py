"""The boxes of images that are to be predicted, from a file or the detector."""

from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.errors import ConfigError, DataError
from trainer.imaging.boxes import read_boxes
from trainer.imaging.crop import Box
from trainer.predict.inputs import Request
from trainer.saved_model.manifest import ModelInfo
from trainer.support.text import pluralize, shorten_list


def find_boxes(
    source: str | None, request: Request, infos: Sequence[ModelInfo], message: Callable[[str], None] = lambda _: None
) -> dict[Path, Box]:
    """The boxes of the images that are to be predicted, as far as there are any.

    They come from ``source``: a CSV file as in training, whose rows name images as the answer does or relative to its
    own folder, or the detector (``detect``); without one there are none. ``message`` is told in a line what is odd.

    Raises:
        ConfigError: No network was trained on boxes; or the detector is not installed.
        DataError: The file breaks a rule, or names none of the images.
    """
    if source is None:
        return {}
    if not any(info.preprocessing.boxes for info in infos):
        raise ConfigError("this model was not trained on boxes, so they would change what it sees; leave --boxes away")
    if source == "detect":
        from trainer.imaging.faces import find_faces

        faces = find_faces(Path(), [str(file) for file in request.files])
        return {Path(path): face.box for path, face in faces.items() if face.box is not None}
    file = Path(source)
    rows = read_boxes(file)
    by_path = {(file.parent / path).resolve(): path for path in rows}
    images = zip(request.names, request.files, strict=True)
    found = [(image, name if name in rows else by_path.get(image.resolve())) for name, image in images]
    named = {path for _, path in found if path is not None}
    if not named:
        raise DataError(
            f"{file} names none of the {len(request.files)} images (its first row is {next(iter(rows))!r}); a row "
            f"names an image as the answer does ({request.names[0]!r}), or relative to the file's own folder"
        )
    if unused := [path for path in rows if path not in named]:
        message(
            f"{pluralize(unused, 'row')} of {file} name none of the images that are predicted: {shorten_list(unused)}"
        )
    return {image: box for image, path in found if path is not None and (box := rows[path]) is not None}
