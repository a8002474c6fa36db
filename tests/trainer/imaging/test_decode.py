"""Every file that a viewer opens is read as the viewer shows it; everything else is refused with a reason."""

import io
import pickle
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.errors import DataError
from trainer.imaging.decode import ImageError, load, load_resized, read_image, resize

WIDTH, HEIGHT = 60, 40


def picture() -> Image.Image:
    """Smooth, and different in each corner: red grows to the right, green downwards."""
    x = np.linspace(0, 255, WIDTH)[None, :].repeat(HEIGHT, 0)
    y = np.linspace(0, 255, HEIGHT)[:, None].repeat(WIDTH, 1)
    return Image.fromarray(np.stack([x, y, np.full_like(x, 90)], axis=-1).astype(np.uint8))


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def distance(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.png", "PNG"),
        ("a.jpg", "JPEG"),
        ("a.webp", "WEBP"),
        ("a.bmp", "BMP"),
        ("a.tif", "TIFF"),
        ("wrong.png", "JPEG"),
        ("wrong.jpg", "PNG"),
        ("no_extension", "JPEG"),
        ("text.txt", "PNG"),
    ],
)
def test_the_content_decides_the_format(tmp_path, name, form):
    (tmp_path / name).write_bytes(encoded(picture(), form))
    image = read_image(tmp_path / name)
    assert image.dtype == np.uint8
    assert distance(image, np.asarray(picture())) < 4


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "LA", "RGBA"])
def test_every_colour_mode_becomes_rgb(tmp_path, mode):
    image = picture().convert(mode)
    form = "JPEG" if mode == "CMYK" else "PNG"
    (tmp_path / "a").write_bytes(encoded(image, form))
    assert distance(read_image(tmp_path / "a"), np.asarray(image.convert("RGB"))) < 4


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(tmp_path, orientation, form):
    upright = picture()
    # How a camera held like this stores the upright picture: the inverse of what a viewer does.
    stored_as = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if stored_as is None else upright.transpose(stored_as)
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "a").write_bytes(encoded(stored, form, exif=exif))
    assert distance(read_image(tmp_path / "a"), np.asarray(upright)) < 4
    loaded = load(tmp_path / "a", 16)
    assert (loaded.width, loaded.height) == (WIDTH, HEIGHT)
    assert distance(loaded.pixels, resize(np.asarray(upright), 16)) < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_lies_on_white(tmp_path, mode):
    if mode == "P":
        image = Image.new("P", (8, 8), 0)
        image.putpalette([0, 0, 0, 9, 9, 9])
        data = encoded(image, "PNG", transparency=0)
    else:
        data = encoded(Image.new(mode, (8, 8), (0, 0, 0, 0)[: len(mode)]), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    assert (read_image(tmp_path / "a.png") == 255).all()


def test_half_transparency_is_mixed_with_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 100, 200, 128)).save(tmp_path / "a.png")
    by_hand = [round((c * 128 + 255 * 127) / 255) for c in (0, 100, 200)]
    assert np.abs(read_image(tmp_path / "a.png").astype(int) - by_hand).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_grey_is_scaled_and_not_clipped(tmp_path, suffix):
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(deep).save(tmp_path / f"a.{suffix}")
    image = read_image(tmp_path / f"a.{suffix}")
    assert (image[..., 0] == np.arange(256).reshape(16, 16)).all()
    assert (image[..., 0] == image[..., 2]).all()


def test_float_pixels_are_scaled(tmp_path):
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32)).save(tmp_path / "unit.tif")
    Image.fromarray(np.array([[-10.0, 0.0, 10.0]], dtype=np.float32)).save(tmp_path / "wide.tif")
    Image.fromarray(np.array([[np.nan, 0.0]], dtype=np.float32)).save(tmp_path / "nan.tif")
    for name in ("unit", "wide"):
        assert read_image(tmp_path / f"{name}.tif")[0, :, 0].tolist() == [0, 128, 255]
    with pytest.raises(ImageError, match="finite"):
        read_image(tmp_path / "nan.tif")


def test_an_animation_is_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("shape", [(1, 1), (4000, 8), (8, 4000)])
def test_extreme_shapes_are_squashed(tmp_path, shape):
    Image.new("RGB", shape, (10, 200, 30)).save(tmp_path / "a.png")
    image = load_resized(tmp_path / "a.png", 32)
    assert image.shape == (32, 32, 3)
    assert (image == [10, 200, 30]).all()


def test_resizing_is_antialiased():
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    small = resize(stripes, 8)
    # Taking every eighth pixel would give all black.
    assert np.abs(small.astype(int) - 127).max() < 12


@pytest.mark.parametrize("size", [32, 300])
def test_reduced_decoding_of_a_jpeg_stays_near_the_full_one(tmp_path, size):
    picture().resize((800, 600)).save(tmp_path / "a.jpg", quality=95)
    assert distance(load_resized(tmp_path / "a.jpg", size), resize(read_image(tmp_path / "a.jpg"), size)) < 1
    loaded = load(tmp_path / "a.jpg", size)
    assert (loaded.width, loaded.height) == (800, 600)


def bad_files() -> dict[str, tuple[bytes, str]]:
    jpeg, png = encoded(picture(), "JPEG"), encoded(picture(), "PNG")
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 0xFF
    return {
        "empty.jpg": (b"", "empty file"),
        "page.jpg": (b"<!DOCTYPE html><html>404</html>", "a web page or XML text, not an image"),
        "text.png": (b"hello", "not an image"),
        "phone.jpg": (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC or a video, which Pillow does not read"),
        "half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "nearly.jpg": (jpeg[:-20], "truncated"),
        "header.jpg": (jpeg[:30], "truncated"),
        "half.png": (png[: len(png) // 2], "truncated"),
        "flipped.png": (bytes(flipped), "broken"),
        "postscript.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
    }


@pytest.mark.parametrize("name", bad_files())
def test_a_bad_file_is_refused_with_a_reason(tmp_path, name):
    data, reason = bad_files()[name]
    (tmp_path / name).write_bytes(data)
    for read in (read_image, lambda path: load_resized(path, 16)):
        with pytest.raises(ImageError, match=name) as caught:
            read(tmp_path / name)
        assert caught.value.reason.startswith(reason)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, DataError)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "nothing.jpg")
    with pytest.raises(ImageError, match="directory"):
        read_image(tmp_path)


def test_the_error_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(ImageError(Path("a.jpg"), "truncated")))
    assert (error.path, error.reason) == (Path("a.jpg"), "truncated")


def test_broken_exif_data_do_not_spoil_the_picture(tmp_path):
    picture().save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff garbage")
    assert distance(read_image(tmp_path / "a.jpg"), np.asarray(picture())) < 4


def test_large_files_are_read_silently_up_to_a_limit(tmp_path, monkeypatch):
    picture().save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", WIDTH * HEIGHT - 1)  # Pillow warns above it
    assert read_image(tmp_path / "a.png").shape == (HEIGHT, WIDTH, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", WIDTH * HEIGHT // 2 - 1)  # and refuses above twice that
    with pytest.raises(ImageError, match="million pixels"):
        read_image(tmp_path / "a.png")


def test_threads_leave_the_warning_filters_as_they_were(tmp_path):
    picture().resize((300, 300)).save(tmp_path / "a.png")
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [read_image(tmp_path / "a.png") for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
