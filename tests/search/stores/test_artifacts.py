"""Where pictures lie: Optuna's artifact store over a folder or S3, and names that stay in it."""

import io
import os
import uuid

import optuna
import pytest
from optuna.artifacts.exceptions import ArtifactNotFound

from search.database.connection import open_storage
from search.stores.artifacts import Artifacts, artifacts_place, open_artifacts
from search.stores.folder import FolderStore
from search.stores.objects import PARTIAL_SECONDS
from trainer.errors import SaveError

ID = "0b5ad3c1-9a5b-4c0f-8f46-2f1f3f3b9a01"


@pytest.fixture
def artifacts(tmp_path):
    return open_artifacts(str(tmp_path / "pictures"))


def test_what_is_written_is_read_and_removed_again(artifacts):
    artifacts.write(ID, io.BytesIO(b"one"))
    artifacts.write(ID, io.BytesIO(b"two"))
    assert artifacts.open_reader(ID).read() == b"two"
    artifacts.remove(ID)
    artifacts.remove(ID)  # the dashboard deletes a study with pictures that somebody has removed already
    with pytest.raises(ArtifactNotFound):
        artifacts.open_reader(ID)


def test_optuna_takes_it_for_a_store_of_its_own(artifacts, storage_url, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"hello")
    with open_storage(storage_url) as storage:
        study = optuna.create_study(storage=storage)
        given = optuna.artifacts.upload_artifact(
            artifact_store=artifacts, file_path=str(tmp_path / "a.txt"), study_or_trial=study
        )
    assert artifacts.open_reader(given).read() == b"hello"


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "..",
        "",
        ".",
        "/etc/passwd",
        "%2e%2e%2fsecret",
        f"../{ID}",
        f"{ID}/../../secret",
        f"{ID}\n",
        f"{ID}\0",
        ID.upper(),
        ID.replace("-", ""),
        "secret",
    ],
)
def test_a_name_that_is_no_id_is_refused(artifacts, tmp_path, name):
    (tmp_path / "secret").write_bytes(b"not yours")
    (tmp_path / "pictures" / "secret").write_bytes(b"not yours either")
    with pytest.raises(ArtifactNotFound):
        artifacts.open_reader(name)
    with pytest.raises(ArtifactNotFound):
        artifacts.write(name, io.BytesIO(b"x"))
    with pytest.raises(ArtifactNotFound):
        artifacts.remove(name)
    assert (tmp_path / "secret").read_bytes() == b"not yours"
    assert (tmp_path / "pictures" / "secret").read_bytes() == b"not yours either"


def test_the_place_is_the_option_then_the_environment_then_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("STUDY_ARTIFACTS", raising=False)
    assert artifacts_place(None, tmp_path) == str(tmp_path / "artifacts")
    monkeypatch.setenv("STUDY_ARTIFACTS", "s3://bucket/a")
    assert artifacts_place(None, tmp_path) == "s3://bucket/a"
    assert artifacts_place("here", tmp_path) == "here"


def test_a_place_that_cannot_be_used_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match=r"artifacts cannot lie in .*/file: it is a file; name a folder or s3://"):
        open_artifacts(str(tmp_path / "file"))
    with pytest.raises(SaveError, match=r"artifacts cannot lie in http://"):
        open_artifacts("http://somewhere/a")


def test_who_only_reads_makes_no_folder(tmp_path):
    artifacts = open_artifacts(str(tmp_path / "later"), prove=False)
    with pytest.raises(ArtifactNotFound):
        artifacts.open_reader(ID)
    assert not (tmp_path / "later").exists()


def test_what_killed_writers_left_is_swept_and_nothing_else(tmp_path):
    artifacts = Artifacts(FolderStore(tmp_path))
    artifacts.write(ID, io.BytesIO(b"whole"))
    old, new = (tmp_path / f"{uuid.uuid4()}.0a1b2c3d.partial" for _ in range(2))
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = old.stat().st_mtime - PARTIAL_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    artifacts.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([ID, new.name])
