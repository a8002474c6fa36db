"""A PostgreSQL with TLS and a password, which the embedded one has not, and where PgBouncer is."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa

from search.postgres.binaries import find_owner
from tests.support.leftovers import cleared_by
from tests.support.repository import ROOT

SCRIPT = ROOT / "deploy" / "certificates.sh"
PASSWORD = "s3cr:t/@%#{x}"
OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories="


def find_server():
    """The folder of a PostgreSQL with OpenSSL: Debian's package, or one on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = [Path(found).parent] if (found := shutil.which("postgres")) else []
    for folder in [*reversed(debian), *on_path]:
        config = folder / "pg_config"
        told = subprocess.run([config, "--configure"], capture_output=True, text=True) if config.exists() else None
        if told and ("openssl" in told.stdout) and (folder / "postgres").exists():
            return folder
    return None


SERVER = find_server()


def certify(folder, *hosts, **environment):
    """Run the script; the folder then holds ca.crt, server.crt and server.key."""
    environment = {**os.environ, "FOLDER": str(folder), **environment}
    return subprocess.run([SCRIPT, *hosts], check=True, env=environment, capture_output=True, text=True).stdout


class Server:
    """A PostgreSQL on 127.0.0.1 that lets the user studyhall in with a password, with or without TLS."""

    def __init__(self, folder):
        self.folder = folder
        user = find_owner() if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        os.chown(folder, user.pw_uid, user.pw_gid)
        self.uid, self.gid = user.pw_uid, user.pw_gid
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.put("password", PASSWORD)
        access = ["--auth-host=scram-sha-256", "--auth-local=reject", "--username=studyhall", "--pwfile=password"]
        self.call("initdb", "-D", "data", "--no-sync", "--encoding=UTF8", "--locale=C", *access)
        (folder / "data" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")

    @classmethod
    @contextlib.contextmanager
    def fresh(cls):
        """One in a folder of its own, which is removed afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="sh-tls-"))
        stop = 'kill -QUIT "$(head -n 1 "$0/data/postmaster.pid")"; rm -rf "$0"'
        with cleared_by("sh", "-c", stop, folder):
            try:
                yield cls(folder)
            finally:
                shutil.rmtree(folder)

    def put(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        os.chown(path, self.uid, self.gid)

    def call(self, program, *arguments):
        subprocess.run(
            [SERVER / program, *arguments],
            check=True,
            cwd=self.folder,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            **self.owner,
        )

    @contextlib.contextmanager
    def running(self, tls=None):
        """Start it, with the certificates of the folder ``tls`` if one is given; yields how to ask for a URL."""
        options = f"{OPTIONS} -p {self.port}"
        if tls is not None:
            for name in ("server.crt", "server.key"):
                self.put(name, (tls / name).read_bytes())
            options += " -c ssl=on" + "".join(
                f" -c ssl_{setting}_file={self.folder}/server.{ending}"
                for setting, ending in (("cert", "crt"), ("key", "key"))
            )
        self.call("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
        try:
            yield self.url
        finally:
            self.call("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def url(self, host="localhost", **query):
        return sa.URL.create("postgresql", "studyhall", PASSWORD, host, self.port, "postgres", query).render_as_string(
            hide_password=False
        )


PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
