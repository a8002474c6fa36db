"""A small data folder of each layout, and what reading it gives."""

from pathlib import Path

import pytest

from trainer.data.samples import Samples, read_samples
from trainer.data.spec import DataSpec
from trainer.errors import DataError

KINDS = ["mask1", "mask2", "mask3", "mask4", "mask5", "incorrect_mask", "normal"]
PEOPLE = [("000001", "male", "29"), ("000002", "female", "30"), ("000003", "female", "60"), ("000003", "male", "59")]


def touch(path: Path) -> Path:
    """Reading the samples opens no image, so an empty file stands for one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def folder_name(row: tuple[str, str, str]) -> str:
    return "_".join(row)


@pytest.fixture
def competition(tmp_path):
    root = tmp_path / "train"
    for person in PEOPLE:
        for i, kind in enumerate(KINDS):
            touch(root / "images" / folder_name(person) / f"{kind}.{('jpg', 'jpeg', 'png', 'JPG')[i % 4]}")
    write_people(root, [f"{p[0]},{p[1]},Asian,{p[2]},{folder_name(p)}" for p in PEOPLE])
    return root


def write_people(root: Path, rows: list[str], header: str = "id,gender,race,age,path") -> None:
    (root / "train.csv").write_text("\n".join([header, *rows, ""]))


@pytest.fixture
def folders(tmp_path):
    root = tmp_path / "folders"
    for name in ("cat/p1_a.jpg", "cat/deep/er/p2_a.png", "dog/p1_b.jpg", "dog/p3", "ant/p4_a.webp"):
        touch(root / name)
    return root


@pytest.fixture
def table(tmp_path):
    root = tmp_path / "table"
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        touch(root / name)
    return root


def write_table(root: Path, *lines: str) -> None:
    (root / "table.csv").write_text("\n".join([*lines, ""]))


def read(layout: str, root: Path, **keys) -> Samples:
    return read_samples(DataSpec(layout=layout, root=root, **keys))


def refused(layout: str, root: Path, **keys) -> str:
    with pytest.raises(DataError) as caught:
        read(layout, root, **keys)
    assert "\n" not in str(caught.value)
    return str(caught.value)
