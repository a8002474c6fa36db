"""The whole service as a team starts it: `make test-compose`, on a real engine, from an empty folder to the model."""

import base64
import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import threading
import time
import tomllib
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.compose_pass import Watch
from tests.support.reachable import mistake
from tests.support.repository import ROOT
from trainer.saved_model.manifest import read_info
from trainer.synthetic.dataset import draw_competition

TRIALS = 10
EPOCHS = 12
DATABASE_PASSWORD = "a@b:c/d%e#f{g}?h&i'j\"k l"
IMAGE = "studyhall"
COMMIT = "c0ffee123456"

STUDY = f"""
[study]
name = "evening"
trials = {TRIALS}
seed = 3

[data]
layout = "competition"
root = "data/train"

[space]
lr = {{ low = 1e-4, high = 1e-2, log = true }}
optimizer = {{ choices = ["adam", "adamw", "madgrad"] }}
focal_gamma = {{ low = 0.0, high = 5.0 }}
cutmix_prob = {{ low = 0.0, high = 1.0 }}

[fixed]
backbone = "test_resnet"
weights = "none"
image_size = 48
batch_size = 32
epochs = {EPOCHS}
precision = "fp32"

[pruner]
kind = "asha"
min_epochs = 6
reduction_factor = 2
"""
# What a test cannot wait 90 seconds for.
SHORT_LEASE = """
services:
  workers:
    command: [search, work, --study, evening, --lease, 10s]
"""


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, **more)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]} {done.stderr[-3000:]}"
    return done.stdout


def answers(*command):
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    return False


