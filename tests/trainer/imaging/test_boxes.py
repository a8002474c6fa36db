"""The file of boxes: what it decides, what is refused, and that a corrected box changes one image and is noticed."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support.tiny import write_images
from trainer.data.cache.folder import list_caches
from trainer.data.fingerprint import fingerprint_differences
from trainer.data.pixels import OnDemandPixels
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.errors import DataError
from trainer.imaging.boxes import boxes_of, boxes_text, read_boxes
from trainer.imaging.crop import Box, Crop
from trainer.imaging.decode import load_resized

SIZE = 16


@pytest.fixture
def root(tmp_path):
    """48 images of 40 x 40 in three class folders."""
    return write_images(tmp_path / "data")


def paths_of(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))


def write_boxes(root, boxes):
    rows = "".join(f"{path},{','.join(map(str, box))}\n" for path, box in boxes.items())
    (root / "faces.csv").write_text(f"path,left,top,right,bottom\n{rows}")


def some(root):
    """A box for all images but the first three, of which one has an empty row."""
    rng = np.random.default_rng(1)
    boxes = {path: (*rng.integers(0, 15, 2), *rng.integers(20, 40, 2)) for path in paths_of(root)[3:]}
    return {paths_of(root)[1]: ("", "", "", ""), **boxes}


def prepared(root, tmp_path, **keys):
    options = {"crop": Crop(margin=0.1), **{key: keys.pop(key) for key in ("crop", "image_size") if key in keys}}
    spec = {"layout": "folders", "root": root, "group_regex": r".*/(p\d+)_", "boxes": "faces.csv", **keys}
    place = tmp_path / f"cache {keys.get('pixels', 'exact')}"
    return prepare(DataSpec(**spec), **{"image_size": SIZE, "seed": 1, "cache_dir": place, **options})


def pixels(data):
    return data.images[np.arange(len(data.images))]


def test_each_image_is_cut_by_its_box_and_the_others_by_the_crop(root, tmp_path):
    boxes = some(root)
    write_boxes(root, boxes)
    data = prepared(root, tmp_path, crop=Crop(size=(30, 20), margin=0.1))
    for path, image in zip(data.paths, pixels(data), strict=True):
        box = boxes.get(path, ("",))
        crop = Crop(size=(30, 20)) if box[0] == "" else Crop(margin=0.1, box=Box(*box))
        assert (image == load_resized(root / path, SIZE, crop)).all()
    (note,) = [note for note in data.notes if "without a box" in note]
    assert note == "3 images of 48 without a box, of which the 30x20 px at the centre are kept: " + ", ".join(
        paths_of(root)[:3]
    )


@pytest.mark.parametrize("kind", [{"pixels": "exact"}, {"pixels": "packed"}, {"pixels": "exact", "cache_limit": 0}])
def test_a_corrected_box_changes_exactly_that_image(root, tmp_path, kind):
    boxes = some(root)
    write_boxes(root, boxes)
    before = prepared(root, tmp_path, **kind)
    assert isinstance(before.images, OnDemandPixels) == ("cache_limit" in kind)
    assert (pixels(prepared(root, tmp_path, **kind)) == pixels(before)).all()
    path = paths_of(root)[30]
    write_boxes(root, {**boxes, path: (0, 0, 12, 12)})
    after = prepared(root, tmp_path, **kind)
    changed = (pixels(before) != pixels(after)).any(axis=(1, 2, 3))
    assert after.paths[changed].tolist() == [path]
    assert fingerprint_differences(before.fingerprint, after.fingerprint) == ["the boxes differ"]


@pytest.mark.parametrize("kind", ["exact", "packed"])
def test_after_a_correction_only_that_image_is_decoded(root, tmp_path, kind):
    """Seen by a file whose content was exchanged under the same size and time, which decoding would have noticed."""
    for path in paths_of(root):  # uncompressed, so that all files are equally long
        pixels_of = np.asarray(Image.open(root / path))
        Image.fromarray(pixels_of).save(root / path, "BMP")
    boxes = some(root)
    write_boxes(root, boxes)
    before = prepared(root, tmp_path, pixels=kind)
    other, corrected = paths_of(root)[20], paths_of(root)[30]
    times = (root / other).stat()
    Image.fromarray(255 - np.asarray(Image.open(root / other))).save(root / other, "BMP")
    os.utime(root / other, ns=(times.st_atime_ns, times.st_mtime_ns))
    write_boxes(root, {**boxes, corrected: (0, 0, 12, 12)})
    after = prepared(root, tmp_path, pixels=kind)
    changed = (pixels(before) != pixels(after)).any(axis=(1, 2, 3))
    assert after.paths[changed].tolist() == [corrected]
    assert after.fingerprint["content"] == before.fingerprint["content"]
    shutil.rmtree(tmp_path / f"cache {kind}")
    anew = prepared(root, tmp_path, pixels=kind)
    assert sorted(anew.paths[(pixels(before) != pixels(anew)).any(axis=(1, 2, 3))]) == [other, corrected]


def test_a_damaged_cache_gives_nothing_to_the_next(root, tmp_path):
    boxes = some(root)
    write_boxes(root, boxes)
    whole = pixels(prepared(root, tmp_path, pixels="exact"))
    (file,) = (tmp_path / "cache exact").glob("*/images.rgb")
    with file.open("r+b") as opened:
        byte = opened.read(1)[0]
        opened.seek(0)
        opened.write(bytes([byte ^ 1]))
    write_boxes(root, {**boxes, paths_of(root)[30]: (0, 0, 12, 12)})
    after = pixels(prepared(root, tmp_path, pixels="exact"))
    assert np.flatnonzero((whole != after).any(axis=(1, 2, 3))).tolist() == [30]


def test_how_a_number_is_written_and_rows_of_others_change_nothing(root, tmp_path):
    boxes = some(root)
    write_boxes(root, boxes)
    before = prepared(root, tmp_path)
    (root / "notes.txt").write_text("not an image of the study, though there")
    lines = [f"{path},{','.join(f'{side}.0' if side != '' else '' for side in box)},hm" for path, box in boxes.items()]
    text = "\n".join(["path,left,top,right,bottom,found", *reversed(lines), "notes.txt,1,1,2,2,"])
    (root / "faces.csv").write_text(text)
    after = prepared(root, tmp_path)
    assert after.fingerprint == before.fingerprint
    assert len(list_caches(tmp_path / "cache exact")) == 1


def test_data_without_boxes_have_the_fingerprint_they_had(root, tmp_path):
    data = prepared(root, tmp_path, boxes=None)
    assert set(data.fingerprint) == {
        *("images", "groups_count", "classes", "train_count", "validation_count", "skipped"),
        *("paths", "labels", "groups", "split", "content"),
    }
    write_boxes(root, some(root))
    assert fingerprint_differences(data.fingerprint, prepared(root, tmp_path).fingerprint) == ["the boxes differ"]


def test_all_crops_are_checked_before_anything_trains(root, tmp_path):
    for number, path in enumerate(paths_of(root)[5:8]):
        Image.new("RGB", (30 + number, 50)).save(root / path)
    with pytest.raises(DataError) as caught:
        prepared(root, tmp_path, boxes=None, crop=Crop(size=(40, 40)), cache_limit=0)
    first = paths_of(root)[5]
    assert str(caught.value) == (
        f"crop [40, 40] is larger than 3 of 48 images, first {first}: it has 50x30 px (height x width), less than the "
        "crop's 40x40; a crop lies inside every image: make it smaller, or leave such images out"
    )
    write_boxes(root, dict.fromkeys(paths_of(root), (0, 0, 35, 10)))
    with pytest.raises(DataError) as caught:
        prepared(root, tmp_path)
    assert str(caught.value) == (
        f"the boxes of 3 of 48 images do not lie in them, first {first}: right is 35 and the upright image 30 px wide: "
        "correct the rows"
    )
    assert not list_caches(tmp_path / "cache exact")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a/p0_0.png,1,2,3", "line 2: 4 values, but the header names 5 columns"),
        ("a/p0_0.png,-1,2,3,4", "line 2: left -1 is negative, outside the image"),
        ("a/p0_0.png,1,2,1,4", "line 2: the box is empty, right 1 is not above left 1"),
        ("a/p0_0.png,1,20,3,4", "line 2: the box is empty, bottom 4 is not above top 20"),
        ("a/p0_0.png,1,2,,4", "line 2: right '' is no number of pixels: correct it, or leave all four empty"),
        ("a/p0_0.png,1,2,nan,4", "right 'nan' is no number"),
        ("a/p0_0.png,1,2,inf,4", "right 'inf' is no number"),
        ("a/p0_0.png,1,2,x,4", "right 'x' is no number"),
        ("a/p0_0.png,1,2,3,4\na/p0_0.png,1,2,3,4", "line 3: path 'a/p0_0.png' stands already in line 2"),
        ("a/p0_O.png,1,2,3,4", "'a/p0_O.png' is no image of"),
        ("a/p0_0.jpg,1,2,3,4", "the nearest is 'a/p0_0.png': correct or remove the row"),
        ("zzz,1,2,3,4", "paths are relative to the data folder"),
        (",1,2,3,4", "'' is no image of"),
        ("", "has a header but no rows"),
    ],
)
def test_mistakes_in_the_file_are_one_line(root, tmp_path, rows, message):
    (root / "faces.csv").write_text(f"path,left,top,right,bottom\n{rows}\n")
    with pytest.raises(DataError) as caught:
        prepared(root, tmp_path)
    assert message in str(caught.value)
    assert "faces.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none(root, tmp_path):
    with pytest.raises(DataError, match=r"faces.csv cannot be read"):
        prepared(root, tmp_path)
    (root / "faces.csv").write_text("path,x,y\na,1,2\n")
    with pytest.raises(DataError, match=r"has no column 'left' and no column 'top'"):
        prepared(root, tmp_path)
    for path in ("/etc/faces.csv", "../faces.csv"):
        with pytest.raises(ValueError, match=r"boxes .* leaves the data folder: give a path below root"):
            DataSpec(layout="folders", root=root, boxes=path)


def test_what_is_written_is_what_is_read(tmp_path):
    boxes = {"a, b.png": Box(1, 2, 30, 40), "c.png": None}
    (tmp_path / "x.csv").write_text(boxes_text(boxes, {"c.png": "no face"}))
    assert read_boxes(tmp_path / "x.csv") == boxes
    assert boxes_of(tmp_path / "x.csv", tmp_path, boxes) == {"a, b.png": Box(1, 2, 30, 40)}
