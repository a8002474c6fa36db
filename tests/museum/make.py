"""Make pieces of the museum by running the commands of a source tree: ``python -m tests.museum.make [PIECE ...]``.

Pieces that are stored are never made anew, see tests/data/README.md.
"""

import argparse
import contextlib
import json
import platform
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.museum import database
from tests.museum.pieces import DATA, IMAGES, PIECES, Piece, draw_images
from tests.museum.resume import FINALIZE, go_on, work
from tests.museum.tree import HERE, CommandError, Place, Tree

HOST: Final = "workstation"
"""What the museum calls the machine that made a piece."""
FOLDER: Final = "/home/somebody/museum"
"""What it calls the folder there."""
_TRIES: Final = 5
_MODEL_FILES: Final = ("model.json", "model.safetensors", "latest")

_LEASE: Final = "4s"
"""Of the worker that is killed: a server that has just been started waits so long before the trial is taken over."""


class MissedError(Exception):
    """A command was not stopped where it should have been."""


def make(piece: Piece, tree: Tree, url: str, output: Path) -> None:
    """Make a piece, and write what comes out when the same tree goes on with it.

    Raises:
        MissedError: A command could not be stopped where it should be, several times.
    """
    for left in reversed(range(_TRIES)):
        with tempfile.TemporaryDirectory() as folder, database.fresh(url) as mine:
            place = Place(Path(folder), mine)
            place.home.mkdir()
            (place.folder / "images").symlink_to(IMAGES, target_is_directory=True)
            (place.folder / "studies").mkdir()
            for name, text in piece.studies.items():
                (place.folder / "studies" / f"{name}.toml").write_text(text)
            try:
                _WAYS[piece.name](tree, place, piece)
            except MissedError as missed:
                if not left:
                    raise
                sys.stderr.write(f"{piece.name}: once more: {missed}\n")
                continue
            _store(place, output / piece.name)
            break
    expect(piece, tree, url, output)


