"""Where decoded images do not fit or cannot be kept, they come from their files: the same pixels, verified."""

import errno
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from trainer.data.cache.folder import used_bytes
from trainer.data.cache.open import open_cache
from trainer.data.cache.packed import PackedPixels, encode, recode
from trainer.data.pixels import OnDemandPixels
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.errors import DataError, ImagesChangedError
from trainer.runtime.faults import is_device_fault, is_machine_fault

SIZE = 24
ROWS = np.array([7, 0, 19, 7], dtype=np.int64)


@pytest.fixture
def root(tmp_path):
    """Twenty images of ten people, soft as photographs are, in two class folders."""
    rng = np.random.default_rng(3)
    for person in range(10):
        for shot in range(2):
            path = tmp_path / "data" / ("cat", "dog")[person % 2] / f"p{person:02d}_{shot}.{('jpg', 'png')[shot]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            coarse = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize((60, 40), Image.Resampling.BICUBIC).save(path)
    return tmp_path / "data"


def opened(root, cache_dir, **kwargs):
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.*") if path.is_file())
    return open_cache(root, paths, image_size=SIZE, cache_dir=cache_dir, **kwargs)


def everything(cache):
    return cache.images[np.arange(len(cache.images))]


RAW = 20 * SIZE * SIZE * 3


@pytest.mark.parametrize("pixels", ["exact", "packed"])
def test_all_ways_to_hold_images_give_the_same_bits(root, tmp_path, pixels):
    kept = opened(root, tmp_path / "a", pixels=pixels)
    fresh = opened(root, tmp_path / "b", pixels=pixels, limit=0)
    assert isinstance(kept.images, np.memmap if pixels == "exact" else PackedPixels)
    assert isinstance(fresh.images, OnDemandPixels)
    assert (kept.paths, kept.digests, kept.pixels) == (fresh.paths, fresh.digests, fresh.pixels)
    assert (kept.sizes == fresh.sizes).all()
    for rows in (ROWS, np.arange(20), np.arange(0)):
        batches = [cache.images[rows] for cache in (kept, fresh)]
        assert (batches[0] == batches[1]).all()
        for batch in batches:
            assert type(batch) is np.ndarray
            assert batch.dtype == np.uint8
            assert batch.shape == (len(rows), SIZE, SIZE, 3)
            batch[:] = 0  # its own memory
    assert len(kept.images) == len(fresh.images) == 20
    assert everything(kept).any()


def test_packing_moves_pixels_a_little(root, tmp_path):
    exact = everything(opened(root, tmp_path / "cache")).astype(int)
    packed = everything(opened(root, tmp_path / "cache", pixels="packed")).astype(int)
    difference = np.abs(exact - packed)
    assert 0 < difference.mean() < 2
    assert difference.max() < 32
    assert (recode(exact[3].astype(np.uint8)) == packed[3]).all()


def test_a_study_gets_exact_pixels_where_they_fit_then_packed_ones_then_exact_ones_again(root, tmp_path):
    def settled(limit):
        cache = opened(root, tmp_path / f"{limit}", pixels="auto", limit=limit)
        assert (
            used_bytes(tmp_path / f"{limit}") <= limit + 10_000
        )  # the limit is for images, not for the index beside them
        return cache.pixels, type(cache.images), "".join(cache.notes)

    packed = len(b"".join(encode(image) for image in everything(opened(root, tmp_path / "c"))))
    assert packed * 1.2 < RAW
    assert settled(RAW) == ("exact", np.memmap, "")
    pixels, kind, note = settled(RAW - 1)
    assert (pixels, kind) == ("packed", PackedPixels)
    assert "are kept as JPEG" in note
    pixels, kind, note = settled(packed - 1)
    assert (pixels, kind) == ("exact", OnDemandPixels)
    assert "there is no room for the decoded images" in note
    assert "raise cache_limit (STUDY_CACHE_LIMIT)" in note


def test_what_is_there_counts_as_room_that_it_has(root, tmp_path):
    opened(root, tmp_path / "cache")
    again = opened(root, tmp_path / "cache", pixels="auto", limit=0)
    assert (again.pixels, again.notes) == ("exact", ())
    assert isinstance(again.images, np.memmap)
    other = opened(root, tmp_path / "cache", pixels="packed", limit=used_bytes(tmp_path / "cache"))
    assert isinstance(other.images, OnDemandPixels)


def test_the_index_of_the_files_is_kept_where_the_images_are_not(root, tmp_path):
    steps = []
    first = opened(root, tmp_path / "cache", limit=0, progress=lambda *step: steps.append(step))
    assert steps[-1] == (20, 20)
    steps.clear()
    again = opened(root, tmp_path / "cache", limit=0, progress=lambda *step: steps.append(step))
    assert not steps
    assert first.digests == again.digests
    assert (again.images[ROWS] == first.images[ROWS]).all()


