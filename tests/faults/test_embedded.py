import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from search.errors import StorageError
from search.postgres.binaries import make_folder
from search.postgres.cluster import LOG_LIMIT
from search.postgres.server import embedded_server, server_state, stop_server
from tests.support.repository import ROOT
from tests.support.waiting import PATIENCE, until

IS_ROOT = os.geteuid() == 0

# A user of its own: says so, and leaves when its input ends.
USER = """
import sys
from pathlib import Path
from search.postgres.server import embedded_server
with embedded_server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


class User:
    """Another process inside ``embedded_server``."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-W", "error", "-c", USER, str(home)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def url(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.leave()


@pytest.fixture
def home(ready_home: Path) -> Iterator[Path]:
    """Most tests do not mind that the server has run before."""
    yield ready_home
    stop_server(ready_home, force=True)


@pytest.fixture
def start_user(home: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def start() -> User:
        users.append(User(home))
        return users[-1]

    yield start
    for user in users:
        user.kill()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(query).fetchone()[0]


def keep_seven(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")


def test_the_last_one_to_leave_stops_it_and_the_data_stay(home, start_user):
    with embedded_server(home) as url:
        pid = server_state(home).pid
        keep_seven(url)
        other = start_user()
        assert other.url() == url
        with embedded_server(home) as inner:
            assert inner == url
        assert server_state(home).users == tuple(sorted((os.getpid(), other.process.pid)))
    assert server_state(home).pid == pid
    assert server_state(home).users == (other.process.pid,)
    assert other.leave() == 0
    assert server_state(home).running is False
    with embedded_server(home) as url:
        assert ask(url, "SELECT n FROM kept") == 7
        assert server_state(home).pid != pid


def test_many_processes_and_threads_make_it_at_once_and_go(fresh_home):
    users = [User(fresh_home) for _ in range(3)]
    seen: set[str] = set()

    def come_and_go() -> None:
        for _ in range(5):
            with embedded_server(fresh_home) as url:
                seen.add(f"{ask(url, 'SELECT 1')} {url}")

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    urls = {user.url() for user in users}
    for user in users:
        assert user.leave() == 0
    for thread in threads:
        thread.join()
    assert {f"1 {url}" for url in urls} == seen
    assert len(seen) == 1
    assert server_state(fresh_home).running is False
    assert not list((server_state(fresh_home).data.parent / "users").iterdir())


def test_a_killed_user_is_forgotten(home, start_user):
    victim, survivor = start_user(), start_user()
    survivor.url(), victim.url()
    victim.kill()
    assert server_state(home).users == (survivor.process.pid,)
    survivor.leave()
    assert server_state(home).running is False


def test_the_server_of_a_killed_starter_is_found_and_stopped_by_the_next_one(home, start_user):
    starter = start_user()
    starter.url()
    starter.kill()
    left = server_state(home)
    assert left.running
    assert left.users == ()
    with embedded_server(home) as url:
        assert ask(url, "SELECT 1") == 1
        assert server_state(home).pid == left.pid
    assert server_state(home).running is False


def test_everything_is_killed_and_the_process_id_has_another_owner(home, start_user):
    starter = start_user()
    keep_seven(starter.url())
    state = server_state(home)
    starter.kill()
    os.kill(state.pid, signal.SIGKILL)
    until(lambda: not server_state(home).running)
    # As after a reboot: the number that was PostgreSQL's is that of any process of the same user.
    pid_file = state.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    with embedded_server(home) as url:
        assert ask(url, "SELECT n FROM kept") == 7


def test_a_crash_is_noticed_by_the_next_comer(home):
    with embedded_server(home) as url:
        keep_seven(url)
        pid = server_state(home).pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        with embedded_server(home) as again:
            assert ask(again, "SELECT n FROM kept") == 7


def test_a_socket_that_was_tidied_away_comes_back(home):
    with embedded_server(home) as url:
        for path in server_state(home).socket.iterdir():
            path.unlink()
        with embedded_server(home):
            assert ask(url, "SELECT 1") == 1


def test_ctrl_c_stops_the_starter_and_not_the_server(home, start_user):
    starter, other = start_user(), start_user()
    url = starter.url()
    other.url()
    pid = server_state(home).pid
    os.killpg(starter.process.pid, signal.SIGINT)  # as the terminal does it
    starter.process.wait(PATIENCE)
    assert server_state(home).pid == pid
    assert ask(url, "SELECT 1") == 1


def test_children_do_not_keep_it_alive(home):
    def forked() -> None:
        time.sleep(60)

    with embedded_server(home):
        fork = multiprocessing.get_context("fork").Process(target=forked)
        fork.start()
        program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        assert server_state(home).running is False
        assert fork.is_alive()
        assert program.poll() is None
    finally:
        fork.kill()
        fork.join()
        program.kill()
        program.wait()


def test_a_forked_child_outlives_its_killed_parent_without_counting(home, start_user):
    code = USER.replace(
        "    sys.stdin.read()", "    import os, time\n    if os.fork() == 0: time.sleep(60)\n    os.wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert parent.stdout.readline()
        until(lambda: len(psutil.Process(parent.pid).children()) == 1)
        child = psutil.Process(parent.pid).children()[0]
        assert server_state(home).users == (parent.pid,)
        parent.kill()
        parent.wait(PATIENCE)
        assert child.is_running()
        until(lambda: server_state(home).users == ())
        with embedded_server(home):
            pass
        assert server_state(home).running is False
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.stdout.close()


def test_looking_leaves_nothing_behind(fresh_home):
    assert server_state(fresh_home).running is False
    assert stop_server(fresh_home) is False
    assert not any(fresh_home.iterdir())
    assert not server_state(fresh_home).data.parent.exists()


def test_stopping_by_hand(home, start_user):
    user = start_user()
    user.url()
    with pytest.raises(StorageError, match=f"in use by process {user.process.pid}"):
        stop_server(home)
    assert server_state(home).running
    assert stop_server(home, force=True) is True
    assert server_state(home).running is False
    assert user.leave() == 0


def test_settings_that_matter(home):
    with embedded_server(home) as url:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "max_connections": "200",
        }
        assert {name: ask(url, f"SELECT current_setting('{name}')") for name in wanted} == wanted
        pid = server_state(home).pid
        assert psutil.Process(pid).username() == ("studyhall-db" if IS_ROOT else psutil.Process().username())
        assert os.getsid(pid) == pid
        assert ask(url, "SELECT lower('ÄÉ')") == "äé"


def test_nobody_else_may_connect(home):
    with embedded_server(home) as url:
        state = server_state(home)
        assert state.data.stat().st_mode & 0o077 == 0
        assert state.socket.stat().st_mode & 0o077 == 0
        assert ask(url, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'peer'") == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root can be somebody else")
def test_the_server_asks_the_kernel_who_is_calling(fresh_home):
    python = shutil.which("python3.11", path="/usr/bin:/usr/local/bin") or pytest.skip("no Python for others")
    with embedded_server(fresh_home) as url:
        state = server_state(fresh_home)
        # Were the folders open to all, it would still be nobody's.
        for path in (state.data.parent, state.socket, state.socket / ".s.PGSQL.5432"):
            path.chmod(0o777)
        code = f"import psycopg; psycopg.connect({url.replace('+psycopg', '')!r})"
        env = {"PYTHONPATH": str(Path(psycopg.__file__).parents[1])}
        command = [python, "-c", code]
        done = subprocess.run(
            command, user="nobody", group="nogroup", cwd="/", env=env, capture_output=True, text=True, check=False
        )
        if "ImportError" in done.stderr:
            pytest.skip(f"{python} cannot import psycopg as nobody")
        assert "Peer authentication failed" in done.stderr


@pytest.mark.skipif(IS_ROOT, reason="root's data are not in the home")
def test_an_ordinary_user_keeps_the_data_in_a_private_folder_of_the_home(fresh_home):
    fresh_home.chmod(0o755)
    with embedded_server(fresh_home):
        assert server_state(fresh_home).data == fresh_home / "postgres" / "data"
    assert (fresh_home / "postgres").stat().st_mode & 0o777 == 0o700
    assert fresh_home.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(IS_ROOT, reason="root's data are not in the home")
@pytest.mark.parametrize("name", ["x" * 120, "a b,'c\"$HOME`id`"])
def test_a_path_that_is_no_good_for_a_socket(fresh_home, name):
    with embedded_server(fresh_home / name) as url:
        state = server_state(fresh_home / name)
        assert state.socket.parent == Path("/tmp")
        assert state.socket.stat().st_mode & 0o777 == 0o700
        assert ask(url, "SELECT 1") == 1
    assert not state.socket.exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root needs another user")
def test_root_opens_nobodys_folders(fresh_home):
    private = fresh_home / "private"
    private.mkdir(0o700)
    with embedded_server(private / "home"):
        data = server_state(private / "home").data
    assert private.stat().st_mode & 0o777 == 0o700
    assert fresh_home.stat().st_mode & 0o777 == 0o700
    assert data.is_relative_to("/var/lib/studyhall")
    assert data.owner() == "studyhall-db"
    assert (private / "home" / "postgres").readlink() == data.parent
    shutil.rmtree(data.parent)
    with pytest.raises(StorageError, match="which is gone: bring it back"), embedded_server(private / "home"):
        pass


@pytest.mark.skipif(not IS_ROOT, reason="only root's data lie outside the home")
def test_a_home_that_was_deleted_begins_anew_for_root(fresh_home):
    folders = set()
    for _ in range(2):
        with embedded_server(fresh_home / "home"):
            folders.add(server_state(fresh_home / "home").data.parent)
        shutil.rmtree(fresh_home / "home")
    assert len(folders) == 2
    for folder in folders:
        shutil.rmtree(folder)


@pytest.mark.skipif(not IS_ROOT, reason="only root meets the data of others")
def test_root_does_not_begin_a_second_database_beside_that_of_a_user(fresh_home):
    (fresh_home / "postgres").mkdir()
    with pytest.raises(StorageError, match="ordinary user") as caught, embedded_server(fresh_home):
        pass
    (fresh_home / "postgres").rmdir()
    assert "STUDY_HOME" in str(caught.value)


def test_a_private_folder_is_refused_when_it_is_not_private(tmp_path):
    make_folder(tmp_path / "made", 0o700)
    make_folder(tmp_path / "made", 0o700)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "link").symlink_to(tmp_path / "made")
    (tmp_path / "file").touch()
    for name in ("open", "link", "file"):
        with pytest.raises(StorageError, match=name):
            make_folder(tmp_path / name, 0o700)
    if not IS_ROOT:
        with pytest.raises(StorageError, match="user id"):
            make_folder(Path("/usr"), 0o755)
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o755


def test_no_room_on_the_disk_is_one_clear_line(fresh_home):
    code = """
import resource, sys
from pathlib import Path
from search.postgres.server import embedded_server
from search.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    embedded_server(Path(sys.argv[1])).__enter__()
except StorageError as e:
    print(e)
"""
    command = [sys.executable, "-c", code, str(fresh_home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert "STUDY_STORAGE" in done.stdout
    assert done.stdout.count("\n") == 1
    with embedded_server(fresh_home) as url:  # nothing half made is in the way
        assert ask(url, "SELECT 1") == 1


def test_data_of_another_version_are_not_touched(home):
    with embedded_server(home):
        data = server_state(home).data
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(StorageError, match="of PostgreSQL 17 and this program brings 18"), embedded_server(home):
        pass
    (data / "PG_VERSION").write_text("18\n")
    assert server_state(home).users == ()


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_home_that_cannot_be_written(fresh_home):
    fresh_home.chmod(0o500)
    with pytest.raises(StorageError, match=r"Permission denied.*STUDY_HOME"), embedded_server(fresh_home):
        pass
    fresh_home.chmod(0o700)


def test_the_reason_of_a_failed_start_is_told(home):
    with embedded_server(home):
        data = server_state(home).data
    with (data / "postgresql.conf").open("a") as file:
        file.write("nonsense\n")
    with pytest.raises(StorageError, match="contains errors") as caught, embedded_server(home):
        pass
    assert "\n" not in str(caught.value)
    text = (data / "postgresql.conf").read_text()
    (data / "postgresql.conf").write_text(text.removesuffix("nonsense\n"))


def test_the_log_stays_small(home):
    with embedded_server(home):
        log = server_state(home).data.parent / "server.log"
        with log.open("a") as file:
            file.write("x" * 2 * LOG_LIMIT)
        with embedded_server(home):
            assert log.stat().st_size < LOG_LIMIT