def expect(piece: Piece, tree: Tree, url: str, output: Path) -> None:
    """Write down what comes out when a tree goes on with a piece."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = go_on(piece.name, tree.root, url, Path(folder), output / piece.name)
    text = json.dumps(outcome, indent=1, ensure_ascii=False, sort_keys=True)
    (output / piece.name / "expected.json").write_text(text + "\n", encoding="utf-8")


def _store(place: Place, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(place.folder / "studies", target / "studies")
    if any((place.home / "points").rglob("*.point")) or any((place.home / "points").rglob("*.kept")):
        shutil.copytree(place.home / "points", target / "points")
    if (place.folder / "models").exists():

        def others(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if name not in _MODEL_FILES and not (Path(folder) / name).is_dir()]

        shutil.copytree(place.folder / "models", target / "models", symlinks=True, ignore=others)
    replaced = {platform.node(): HOST, str(place.folder): FOLDER}
    (target / "storage.sql").write_text(database.dump(place.storage or "", replaced=replaced), encoding="utf-8")


def _must_run(place: Place, study: str, *points: bool) -> None:
    """See which trials of a study are left within their training, and whether they have a resume point.

    Raises:
        MissedError: They are not those.
    """
    found = database.query(
        place.storage or "",
        "SELECT t.number, t.state::text FROM trials t JOIN studies s USING (study_id)"
        f" WHERE s.study_name = '{study}' ORDER BY t.number",
    )
    folder = place.home / "points"
    names = [f"{study.replace('/', '-')}-*/trial-{number:05d}.*.point" for number, state in found if state == "RUNNING"]
    if tuple(any(folder.glob(name)) for name in names) != points:
        raise MissedError(f"the trials of {study} stand at {found}")


def _line(trial: int, what: str) -> Callable[[str], bool]:
    return lambda line: re.search(rf"trial +{trial}  {what}", line) is not None


def _search_stopped(tree: Tree, place: Place, piece: Piece) -> None:
    tree.run(place, *work(piece, "tiny", "--trials", 3))
    with tree.started(place, *work(piece, "tiny", "--lease", _LEASE)) as running:
        running.until(_line(3, "epoch 1/"))
        running.kill()
    # The next worker shall begin another trial, however long it takes to start.
    _move_lease(place, "+ interval '1 hour'")
    with tree.started(place, *work(piece, "tiny")) as running:
        running.until(_line(4, "epoch 1/"))
        running.stop()
    _move_lease(place, "- interval '1 hour'")
    _must_run(place, "tiny", True, True)


def _move_lease(place: Place, by: str) -> None:
    """Move the only lease that nobody has handed back in time; how long it lasts stays."""
    change = f"renewed_at = renewed_at {by}, expires_at = expires_at {by}"
    database.execute(place.storage or "", f"UPDATE studyhall_lease SET {change} WHERE expires_at > '-infinity'")


def _search_finished(tree: Tree, place: Place, piece: Piece) -> None:
    tree.run(place, *work(piece, "tiny"))


def _ablate(study: str) -> tuple[str, ...]:
    changes = ("--knob", "label_smoothing=0.1", "--knob", "schedule=constant")
    return ("search", "ablate", "--study", study, *changes, "--seeds", "2", "--devices", "cpu")


def _ablation_finished(tree: Tree, place: Place, piece: Piece) -> None:
    tree.run(place, *work(piece, "tiny", "--trials", 2))
    tree.run(place, *_ablate("tiny"))


def _ablation_half(tree: Tree, place: Place, _: Piece) -> None:
    with tree.started(place, *_ablate("tiny")) as running:
        running.until(_line(2, "epoch 1/"))
        running.stop()
    _must_run(place, "tiny-ablate", True)


def _finalize_stopped(tree: Tree, place: Place, piece: Piece) -> None:
    tree.run(place, *work(piece, "tiny"))
    with tree.started(place, *FINALIZE) as running:
        running.until(_line(1, "complete"))
        running.stop()
    _must_run(place, "tiny/confirm", False)


def _models(tree: Tree, place: Place, piece: Piece) -> None:
    for name in piece.studies:
        tree.run(place, "search", "work", "--study", name, "--devices", "cpu")
    tree.run(place, *FINALIZE)
    tree.run(place, *FINALIZE, "--ensemble", "seeds")
    joined = ("finalize", "--study", "colour", "--study", "place", "--output", "models/joined")
    tree.run(place, *joined, "--folds", "0", "--devices", "cpu")
    for name in ("colour", "place"):  # the joined model holds copies
        shutil.rmtree(place.folder / "models" / name)
    shutil.rmtree(place.home / "points")  # what is written is not trained again


def _stopped_in_the_second(tree: Tree, place: Place, piece: Piece) -> None:
    (study,) = piece.studies
    with tree.started(place, *work(piece, study)) as running:
        running.until(_line(1, "epoch 1/"))
        running.stop()
    _must_run(place, study, True)


_WAYS: Final[dict[str, Callable[[Tree, Place, Piece], None]]] = {
    "search-stopped": _search_stopped,
    "search-finished": _search_finished,
    "ablation-finished": _ablation_finished,
    "ablation-half": _ablation_half,
    "finalize-stopped": _finalize_stopped,
    "models": _models,
    "sixteen-bit": _stopped_in_the_second,
    "factors": _stopped_in_the_second,
}


@contextlib.contextmanager
def serving(tree: Tree) -> Iterator[str]:
    """A PostgreSQL of a tree's own in a folder that goes with it, also where this process is asked to stop."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # A short path: a socket's may not be long.
    with tempfile.TemporaryDirectory(prefix="museum-") as folder, database.served(tree, Path(folder)) as url:
        yield url


def main() -> int:
    """Make the pieces that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.museum.make", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"{', '.join(PIECES)}; all if none is named")
    parser.add_argument("--code", type=Path, default=HERE, metavar="TREE", help="whose commands make it; this tree's")
    parser.add_argument("--output", type=Path, default=DATA, metavar="DIR", help="tests/data if not given")
    parser.add_argument("--expect", action="store_true", help="go on with what is stored, and write that down alone")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.pieces if name not in PIECES]:
        parser.error(f"there is no piece {unknown[0]!r}; there are {', '.join(PIECES)}")
    draw_images()
    tree, step = Tree(wanted.code.absolute()), expect if wanted.expect else make
    with serving(tree) as url:
        for name in wanted.pieces or PIECES:
            try:
                step(PIECES[name], tree, url, wanted.output)
            except (CommandError, MissedError) as error:
                sys.stderr.write(f"{name}: {error}\n")
                return 1
            sys.stdout.write(f"{name}: {'went on' if wanted.expect else 'made'}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
