"""What `make test-compose` says before it builds, where an index or a registry does not answer."""

import socket
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.support import reachable
from tests.support.reachable import build_options, mistake, unreachable


@pytest.fixture
def closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/whl/"


@pytest.fixture
def silent():
    """Connections are taken, and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/whl/"


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(403)

    def log_message(self, *_):
        pass


@pytest.fixture
def open_index():
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/whl/"
        server.shutdown()


def test_what_answers_is_reachable_whatever_it_says(open_index):
    assert unreachable([open_index]) == {}


def test_a_closed_port_and_one_that_never_answers(closed, silent, open_index):
    started = time.monotonic()
    found = unreachable([closed, open_index, silent], seconds=0.5)
    assert time.monotonic() - started < 60
    assert found.keys() == {closed, silent}
    assert "refused" in found[closed]


def test_a_proxy_may_be_the_only_way(closed, open_index):
    assert unreachable([closed], [{}, {"http": open_index}]) == {}
    assert unreachable([open_index], [{"http": closed}, {}]) == {}


@pytest.fixture
def engine(monkeypatch, open_index):
    """An engine that has the images, one of whose pip has an index of its own."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)

    def docker(*arguments):
        return f"global.extra-index-url='x'\nglobal.index-url='{open_index}'\n" if arguments[0] == "run" else ""

    monkeypatch.setattr(reachable, "docker", docker)


def test_the_line_names_index_rule_and_fix(engine, closed):
    line = mistake(f"--network host --build-arg TORCH_INDEX={closed}")
    assert line.startswith(f"TORCH_INDEX {closed} cannot be reached (")
    assert "refused" in line
    assert line.endswith("make test-compose BUILD='--build-arg TORCH_INDEX=...'")
    assert "\n" not in line


def test_a_build_that_may_work_is_let_through(engine, open_index, closed):
    assert mistake(f"--network=host --build-arg TORCH_INDEX={open_index}") is None
    assert mistake(f"--build-arg TORCH_INDEX={closed}") is None  # the container's own loopback
    assert mistake("--add-host wheels:10.0.0.5 --build-arg TORCH_INDEX=http://wheels/whl") is None
    assert mistake("--build-arg TORCH_INDEX=http://host.docker.internal:3000/whl") is None


def test_an_engine_elsewhere_is_not_judged_by_this_machine(engine, closed, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder")
    assert mistake(f"--network host --build-arg TORCH_INDEX={closed}") is None


def test_an_image_that_is_not_here_needs_its_registry(engine, open_index, closed, monkeypatch):
    has_pip = reachable.docker
    missing = "caddy:2"
    monkeypatch.setattr(reachable, "docker", lambda *words: None if missing in words else has_pip(*words))
    monkeypatch.setattr(reachable, "REGISTRY", closed)
    line = mistake(f"--network host --build-arg TORCH_INDEX={open_index}")
    assert line.startswith(f"the images' registry {closed} cannot be reached")
    assert "docker load caddy:2" in line


def test_build_options_are_those_of_the_dockerfile_unless_given():
    arguments, network, _ = build_options("")
    assert arguments["TORCH_INDEX"].startswith("https://")
    assert network == "default"
    arguments, _, hosts = build_options("--no-cache --build-arg=PYTHON=3.12 --add-host=a:1.2.3.4 --build-arg NOTHING")
    assert arguments["PYTHON"] == "3.12"
    assert hosts == {"a"}