def test_a_place_that_is_no_folder_is_told_and_does_without(root, tmp_path):
    (tmp_path / "file").write_text("")
    cache = opened(root, tmp_path / "file" / "cache")
    assert (everything(cache) == everything(opened(root, tmp_path / "cache"))).all()
    first, second = cache.notes
    assert "decoded images cannot be kept in" in first
    assert "set STUDY_HOME to another place" in first
    assert "every start reads all of them" in second
    assert all("\n" not in note for note in cache.notes)


def replaced(path):
    Image.new("RGB", (60, 40), "green").save(path)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


class Rows(Dataset):
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return 1

    def __getitem__(self, _):
        return self.images[ROWS]


@pytest.mark.parametrize(
    ("harm", "reason"), [(Path.unlink, "no such file"), (cut, "truncated"), (replaced, "another content")]
)
@pytest.mark.parametrize("loaders", [0, 1])
@pytest.mark.slow
def test_an_image_that_changes_while_a_study_runs_is_the_machines_fault(root, tmp_path, harm, reason, loaders):
    cache = opened(root, tmp_path / "cache", limit=0)
    file = root / cache.paths[ROWS[0]]
    times = file.stat()
    harm(file)
    if file.exists():
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ImagesChangedError) as caught:
        list(DataLoader(Rows(cache.images), batch_size=None, num_workers=loaders))
    assert str(caught.value).startswith(f"{file} is not the image any more that the study was made with ({reason})")
    assert "\n" not in str(caught.value)
    assert is_machine_fault(caught.value)
    assert not is_device_fault(caught.value)
    # Whoever starts next looks at the files again, though size and time may be the same, and the fingerprint differs.
    again = opened(root, tmp_path / "cache", limit=0)
    assert again.digests != cache.digests


def test_packed_images_that_cannot_be_unpacked_are_verified_by_the_next(root, tmp_path):
    cache = opened(root, tmp_path / "cache", pixels="packed")
    whole = everything(cache)
    file = next((tmp_path / "cache").glob("*/images.jpegs"))
    with file.open("r+b") as open_file:
        open_file.write(bytes(20))
    with pytest.raises(OSError, match="damaged") as caught:
        cache.images[np.array([0])]
    assert caught.value.errno == errno.EIO
    assert is_machine_fault(caught.value)
    again = opened(root, tmp_path / "cache", pixels="packed")
    assert "images.jpegs has changed bytes" in again.notes[0]
    assert (everything(again) == whole).all()


def test_packed_images_are_mapped_again_in_a_process_that_they_are_sent_to(root, tmp_path):
    images = opened(root, tmp_path / "cache", pixels="packed").images
    sent = pickle.dumps(images)
    assert len(sent) < 1500
    assert (pickle.loads(sent)[ROWS] == images[ROWS]).all()


def test_the_fingerprint_is_the_same_however_images_are_kept(root, tmp_path):
    def prepared(place, **keys):
        spec = DataSpec(layout="folders", root=root, group_regex=r"(p\d+)_", **keys)
        return prepare(spec, image_size=SIZE, seed=1, cache_dir=tmp_path / place)

    usual = prepared("a")
    for place, keys in (("b", {"cache_limit": 0}), ("c", {"pixels": "packed"}), ("d", {"cache_limit": f"{RAW - 1} B"})):
        other = prepared(place, **keys)
        assert other.fingerprint == usual.fingerprint
        assert (other.paths == usual.paths).all()
        assert other.pixels == ("exact" if place == "b" else "packed")


@pytest.mark.parametrize("value", ["plenty", "-5GB", -1])
def test_a_limit_that_is_no_size_is_refused(root, value):
    with pytest.raises(ValueError, match="cache_limit"):
        DataSpec(layout="folders", root=root, cache_limit=value)


OPENED = """
from pathlib import Path
import numpy as np
from trainer.data.cache.open import open_cache
def opened(root, cache_dir, **options):
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.*") if path.is_file())
    return open_cache(root, paths, image_size=24, cache_dir=cache_dir, **options)
"""


