"""Decoded once per host, never taken for whole when it is not, and joined with the labels into `Dataset`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.waiting import PATIENCE, until
from trainer.data.cache.folder import BLOCK, BadImage
from trainer.data.cache.open import open_cache
from trainer.data.fingerprint import fingerprint_differences
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.errors import DataError
from trainer.imaging.decode import load_resized

SIZE = 16


def write_image(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path):
    """Twelve people with two images each, in two class folders."""
    for person in range(12):
        for shot in range(2):
            kind = ("cat", "dog")[person % 2]
            write_image(tmp_path / "data" / kind / f"p{person:02d}_{shot}.png", 100 * person + shot)
    return tmp_path / "data"


def everything(cache) -> np.ndarray:
    return cache.images[np.arange(len(cache.images))]


def listed(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def opened(root: Path, cache_dir: Path, **kwargs):
    return open_cache(root, listed(root), image_size=SIZE, cache_dir=cache_dir, **kwargs)


def spec_of(root: Path, **keys) -> DataSpec:
    return DataSpec(layout="folders", root=root, group_regex=r"(p\d+)_", **keys)


def prepared(root: Path, cache_dir: Path, seed: int = 1, fraction: float = 1.0, **keys):
    return prepare(spec_of(root, **keys), image_size=SIZE, seed=seed, cache_dir=cache_dir, fraction=fraction)


def folder_of(cache_dir: Path) -> Path:
    (index,) = cache_dir.glob("*/index.json")
    return index.parent


def test_the_cache_holds_what_prediction_would_load(root, tmp_path):
    steps = []
    cache = opened(root, tmp_path / "cache", progress=lambda done, total: steps.append((done, total)))
    assert cache.images.shape == (24, SIZE, SIZE, 3)
    assert isinstance(cache.images, np.memmap)
    for image, path in zip(cache.images, cache.paths, strict=True):
        assert (image == load_resized(root / path, SIZE)).all()
    assert (cache.sizes == [30, 20]).all()
    assert steps[-1] == (24, 24)
    with pytest.raises(ValueError, match="read-only"):
        cache.images[0] = 0


def test_opening_again_decodes_nothing(root, tmp_path):
    first = opened(root, tmp_path / "cache")
    steps = []
    again = opened(root, tmp_path / "cache", progress=lambda *step: steps.append(step))
    assert not steps
    assert (first.images == again.images).all()
    assert (first.paths, first.digests) == (again.paths, again.digests)


def test_a_changed_image_and_another_size_are_noticed(root, tmp_path):
    before = opened(root, tmp_path / "cache")
    write_image(root / "cat" / "p00_0.png", 999)
    after = opened(root, tmp_path / "cache")
    assert (before.images[0] != after.images[0]).any()
    assert (before.images[1:] == after.images[1:]).all()
    assert before.digests[0] != after.digests[0]
    other = open_cache(root, listed(root), image_size=8, cache_dir=tmp_path / "cache")
    assert other.images.shape[1] == 8


FILES = [
    ("exact", "images.rgb"),
    ("exact", "index.json"),
    ("exact", "about.json"),
    ("packed", "images.jpegs"),
    ("packed", "index.json"),
]


@pytest.mark.parametrize(("pixels", "name"), FILES)
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99, None])
def test_a_file_that_was_cut_short_or_removed_is_rebuilt_with_a_note(root, tmp_path, pixels, name, keep):
    first = opened(root, tmp_path / "cache", pixels=pixels)
    whole = everything(first)  # read before: a map whose file is cut short ends its process
    file = folder_of(tmp_path / "cache") / name
    if keep is None:
        file.unlink()
    else:
        os.truncate(file, int(file.stat().st_size * keep))
    again = opened(root, tmp_path / "cache", pixels=pixels)
    assert (everything(again) == whole).all()
    assert (again.paths, again.digests) == (first.paths, first.digests)
    assert first.notes == ()
    assert again.notes[0].startswith(f"the image cache {file.parent} was damaged ({name}")
    assert opened(root, tmp_path / "cache", pixels=pixels).notes == ()


def flip(file: Path, at: int) -> None:
    """Change one byte, and leave size and modification time as they were."""
    times = file.stat()
    with file.open("r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 0x10]))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(("pixels", "name"), FILES)
@pytest.mark.parametrize("part", [0.0, 0.4, 1.0])
def test_a_flipped_byte_is_noticed_and_the_cache_rebuilt(root, tmp_path, pixels, name, part):
    whole = everything(opened(root, tmp_path / "cache", pixels=pixels))
    file = folder_of(tmp_path / "cache") / name
    flip(file, int(part * (file.stat().st_size - 1)))
    again = opened(root, tmp_path / "cache", pixels=pixels)
    assert (everything(again) == whole).all()
    assert "was damaged" in again.notes[0]


def test_a_flipped_byte_in_the_last_block_of_a_large_cache(root, tmp_path):
    size = 300  # 24 images of 270 kB: two blocks
    kwargs = {"image_size": size, "cache_dir": tmp_path / "cache"}
    whole = np.array(open_cache(root, listed(root), **kwargs).images)
    assert BLOCK < whole.nbytes < 2 * BLOCK
    file = folder_of(tmp_path / "cache") / "images.rgb"
    flip(file, BLOCK + 5)
    again = open_cache(root, listed(root), **kwargs)
    assert "images.rgb has changed bytes" in again.notes[0]
    assert (again.images == whole).all()


def test_a_cache_is_read_again_only_when_it_may_have_changed(root, tmp_path):
    opened(root, tmp_path / "cache")
    folder = folder_of(tmp_path / "cache")
    stamp = (folder / "stamp.json").read_bytes()
    broken = json.loads((folder / "index.json").read_bytes())
    broken["blocks"] = [crc ^ 1 for crc in broken["blocks"]]
    text = json.dumps(broken, separators=(",", ":")).encode()
    told = json.loads((folder / "about.json").read_bytes())
    told.pop("crc")
    told["index_crc"] = zlib.crc32(text)
    crc = zlib.crc32(json.dumps(told, sort_keys=True).encode())
    (folder / "index.json").write_bytes(text)
    (folder / "about.json").write_text(json.dumps({**told, "crc": crc}))
    assert opened(root, tmp_path / "cache").notes == ()  # stamped: the checksums, wrong by now, are not looked at
    (folder / "stamp.json").write_text(json.dumps({**json.loads(stamp), "boot": "an earlier one"}))
    assert "changed bytes" in opened(root, tmp_path / "cache").notes[0]


BUILDER = """
import sys, time
from pathlib import Path
import trainer.data.cache.build
from trainer.data.cache.open import open_cache
root, cache_dir, log, pause = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
trainer.data.cache.build._TELL = 2
paths = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
def progress(done, total):
    with log.open("a") as file:
        file.write(f"{done}\\n")
    time.sleep(pause)
