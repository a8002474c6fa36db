"""``search dashboard`` as people start it: a real process, real HTTP, a real browser, and who is kept out."""

import base64
import concurrent.futures
import dataclasses
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import optuna
import psutil
import psycopg
import pytest
import sqlalchemy

from search.cli.dashboard import dashboard
from search.config.load import load_spec
from search.dashboard.server import application
from search.database.connection import open_storage
from search.database.optuna_internals import study_id, trial_id
from search.stores.artifacts import Artifacts
from search.stores.folder import FolderStore
from search.worker.trial_artifacts import ArtifactWriter
from tests.support import forked_python
from tests.support.data_sets import make_data
from tests.support.markdown import EVIL
from tests.support.processes import MAINS
from tests.support.proxy import Proxy
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from tests.support.waiting import PATIENCE, until
from trainer.errors import UserError

PASSWORD = "p@ss:w/%#rd ü"
CHROMIUM = shutil.which("chromium")


class Shown:
    """A study with one finished trial, its pictures, and dashboards of it."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.env = {**os.environ, "STUDY_HOME": str(folder / ".studies"), "STUDY_STORAGE": url, "COLUMNS": "300"}
        for name in ("STUDY_ARTIFACTS", "STUDY_DASHBOARD_PASSWORD_FILE"):
            self.env.pop(name, None)
        self.store = FolderStore(folder / ".studies" / "artifacts")
        spec = load_spec(str(write_study(folder, folder, epochs=2)))
        with open_storage(url) as storage:
            workshop = StudyFixture(
                storage, spec, folder, data=dataclasses.replace(make_data(), classes=tuple(EVIL[:3]))
            )
            workshop.artifact_writer = ArtifactWriter(Artifacts(self.store), lambda: False, lambda line: None)
            workshop.run(workshop.claim(), scripted())
            (self.trial,) = workshop.trials
            self.study_id = study_id(workshop.study)
        (self.password_file).write_text(f"{PASSWORD}\n", encoding="utf-8")

    @property
    def password_file(self):
        return self.folder / "password"

    @property
    def artifacts(self):
        return [key.removeprefix("artifacts:") for key in self.trial.system_attrs if key.startswith("artifacts:")]

    def refused(self, *arguments):
        done = forked_python.run(MAINS["search"], "dashboard", *arguments, env=self.env)
        assert done.returncode == 2, done.stdout + done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        return done.stderr


class Server:
    """A running dashboard."""

    def __init__(self, process, log):
        self.process = process
        self.log = log
        until(lambda: self.address or process.poll() is not None)
        assert self.address, self.output
        self.name, self.port, self.page = self.address[1], int(self.address[2]), self.address[3]

    @property
    def address(self):
        return re.search(r"dashboard: http://([^\s/]+):(\d+)(/\S*)", self.output)

    @property
    def output(self):
        return self.log.read_text()

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers and body of the answer to a request, whose path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given["Content-Type"] = "application/json"
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.putrequest(method, path, skip_host="Host" in given, skip_accept_encoding=True)
        for name, value in ({"Accept-Encoding": "gzip", "Content-Length": str(len(sent or b""))} | given).items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def shown(tmp_path, storage_url):
    return Shown(tmp_path, storage_url)


@pytest.fixture
def start(shown):
    running = []

    def start(*arguments, **environment):
        log = shown.folder / f"dashboard-{len(running)}.log"
        with log.open("w") as output:
            files = {"stdout": output.fileno(), "stderr": output.fileno()}
            command = (MAINS["search"], "dashboard", "--port", 0, *arguments)
            process = forked_python.start(*command, env={**shown.env, **environment}, **files)
        running.append(process)
        return Server(process, log)

    yield start
    for process in running:
        process.kill()
        process.wait()


def basic(password=PASSWORD, user="studyhall"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_the_page_the_list_and_the_pictures(shown, start):
    server = start("--study", "tiny")
    assert server.page == f"/dashboard/studies/{shown.study_id}"
    status, _, page = server.ask(server.page)
    assert status == 200
    assert b"Optuna Dashboard" in page
    status, headers, script = server.ask("/static/bundle.js")
    assert status == 200
    assert len(script) > 100_000
    studies = json.loads(server.ask("/api/studies")[2])["study_summaries"]
    assert [study["study_name"] for study in studies] == ["tiny"]
    detail = json.loads(server.ask(f"/api/studies/{shown.study_id}")[2])
    assert detail["objective_names"] == ["macro-F1"]
    assert "How to read this page" in detail["note"]["body"]
    (trial,) = detail["trials"]
    assert "macro-F1" in trial["note"]["body"]
    assert len(trial["artifacts"]) == 2
    for artifact in trial["artifacts"]:
        path = f"/artifacts/{shown.study_id}/{trial['trial_id']}/{artifact['artifact_id']}"
        assert path in trial["note"]["body"]
        status, headers, content = server.ask(path)
        assert (status, headers["Content-Type"]) == (200, "image/png")
        assert content == shown.store.read(artifact["artifact_id"])
        assert headers["Content-Security-Policy"] == "sandbox"
        assert "Access-Control-Allow-Origin" not in headers
    assert server.stop() == 0
    assert "Traceback" not in server.output


def test_no_path_leaves_the_folder(shown, start):
    (shown.folder / ".studies" / "secret").write_text("not yours")
    server = start()
    (trial,) = json.loads(server.ask(f"/api/studies/{shown.study_id}")[2])["trials"]
    where = f"/artifacts/{shown.study_id}/{trial['trial_id']}"
    for name in (
        "../secret",
        "../../secret",
        "%2e%2e%2fsecret",
        "..%2fsecret",
        "%2e%2e/secret",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "0b5ad3c1-9a5b-4c0f-8f46-2f1f3f3b9a01",
        f"{shown.artifacts[0]}/../../secret",
        f"{shown.artifacts[0]}%00",
        shown.artifacts[0].upper(),
    ):
        status, _, content = server.ask(f"{where}/{name}")
        assert status == 404, name
        assert b"not yours" not in content
        assert b"root:" not in content
    for static in ("/static/../index.html", "/static/..%2f_app.py", "/static/%2e%2e/_app.py"):
        assert server.ask(static)[0] in (403, 404)
    # What others put into the database is no way out either.
    with open_storage(shown.url) as storage:
        study = optuna.load_study(study_name="tiny", storage=storage)
        meta = {"artifact_id": "abc-def", "filename": "x", "mimetype": "image/png", "encoding": None}
        storage.set_study_system_attr(study_id(study), "artifacts:abc-def", json.dumps(meta))
    (shown.folder / ".studies" / "artifacts" / "abc-def").write_text("not yours")
    status, _, content = server.ask(f"/artifacts/{shown.study_id}/abc-def")
    assert (status, b"not yours" in content) == (404, False)


CALLS = [
    ("GET", "/"),
    ("GET", "/dashboard"),
    ("GET", "/static/bundle.js"),
    ("GET", "/api/studies"),
    ("GET", "/nothing/there"),
    ("POST", "/api/studies"),
    ("DELETE", "/api/studies/1"),
    ("POST", "/api/studies/1/rename"),
    ("PUT", "/api/studies/1/note"),
    ("POST", "/api/trials/1/tell"),
    ("POST", "/api/trials/1/user-attrs"),
    ("POST", "/incompatible-rdb-schema"),
    ("POST", "/api/artifacts/1"),
]


def test_without_the_password_nothing_answers(shown, start):
    server = start("--password-file", shown.password_file)
    calls = [*CALLS, ("DELETE", f"/api/studies/{shown.study_id}"), ("GET", f"/artifacts/1/1/{shown.artifacts[0]}")]
    wrong = [
        {},
        basic("wrong"),
        basic(""),
        basic(user="admin"),
        basic(PASSWORD + "x"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": basic()["Authorization"].replace("Basic", "Bearer")},
    ]
    for method, path in calls:
        for headers in wrong if path == "/api/studies" else wrong[:2]:
            status, given, content = server.ask(path, method, {} if method != "GET" else None, **headers)
            assert status == 401, (method, path, headers)
            assert given["WWW-Authenticate"].startswith("Basic ")
            assert b"tiny" not in content
    assert server.ask("/api/studies", **basic())[0] == 200
    assert server.ask(f"/artifacts/{shown.study_id}/{trial_id(shown.trial)}/{shown.artifacts[0]}", **basic())[0] == 200
    assert server.ask("/healthz")[0] == 200
    assert server.ask("/healthz", "POST", {})[0] == 401
    told = {"state": "Fail"}
    assert server.ask(f"/api/trials/{trial_id(shown.trial)}/tell", "POST", told, **basic())[0] != 401
    with open_storage(shown.url) as storage:
        assert optuna.get_all_study_names(storage) == ["tiny"]
    arguments = " ".join(psutil.Process(server.process.pid).cmdline())
    assert PASSWORD not in server.output + arguments
    assert shown.url not in server.output + arguments


def test_the_password_may_come_from_the_environment_and_the_user_be_another(shown, start):
    server = start("--user", "team", STUDY_DASHBOARD_PASSWORD_FILE=str(shown.password_file))
    assert server.ask("/api/studies")[0] == 401
    assert server.ask("/api/studies", **basic())[0] == 401
    assert server.ask("/api/studies", **basic(user="team"))[0] == 200


def test_a_page_on_the_web_changes_nothing_here(shown, start):
    server = start()
    study = f"/api/studies/{shown.study_id}"
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.1.2.3"):
        assert server.ask("/api/studies", Host=host)[0] == 403, host
        assert server.ask(study, "DELETE", {}, Host=host)[0] == 403, host
    here = f"localhost:{server.port}"
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        assert server.ask(study, "DELETE", {}, Host=here, **headers)[0] == 403, headers
        assert server.ask("/api/studies", "POST", {"study_name": "x"}, Host=here, **headers)[0] == 403, headers
    for host in (here, f"127.0.0.1:{server.port}", f"[::1]:{server.port}", "team.localhost"):
        assert server.ask("/api/studies", Host=host)[0] == 200, host
    note = {"version": 2, "body": "by hand"}
    assert server.ask(f"{study}/note", "PUT", note, Host=here, Origin=f"http://{here}")[0] == 204


def test_a_broken_host_or_origin_is_refused(shown, start):
    server = start()
    for host in ("[", "[::1", "[x]", "localhost]"):
        assert server.ask("/api/studies", Host=host)[0] == 403, host
    here = f"localhost:{server.port}"
    assert server.ask("/api/studies", "POST", {"study_name": "x"}, Host=here, Origin="http://[")[0] == 403
    assert "Traceback" not in server.output


def test_what_it_cannot_answer_is_a_line(shown, start):
    server = start()
    before = len(server.output.splitlines())
    status, headers, script = server.ask("/static/bundle.js", Accept_Encoding=None)
    assert (status, headers["Content-Encoding"]) == (200, None)
    assert len(script) > 100_000
    assert server.ask("/favicon.ico", Accept_Encoding=None)[0] == 200
    assert len(server.output.splitlines()) == before
    study = f"/api/studies/{shown.study_id}"
    for method, path, body in (
        ("DELETE", "/api/studies/999999", {}),
        ("POST", "/api/studies/999999/rename", {"study_name": "x"}),
        ("PUT", f"{study}/note", b"{"),
        ("POST", "/api/studies", b"{"),
        ("POST", f"/api/artifacts/{shown.study_id}/999999", {"file": "x"}),
        ("POST", "/api/trials/999999/tell", {"state": "Fail"}),
        ("GET", "/artifacts/999999/abc", None),
        ("GET", "/csv/999999", None),
    ):
        assert server.ask(path, method, body)[0] in (400, 404, 500), (method, path)
    assert "Traceback" not in server.output
    assert 'File "' not in server.output
    assert server.ask("/api/studies")[0] == 200


def test_an_error_that_nobody_foresaw_is_a_line(monkeypatch, caplog):
    class Broken:
        def __call__(self, environ, start_response):
            raise KeyError(f"no {environ['HTTP_ACCEPT_ENCODING']!r}\nhere")

    monkeypatch.setattr("optuna_dashboard.wsgi", lambda *_, **__: Broken())
    said = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/a\nb"}
    body = application(None, None)(environ, lambda status, headers, exc_info=None: said.append(status))
    assert (said, body) == (["500 Internal Server Error"], [b"the dashboard cannot answer this request\n"])
    (record,) = caplog.records
    assert "KeyError" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert record.exc_info is None


def test_with_a_password_the_browser_is_not_used_against_it_either(shown, start):
    server = start("--password-file", shown.password_file)
    study = f"/api/studies/{shown.study_id}"
    assert server.ask(study, "DELETE", {}, Host="x.example", Origin="http://evil.example", **basic())[0] == 403
    note = {"version": 2, "body": "by hand"}
    answer = server.ask(f"{study}/note", "PUT", note, Host="x.example:8443", Origin="https://x.example:8443", **basic())
    assert answer[0] == 204


def mistake(shown, **options):
    """What the command says to options that cannot be; here rather than in a process, which takes seconds to start."""
    with pytest.raises(UserError) as caught:
        dashboard(**{"port": 0, "storage": shown.url, "artifacts": str(shown.folder / "artifacts"), **options})
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_mistakes_are_one_line(shown, monkeypatch):
    monkeypatch.setenv("STUDY_HOME", str(shown.folder))
    monkeypatch.delenv("STUDY_DASHBOARD_PASSWORD_FILE", raising=False)
    for host in ("0.0.0.0", "::"):
        assert "whoever does may delete studies" in mistake(shown, host=host)
    assert "no name or address" in mistake(shown, host="no.such.host.invalid")
    for host in ("", "a" * 70):
        assert "no name or address" in mistake(shown, host=host)
    assert "no address of this machine" in mistake(shown, host="192.0.2.1", insecure=True)
    (shown.folder / "empty").write_text("\n")
    assert "must hold one line" in mistake(shown, password_file=shown.folder / "empty")
    assert "cannot be read" in mistake(shown, password_file=shown.folder / "missing")
    assert "without a colon" in mistake(shown, password_file=shown.password_file, user="a:b")
    assert "does not exist in this storage; there are tiny" in mistake(shown, study="tinny")
    (shown.folder / "file").touch()
    assert "it is a file" in mistake(shown, artifacts=str(shown.folder / "file"))


def test_a_port_that_is_taken_ends_the_command_with_a_line(shown):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "another program listens there" in shown.refused("--port", taken.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(start, number):
    server = start()
    with socket.create_connection(("127.0.0.1", server.port)):  # a browser that keeps its connection
        assert server.stop(number) == 0
    assert "Traceback" not in server.output


def test_a_signal_is_not_lost_where_python_drops_exceptions(shown):
    """In the callback of a weak reference an exception is only printed, and a signal may arrive there."""
    code = (
        "import os, signal, sys, time, weakref\n"
        "from search.dashboard import server\n"
        "class Thing: pass\n"
        "thing = Thing()\n"
        "ended = weakref.ref(thing, lambda _: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(0.01)))\n"
        "loop = server._run\n"
        "def run(*words, **more):\n"
        "    globals().pop('thing')\n"
        "    loop(*words, **more)\n"
        "server._run = run\n"
        "from search.cli.main import main\n"
        "main()\n"
    )
    done = forked_python.run(code, "dashboard", "--port", 0, env=shown.env)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_address_for_all_wants_a_password_or_is_told_to_do_without(shown, start):
    for more in (["--password-file", shown.password_file], ["--insecure"]):
        server = start("--host", "0.0.0.0", *more)
        assert server.ask("/api/studies", Host="dashboard:8080", **basic())[0] == 200
        assert ("without TLS" in server.output) == (more != ["--insecure"])


def test_many_ask_at_once_and_two_connections_will_do(shown, start):
    server = start()
    paths = [
        "/dashboard",
        "/api/studies",
        f"/api/studies/{shown.study_id}",
        f"/api/studies/{shown.study_id}/param_importances",
    ]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: server.ask(paths[n % 3])[0], range(80)))
        plain = sqlalchemy.make_url(shown.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
    assert answers == [200] * 80
    assert count <= 2


def test_it_outlives_a_database_that_goes_away(shown, start):
    proxy = Proxy(shown.url)
    server = start(STUDY_STORAGE=proxy.url)
    assert server.ask("/api/studies")[0] == 200
    proxy.cut()
    assert server.ask("/dashboard")[0] == 503
    assert server.ask("/api/studies")[0] == 500
    assert server.ask("/healthz")[0] == 200
    assert server.ask("/static/bundle.js")[0] == 200
    proxy.mend()
    until(lambda: [server.ask(path)[0] for path in ("/dashboard", "/api/studies")] == [200, 200])
    assert server.process.poll() is None
    assert "Traceback" not in server.output
    assert server.stop() == 0
    proxy.close()


def test_deleting_a_study_takes_its_pictures_along(shown, start):
    server = start()
    assert len(shown.store.names("")) == 2
    assert server.ask(f"/api/studies/{shown.study_id}", "DELETE", {})[0] == 204
    assert shown.store.names("") == []


def test_the_embedded_database_stays_up_while_it_is_looked_at(home):
    env = {**os.environ, "COLUMNS": "300"}
    log = home / "log"
    with log.open("w") as output:
        files = {"stdout": output.fileno(), "stderr": output.fileno()}
        process = forked_python.start(MAINS["search"], "dashboard", "--port", 0, env=env, **files)
    try:
        server = Server(process, log)
        assert server.ask("/api/studies")[0] == 200
        assert server.stop() == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_shows_the_study_and_names_of_classes_are_text(shown, start):
    server = start()

    def dom(path):
        page = f"http://{server.name}:{server.port}{path}"
        with tempfile.TemporaryDirectory() as profile:
            flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            return subprocess.run(
                [CHROMIUM, *flags, f"--user-data-dir={profile}", "--virtual-time-budget=15000", "--dump-dom", page],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            ).stdout

    assert "tiny" in dom("/dashboard")
    trial = dom(f"/dashboard/studies/{shown.study_id}/trials?numbers=0")
    assert "&lt;img src=x onerror=alert(1)&gt;" in trial
    assert not re.search(r"<img[^>]*onerror|<script>alert|href=\"(javascript|https?://evil)", trial)
    for artifact in shown.artifacts:
        assert f'src="/artifacts/{shown.study_id}/{trial_id(shown.trial)}/{artifact}"' in trial
