"""What may be named to be predicted: images, folders, patterns, CSVs."""

import pytest

from trainer.errors import DataError
from trainer.predict.inputs import read_request


@pytest.fixture
def shots(tmp_path):
    """Images in folders of two depths, among other things."""
    for name in ("a.png", "b.JPG", "deep/c.jpg", "deep/er/d.jpg", "deep/notes.txt", ".hidden.png", "info.csv"):
        (tmp_path / "shots" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shots" / name).write_bytes(b"x")
    return tmp_path / "shots"


def named(*inputs):
    return [file.name for file in read_request(inputs).files]


def test_tables_and_texts_beside_images_are_no_images(shots):
    assert named(shots) == ["a.png", "b.JPG", "c.jpg", "d.jpg"]


def test_patterns(shots):
    assert named(shots / "**" / "*.jpg") == ["c.jpg", "d.jpg"]
    assert named(shots / "*") == ["a.png", "b.JPG"]
    assert named(shots / "[ab].*") == ["a.png", "b.JPG"]
    assert named(shots / "deep" / "**") == ["c.jpg", "d.jpg"]
    (shots / "e[1].png").write_bytes(b"x")
    assert named(shots / "e[1].png") == ["e[1].png"]  # a file of that name goes before a pattern
    for pattern, line in (("*.bmp", "matches nothing, no image"), ("deep/*.txt", "matches only")):
        with pytest.raises(DataError, match=line) as caught:
            read_request([shots / pattern])
        assert "\n" not in str(caught.value)


def test_a_csv_names_images_relative_to_itself(shots):
    table = shots / "deep" / "list.csv"
    table.write_text("label,path\nx,er/d.jpg\n\ny,../a.png\nz,missing.jpg\n")
    request = read_request([table])
    assert request.names == ("er/d.jpg", "../a.png", "missing.jpg")
    assert request.files == tuple(shots / "deep" / name for name in request.names)
    assert not request.competition


def test_several_inputs_keep_their_order_and_are_called_by_their_paths(shots, tmp_path):
    (shots / "deep" / "list.csv").write_text("path\ner/d.jpg\n")
    (tmp_path / "info.csv").write_text("ImageID,ans\nx.jpg,0\n")
    request = read_request([shots / "deep" / "list.csv", shots / "*.png", tmp_path / "info.csv", shots / "deep"])
    assert [file.name for file in request.files] == ["d.jpg", "a.png", "x.jpg", "c.jpg", "d.jpg"]
    assert request.names == tuple(map(str, request.files))
    assert request.files[2] == tmp_path / "images" / "x.jpg"
    assert not request.competition


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("image,ans\nx,0\n", "has no column ImageID or path (it has image, ans)"),
        ("", "is empty: its first line must name the columns"),
        ("ImageID,ans\n", "has a header but no rows"),
        ("path,label\na.png,\n,x\n", "line 3: the path is empty"),
        ("ImageID,ans\n../secret.png,0\n", "is not a file name below images/"),
        ("ImageID,ans\n/etc/passwd,0\n", "is not a file name below images/"),
        ("ImageID,ans\n,0\n", "line 2: ImageID '' is not a file name below images/"),
        ("ImageID,ans\nx.jpg\n", "line 2: 1 values, but the header names 2 columns"),
    ],
)
def test_a_csv_that_names_no_images(tmp_path, content, line):
    (tmp_path / "info.csv").write_text(content)
    with pytest.raises(DataError) as caught:
        read_request([tmp_path / "info.csv"])
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_does_not_exist_or_is_empty(tmp_path):
    for name in ("none.jpg", "none.csv"):
        with pytest.raises(DataError, match="does not exist"):
            read_request([tmp_path / name])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        read_request([tmp_path / "empty"])
