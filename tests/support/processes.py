"""Commands as users run them: processes of their own, in a folder with a database of its own."""

import contextlib
import os

import psutil
import pytest

from search.database.connection import open_storage
from search.study.study import load_study
from tests.support import forked_python
from tests.support.tiny import write_images
from tests.support.waiting import PATIENCE, until

MAINS = {
    "search": "from search.cli.main import main; main()",
    "finalize": "from search.cli.main import finalize_main; finalize_main()",
    "predict": "from trainer.cli import main; main()",
}


class Running:
    """A command in the background and what it has written."""

    def __init__(self, process, log):
        self.process = process
        self.log = log

    @property
    def output(self):
        return self.log.read_text()

    def until(self, text):
        def said():
            if text in self.output:
                return True
            assert self.process.poll() is None, self.output
            return False

        until(said)

    def end(self):
        self.process.wait(timeout=PATIENCE)
        return self.output

    def fork_server(self):
        """The process that the workers are forked from."""
        children = psutil.Process(self.process.pid).children()
        (fork_server,) = [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]
        return fork_server

    def workers(self):
        return self.fork_server().children()


class Place:
    """A folder that a user works in, with a database of its own."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.env = {**os.environ, "STUDY_HOME": str(folder / ".studies"), "STUDY_STORAGE": url, "COLUMNS": "200"}

    def run(self, name, *arguments, code=0, only_output=False):
        done = forked_python.run(MAINS[name], *arguments, cwd=self.folder, env=self.env)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if only_output else done.stdout + done.stderr

    def beside(self, **environment):
        """The same place as a machine sees it whose environment differs."""
        other = Place(self.folder, self.url)
        other.env = {**self.env, **environment}
        return other

    @contextlib.contextmanager
    def start(self, name, *arguments, log="output.log"):
        """A command in the background, as a Running; killed at the end if it still runs."""
        log = self.folder / log
        with log.open("w") as output:
            files = {"stdout": output.fileno(), "stderr": output.fileno()}
            program = forked_python.start(MAINS[name], *arguments, cwd=self.folder, env=self.env, **files)
        try:
            yield Running(program, log)
        finally:
            program.kill()
            program.wait()

    def trials(self, name="tiny"):
        with open_storage(self.url) as storage:
            return load_study(storage, name).get_trials()


@pytest.fixture
def place(tmp_path, storage_url):
    write_images(tmp_path / "images")
    return Place(tmp_path, storage_url)


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
