"""The commit of the code: that of its own checkout, else what the build wrote, else none and not a word."""

import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.support.repository import ROOT

NUMBER = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
UNKNOWN = f"{NUMBER} (commit unknown)"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
NO_CONFIG = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
ASK = "from trainer.support.code_version import code_version; print(code_version(), end='')"


def git(folder, *words):
    me = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always")
    command = ["git", *me, "-C", folder, *words]
    done = subprocess.run(command, env={**CLEAN, **NO_CONFIG}, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder):
    """Commit all that is in a folder; the commit as the code names it."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")
    return git(folder, "rev-parse", "--short=12", "HEAD")


def copy_packages(folder):
    """As much of the packages as it takes to ask, as an installation has them."""
    for name in ("search", "studyhall", "trainer", "trainer/support"):
        (folder / name).mkdir(parents=True)
        for path in (ROOT / name).glob("*.py"):
            shutil.copy(path, folder / name)
    return folder


def copy_project(folder):
    """The same with what stands beside the packages in a checkout."""
    copy_packages(folder)
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def version(folder, **environment):
    """What the code in a folder calls itself; it says nothing else."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK],
        env={**CLEAN, "PYTHONPATH": str(folder), **environment},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def program(folder, script):
    """The environment in which ``git`` is a shell script."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_a_checkout_follows_its_commits(project):
    assert version(project) == UNKNOWN
    git(project, "init", "--quiet")
    assert version(project) == UNKNOWN
    first = commit(project)
    assert version(project) == f"{NUMBER} ({first})"
    second = commit(project)
    assert second != first
    assert version(project) == f"{NUMBER} ({second})"


def test_the_version_is_that_of_the_checkout_not_of_its_install(project):
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace(f'version = "{NUMBER}"', 'version = "9.8.7"'))
    assert version(project) == "9.8.7 (commit unknown)"


def test_tracked_files_of_the_packages_make_it_dirty(project):
    known = commit(project)
    (project / "README.md").write_text("changed")
    (project / "search" / "new.py").write_text("untracked")
    (project / "trainer" / "cli.py").touch()
    assert version(project) == f"{NUMBER} ({known})"
    (project / "trainer" / "cli.py").write_text("changed")
    assert version(project) == f"{NUMBER} ({known}-dirty)"
    git(project, "add", "trainer")
    assert version(project) == f"{NUMBER} ({known}-dirty)"
    git(project, "reset", "--quiet", "--hard")
    (project / "studyhall" / "__init__.py").unlink()
    assert version(project) == f"{NUMBER} ({known}-dirty)"


def test_a_clone_a_shallow_one_and_a_worktree(project, tmp_path):
    commit(project)
    known = commit(project)
    git(tmp_path, "clone", "--quiet", project, "clone")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", "shallow")
    git(project, "worktree", "add", "--quiet", tmp_path / "worktree")
    assert (tmp_path / "worktree" / ".git").is_file()
    for name in ("clone", "shallow", "worktree"):
        assert version(tmp_path / name) == f"{NUMBER} ({known})", name


def test_a_repository_around_it_is_another(tmp_path):
    other = copy_project(tmp_path / "other")  # a venv in its own checkout is another as well
    installed = copy_packages(other / ".venv" / "lib" / "python" / "site-packages")
    vendored = copy_project(other / "vendor" / "studyhall")
    commit(other)
    assert version(installed).endswith("(commit unknown)")
    (installed / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "7"\n')
    commit(installed)
    assert version(installed).endswith("(commit unknown)")
    assert not version(installed).startswith("7")
    assert version(vendored) == UNKNOWN
    (vendored / ".git").mkdir()  # that of a broken clone
    assert version(vendored) == UNKNOWN


def test_variables_of_git_mean_another_repository(project, tmp_path):
    known = commit(project)
    other = copy_project(tmp_path / "other")
    (other / "README.md").write_text("other")
    commit(other)
    here = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": str(other / ".git/index")}
    assert version(project, **here) == f"{NUMBER} ({known})"
    shutil.rmtree(project / ".git")
    assert version(project, **here) == UNKNOWN


def test_what_the_build_wrote(project):
    (project / "trainer" / "COMMIT").write_text("c0ffee123456\n")
    assert version(project) == f"{NUMBER} (c0ffee123456)"
    known = commit(project)
    assert version(project) == f"{NUMBER} ({known})"
    assert git(project, "ls-files", "trainer/COMMIT") == ""
    shutil.rmtree(project / ".git")
    (project / "trainer" / "COMMIT").write_text("\n")  # a build that was told none
    assert version(project) == UNKNOWN


def test_without_git(project, tmp_path):
    commit(project)
    (tmp_path / "empty").mkdir()
    assert version(project, PATH=str(tmp_path / "empty")) == UNKNOWN


DISTRUST = f"export GIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL={os.devnull} GIT_CONFIG_NOSYSTEM=1"


def test_git_does_not_trust_the_owner(project, tmp_path):
    known = commit(project)
    assert version(project, **program(tmp_path / "trusts", f'exec {shutil.which("git")} "$@"')) == f"{NUMBER} ({known})"
    distrusts = program(tmp_path / "distrusts", f'{DISTRUST}; exec {shutil.which("git")} "$@"')
    done = subprocess.run(["git", "status"], cwd=project, env={**CLEAN, **distrusts}, capture_output=True, check=False)
    assert b"dubious ownership" in done.stderr
    assert version(project, **distrusts) == UNKNOWN


@pytest.mark.parametrize("script", ["echo trouble >&2; exit 1", "exec sleep 60", "echo '# branch.oid (initial)'"])
@pytest.mark.slow
def test_git_that_fails_hangs_or_knows_none(project, tmp_path, script):
    commit(project)
    assert version(project, **program(tmp_path / "bin", script)) == UNKNOWN