def test_a_map_whose_file_is_cut_short_under_it_ends_its_process_and_the_next_rebuilds(root, tmp_path):
    script = f"""{OPENED}
import os, sys
cache = opened(Path(sys.argv[1]), Path(sys.argv[2]))
file = next(Path(sys.argv[2]).glob("*/images.rgb"))
os.truncate(file, 0)
print(cache.images[np.arange(20)].sum())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(root), str(tmp_path / "cache")], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGBUS, done.stderr
    cache = opened(root, tmp_path / "cache")
    assert "images.rgb was cut short" in cache.notes[0]
    assert (everything(cache) == everything(opened(root, tmp_path / "fresh"))).all()


IN_A_WORLD_OF_ITS_OWN = """
import json, subprocess, sys
from contextlib import suppress
root, place = Path(sys.argv[1]), Path(sys.argv[2])
subprocess.run(["mount", *sys.argv[4:], str(place)], check=True)
options = {}
exec(sys.argv[3])
cache = opened(root, place / "cache", **options)
images = cache.images[np.arange(len(cache.images))]
print(json.dumps({"notes": cache.notes, "kind": type(cache.images).__name__, "sum": int(images.sum()),
                  "left": sorted(path.name for path in place.glob("cache/*"))}))
"""


def mounted(root, place, *options, setup=""):
    """Open a cache where something is mounted, in a namespace that goes away with the process."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk of their own")
    command = [*alone, sys.executable, "-c", OPENED + IN_A_WORLD_OF_ITS_OWN, str(root), str(place), setup, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_disk_that_is_full_before_a_build(root, tmp_path):
    (tmp_path / "disk").mkdir()
    found = mounted(root, tmp_path / "disk", "-t", "tmpfs", "-o", "size=200k", "none")
    assert found["kind"] == "OnDemandPixels"
    assert "there is no room for the decoded images" in found["notes"][0]
    assert found["sum"] == int(everything(opened(root, tmp_path / "cache")).sum())
    assert not [name for name in found["left"] if name.endswith(".part")]


def test_a_disk_that_may_only_be_read(root, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    found = mounted(root, place, "-t", "tmpfs", "-o", "ro", "none")
    assert found["kind"] == "OnDemandPixels"
    assert "cannot be kept in" in found["notes"][0]
    assert "Read-only file system" in found["notes"][0]
    # One that somebody else has filled serves.
    opened(root, place / "cache")
    found = mounted(root, place, "--bind", "-o", "ro", str(place))
    assert (found["kind"], found["notes"]) == ("memmap", [])
    assert found["sum"] == int(everything(opened(root, place / "cache")).sum())


FULL_WHILE_BUILDING = """
import os
def fill(done, total):
    with suppress(OSError), open(place / "somebody else's", "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
options = {"progress": fill}
"""


def test_a_disk_that_fills_up_in_the_middle_of_a_build(root, tmp_path):
    (tmp_path / "disk").mkdir()
    found = mounted(root, tmp_path / "disk", "-t", "tmpfs", "-o", "size=66m", "none", setup=FULL_WHILE_BUILDING)
    assert found["kind"] == "OnDemandPixels"
    assert "there is no room for the decoded images" in found["notes"][0]
    assert "No space left on device" in found["notes"][0]
    assert found["sum"] == int(everything(opened(root, tmp_path / "cache")).sum())
    assert {Path(name).suffix for name in found["left"]} <= {".lock"}


def test_nothing_is_written_below_the_data_folder(root, tmp_path):
    before = sorted((str(path), path.stat().st_mtime_ns) for path in [root, *root.rglob("*")])
    for pixels, limit in (("exact", None), ("packed", None), ("exact", 0)):
        everything(opened(root, tmp_path / f"{pixels}{limit}", pixels=pixels, limit=limit))
    assert sorted((str(path), path.stat().st_mtime_ns) for path in [root, *root.rglob("*")]) == before


def test_no_readable_image_at_all(root, tmp_path):
    for path in root.rglob("*.*"):
        path.write_bytes(b"x")
    for limit in (None, 0):
        with pytest.raises(DataError, match="not one of 20 images"):
            opened(root, tmp_path / "cache", limit=limit)


@pytest.mark.parametrize("pixels", ["exact", "packed"])
def test_a_damaged_cache_for_which_there_is_no_room_any_more(root, tmp_path, pixels):
    """It is not said to have been built anew, and what will not fit is not begun by every worker again."""
    before = everything(opened(root, tmp_path / "cache", pixels=pixels))
    (file,) = (tmp_path / "cache").glob("*/images.*")
    file.write_bytes(b"x")
    limited = opened(root, tmp_path / "cache", pixels=pixels, limit=100)
    removed, slow = limited.notes
    assert removed.endswith("and has been removed")
    assert "are needed and" in slow
    assert (everything(limited) == before).all()


@pytest.mark.parametrize("value", [True, -3, "-3", "12 parsecs"])
def test_what_is_no_size_is_refused_in_one_way(tmp_path, value):
    with pytest.raises(ValueError, match="is no size; write it like 20GB or 500MB"):
        DataSpec(layout="folders", root=tmp_path, cache_limit=value)
