"""Going on with a piece of the museum, by the commands of any tree; what came out, as plain values."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.museum import database
from tests.museum.pieces import IMAGES, PIECES, Piece
from tests.museum.tree import HERE, Answer, CommandError, Place, Tree

FINALIZE: Final = ("finalize", "--study", "tiny", "--devices", "cpu", "--leaders", "2", "--folds", "2")
_SPEED: Final = re.compile(r"second|speed|time", re.IGNORECASE)
_VOLATILE: Final = ("seconds", "time", "root", "folder", "output", "trials_by_code")

Outcome = dict[str, Any]


def go_on(piece: str, tree: Path | None, url: str, folder: Path, stored: Path | None = None) -> Outcome:
    """Go on with a piece.

    Args:
        piece: Its name.
        tree: Whose commands do it; none: this tree's.
        url: A server, on which a database is made for it and dropped again.
        folder: An empty one to work in.
        stored: Where the piece is; none: in the museum.

    Raises:
        CommandError: A command ended otherwise than it should have.
    """
    with database.fresh(url) as mine:
        place = taken(PIECES[piece], mine, folder, stored)
        done = _WAYS[piece](Tree(tree or HERE), place, PIECES[piece])
        return {**done, "studies": database.read(mine)}


def taken(piece: Piece, url: str, folder: Path, stored: Path | None = None) -> Place:
    """Copy a piece into a folder, and its tables into an empty database."""
    source = stored or piece.folder
    place = Place(folder, url)
    for name, where in {"studies": folder, "models": folder, "points": place.home}.items():
        if (source / name).exists():
            shutil.copytree(source / name, where / name, symlinks=True)
    place.home.mkdir(exist_ok=True)
    (folder / "images").symlink_to(IMAGES, target_is_directory=True)
    if (source / "storage.sql").exists():
        database.load(source / "storage.sql", url)
    return place


def work(piece: Piece, study: str, *more: object) -> tuple[object, ...]:
    """The command line that works on a study."""
    return ("search", "work", "--study", study, "--data", f"images/{piece.images}", "--devices", "cpu", *more)


def predict(model: str, images: str) -> tuple[str, ...]:
    """The command line that predicts; its answer is read by :func:`_answers`."""
    return ("predict", "--model", f"models/{model}", f"images/{images}", "--output", _csv(model), "--probabilities")


def _csv(model: str) -> str:
    return f"{model.replace('/', '-')}.csv"


def _looks(tree: Tree, place: Place, study: str) -> Outcome:
    """How a study stands, and the curves of the trials that were trained here."""
    status = ("search", "status", "--study", study, "--json")
    told, scalars = _all_well(tree.ask(place, [status, ("search", "scalars", "--study", study)]))
    return {"status": _settled(json.loads(told.out)), "scalars": _scalars(scalars.out)}


def _all_well(answers: list[Answer]) -> list[Answer]:
    for answer in answers:
        if answer.code:
            raise CommandError("a command", answer)
    return answers


def _settled(value: Any) -> Any:
    """The same without what belongs to one run or one machine."""
    if isinstance(value, dict):
        return {key: _settled(each) for key, each in value.items() if key not in _VOLATILE}
    return [_settled(each) for each in value] if isinstance(value, list) else value


def _scalars(text: str) -> Outcome:
    rows = list(csv.DictReader(io.StringIO(text)))
    return {
        f"trial {row['trial']} {row['tag']} {row['step']}": float(row["value"])
        for row in sorted(rows, key=lambda row: (int(row["trial"]), row["tag"], int(row["step"])))
        if not _SPEED.search(row["tag"])
    }


def answers(place: Place, model: str) -> Outcome:
    """What a model said of each image: its class, and the probability of each class."""
    with (place.folder / _csv(model)).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["path"]: {"class": row["class"], **{key: float(row[key]) for key in row if key not in ("path", "class")}}
        for row in rows
    }


def _search(tree: Tree, place: Place, piece: Piece) -> Outcome:
    (study,) = piece.studies
    tree.run(place, *work(piece, study))
    return _looks(tree, place, study)


def _search_further(tree: Tree, place: Place, piece: Piece) -> Outcome:
    lines = [
        ("search", "status", "--study", "tiny", "--json"),
        ("search", "check", "--study", "tiny", "--data", f"images/{piece.images}", "--json"),
        ("search", "report", "--study", "tiny", "--output", "report.html"),
    ]
    status, check, report = _all_well(tree.ask(place, lines))
    page = (place.folder / "report.html").read_text(encoding="utf-8")
    file = place.folder / "studies" / "tiny.toml"
    file.write_text(file.read_text().replace("trials = 4", "trials = 6"))
    tree.run(place, *work(piece, "tiny"))
    return {
        "before": _settled(json.loads(status.out)),
        "check": _settled(json.loads(check.out)),
        "report": {"told": report.out.strip(), "names the study": "tiny" in page, "is a page": "</html>" in page},
    }


def _compare(tree: Tree, place: Place, piece: Piece) -> Outcome:
    look = ("search", "ablate", "--study", "tiny-ablate", "--look", "--json")
    status = ("search", "status", "--study", "tiny-ablate", "--json")
    (found, state) = _all_well(tree.ask(place, [look, status]))
    return {"differences": _settled(json.loads(found.out)), "status": _settled(json.loads(state.out))}


def _compare_further(tree: Tree, place: Place, piece: Piece) -> Outcome:
    tree.run(place, "search", "ablate", "--study", "tiny-ablate", "--data", "images/colours", "--devices", "cpu")
    return _compare(tree, place, piece)


def _finalize(tree: Tree, place: Place, piece: Piece) -> Outcome:
    tree.run(place, *FINALIZE, "--data", "images/colours")
    _all_well(tree.ask(place, [predict("tiny", "colours")]))
    told = json.loads((place.folder / "models" / "tiny" / "v1" / "model.json").read_text())
    kept = {key: told[key] for key in ("format", "classes", "epochs", "temperature", "tta", "origin")}
    return {"model": _settled(kept), "answers": answers(place, "tiny")}


def _predict(tree: Tree, place: Place, _: Piece) -> Outcome:
    asked = {"tiny/v1": "colours", "tiny/v2": "colours", "tiny": "colours", "joined": "factors"}
    again = (*FINALIZE, "--ensemble", "seeds", "--json", "--data", "images/colours")
    lines = [*(predict(model, images) for model, images in asked.items()), again]
    *_, finalized = _all_well(tree.ask(place, lines))
    told = json.loads(finalized.out)
    return {
        **{model: answers(place, model) for model in asked},
        "finalized again": {key: told[key] for key in ("folder", "new", "format", "voting")},
    }


_WAYS: Final[dict[str, Callable[[Tree, Place, Piece], Outcome]]] = {
    "search-stopped": _search,
    "search-finished": _search_further,
    "ablation-finished": _compare,
    "ablation-half": _compare_further,
    "finalize-stopped": _finalize,
    "models": _predict,
    "sixteen-bit": _search,
    "factors": _search,
}
