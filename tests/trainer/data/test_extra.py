"""Extra images are trained on and never validated on, nor is anything of them that is; and the split stays."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from tests.support.data_folders import KINDS
from tests.support.runs import config, numbers_of
from tests.support.tiny import write_images
from trainer.batches.sampler import draw_epoch
from trainer.config.runtime import Runtime
from trainer.data.fingerprint import fingerprint_differences
from trainer.data.pixels import ConcatPixels
from trainer.data.prepare import on_everything, prepare
from trainer.data.spec import DataSpec
from trainer.errors import DataError
from trainer.training.run import train

REGEX = r".*/(\w+)_"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Eight people with three classes, and five others with two of them; read only."""
    folder = tmp_path_factory.mktemp("extra")
    write_images(folder / "own")
    for label in "ac":
        for person in range(5):
            for shot in range(2):
                write_noise(folder / "more" / label / f"q{person}_{shot}.png")
    return folder


def write_noise(path):
    """An image that no other path has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(list(str(path).encode()))
    Image.fromarray(generator.integers(0, 256, (36, 36, 3), dtype=np.uint8)).save(path)


def of_folders(root, **keys):
    return {"layout": "folders", "root": root, "group_regex": REGEX, **keys}


def prepared(folder, *extra, fraction=1.0, size=32, **keys):
    spec = DataSpec(**of_folders(folder / "own", validation=0.25, extra=extra, **keys))
    return prepare(spec, image_size=size, seed=0, cache_dir=folder / "cache", fraction=fraction)


def with_more(folder, **keys):
    return prepared(folder, of_folders(folder / "more"), **keys)


def left_out(data):
    return [note for note in data.notes if "left out, wh" in note]


def a_person(data, rows):
    return sorted(set(data.groups[rows].tolist()))[0]


def test_extra_images_are_trained_on_and_nothing_else_changes(folder):
    own, data = prepared(folder), with_more(folder)
    assert (data.extra, data.own) == (20, len(own.labels))
    assert (data.validation == own.validation).all()
    assert data.train.tolist() == [*own.train.tolist(), *range(data.own, data.own + 20)]
    rows = np.arange(data.own)
    for name in ("labels", "groups", "paths", "images"):
        assert (getattr(data, name)[rows] == getattr(own, name)[rows]).all()
    assert {key: data.fingerprint[key] for key in own.fingerprint} == own.fingerprint
    assert [data.classes[label] for label in data.labels[data.own :]] == ["a"] * 10 + ["c"] * 10
    assert left_out(data) == []


def test_their_pixels_are_those_of_their_files(folder):
    data = with_more(folder)
    alone = prepare(
        DataSpec(**of_folders(folder / "more", validation=0.4)), image_size=32, seed=0, cache_dir=folder / "cache"
    )
    rows = np.arange(20)
    assert (data.images[data.own + rows] == alone.images[rows]).all()
    mixed = np.array([3, data.own + 4, 0, data.own, data.own + 19, 3])
    assert (data.images[mixed] == np.stack([data.images[np.array([row])][0] for row in mixed])).all()
    assert data.images[mixed[:0]].shape == (0, 32, 32, 3)
    assert len(data.images) == len(data.labels)


@pytest.mark.parametrize("pixels", ["exact", "packed"])
def test_the_same_pixels_and_fingerprint_however_they_are_kept(folder, pixels):
    kept, decoded = (with_more(folder, pixels=pixels, cache_limit=limit) for limit in (None, 0))
    assert isinstance(kept.images, ConcatPixels)
    assert kept.pixels == decoded.pixels == pixels
    rows = np.arange(len(kept.labels))[::-5]
    assert (kept.images[rows] == decoded.images[rows]).all()
    assert kept.fingerprint == decoded.fingerprint


def test_a_group_on_the_validation_side_is_left_out_by_its_name(folder, tmp_path):
    own = prepared(folder)
    held, trained = a_person(own, own.validation), a_person(own, own.train)
    for person in (held, trained, "stranger"):
        write_noise(tmp_path / "b" / f"{person}_9.png")
    data = prepared(folder, of_folders(tmp_path))
    assert data.paths[data.own :].tolist() == [f"b/{trained}_9.png", "b/stranger_9.png"]
    assert (data.validation == own.validation).all()
    (note,) = left_out(data)
    assert note == (
        f"extra data {tmp_path}: 1 image left out, whose group or file is on the validation side: b/{held}_9.png"
    )


def test_what_shares_a_file_with_the_validation_side_is_left_out_with_its_group(folder, tmp_path):
    own = prepared(folder)
    (tmp_path / "a").mkdir()
    shutil.copy(folder / "own" / str(own.paths[own.validation[0]]), tmp_path / "a" / "s1_0.png")
    write_noise(tmp_path / "a" / "s1_1.png")
    write_noise(tmp_path / "a" / "s2_0.png")
    shutil.copy(folder / "own" / str(own.paths[own.train[0]]), tmp_path / "a" / "s3_0.png")
    # By way of another set: s4 there is s1's double.
    other = tmp_path / "other"
    (other / "a").mkdir(parents=True)
    shutil.copy(tmp_path / "a" / "s1_1.png", other / "a" / "s4_0.png")
    write_noise(other / "a" / "s4_1.png")
    write_noise(other / "a" / "s5_1.png")
    shutil.move(tmp_path / "a", tmp_path / "one" / "a")
    data = prepared(folder, of_folders(tmp_path / "one"), of_folders(other))
    assert data.paths[data.own :].tolist() == ["a/s2_0.png", "a/s5_1.png"]
    assert (data.images[np.arange(data.own)] == own.images[np.arange(data.own)]).all()
    assert [note.split(": ")[1].split(":")[0] for note in left_out(data)] == [
        "2 images left out, whose group or file is on the validation side",
        "1 image left out, which the study trains on already",
        "2 images left out, whose group or file is on the validation side",
    ]


def test_the_studys_own_folder_adds_nothing(folder):
    own = prepared(folder)
    data = prepared(folder, of_folders(folder / "own"))
    assert data.extra == 0
    assert (data.train == own.train).all()
    counts = [int(note.split(": ")[1].split(" image")[0]) for note in left_out(data)]
    assert sum(counts) == len(own.labels)


def test_extras_connect_no_people_of_the_study(folder, tmp_path):
    """Or the split, and with it the score, would depend on them."""
    own = prepared(folder)
    (tmp_path / "a").mkdir()
    for side in (own.train, own.validation):
        path = str(own.paths[side[0]])
        shutil.copy(folder / "own" / path, tmp_path / "a" / f"s_{len(path)}{side[0]}.png")
    data = prepared(folder, of_folders(tmp_path))
    assert data.extra == 0
    assert (data.validation == own.validation).all()
    assert data.fingerprint["groups"] == own.fingerprint["groups"]


def test_where_groups_are_not_named_the_same_file_name_is_another_image(folder, tmp_path):
    """And the same bytes are the same image."""

    def read(*extra):
        spec = DataSpec(layout="folders", root=folder / "own", validation=0.25, extra=extra)
        return prepare(spec, image_size=32, seed=0, cache_dir=folder / "cache")

    own = read()
    path = str(own.paths[own.validation[0]])
    again = path.replace("_", "_again")
    write_noise(tmp_path / path)
    shutil.copy(folder / "own" / path, tmp_path / again)
    data = read({"layout": "folders", "root": tmp_path})
    assert data.paths[data.own :].tolist() == [path]
    assert again in left_out(data)[0]


def test_classes_are_matched_by_name(folder, tmp_path):
    write_noise(tmp_path / "z" / "q_0.png")
    with pytest.raises(DataError, match=rf"extra data {tmp_path}: 'z' is no class of the study; there are a, b, c"):
        prepared(folder, of_folders(tmp_path))
    (tmp_path / "z").rename(tmp_path / "b")
    data = prepared(folder, of_folders(tmp_path))
    assert [data.classes[label] for label in data.labels[data.own :]] == ["b"]


def test_a_table_and_its_corrections(folder, tmp_path):
    for name in ("x.png", "y.png"):
        write_noise(tmp_path / name)
    (tmp_path / "table.csv").write_text("path,label,group,split\nx.png,c,n,validation\ny.png,c,m,train\n")
    (tmp_path / "right.csv").write_text("person,field,value\nm,label,c\n")
    data = prepared(folder, {"layout": "table", "root": tmp_path, "corrections": "right.csv"})
    assert data.labels[data.own :].tolist() == [2, 2]
    assert not any("decides the split" in note for note in data.notes)
    assert any(note.startswith(f"extra data {tmp_path}: 1 row of right.csv changes nothing") for note in data.notes)


def test_unreadable_files_are_named_or_left_out(folder, tmp_path):
    write_noise(tmp_path / "a" / "s_0.png")
    (tmp_path / "a" / "s_1.png").write_text("no image")
    with pytest.raises(DataError, match=rf"1 file in {tmp_path} cannot be read as images"):
        prepared(folder, of_folders(tmp_path))
    data = prepared(folder, of_folders(tmp_path), on_bad_image="skip")
    assert data.paths[data.own :].tolist() == ["a/s_0.png"]
    assert [bad.path for bad in data.bad] == ["a/s_1.png"]
    assert "1 unreadable file left out: a/s_1.png" in data.notes


def test_the_fingerprint_knows_them(folder, tmp_path):
    own, data = prepared(folder).fingerprint, with_more(folder).fingerprint
    assert json.loads(json.dumps(data)) == data
    shutil.copytree(folder / "more", tmp_path / "elsewhere")
    elsewhere = prepared(folder, of_folders(tmp_path / "elsewhere")).fingerprint
    assert fingerprint_differences(data, elsewhere) == []
    assert "extra images: not recorded in the study, 20 here" in fingerprint_differences(own, data)
    write_noise(tmp_path / "elsewhere" / "a" / "q0_0.png")
    changed = prepared(folder, of_folders(tmp_path / "elsewhere")).fingerprint
    assert fingerprint_differences(data, changed) == ["the content of the extra images differs"]
    shutil.move(tmp_path / "elsewhere" / "a" / "q0_0.png", tmp_path / "elsewhere" / "c" / "q0_9.png")
    moved = prepared(folder, of_folders(tmp_path / "elsewhere")).fingerprint
    assert fingerprint_differences(changed, moved) == [
        "the extra images (their paths) differ",
        "the labels of the extra images differ",
        "the content of the extra images differs",
    ]


def test_a_rehearsal_takes_a_share_of_them_too(folder, tmp_path):
    for person in range(40):
        write_noise(tmp_path / "a" / f"s{person}_0.png")
    data = prepared(folder, of_folders(tmp_path), fraction=0.3)
    assert data.extra == 12
    assert f"extra data {tmp_path}: only 12 of 40 groups are used" in data.notes


def test_on_everything_they_are_trained_on_too(folder):
    data = on_everything(with_more(folder))
    rows, _ = draw_epoch(config(extra_weight=2.0), data, np.random.default_rng(0))
    often = np.bincount(rows)
    assert (often[: data.own] == 1).all()
    assert (often[data.own :] == 2).all()


def test_a_run_validates_on_the_studys_own_alone(folder):
    own, data = prepared(folder), with_more(folder)
    settings = config(extra_weight=1.5, lr=1e-9, batch_size=16, epochs=1)
    (alone,), (together,) = (list(train(settings, each, Runtime())) for each in (own, data))
    truth = [sum(row) for row in together.validation.confusion]
    assert truth == [sum(row) for row in alone.validation.confusion]
    assert sum(truth) == len(own.validation)
    assert together.train_loss != alone.train_loss
    shared = numbers_of(train(settings, data, Runtime(loader_workers=2)))
    assert shared == numbers_of([together])


def test_ages_of_extra_people_count_for_the_cut(tmp_path):
    def people(root, ages):
        for person in ages:
            for kind in KINDS:
                write_noise(root / "images" / person / f"{kind}.png")
        rows = [f"{person},male,x,{age},{person}" for person, age in ages.items()]
        (root / "train.csv").write_text("\n".join(["id,gender,race,age,path", *rows]))

    people(tmp_path / "own", {f"p{i}": 20 + 8 * i for i in range(6)})
    people(tmp_path / "more", {"q0": 58, "q1": 20})
    write_noise(tmp_path / "tabled" / "x.png")
    (tmp_path / "tabled" / "table.csv").write_text("path,label,group\nx.png,wear/male/30-59,z\n")
    extra = [{"layout": "competition", "root": tmp_path / "more"}, {"layout": "table", "root": tmp_path / "tabled"}]
    spec = DataSpec(layout="competition", root=tmp_path / "own", validation=0.5, extra=extra)
    data = prepare(spec, image_size=16, seed=0, cache_dir=tmp_path / "cache")
    moved = data.training_labels(57.0) != data.labels
    assert set(data.groups[moved]) == {"q0"}
    assert moved.sum() == 7
    assert np.isnan(data.ordered[-1])


def test_a_split_of_their_own_has_no_meaning():
    with pytest.raises(ValidationError, match=r"columns\.split has no meaning for extra data"):
        DataSpec(layout="table", root=".", extra=[{"layout": "table", "root": ".", "columns": {"split": "fold"}}])
