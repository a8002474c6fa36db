"""The version of the code that runs, with its commit: studies, trials and models keep it."""

import os
import re
import subprocess
import tomllib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

BUILD_FILE: Final = "trainer/COMMIT"
"""Where a build that leaves ``.git`` behind writes the commit, as Dockerfile does."""
_ROOT: Final = Path(__file__).parents[2]
"""Holds the packages; in a checkout ``.git`` and ``pyproject.toml`` as well."""
_CODE: Final = ("search", "studyhall", "trainer", "pyproject.toml")
_GIT: Final = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
"""Writes nothing into the repository and starts no daemon."""
_STATUS: Final = ("status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=no")
_GIT_SECONDS: Final = 2.0


@cache
def code_version() -> str:
    """Return version and commit, such as ``0.2.0 (3033ba4a1b2c)``.

    ``-dirty`` follows a commit whose packages, or ``pyproject.toml``, have been changed; files that Git does not track
    do not count. A commit that is not known is ``commit unknown``, without a word why. Cached, since a process goes on
    with what it has imported, whatever is committed meanwhile.
    """
    number = _checkout_version()
    commit = (_git_commit() if number else None) or _build_commit() or "commit unknown"
    return f"{number or _installed_version()} ({commit})"


def _checkout_version() -> str | None:
    """The version in ``pyproject.toml``: in an editable install the installed one is as old as the install."""
    with suppress(OSError, ValueError, KeyError):
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["name"] == "studyhall":  # site-packages may hold somebody else's
            return str(project["version"])
    return None


def _installed_version() -> str:
    with suppress(PackageNotFoundError):
        return version("studyhall")
    return "unknown version"


def _git_commit() -> str | None:
    """The commit that is checked out in the folder of the packages, never that of a repository around it."""
    if not (_ROOT / ".git").exists():  # a file in a worktree
        return None
    # GIT_DIR and its like, which a hook or a user has set, mean another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment["GIT_CEILING_DIRECTORIES"] = str(_ROOT.parent)
    try:
        told = subprocess.run(
            [*_GIT, *_STATUS, "--", *_CODE],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_GIT_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):  # no Git, a folder that it does not trust, one that is too slow
        return None
    head = re.search(rb"^# branch\.oid ([0-9a-f]{12})", told, re.MULTILINE)
    if head is None:  # nothing has been committed
        return None
    is_dirty = re.search(rb"^[^#]", told, re.MULTILINE) is not None
    return head[1].decode() + "-dirty" * is_dirty


def _build_commit() -> str | None:
    with suppress(OSError):
        return (_ROOT / BUILD_FILE).read_text(encoding="utf-8").strip() or None
    return None
