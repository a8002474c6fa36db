"""What is kept of an image is what cutting it out first would keep; heights come before widths."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainer.imaging.crop import Box, Crop, CropError, Crops, canonical_size, format_size, height_width
from trainer.imaging.decode import check_crop, load, load_resized, load_within, read_image, resize

WIDTH, HEIGHT = 90, 70


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height=HEIGHT, width=WIDTH):
    """Red grows to the right, green downwards."""
    x = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    y = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.stack([x, y, np.full_like(x, 90)], axis=-1).astype(np.uint8)


def distance(a, b):
    assert a.shape == b.shape
    return float(np.abs(a.astype(float) - b).mean())


def cut_first(image: Image.Image, region, size):
    """The slow, plain way: cut, then squash."""
    height, width = size
    return np.asarray(image.crop(region).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))


def test_sizes_are_written_height_first():
    assert [format_size(size) for size in (64, (64, 64), (64, 48))] == ["64 px", "64 px", "64x48 px"]
    assert [canonical_size(size) for size in (64, (64, 64), (64, 48))] == [64, 64, (64, 48)]
    assert [height_width(size) for size in (64, (64, 48))] == [(64, 64), (64, 48)]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP"])
def test_height_comes_before_width(tmp_path, form):
    Image.fromarray(smooth()).save(tmp_path / "a", form)
    loaded = load(tmp_path / "a", (20, 50))
    assert loaded.pixels.shape == (20, 50, 3)
    assert (loaded.height, loaded.width) == (HEIGHT, WIDTH)
    red, green = loaded.pixels[..., 0].astype(int), loaded.pixels[..., 1].astype(int)
    assert (np.diff(red, axis=1) > 0).all()
    assert (np.diff(green, axis=0) > 0).all()
    assert distance(loaded.pixels, resize(read_image(tmp_path / "a"), (20, 50))) == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_is_the_same_pixels_as_cutting_first(tmp_path, seed):
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(30, 200, 2))
    rows, columns = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
    size = (int(rng.integers(16, 50)), int(rng.integers(16, 50)))
    Image.fromarray(noise(height, width, seed)).save(tmp_path / "a.png")
    left, top = (width - columns) // 2, (height - rows) // 2
    expected = cut_first(Image.open(tmp_path / "a.png"), (left, top, left + columns, top + rows), size)
    assert (load_resized(tmp_path / "a.png", size, Crop(size=(rows, columns))) == expected).all()


def test_nothing_of_what_is_cut_away_shines_in(tmp_path):
    pixels = np.full((60, 60, 3), 255, dtype=np.uint8)
    pixels[20:40, 10:50] = 0
    for form in ("PNG", "BMP"):
        Image.fromarray(pixels).save(tmp_path / "a", form)
        assert not load_resized(tmp_path / "a", 16, Crop(size=(20, 40))).any()


STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_a_box_is_one_of_the_upright_image(tmp_path, orientation, form):
    upright = Image.fromarray(smooth())
    way = STORED_AS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    (upright if way is None else upright.transpose(way)).save(tmp_path / "a", form, exif=exif)
    with Image.open(tmp_path / "a") as stored:
        straight = ImageOps.exif_transpose(stored).convert("RGB")
    for box in (Box(5, 10, 60, 40), Box(50, 0, 90, 33), Box(0, 30, 20, 70)):
        crop = Crop(box=box, margin=0.1)
        region = crop.region(tmp_path / "a", WIDTH, HEIGHT, (24, 40))
        kept = load_resized(tmp_path / "a", (24, 40), crop)
        # Turned after resizing instead of before: its two passes round in the other order.
        assert distance(kept, cut_first(straight, region, (24, 40))) < 0.6
    centre = load_resized(tmp_path / "a", (24, 40), Crop(size=(30, 50)))
    assert distance(centre, cut_first(straight, (20, 20, 70, 50), (24, 40))) < 0.6


def jpeg(path, height, width):
    Image.fromarray(smooth(height, width)).save(path, "JPEG", quality=95)
    return path


@pytest.mark.parametrize(
    ("rows", "columns", "by"),
    [(800, 1200, 8), (512, 560, 8), (504, 1200, 4), (256, 304, 4), (128, 128, 2), (124, 800, 1), (64, 64, 1)],
)
def test_a_jpeg_is_reduced_by_what_its_crop_has_to_spare_and_no_more(tmp_path, rows, columns, by):
    """To 32 pixels: an eighth needs 512 of the original, a quarter 256, a half 128."""
    path = jpeg(tmp_path / "a.jpg", 800, 1200)
    kept = load_resized(path, 32, Crop(size=(rows, columns)))
    left, top = (1200 - columns) // 2, (800 - rows) // 2
    region = (left, top, left + columns, top + rows)
    with Image.open(path) as reduced:
        reduced.draft(None, (1200 // by, 800 // by))
        assert reduced.size == (1200 // by, 800 // by)
        assert (kept == cut_first(reduced, [side // by for side in region], (32, 32))).all()
    assert distance(kept, cut_first(Image.fromarray(read_image(path)), region, (32, 32))) < 1


@pytest.mark.parametrize("seed", range(10))
def test_a_reduced_jpeg_is_cut_between_its_pixels(tmp_path, seed):
    path = jpeg(tmp_path / "a.jpg", 803, 1201)
    rng = np.random.default_rng(seed)
    rows, columns = (int(side) for side in rng.integers(300, 800, 2))
    left, top = (1201 - columns) // 2, (803 - rows) // 2
    expected = cut_first(Image.fromarray(read_image(path)), (left, top, left + columns, top + rows), (32, 32))
    assert distance(load_resized(path, 32, Crop(size=(rows, columns))), expected) < 0.7


def region_of(box, margin, width, height, target):
    return Crop(box=Box(*box), margin=margin).region(None, width, height, target)


@pytest.mark.parametrize("seed", range(200))
def test_a_box_with_its_margin_lies_inside_and_has_the_targets_proportions(seed):
    rng = np.random.default_rng(seed)
    width, height = (int(side) for side in rng.integers(20, 900, 2))
    left, right = sorted(rng.uniform(0, width, 2))
    top, bottom = sorted(rng.uniform(0, height, 2))
    target = (int(rng.integers(16, 300)), int(rng.integers(16, 300)))
    margin = float(rng.uniform(0, 1))
    a, b, c, d = region_of((left, top, right, bottom), margin, width, height, target)
    assert 0 <= a < c <= width
    assert 0 <= b < d <= height
    # No more than half a pixel of the box is lost to whole numbers.
    assert a <= left + 1
    assert c >= right - 1
    assert b <= top + 1
    assert d >= bottom - 1
    added = 2 * margin * max(right - left, bottom - top)
    free = c - a < width and d - b < height
    if free:
        assert c - a >= right - left + added - 1
        assert d - b >= bottom - top + added - 1
        assert abs((c - a) * target[0] - (d - b) * target[1]) <= max(target)


def test_a_box_by_hand():
    assert region_of((10, 20, 30, 40), 0, 100, 100, (32, 32)) == (10, 20, 30, 40)
    assert region_of((10, 20, 30, 40), 0.5, 100, 100, (32, 32)) == (0, 10, 40, 50)
    assert region_of((0, 20, 20, 40), 0.5, 100, 100, (32, 32)) == (0, 10, 40, 50)  # moved inside
    assert region_of((10, 20, 20, 60), 0, 100, 100, (32, 32)) == (0, 20, 40, 60)  # grown to a square, moved inside
    assert region_of((10, 20, 30, 40), 0, 100, 100, (32, 64)) == (0, 20, 40, 40)  # twice as wide as high
    assert region_of((0, 0, 40, 100), 0.5, 60, 100, (32, 32)) == (0, 0, 60, 100)  # larger than the image: clipped


def test_a_crop_that_is_too_large_and_a_box_outside_are_refused(tmp_path):
    Image.fromarray(smooth()).save(tmp_path / "a.png")
    for crop, reason in (
        (Crop(size=(71, 10)), "it has 70x90 px (height x width), less than the crop's 71x10"),
        (Crop(size=(10, 91)), "it has 70x90 px (height x width), less than the crop's 10x91"),
        (Crop(box=Box(10, 10, 91, 20)), "right is 91 and the upright image 90 px wide"),
        (Crop(box=Box(10, 10, 20, 70.5)), "bottom is 70.5 and the upright image 70 px high"),
    ):
        for look in (load_resized, check_crop):
            with pytest.raises(CropError) as caught:
                look(tmp_path / "a.png", 16, crop)
            assert caught.value.reason == reason
    assert load_resized(tmp_path / "a.png", 16, Crop(size=(70, 90))).shape == (16, 16, 3)


def test_an_image_is_read_within_a_side(tmp_path):
    for height, width, expected in ((600, 300, (100, 50)), (40, 80, (40, 80)), (3, 900, (1, 100))):
        Image.fromarray(smooth(height, width)).save(tmp_path / "a.jpg")
        loaded = load_within(tmp_path / "a.jpg", 100)
        assert loaded.pixels.shape == (*expected, 3)
        assert (loaded.height, loaded.width) == (height, width)


def test_the_digest_of_boxes_is_that_of_their_numbers():
    one, other = Crops(boxes={"a": Box(1, 2, 3, 4)}), Crops(boxes={"a": Box(1.0, 2.0, 3.0, 4.0), "b": Box(0, 0, 1, 1)})
    assert one.digest(["a"]) == other.digest(["a"])
    assert other.digest(["a", "b"]) != other.digest(["a"])
    assert Crops(boxes={"a": Box(1, 2, 3, 5)}).digest(["a"]) != one.digest(["a"])


def test_an_animation_and_a_palette_are_cropped_too(tmp_path):
    frames = [Image.fromarray(smooth()).convert("P"), Image.new("P", (WIDTH, HEIGHT))]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    (tmp_path / "a.gif").write_bytes(buffer.getvalue())
    expected = cut_first(Image.fromarray(read_image(tmp_path / "a.gif")), (20, 20, 70, 50), (16, 16))
    assert (load_resized(tmp_path / "a.gif", 16, Crop(size=(30, 50))) == expected).all()
