"""PgBouncer in transaction mode between many workers and two connections of PostgreSQL."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from search.config.load import load_spec
from search.database import schema
from search.database.connection import open_storage
from search.database.lease import Lease, Leases, NoTrial
from search.database.optuna_internals import study_id
from search.worker.trial_runner import run_trial
from tests.support.postgres import PGBOUNCER
from tests.support.studies import FINISHED, StudyFixture, scripted
from tests.support.tiny import write_study
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")

INI = """
[databases]
* = host={socket} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture
def bouncer_url(storage_url):
    server = sa.make_url(storage_url)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="sh-bouncer-"))
    target = Path(server.query["host"])
    owner = target.owner()
    # It refuses to run as root, and the server knows its own user by its name.
    as_owner = {"user": owner, "group": target.group(), "extra_groups": []} if os.geteuid() == 0 else {}
    if as_owner:
        shutil.chown(folder, owner)
    (folder / "ini").write_text(INI.format(socket=target, user=server.username, port=port, folder=folder))
    process = subprocess.Popen([PGBOUNCER, "-q", folder / "ini"], stderr=subprocess.DEVNULL, **as_owner)
    try:
        yield server.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.fixture
def workshop(storage_url, bouncer_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=5, trials=24, pruner="hyperband")))
    until(lambda: answers(sa.make_url(bouncer_url).port))
    with open_storage(storage_url):
        pass  # Optuna's tables are made straight on the server: that takes more than one connection
    with open_storage(bouncer_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


def test_eight_workers_over_two_connections(workshop, bouncer_url):
    with workshop.storage.engine.begin() as connection:
        schema.set_budget(connection, study_id(workshop.study), 24, None, 5)

    def work(number):
        with open_storage(bouncer_url) as storage:
            context = workshop.context(scripted(f1=number / 100), storage=storage)
            leases = Leases(context.study, worker=f"w{number}", device="cpu")
            while (claim := leases.claim(uuid.uuid4().hex)) is not NoTrial.SPENT:
                if isinstance(claim, Lease):
                    assert run_trial(context, claim)[1].kind in ("complete", "pruned")
                else:
                    time.sleep(0.05)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    trials = workshop.trials
    assert [trial.number for trial in trials] == list(range(24))
    assert all(trial.state in FINISHED for trial in trials)
    for trial in trials:
        assert list(trial.intermediate_values) == list(range(1, len(trial.intermediate_values) + 1))
