"""Whether two source trees go on with the museum alike, bit for bit: ``python -m tests.museum.compare [PIECE ...]``.

With ``--reverse`` pieces are made by this tree and gone on with by the other one as well: it must come to the same, or
refuse in one line.
"""

import argparse
import contextlib
import dataclasses
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.museum.make import MissedError, make, serving
from tests.museum.pieces import DATA, PIECES
from tests.museum.resume import go_on
from tests.museum.tree import HERE, CommandError, Tree

BASE: Final = "1f9f2aa"
"""The commit that made the first pieces."""
_SHOWN: Final = 10
_DRAWN: Final = re.compile(r"(^|/)(parameters|params)/")
_NEAR: Final = 1e-4
_DIGITS: Final = 1e-9  # of what is drawn: another processor may have another last bit of a logarithm


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """The values of nested tables and lists, by their path."""
    if isinstance(value, dict | list) and value:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        found: dict[str, Any] = {}
        for key, each in inner:
            found |= flat(each, f"{path}/{key}" if path else str(key))
        return found
    return {path: value}


def exact(first: Any, second: Any) -> list[str]:
    """Where two outcomes differ at all, a line each."""
    return _differences(first, second, lambda _, here, there: repr(here) == repr(there))


def near(first: Any, second: Any) -> list[str]:
    """Where two outcomes differ more than machines do: what is computed by 1e-4, what is drawn or counted at all."""
    return _differences(first, second, _is_near)


def _is_near(path: str, here: Any, there: Any) -> bool:
    if not (isinstance(here, float) and isinstance(there, float)):
        return repr(here) == repr(there)
    if _DRAWN.search(path):
        return math.isclose(here, there, rel_tol=_DIGITS)
    return math.isclose(here, there, rel_tol=_NEAR, abs_tol=_NEAR) or repr(here) == repr(there)


def _differences(first: Any, second: Any, is_same: Any) -> list[str]:
    here, there = flat(first), flat(second)
    missing = object()
    return [
        f"{path}: {_shown(here, path)} and {_shown(there, path)}"
        for path in sorted(here.keys() | there.keys())
        if not is_same(path, here.get(path, missing), there.get(path, missing))
    ]


def _shown(values: dict[str, Any], path: str) -> str:
    return repr(values[path]) if path in values else "nothing"


@contextlib.contextmanager
def checked_out(base: str) -> Iterator[Path]:
    """A tree as it is, where a folder is named; else a revision, checked out for as long as the block lasts."""
    if Path(base).is_dir():
        yield Path(base).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        where = Path(folder) / "tree"
        git = ("git", "-C", str(HERE), "worktree")
        try:
            subprocess.run([*git, "add", "--quiet", "--detach", str(where), base], check=True)
            yield where
        finally:
            subprocess.run([*git, "remove", "--force", str(where)], check=False)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two trees and a server on which both go on.

    Attributes:
        base: The other tree.
        url: The server.
        pieces: The folder of the pieces.
        is_reverse: Whether this tree has made them, and has gone on with them already.
    """

    base: Path
    url: str
    pieces: Path
    is_reverse: bool

    def differs(self, piece: str) -> bool:
        """Compare how both go on with a piece, and tell; whether they differ."""
        try:
            with ThreadPoolExecutor(2) as pool:  # each command keeps to one core
                outcomes = [pool.submit(self._here, piece), pool.submit(self._goes_on, piece, self.base)]
            here, there = (outcome.result() for outcome in outcomes)
        except CommandError as error:
            if self.is_reverse and error.answer is not None and error.answer.is_refusal:
                _tell(f"{piece}: the base refuses it: {error.answer.line}")
                return False
            _tell(f"{piece}: {error}")
            return True
        if lines := exact(here, there):
            _tell(f"{piece}: {len(lines)} values differ, here and in the base:")
            for line in lines[:_SHOWN]:
                _tell(f"  {line}")
            return True
        _tell(f"{piece}: {len(flat(here))} values equal")
        return False

    def _here(self, piece: str) -> Any:
        if self.is_reverse:
            return json.loads((self.pieces / piece / "expected.json").read_text(encoding="utf-8"))
        return self._goes_on(piece, HERE)

    def _goes_on(self, piece: str, tree: Path) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return go_on(piece, tree, self.url, Path(folder), self.pieces / piece)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Compare the pieces that are named, or all; 1: something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.museum.compare", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"{', '.join(PIECES)}; all if none is named")
    parser.add_argument("--base", default=BASE, metavar="TREE_OR_REV", help=f"a folder or a revision; {BASE}")
    parser.add_argument("--reverse", action="store_true", help="pieces made by this tree, gone on with by the base too")
    wanted = parser.parse_args()
    names = wanted.pieces or list(PIECES)
    if unknown := [name for name in names if name not in PIECES]:
        parser.error(f"there is no piece {unknown[0]!r}; there are {', '.join(PIECES)}")
    here = Tree(HERE)
    with checked_out(wanted.base) as base, serving(here) as url, tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(base, url, Path(folder) if wanted.reverse else DATA, wanted.reverse)
        differing = []
        for name in names:
            try:
                if wanted.reverse:
                    make(PIECES[name], here, url, comparison.pieces)
            except (CommandError, MissedError) as error:
                _tell(f"{name}: it cannot be made: {error}")
                differing.append(name)
                continue
            differing += [name] * comparison.differs(name)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
