"""TLS to PostgreSQL with the certificates of deploy/certificates.sh; the embedded one has none, so another starts."""

import os
import shutil
import subprocess

import pytest

from search.database.connection import open_storage
from search.errors import StorageError
from tests.support import forked_python
from tests.support.postgres import PASSWORD, SCRIPT, SERVER, Server, certify
from tests.support.processes import MAINS
from tests.support.tiny import write_images, write_study

pytestmark = [
    pytest.mark.skipif(SERVER is None, reason="no PostgreSQL with OpenSSL is installed (apt-get install postgresql)"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


@pytest.fixture(scope="module")
def server():
    with Server.fresh() as server:
        yield server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    certify(folder, "localhost", "127.0.0.1")
    return folder


def refusal(url):
    with pytest.raises(StorageError) as caught, open_storage(url):
        pass
    return str(caught.value)


def ssl_of_this_connection(url):
    with open_storage(url) as storage, storage.engine.connect() as connection:
        query = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        return tuple(connection.exec_driver_sql(query).one())


def test_a_study_is_searched_over_tls(server, certificates, tmp_path):
    """As on a second machine: no password on the command line or in the URL, the authority's file, nothing else."""
    write_study(tmp_path, write_images(tmp_path / "images"), trials=2)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    with server.running(certificates) as url:
        for host in ("localhost", "127.0.0.1"):
            encrypted = ssl_of_this_connection(url(host, sslmode="verify-full", sslrootcert=f"{certificates}/ca.crt"))
            assert encrypted == (True, "TLSv1.3")
        environment = {
            **os.environ,
            "STUDY_HOME": str(tmp_path / "home"),
            "STUDY_STORAGE": f"postgresql://studyhall@localhost:{server.port}/postgres?sslmode=verify-full&"
            f"sslrootcert={certificates}/ca.crt",
            "STUDY_STORAGE_PASSWORD_FILE": str(tmp_path / "password"),
            "STUDY_RESUME_POINTS": str(tmp_path / "points"),
        }
        done = forked_python.run(MAINS["search"], "work", "--study", "tiny", cwd=tmp_path, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert "2 of 2 trials are finished" in done.stdout


def test_who_is_not_the_server_is_refused(server, certificates, tmp_path):
    ca = str(certificates / "ca.crt")
    stranger = tmp_path / "stranger"
    certify(stranger, "localhost")
    with server.running(certificates) as url:
        said = refusal(url(sslmode="verify-full", sslrootcert=str(stranger / "ca.crt")))
        assert "certificate verify failed; name the ca.crt that signed" in said
        assert PASSWORD not in said
        said = refusal(url(sslmode="verify-full", sslrootcert="/nowhere/ca.crt"))
        assert '"/nowhere/ca.crt" does not exist' in said
        assert "sslrootcert=FILE" in said
        assert "set that option of the URL right" in refusal(url(sslmode="bogus"))
    renewed = tmp_path / "renewed"
    shutil.copytree(certificates, renewed)
    certify(renewed, "db.example.org")
    with server.running(renewed) as url:
        said = refusal(url(sslmode="verify-full", sslrootcert=ca))
        assert 'server certificate for "db.example.org" does not match host name "localhost"; use a name' in said
        # The authority is the one that machines know already.
        assert ssl_of_this_connection(url(sslmode="verify-ca", sslrootcert=ca)) == (True, "TLSv1.3")


def test_a_certificate_that_has_expired(server, certificates, tmp_path):
    shutil.copytree(certificates, tmp_path, dirs_exist_ok=True)
    certify(tmp_path, "localhost", DAYS="-1")
    with server.running(tmp_path) as url:
        said = refusal(url(sslmode="verify-full", sslrootcert=str(certificates / "ca.crt")))
        assert "certificate verify failed; name the ca.crt" in said
        assert "renew that if it expired" in said


def test_a_server_without_tls(server, certificates):
    with server.running() as url:
        assert ssl_of_this_connection(url()) == (False, None)
        assert "does not support SSL, but SSL was required; switch TLS on there" in refusal(url(sslmode="require"))


def test_a_server_that_takes_nobody_without_tls(server, certificates):
    rules = server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(before.replace("host ", "hostssl "))
    try:
        with server.running(certificates) as url:
            assert "no encryption; the server wants TLS: add ?sslmode=verify-full" in refusal(url(sslmode="disable"))
            assert ssl_of_this_connection(url()) == (True, "TLSv1.3")
    finally:
        rules.write_text(before)


def test_the_files_of_the_script(tmp_path):
    folder = tmp_path / "made for" / "tls"
    said = certify(folder, "db.example.org", "10.0.0.5", "fd00::5")
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {
        "ca.crt": "0o644",
        "ca.key": "0o600",
        "server.crt": "0o644",
        "server.key": "0o600",
    }
    assert f"sslmode=verify-full&sslrootcert={folder}/ca.crt" in said
    text = ["openssl", "x509", "-noout", "-ext", "subjectAltName,basicConstraints,extendedKeyUsage", "-in"]
    shown = subprocess.run([*text, folder / "server.crt"], check=True, capture_output=True, text=True).stdout
    assert "DNS:db.example.org, IP Address:10.0.0.5, IP Address:FD00:0:0:0:0:0:0:5" in shown
    assert "CA:FALSE" in shown
    assert "TLS Web Server Authentication" in shown
    authority = (folder / "ca.crt").read_bytes()
    certify(folder, "elsewhere.example.org")
    assert (folder / "ca.crt").read_bytes() == authority


@pytest.mark.parametrize("arguments", [[], ["a b"], ["--no-such"], ["good.example.org", "x,DNS:evil.example.org"]])
def test_what_the_script_refuses(tmp_path, arguments):
    environment = {**os.environ, "FOLDER": str(tmp_path / "tls")}
    done = subprocess.run([SCRIPT, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout + done.stderr
    assert not (tmp_path / "tls").exists()