cache = open_cache(root, paths, image_size=16, cache_dir=cache_dir, progress=progress)
print(int(cache.images.sum()))
"""


def builder(root: Path, cache_dir: Path, log: Path, pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(root), str(cache_dir), str(log), str(pause)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_together_build_it_once(root, tmp_path):
    log = tmp_path / "log"
    builders = [builder(root, tmp_path / "cache", log, 0.02) for _ in range(4)]
    sums = {process.communicate(timeout=PATIENCE)[0] for process in builders}
    assert all(process.returncode == 0 for process in builders)
    assert sums == {f"{int(opened(root, tmp_path / 'cache').images.sum())}\n"}
    assert log.read_text().split() == [str(done) for done in range(2, 26, 2)]


def test_a_killed_build_leaves_nothing_that_is_taken_for_a_cache(root, tmp_path):
    cache_dir, log = tmp_path / "cache", tmp_path / "log"
    process = builder(root, cache_dir, log, 2 * PATIENCE)
    until(log.exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(cache_dir.glob("*.part"))
    assert not list(cache_dir.glob("*/index.json"))
    cache = opened(root, cache_dir)
    assert (cache.images[3] == load_resized(root / cache.paths[3], SIZE)).all()
    assert not list(cache_dir.glob("*.part"))


def test_leftovers_of_another_cache_are_swept_unless_it_is_being_built(root, tmp_path):
    cache_dir, log = tmp_path / "cache", tmp_path / "log"
    other = tmp_path / "other"
    shutil.copytree(root, other)
    process = builder(other, cache_dir, log, 2 * PATIENCE)
    until(log.exists)
    opened(root, cache_dir)
    assert len(list(cache_dir.glob("*.part"))) == 1
    process.kill()
    process.communicate()
    write_image(root / "cat" / "p00_0.png", 999)
    opened(root, cache_dir)
    assert not list(cache_dir.glob("*.part"))


def test_all_unreadable_files_are_listed_at_once(root, tmp_path):
    for i in range(12):
        (root / "cat" / f"p00_bad{i:02d}.jpg").write_bytes(b"" if i else b"<html>")
    cache = opened(root, tmp_path / "cache")
    assert len(cache.bad) == 12
    assert cache.bad[:2] == (
        BadImage("cat/p00_bad00.jpg", "a web page or XML text, not an image"),
        BadImage("cat/p00_bad01.jpg", "empty file"),
    )
    assert len(cache.images) == 24
    with pytest.raises(DataError) as caught:
        prepared(root, tmp_path / "cache")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("12 files in")
    assert lines[1] == "  cat/p00_bad00.jpg: a web page or XML text, not an image"
    assert lines[-2:] == ["  and 2 more", 'replace them, or leave them out with on_bad_image = "skip"']
    assert len(lines) == 13


def test_skipped_files_are_recorded_and_the_rest_stays_aligned(root, tmp_path):
    (root / "cat" / "p00_0.png").write_bytes(b"")
    data = prepared(root, tmp_path / "cache", on_bad_image="skip")
    assert data.bad == (BadImage("cat/p00_0.png", "empty file"),)
    assert data.fingerprint["skipped"] == 1
    assert any("1 unreadable file left out: cat/p00_0.png" in note for note in data.notes)
    assert len(data.images) == len(data.labels) == len(data.groups) == len(data.paths) == 23
    for row in range(23):
        assert (data.images[row] == load_resized(root / data.paths[row], SIZE)).all()
        assert data.classes[data.labels[row]] == data.paths[row].split("/")[0]


def test_no_readable_image_at_all(root, tmp_path):
    for path in root.rglob("*.png"):
        path.write_bytes(b"x")
    with pytest.raises(DataError, match="not one of 24 images"):
        prepared(root, tmp_path / "cache", on_bad_image="skip")


def test_prepare_splits_by_group(root, tmp_path):
    data = prepared(root, tmp_path / "cache")
    assert sorted([*data.train, *data.validation]) == list(range(24))
    assert not set(data.groups[data.train]) & set(data.groups[data.validation])
    assert data.labels.dtype == data.train.dtype == data.validation.dtype == np.int64
    assert json.loads(json.dumps(data.fingerprint)) == data.fingerprint
    counts = {key: data.fingerprint[key] for key in ("images", "groups_count", "train_count", "validation_count")}
    assert counts == {
        "images": 24,
        "groups_count": 12,
        "train_count": len(data.train),
        "validation_count": len(data.validation),
    }


def test_a_fraction_takes_whole_groups(root, tmp_path):
    data = prepared(root, tmp_path / "cache", fraction=0.05)
    assert len(set(data.groups)) == 10
    assert len(data.images) == 20
    assert "only 10 of 12 groups are used" in data.notes


@pytest.mark.parametrize("seed", range(5))
def test_groups_that_share_a_file_are_joined(root, tmp_path, seed):
    shutil.copy(root / "cat" / "p00_0.png", root / "cat" / "p02_0.png")
    shutil.copy(root / "cat" / "p02_1.png", root / "dog" / "p05_1.png")
    data = prepared(root, tmp_path / "cache", seed=seed)
    group_of = dict(zip(data.paths, data.groups, strict=True))
    assert {group_of[p] for p in group_of if p[4:7] in ("p00", "p02", "p05")} == {"p00"}
    assert len(set(data.groups)) == 10
    assert not set(data.groups[data.train]) & set(data.groups[data.validation])
    assert any("cat/p00_0.png = cat/p02_0.png" in note for note in data.notes)
    assert any("copies under another label: cat/p02_1.png" in note for note in data.notes)


def test_copies_on_both_sides_of_a_given_split_are_refused(root, tmp_path):
    shutil.copy(root / "cat" / "p00_0.png", root / "cat" / "p02_0.png")
    rows = [f"{p},{p[:3]},{p[4:7]},{'validation' if 'p00' in p else 'train'}" for p in listed(root)]
    (root / "table.csv").write_text("\n".join(["path,label,group,split", *rows]))
    with pytest.raises(DataError, match=r"p00_0.png \(validation\) and cat/p02_0.png \(train\) are the same"):
        prepare(DataSpec(layout="table", root=root), image_size=SIZE, seed=0, cache_dir=tmp_path / "cache")


def test_a_group_on_both_sides_of_a_given_split_is_refused(root, tmp_path):
    rows = [f"{p},{p[:3]},{p[4:7]},{'validation' if '_0' in p else 'train'}" for p in listed(root)]
    (root / "table.csv").write_text("\n".join(["path,label,group,split", *rows]))
    with pytest.raises(DataError, match=r"both sides .*p00"):
        prepare(DataSpec(layout="table", root=root), image_size=SIZE, seed=0, cache_dir=tmp_path / "cache")


def test_a_copy_of_the_data_elsewhere_has_the_same_fingerprint(root, tmp_path):
    shutil.copytree(root, tmp_path / "elsewhere")
    mine = prepared(root, tmp_path / "a").fingerprint
    there = prepared(tmp_path / "elsewhere", tmp_path / "b").fingerprint
    assert mine == there
    assert fingerprint_differences(mine, there) == []


def test_the_fingerprint_says_what_differs(root, tmp_path):
    stored = prepared(root, tmp_path / "cache").fingerprint
    assert fingerprint_differences(stored, prepared(root, tmp_path / "cache", seed=2).fingerprint) == [
        "the split into train and validation differs"
    ]
    write_image(root / "cat" / "p00_0.png", 999)
    assert fingerprint_differences(stored, prepared(root, tmp_path / "cache").fingerprint) == [
        "the content of the image files differs"
    ]
    (root / "dog" / "p11_1.png").unlink()
    lines = fingerprint_differences(stored, prepared(root, tmp_path / "cache").fingerprint)
    assert lines[0] == "images: 24 in the study, 23 here"
    assert "the files (their paths) differ" in lines
