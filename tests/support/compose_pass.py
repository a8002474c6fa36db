"""On which code `make test-compose` last passed, since `.ci/run` has no Docker and does not run it.

A test that watches writes that down after a run in which all tests passed. As a script it says in a line how the code
differs by now, and nothing where it does not.
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

TEST = "tests/service/test_compose.py"
LISTING = "tests/service/compose-passed.sha256"
COVERED = (
    "Dockerfile .dockerignore docker-compose.yml deploy/Caddyfile deploy/prepare.sh",  # the image, and the services
    "pyproject.toml requirements.lock search studies studyhall trainer",  # what is in the image
    TEST,
)
"""Not README.md and LICENSE, which do nothing in the image, nor the rest of deploy/, which the test leaves out."""

_SHOWN = 3


def hashes(root):
    """SHA-256 of each covered file that Git knows, by its path; the ends of lines are those that Git stores."""
    command = ["git", "ls-files", "-z", "--", *" ".join(COVERED).split()]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    there = {name: root / name for name in names if (root / name).is_file()}
    return {name: hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest() for name, path in there.items()}


def difference(root):
    """How the code differs from that on which the test last passed, in a line; None if it does not."""
    listing = root / LISTING
    if not listing.exists():
        return f"make test-compose has never passed: there is no {LISTING}; run it where Docker is"
    then = {tuple(line.split("  ", 1)) for line in listing.read_text("utf-8").splitlines()}
    now = {(digest, name) for name, digest in hashes(root).items()}
    if not (differ := sorted({name for _, name in then ^ now})):
        return None
    names = ", ".join(differ[:_SHOWN]) + (", ..." if len(differ) > _SHOWN else "")
    what = f"{len(differ)} file{'s differ' if len(differ) > 1 else ' differs'} since ({names})"
    return f"make test-compose last passed on other code: {what}; run it where Docker is"


class Watch:
    """A plugin of a run: what is tested, read at its start, and how many tests have passed."""

    def __init__(self, root):
        self.root = root
        self.tested = hashes(root)
        self.passed = 0

    def pytest_runtest_logreport(self, report):
        self.passed += report.when == "call" and report.passed

    def pytest_sessionfinish(self, exitstatus):
        tests = len(re.findall(r"^def test_", (self.root / TEST).read_text("utf-8"), re.MULTILINE))
        if exitstatus == 0 and self.passed >= tests - 1:  # one needs a browser
            lines = [f"{digest}  {name}\n" for name, digest in sorted(self.tested.items())]
            (self.root / LISTING).write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if line := difference(Path.cwd()):
        sys.stdout.write(f"{line}\n")
