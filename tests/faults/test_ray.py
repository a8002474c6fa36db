"""Workers on a real Ray cluster of several nodes, which go away while they are at work."""

import contextlib
import importlib.util
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import kubernetes_validate
import psutil
import pytest
import sqlalchemy
import yaml

from tests.support.command_line import mistake
from tests.support.processes import Place, place  # noqa: F401 - a fixture
from tests.support.repository import ROOT
from tests.support.studies import FINISHED
from tests.support.tiny import write_study
from tests.support.waiting import PATIENCE, until
from trainer.errors import ConfigError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (the extra ray)"),
]


PASSWORD = "sword-and-fish"


class Nodes:
    """The nodes of a cluster, each with room for one worker."""

    def __init__(self, process):
        self._process = process
        self.address = self._answer("cluster")

    def add(self):
        self._order("add")
        return self._answer("node")[:8]

    def lose(self, node):
        self._order(f"lose {node}")
        self._answer("lost")

    def _order(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _answer(self, word):
        for line in self._process.stdout:  # among what Ray prints
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise AssertionError("the cluster ended")


@pytest.fixture(scope="module")
def folder():
    """Where Ray keeps its sessions; short, for its sockets."""
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def environment(folder):
    """The environment of all that knows Ray: nothing of this user's, nothing told to anybody."""
    return {**os.environ, "HOME": str(folder), "RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": str(folder)}


@pytest.fixture(scope="module")
def nodes(environment):
    command = [sys.executable, "-m", "tests.support.ray_nodes"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Nodes(process)
        finally:
            process.stdin.close()
            process.wait(timeout=PATIENCE)


@pytest.fixture
def site(place, environment):  # noqa: F811
    """A place whose commands find Ray as the cluster does, and whose database has a password."""
    url = sqlalchemy.make_url(place.url).set(password=PASSWORD).render_as_string(hide_password=False)
    site = Place(place.folder, url)
    return site.beside(**{name: environment[name] for name in ("HOME", "RAY_USAGE_STATS_ENABLED", "RAY_TMPDIR")})


def crews(folder):
    """The worker processes on the nodes, and those that start them, wherever their parents are."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "forkserver" in " ".join(process.cmdline()) and process.environ().get("HOME") == str(folder):
                found.append(process)
    return found


def command_lines():
    """Of all processes of the machine that are not ending just now."""
    lines = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()))
    return lines


def work(nodes, *more):
    return ("search", "work", "--study", "tiny", "--ray", nodes.address, "--devices", "cpu", *more)


def test_a_node_that_goes_loses_nothing(site, nodes, folder):
    write_study(site.folder, "images", trials=4, epochs=80)
    first, second = nodes.add(), nodes.add()
    with site.start(*work(nodes, "--workers", 2, "--lease", "5s")) as running:
        running.until(f"(node {first})")
        running.until(f"(node {second})")
        name = re.search(rf"(worker \d)  on \S+ \(node {second}\)", running.output)[1]
        until(lambda: re.search(rf"{name}  trial +\d+  epoch [2-9]/", running.output))
        number = int(re.findall(rf"{name}  trial +(\d+)  epoch", running.output)[-1])
        nodes.lose(second)
        running.until(f"{name}  lost with")
        running.until("1 of 2 workers wait until Ray finds room for them (1 CPU each)")
        third = nodes.add()
        until(lambda: re.search(rf"{name}  on \S+ \(node {third}\)", running.output))
        assert not any(PASSWORD in line for line in command_lines())
        output = running.end()
        assert running.process.returncode == 0, output
    assert "4 of 4 trials are finished" in output
    assert re.search(rf"worker \d  trial +{number} \(attempt 2, after epoch \d+\)", output)
    trials = site.trials()
    assert len(trials) == 4
    for trial in trials:
        assert trial.state in FINISHED
        assert list(trial.intermediate_values) == list(range(1, 81))
    logs = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in logs)
    assert not [path for path in logs if PASSWORD.encode() in path.read_bytes()]
    nodes.lose(first)
    nodes.lose(third)


def test_what_runs_on_the_nodes_ends_with_the_command(site, nodes, folder):
    write_study(site.folder, "images", trials=2, epochs=5000)
    node = nodes.add()
    with site.start(*work(nodes)) as running:
        running.until("epoch 2/")
        running.process.kill()
        until(lambda: not crews(folder))
    with site.start(*work(nodes), log="second.log") as running:
        running.until("trial   0 (attempt 2, after epoch")  # at once: it was handed back, its lease is free
        running.process.send_signal(signal.SIGTERM)
        output = running.end()
        assert running.process.returncode == 0, output
    assert "its trial was handed back" in output
    until(lambda: not crews(folder))
    (trial,) = site.trials()
    steps = list(trial.intermediate_values)
    assert steps == list(range(1, len(steps) + 1))
    nodes.lose(node)


def test_a_cluster_without_room_is_not_waited_for_in_vain(site, nodes):
    write_study(site.folder, "images")
    with site.start(*work(nodes, "--ray-cpus", 7, "--patience", "3s")) as running:
        output = running.end()
    assert running.process.returncode == 1, output
    assert "no node of the cluster can hold a worker (7 CPU); waiting 3 s for one" in output
    assert "Traceback" not in output


def test_mistakes_are_one_line(site):
    from search.launch.ray.cluster import connected

    def refused(address, url=site.url):
        with pytest.raises(ConfigError) as caught, connected(address, url):
            pass
        return str(caught.value)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{free.getsockname()[1]}"
        assert "does not answer" in refused(closed)
        write_study(site.folder, "images")
        output = site.run("search", "work", "--study", "tiny", "--ray", closed, "--storage", site.url, code=2)
    assert "set STUDY_STORAGE instead" in output
    assert PASSWORD not in output
    assert output.startswith("error: ")
    assert output.count("\n") == 1
    assert "ray job submit" in refused("ray://head:10001")
    assert "must be local, auto or HOST:PORT" in refused("head")
    assert "the embedded one goes with ray local" in refused(closed, url=None)


def test_the_manifest_of_kuberay_runs_a_command_that_exists_in_valid_pods():
    job, policy = yaml.safe_load_all((ROOT / "deploy" / "ray" / "rayjob.yaml").read_text())
    kubernetes_validate.validate(policy, "1.33", strict=True)
    assert mistake(shlex.split(job["spec"]["entrypoint"])) is None
    cluster = job["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "Pod", **group["template"]}
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        kubernetes_validate.validate(pod, "1.33", strict=True)
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        assert {mount["name"] for each in pod["spec"]["containers"] for mount in each["volumeMounts"]} == volumes
    assert cluster["rayVersion"] == version("ray")