def compose_command():
    for command in (("docker", "compose"), ("docker-compose",)):
        if answers(*command, "version"):
            return command
    return None


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def until(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"after {seconds} s: not {what}"
        time.sleep(1)
    return result


class Service:
    """A clone's folder with the service in it."""

    def __init__(self, folder):
        self.folder = folder
        self.project = f"evening{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        self.env = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": "docker-compose.yml:short-lease.yml",
            "DOOR_PORT": str(self.port),
            "DATABASE_SECRET": "./secrets/database",
            "STUDY": "evening",
            "IMAGE": IMAGE,
            "COMMIT": COMMIT,
            "COLUMNS": "200",
        }

    def compose(self, *arguments):
        return output(*compose_command(), *arguments, cwd=self.folder, env=self.env)

    def containers(self, name):
        return self.compose("ps", "-q", name).split()

    def state(self, container):
        return json.loads(output("docker", "inspect", container))[0]["State"]

    def status(self):
        return json.loads(
            self.compose("exec", "-T", "dashboard", "search", "status", "--study", "evening", "--json"),
        )

    def trials(self):
        """Number, state, attempt and reported epochs of each trial, straight from the tables."""
        query = (
            "SELECT json_agg(t) FROM (SELECT number, state, (SELECT value_json FROM trial_user_attributes a"
            " WHERE a.trial_id = trials.trial_id AND key = 'attempt') AS attempt, (SELECT json_agg(step ORDER BY step)"
            " FROM trial_intermediate_values v WHERE v.trial_id = trials.trial_id) AS steps FROM trials ORDER BY 1) t"
        )
        text = self.compose("exec", "-T", "postgres", "psql", "-U", "studyhall", "-d", "studyhall", "-Atc", query)
        return json.loads(text.strip() or "[]") or []

    def working(self):
        """The containers that hold a live lease on a trial with an epoch behind it, and which trial."""
        return {each["host"]: each["trial"] for each in self.status()["workers"] if each["epoch"]}

    def logs(self, *names):
        return self.compose("logs", "--no-color", *names)

    def ask(self, path, user=None, password=None, method="GET", body=None):
        """Status, headers and body of the answer at the published port."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method=method)
        request.add_header("Content-Type", "application/json")
        if user is not None:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def door(self, path, user=None, password=None, method="GET", body=None):
        """Status and body of the answer at the published port."""
        status, _, body = self.ask(path, user, password, method, body)
        return status, body

    def password(self):
        return self.compose("exec", "-T", "door", "cat", "/run/secrets/password")

    def down(self):
        subprocess.run(
            [
                *compose_command(),
                "--profile",
                "tensorboard",
                "down",
                "--volumes",
                "--remove-orphans",
                "--timeout",
                "20",
            ],
            cwd=self.folder,
            env=self.env,
            check=False,
            capture_output=True,
        )


def write_clone(folder):
    """What a clone holds that Compose needs, with images in place."""
    names = ["docker-compose.yml", "Dockerfile", ".dockerignore", "README.md", "LICENSE", "pyproject.toml"]
    for name in (*names, "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    for name in ("deploy", "search", "studyhall", "trainer", "studies"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "studies" / "evening.toml").write_text(STUDY)
    (folder / "short-lease.yml").write_text(SHORT_LEASE)
    (folder / "models").mkdir()
    if os.geteuid() == 0:
        os.chown(folder / "models", 1001, 1001)  # the clone of somebody who is not user 1000
    (folder / "secrets" / "database").mkdir(parents=True)
    (folder / "secrets" / "database" / "password").write_text(DATABASE_PASSWORD + "\n")
    draw_competition(folder / "data", people=40, eval_people=4)


@pytest.fixture(scope="module")
def service(tmp_path_factory, request):
    if "STUDYHALL_COMPOSE" not in os.environ:
        pytest.skip("`make test-compose` runs this")
    if not answers("docker", "info"):
        pytest.skip("no Docker engine answers (DOCKER_HOST names another one)")
    if compose_command() is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is here")
    options = os.environ.get("STUDYHALL_BUILD", "")
    if line := mistake(options):
        pytest.exit(line, returncode=2)
    command = ("docker", "build", "--quiet", "--tag", IMAGE, "--build-arg", f"COMMIT={COMMIT}", *shlex.split(options))
    request.config.pluginmanager.register(Watch(ROOT))
    folder = tmp_path_factory.mktemp("clone")
    write_clone(folder)
    for build in ("first build", "build after a change of code"):
        started = time.monotonic()
        output(*command, str(folder))
        print(f"\n{build}: {time.monotonic() - started:.1f} s", end="")
        with (folder / "search" / "__init__.py").open("a") as file:
            file.write(f"# {folder.name}\n")
    size = json.loads(output("docker", "inspect", IMAGE))[0]["Size"]
    print(f"\nimage: {size / 1e9:.2f} GB")
    service = Service(folder)
    try:
        yield service
    finally:
        service.down()


def test_the_image_names_its_version_and_commit(service):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for program in ("search", "finalize", "predict", "studyhall"):
        assert output("docker", "run", "--rm", IMAGE, program, "--version") == f"studyhall {version} ({COMMIT})\n"
    labels = json.loads(output("docker", "inspect", IMAGE))[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == COMMIT
    assert f"COMMIT: {COMMIT}" in service.compose("config")  # so `docker compose build` hands it over as well


def test_one_command_brings_everything_up(service):
    started = time.monotonic()
    service.compose("up", "-d", "--scale", "workers=2", "workers")
    print(f"\nup after {time.monotonic() - started:.1f} s", end="")
    until("an epoch", 300, lambda: re.search(r"epoch 1/", service.logs("workers")))
    print(f", first epoch after {time.monotonic() - started:.1f} s")
    until("trials in both workers", 120, lambda: len(service.working()) == 2)
    assert service.state(service.containers("init")[0])["ExitCode"] == 0


def test_the_door_lets_nobody_in_without_the_password(service):
    until("an open door", 120, lambda: service.door("/")[0] == 401)
    password = service.password()
    assert len(password) >= 30
    calls = [
        ("GET", "/dashboard", None),
        ("GET", "/api/studies", None),
        ("DELETE", "/api/studies/1", None),
        ("POST", "/api/trials/1/tell", b'{"state": "Fail"}'),
        ("GET", "/artifacts/1/1/whatever", None),
        ("GET", "/tensorboard/", None),
    ]
    for method, path, body in calls:
        assert service.door(path, method=method, body=body)[0] == 401, path
        assert service.door(path, "studyhall", password + "x", method, body)[0] == 401, path
        assert service.door(path, "admin", password, method, body)[0] == 401, path
    until("a dashboard", 120, lambda: service.door("/dashboard", "studyhall", password)[0] == 200)
    code, body = service.door("/api/studies", "studyhall", password)
    assert code == 200
    assert [study["study_name"] for study in json.loads(body)["study_summaries"]] == ["evening"]


def test_a_worker_that_is_killed_leaves_its_trial_to_the_other(service):
    host, trial = until("a trial under way", 120, lambda: next(iter(service.working().items()), None))
    container = next(each for each in service.containers("workers") if each.startswith(host))
    output("docker", "kill", "--signal", "KILL", container)
    done = until(
        "the end of its trial",
        180,
        lambda: [
            each for each in service.trials() if each["number"] == trial and each["state"] in ("COMPLETE", "PRUNED")
        ],
    )
    assert int(done[0]["attempt"]) > 1


def test_a_worker_that_is_stopped_hands_its_trial_back(service):
    service.compose("up", "-d", "--scale", "workers=2", "workers")
    host = until("a trial under way", 180, lambda: next(iter(service.working()), None))
    container = next(each for each in service.containers("workers") if each.startswith(host))
    started = time.monotonic()
    output("docker", "stop", "--time", "45", container)
    assert service.state(container)["ExitCode"] == 0
    assert "its trial was handed back" in output("docker", "logs", container)
    print(f"\nstopped within {time.monotonic() - started:.1f} s")


def test_the_database_may_restart(service):
    service.compose("up", "-d", "--scale", "workers=2", "workers")
    hosts = until("trials under way", 180, service.working)
    # One that is only starting may end, and is started again.
    working = [each for each in service.containers("workers") if each.startswith(tuple(hosts))]
    before = [service.state(each)["StartedAt"] for each in working]
    service.compose("restart", "postgres")
    until("all trials", 600, lambda: service.status()["finished"] == TRIALS)
    assert [service.state(each)["StartedAt"] for each in working] == before


def test_nothing_was_lost(service):
    trials = [each for each in service.trials() if each["state"] in ("COMPLETE", "PRUNED")]
    assert len(trials) == TRIALS == len(service.trials())
    for trial in trials:
        assert trial["steps"] == list(range(1, len(trial["steps"]) + 1)), trial
        assert trial["state"] == "PRUNED" or len(trial["steps"]) == EPOCHS, trial
    for container in service.containers("workers"):
        state = until("an end", 60, lambda each=container: (s := service.state(each))["Running"] or s)
        assert state is True or state["ExitCode"] == 0


@contextlib.contextmanager
def typed_password(service):
    """The door with the password typed in, which a browser without a head cannot do."""
    password = service.password()

    class Typed(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = service.ask(self.path, "studyhall", password)
            self.send_response(status)
            self.send_header("Content-Type", headers["Content-Type"])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Typed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_browser_shows_the_study(service, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is here")
    with typed_password(service) as url:
        page = output(
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            f"--user-data-dir={tmp_path}", "--virtual-time-budget=15000", "--dump-dom", f"{url}/dashboard",
        )  # fmt: skip
    assert "evening" in page


def test_pictures_of_trials_come_through_the_door(service):
    password = service.password()
    _, body = service.door("/api/studies/1?after=0", "studyhall", password)
    pictured = [trial for trial in json.loads(body)["trials"] if trial["artifacts"]]
    assert len(pictured) == TRIALS
    artifact = pictured[0]["artifacts"][0]["artifact_id"]
    code, picture = service.door(f"/artifacts/1/{pictured[0]['trial_id']}/{artifact}", "studyhall", password)
    assert code == 200
    assert picture.startswith(b"\x89PNG")


def test_finalize_leaves_the_model_on_the_host(service):
    service.compose("run", "--rm", "finalize", "--study", "evening")
    folder = service.folder / "models" / "evening" / "latest"
    info = read_info(folder)
    assert info.origin["study"] == "evening"
    assert COMMIT in info.packages["studyhall"]
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.iterdir())
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json", ".md", ".html", ".onnx"}


def test_tensorboard_is_behind_the_door(service):
    service.compose("--profile", "tensorboard", "up", "-d", "tensorboard")
    password = service.password()
    until("TensorBoard", 120, lambda: service.door("/tensorboard/", "studyhall", password)[0] == 200)
    _, runs = service.door("/tensorboard/data/runs", "studyhall", password)
    assert "evening" in runs.decode()


def test_the_database_is_reachable_only_from_its_own_network(service):
    described = json.loads(output("docker", "inspect", service.containers("postgres")[0]))[0]
    assert not any(described["NetworkSettings"]["Ports"].values())
    assert not described["HostConfig"]["PortBindings"]
    knock = "import socket; socket.create_connection(('postgres', 5432), timeout=5)"
    for network, code in (("web", 1), ("database", 0)):
        done = subprocess.run(
            ["docker", "run", "--rm", "--network", f"{service.project}_{network}", IMAGE, "python", "-c", knock],
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr


def test_no_secret_shows_anywhere(service):
    secrets = (DATABASE_PASSWORD, "a%40b%3Ac", service.password())
    containers = output(
        "docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={service.project}"
    ).split()
    assert len(containers) >= 7
    places = {
        "image": output("docker", "inspect", IMAGE),
        "layers": output("docker", "history", "--no-trunc", IMAGE),
        "containers": output("docker", "inspect", *containers),
        "logs": service.logs(),
        "processes": "".join(
            output("docker", "top", each, "-eo", "pid,args") for each in containers if service.state(each)["Running"]
        ),
    }
    for place, text in places.items():
        assert text, place
        for secret in secrets:
            assert secret not in text, place
            assert json.dumps(secret)[1:-1] not in text, place


def test_containers_run_with_little_power(service):
    """Nobody but PostgreSQL starts as root, nothing writes outside its volumes, and the image holds no compiler."""
    for name in ("workers", "dashboard", "door", "postgres"):
        described = json.loads(output("docker", "inspect", service.containers(name)[0]))[0]
        host = described["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["LogConfig"]["Config"]["max-size"], name
        assert described["Config"]["User"] not in (("", "root", "0") if name != "postgres" else ()), name
    image = json.loads(output("docker", "inspect", IMAGE))[0]["Config"]
    assert image["User"] == "studyhall"
    assert image["StopSignal"] == "SIGTERM"
    assert image["Healthcheck"]
    assert image["Labels"]["org.opencontainers.image.title"] == "studyhall"
    added = "for each in gcc cc g++ clang; do command -v $each; done; true"
    base = output("docker", "run", "--rm", "python:3.11-slim", "sh", "-c", added)
    assert output("docker", "run", "--rm", IMAGE, "sh", "-c", added) == base


def test_the_password_can_be_changed(service):
    old, new = service.password(), "n€w: pässword@/%#"
    command = [*compose_command(), "run", "--rm", "-T", "prepare", "sh", "-c"]
    write = "cat > /secrets/door/password && sh /prepare.sh"
    for text, code in (("two\nlines", 2), (" \n", 2), ("x" * 73, 2), (new + "\n", 0)):
        run = {"input": text, "cwd": service.folder, "env": service.env}
        done = subprocess.run([*command, write], capture_output=True, text=True, check=False, **run)
        assert done.returncode == code, done.stderr
        assert not text.strip() or text.strip() not in done.stdout + done.stderr
    service.compose("up", "-d", "--no-deps", "--force-recreate", "door")
    until("an open door", 60, lambda: answers_at(service, new) == 200)
    assert answers_at(service, old) == 401


def answers_at(service, password):
    with contextlib.suppress(OSError):
        return service.door("/dashboard", "studyhall", password)[0]


def test_https_at_the_door(service):
    service.env["DOOR_SITE"] = "localhost"  # Caddy signs its certificate itself
    service.compose("up", "-d", "--no-deps", "door")
    anybody = ssl._create_unverified_context()

    def status():
        try:
            with urllib.request.urlopen(f"https://localhost:{service.port}/dashboard", context=anybody, timeout=10):
                return 200
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    until("HTTPS", 60, lambda: status() == 401)


def test_it_goes_without_leftovers(service):
    service.down()
    for kind in (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q")):
        left = output("docker", *kind, "--filter", f"label=com.docker.compose.project={service.project}")
        assert not left.strip(), kind
