"""A finished model is listed with its study in the dashboard, whatever happens to the place where artifacts lie."""

import io
import json

import pytest

from search.config.load import load_spec
from search.dashboard.server import application
from search.database.connection import open_storage
from search.database.optuna_internals import ARTIFACT_KEY, study_id
from search.finalization.attach import attach_model
from search.stores.artifacts import Artifacts
from search.stores.folder import FolderStore
from search.study.delete import delete_study
from tests.support.studies import StudyFixture
from tests.support.tiny import write_study
from trainer.errors import SaveError

FILES = {
    "report.html": b"<!doctype html><title>page</title>",
    "README.md": "# Card ü".encode(),
    "model.json": b"{}",
    "model.onnx": b"onnx",
    "model.safetensors": b"weights",
    "model.tmp": b"what nobody asked for",
}


@pytest.fixture
def study(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "models" / "tiny" / "v1"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(FolderStore(tmp_path / "artifacts"))


def listed(study):
    """What Optuna knows of: name and id."""
    attributes = study.storage.get_study_system_attrs(study_id(study.study))
    found = [json.loads(value) for key, value in attributes.items() if key.startswith(ARTIFACT_KEY)]
    return {each["filename"]: each["artifact_id"] for each in found if each}


def stored(tmp_path):
    return sorted(path.name for path in (tmp_path / "artifacts").iterdir())


def ask(study, artifacts, path):
    """The dashboard's own answer: status, kind, body."""
    said = {}

    def start_response(status, headers, exc_info=None):
        said.update(status=status, kind=dict(headers)["Content-Type"])

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO(), "SERVER_NAME": "x"}
    environ |= {"SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO()}
    body = b"".join(application(study.storage, artifacts)(environ, start_response))
    return said["status"], said["kind"], body


def test_the_dashboard_gives_back_what_lies_in_the_folder(study, folder, artifacts):
    told = []
    names = attach_model(study.storage, "tiny", folder, "v1", artifacts, told.append)
    assert names == ["v1-report.html", "v1-README.md", "v1-model.json", "v1-model.onnx", "v1-model.safetensors"]
    assert told == []
    for name, artifact_id in listed(study).items():
        status, kind, body = ask(study, artifacts, f"/artifacts/{study_id(study.study)}/{artifact_id}")
        assert status == "200 OK"
        assert body == FILES[name.removeprefix("v1-")]
        assert kind.startswith({"html": "text/html", "md": "text/plain"}.get(name.rpartition(".")[2], "application/"))
    status, _, body = ask(study, artifacts, f"/api/studies/{study_id(study.study)}")
    assert {each["filename"] for each in json.loads(body)["artifacts"]} == set(names)


def test_the_same_version_again_replaces_its_files(study, folder, artifacts, tmp_path):
    attach_model(study.storage, "tiny", folder, "v1", artifacts, pytest.fail)
    before, files = listed(study), stored(tmp_path)
    (folder / "report.html").write_bytes(b"another page")
    attach_model(study.storage, "tiny", folder, "v1", artifacts, pytest.fail)
    assert listed(study) == before
    assert stored(tmp_path) == files
    assert artifacts.open_reader(before["v1-report.html"]).read() == b"another page"


def test_of_earlier_versions_only_what_is_small_stays(study, folder, artifacts, tmp_path):
    foreign = {"artifact_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "filename": "v1-model.onnx", "mimetype": "x/y"}
    study.storage.set_study_system_attr(
        study_id(study.study), ARTIFACT_KEY + foreign["artifact_id"], json.dumps(foreign)
    )
    for version in ("v1", "v2", "v3"):
        attach_model(study.storage, "tiny", folder, version, artifacts, pytest.fail)
    small = {
        f"{version}-{name}" for version in ("v1", "v2", "v3") for name in ("report.html", "README.md", "model.json")
    }
    large = {f"{version}-{name}" for version in ("v3",) for name in ("model.onnx", "model.safetensors")}
    assert set(listed(study)) == small | large | {"v1-model.onnx"}
    assert listed(study)["v1-model.onnx"] == foreign["artifact_id"]  # somebody's own
    assert len(stored(tmp_path)) == len(small | large)  # no bytes that nobody knows of
    assert "v1-model.onnx" in {each["filename"] for each in api(study, artifacts)}


def api(study, artifacts):
    return json.loads(ask(study, artifacts, f"/api/studies/{study_id(study.study)}")[2])["artifacts"]


def test_large_files_stay_in_the_model_folder(study, folder, artifacts):
    (folder / "model.safetensors").write_bytes(bytes(5_000_000))
    told = []
    names = attach_model(study.storage, "tiny", folder, "v1", artifacts, told.append, largest=3_000_000)
    assert "v1-model.safetensors" not in names
    assert "v1-model.onnx" in names
    assert told == ["model.safetensors stays out of the dashboard: 5 MB are more than 3 MB"]


def test_a_folder_without_onnx_or_page_is_attached_as_far_as_it_goes(study, folder, artifacts):
    (folder / "model.onnx").unlink()
    (folder / "report.html").unlink()
    names = attach_model(study.storage, "tiny", folder, "v1", artifacts, pytest.fail)
    assert names == ["v1-README.md", "v1-model.json", "v1-model.safetensors"]


class Broken:
    """A store that takes a few files and then fails."""

    def __init__(self, files, error):
        self.files = files
        self.error = error

    def write(self, name, data):
        if not self.files:
            raise self.error
        self.files -= 1


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            SaveError("cannot write artifacts in s3://b: no answer; check the network"),
            "cannot write artifacts in s3://b",
        ),
        (RuntimeError("what nobody thought of\nsecond line"), "RuntimeError: what nobody thought of"),
    ],
)
def test_a_store_that_fails_costs_a_line(study, folder, error, why):
    told = []
    names = attach_model(study.storage, "tiny", folder, "v1", Artifacts(Broken(2, error)), told.append)
    assert names == ["v1-report.html", "v1-README.md"]
    assert set(listed(study)) == set(names)  # nothing is listed that is not there
    (line,) = told
    assert line.startswith(f"{folder} is whole, but the dashboard does not list all of it: {why}")
    assert "\n" not in line


def test_a_study_that_goes_takes_them_along(study, folder, artifacts, tmp_path):
    attach_model(study.storage, "tiny", folder, "v1", artifacts, pytest.fail)
    attach_model(study.storage, "tiny", folder, "v2", artifacts, pytest.fail)  # which leaves marks of what is gone
    delete_study(study.storage, "tiny", artifacts)
    assert stored(tmp_path) == []
