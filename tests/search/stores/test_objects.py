"""Where resume points lie: whole objects only, and one clear line where a place cannot be used."""

import io
import os
import random
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

import boto3
import pytest
import torch
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from optuna.artifacts.exceptions import ArtifactNotFound
from werkzeug.serving import make_server

from search.stores.artifacts import open_artifacts
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.stores.objects import PARTIAL
from search.stores.open import open_store
from search.stores.s3 import S3Store
from trainer.errors import SaveError
from trainer.training.checkpoint import Checkpoint


def refusal(where, study="s-1"):
    with pytest.raises(SaveError) as caught:
        open_store(where, study)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def tell(url, data=b""):
    request = urllib.request.Request(url, data, {"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    """S3 as moto plays it, one request at a time: it answers 500 when an object is replaced while another request
    reads it, which S3 never does."""
    play, turn = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def answer(environ, start_response):
        with turn:
            return play(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=MotoRequestHandler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def aws(monkeypatch):
    """No settings but the test's own: neither a profile of whoever runs it nor the machine's own role."""
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_CA_BUNDLE"]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")


@pytest.fixture
def bucket(server, aws, monkeypatch):
    """An empty bucket named ``points``."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    tell(f"{server}/moto-api/reset")
    client = boto3.session.Session().client("s3")
    client.create_bucket(Bucket="points")
    yield client
    client.close()


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "bucket":
        request.getfixturevalue("bucket")
        return open_store("s3://points/team/a", "s-1")
    return open_store(tmp_path / "team" / "a", "s-1")


@pytest.mark.usefixtures("bucket")
def test_pictures_lie_in_a_bucket_too():
    artifacts = open_artifacts("s3://points/team/pictures")
    name = str(uuid.uuid4())
    artifacts.write(name, io.BytesIO(b"picture"))
    assert open_artifacts("s3://points/team/pictures", prove=False).open_reader(name).read() == b"picture"
    artifacts.remove(name)
    with pytest.raises(ArtifactNotFound):
        artifacts.open_reader(name)


def test_objects_come_back_and_go(store):
    big = random.Random(0).randbytes(3_000_000)
    store.write("s-1/a.point", b"one")
    store.write("s-1/b.point", big)
    store.write("s-2/a.point", b"")
    store.write("s-1/a.point", b"two")
    assert (store.read("s-1/a.point"), store.read("s-1/b.point"), store.read("s-2/a.point")) == (b"two", big, b"")
    assert store.names("s-1/") == ["s-1/a.point", "s-1/b.point"]
    assert store.names("s-1/b") == ["s-1/b.point"]
    assert store.names("s-") == ["s-1/a.point", "s-1/b.point", "s-2/a.point"]
    store.remove("s-1/a.point")
    store.remove("s-1/a.point")
    assert store.read("s-1/a.point") is None
    assert store.read("s-9/a.point") is None
    assert store.names("s-9/") == []
    assert store.leftovers("s-1/") == {}  # the probe is gone


def test_what_is_only_partly_there_is_no_object(store):
    store.write(f"s-1/a.point.12{PARTIAL}", b"half")
    assert store.names("s-1/") == []
    ((name, age),) = store.leftovers("s-1/").items()
    assert name == f"s-1/a.point.12{PARTIAL}"
    assert -5 < age < 60
    store.remove(name)
    assert store.leftovers("s-1/") == {}


def test_more_objects_than_one_answer_lists(bucket, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    store = open_store("s3://points", "s")
    for number in range(10):
        bucket.put_object(Bucket="points", Key=f"s/{number:04d}.point", Body=b"x")
    assert "NextContinuationToken" in bucket.list_objects_v2(Bucket="points")
    assert len(store.names("s/")) == 10


def test_resume_points_in_a_bucket(bucket):
    points = Checkpoints(open_store("s3://points/team/", "s-1"), "s-1")
    for trial, attempt, epoch in ((1, 1, 1), (1, 2, 2), (2, 1, 5)):
        points.save(trial, Checkpoint({"trial": trial}, attempt, epoch, notes={}, state={"w": torch.ones(2)}))
    assert points.load(1, {"trial": 1}, since=1)[0].epoch == 2
    assert points.sweep(lambda: {1}) == 1
    points.forget(1)
    assert "Contents" not in bucket.list_objects_v2(Bucket="points")


WRITER = """
import sys; from pathlib import Path; from search.stores.folder import FolderStore
store = FolderStore(Path(sys.argv[1])); number = int(sys.argv[2])
while True:
    number += 1
    store.write("s/a.point", bytes([number % 251]) * (1_000_000 + number))
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_object(tmp_path):
    store, dice, last = FolderStore(tmp_path), random.Random(0), 0
    for _ in range(25):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(last)], stdout=subprocess.PIPE)
        begun = int(writer.stdout.readline())
        time.sleep(dice.uniform(0, 0.01))
        writer.send_signal(signal.SIGKILL)
        told = [begun, *map(int, writer.stdout.read().split())]
        writer.stdout.close()
        assert writer.wait() == -signal.SIGKILL
        data = store.read("s/a.point")
        last = len(data) - 1_000_000
        assert last in (told[-1], told[-1] + 1)  # killed between the rename and the line
        assert data == bytes([last % 251]) * len(data)
        assert store.names("s/") == ["s/a.point"]
    # Not all between two writes, or this would have tested nothing.
    assert store.leftovers("s/")


def test_readers_never_see_half_of_a_write(store):
    ended = threading.Event()

    def write():
        number = 0
        while not ended.is_set():
            number += 1
            store.write("s-1/a.point", bytes([number % 251]) * 200_000)

    store.write("s-1/a.point", bytes(200_000))
    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(50):
            data = store.read("s-1/a.point")
            assert data == data[:1] * 200_000
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    assert store.leftovers("s-1/") == {}


def test_a_shared_folder_is_the_umasks_affair(tmp_path):
    before = os.umask(0o002)
    try:
        open_store(tmp_path / "shared", "s").write("s/a.point", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "shared" / "s").stat().st_mode) == 0o775
    assert stat.S_IMODE((tmp_path / "shared" / "s" / "a.point").stat().st_mode) == 0o664


def test_a_write_that_fails_leaves_the_earlier_object(tmp_path):
    store = open_store(tmp_path, "s")
    store.write("s/a.point", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files fails a write in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(
            SaveError, match=r"cannot write resume points in .*; make room there or choose another place"
        ):
            store.write("s/a.point", bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.read("s/a.point") == b"old"
    assert store.leftovers("s/") == {}


def mounted(folder, options, code):
    """Run code in a process that sees a file system of its own at ``folder``; what it prints."""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = 'mount -t tmpfs -o "$1" tmpfs "$2" || exit 77; shift; exec "$0" -c "$2" "$1"'
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    code = f"import sys; from pathlib import Path; from search.stores.open import *; folder = Path(sys.argv[1])\n{code}"
    done = subprocess.run(
        [*command, mount, sys.executable, options, str(folder), code], capture_output=True, text=True, check=False
    )
    if done.returncode == 77 or done.stderr.startswith("unshare:"):
        pytest.skip(f"a file system of one's own is not allowed here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_is_one_line(tmp_path):
    # The first store is opened while there is room, the second when there is none.
    code = """
store = open_store(folder, "s")
store.write("s/a.point", b"x" * 700_000)
for action in (lambda: store.write("s/a.point", b"y" * 700_000), lambda: open_store(folder, "other")):
    try: action()
    except SaveError as error: print(error)
    with (folder / "rest").open("ab", buffering=0) as file:
        try:
            while True: file.write(bytes(4096))
        except OSError: pass
print(store.read("s/a.point") == b"x" * 700_000, store.names(""), store.leftovers(""))
"""
    line = f"cannot write resume points in {tmp_path}: No space left on device; make room there or choose another place"
    assert mounted(tmp_path, "size=1m", code).splitlines() == [line, line, "True ['rest', 's/a.point'] {}"]


def test_a_read_only_folder_is_one_line(tmp_path):
    code = """
try: open_store(folder / "points", "s")
except SaveError as error: print(error)
"""
    assert mounted(tmp_path, "ro", code) == (
        f"cannot write resume points in {tmp_path}/points: Read-only file system; make room there or choose another "
        "place\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_study_folder_of_somebody_else(tmp_path):
    (tmp_path / "s-1").mkdir(mode=0o500)
    assert "Permission denied" in refusal(tmp_path)


def test_what_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    assert "it is a file; name a folder or s3://BUCKET/PREFIX" in refusal(tmp_path / "file")
    assert "Not a directory" in refusal(tmp_path / "file" / "below")
    (tmp_path / "s-1").touch()
    assert "cannot write resume points in" in refusal(tmp_path)
    assert refusal("gs://bucket/points").startswith("resume points cannot lie in gs://...")


def test_a_place_may_be_named_before_there_is_a_study(tmp_path):
    open_store(str(tmp_path / "a" / "b"))
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("s3://", "names no bucket"),
        ("s3:///points", "names no bucket; name s3://BUCKET/PREFIX"),
        ("s3://absent/points", "NoSuchBucket: The specified bucket does not exist; create the bucket or name another"),
        ("s3://not_a bucket/points", "'not_a bucket' cannot be the name of a bucket; name s3://BUCKET/PREFIX"),
        ("s3://key:hunter2@points/a", "keys do not belong into s3://...; set AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_bucket_that_is_none(bucket, where, line):
    assert line in refusal(where)
    assert "hunter2" not in refusal(where)


def test_wrong_keys(bucket, server):
    tell(f"{server}/moto-api/reset-auth", b"0")  # from now on it looks at keys
    try:
        line = refusal("s3://points/a")
    finally:
        tell(f"{server}/moto-api/reset-auth", b"inf")
    assert line.startswith("cannot write resume points in s3://points/a/: InvalidAccessKeyId: ")
    assert line.endswith(
        "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may list, read, write and delete there"
    )
    assert "hunter2" not in line
    assert "key-of-test" not in line


def test_no_keys(bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refusal("s3://points/a").endswith("; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")


@pytest.mark.parametrize("endpoint", ["http://me:hunter2@127.0.0.1:{port}", "127.0.0.1:{port}"])
def test_an_endpoint_that_does_not_answer(aws, monkeypatch, endpoint):
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.format(port=port))
    line = refusal("s3://points/a")
    assert f"127.0.0.1:{port}" in line
    assert line.endswith("; check AWS_ENDPOINT_URL, the network and the service")
    assert "hunter2" not in line


def test_a_bucket_that_vanishes_later(bucket):
    store = open_store("s3://points/a", "s")
    bucket.delete_bucket(Bucket="points")
    for action in (
        lambda: store.write("s/a.point", b"x"),
        lambda: store.read("s/a.point"),
        lambda: store.names("s/"),
        lambda: store.remove("s/a.point"),
    ):
        with pytest.raises(SaveError, match=r"resume points in s3://points/a/: NoSuchBucket"):
            action()


def test_the_client_waits_neither_for_ever_nor_too_often(bucket):
    store = open_store("s3://points/a", "s")
    assert isinstance(store, S3Store)
    config = store._client.meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (5, 60, 3)


def test_without_boto3_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert refusal("s3://points/a").endswith('need boto3; run: pip install "studyhall[s3]"')
