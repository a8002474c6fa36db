"""The rooms of search/ and trainer/ as the code has them; run as a program it writes them into docs/architecture.md."""

import ast
import functools
import itertools
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "architecture.md"
HALVES = ("search", "trainer")
COMMAND = "make architecture"


def layers(half):
    """What stands in one half from top to bottom, as pyproject.toml holds it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (each for each in settings["contracts"] if each.get("containers") == [half])
    return [layer.split(" | ") for layer in contract["layers"]]


def order(half):
    """The same as one list."""
    return [name for layer in layers(half) for name in layer]


def rooms(half):
    """The packages of one half, top to bottom, those within another behind it: ``launch``, ``launch/ray``."""
    found = (path.parent.relative_to(ROOT / half) for path in (ROOT / half).rglob("__init__.py"))
    names = order(half)
    return sorted((path.as_posix() for path in found if path.parts), key=lambda room: (names.index(top(room)), room))


def top(room):
    """The room of its half that a room is a part of: itself, if it is in no other."""
    return room.split("/")[0]


def modules(half):
    """The modules of one half that are in no room, top to bottom."""
    found = {path.stem for path in (ROOT / half).glob("*.py")} - {"__init__"}
    return sorted(found, key=order(half).index)


def docstring(place):
    """What a room or a module says of itself."""
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return ast.get_docstring(parsed(file))


@functools.cache
def parsed(file):
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def question(half, room):
    """The question that a room answers."""
    return docstring(ROOT / half / room).splitlines()[0]


def imports(half, room):
    """The rooms and modules of its half that a room imports somewhere, also where only types are checked."""
    known, found = order(half), set()
    for path in (ROOT / half / room).rglob("*.py"):
        for node in ast.walk(parsed(path)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            found |= {name.split(".")[1] for name in names if name.startswith(f"{half}.")}
    return sorted(found & set(known) - {room}, key=known.index)


def may_import(half, room):
    """What a room's docstring allows it: "May import ``study`` and what lies below it."."""
    sentence = re.search(r"May import ([^.;]+)", docstring(ROOT / half / room).replace("\n", " "))[1]
    known = order(half)
    if sentence == "every other room":
        return {*known} - {room}
    named = {name for name in re.findall(r"``(\w+)``", sentence) if name in known}
    return named | (below(half, named) if "below" in sentence else set())


def below(half, names):
    """What stands in the layers below any of these."""
    stack = layers(half)
    highest = min(place for place, layer in enumerate(stack) if names & set(layer))
    return {name for layer in stack[highest + 1 :] for name in layer}


def defined(half, room):
    """The classes, methods and functions of a room: ``Lease``, ``Lease.renew``, ``supervise``."""
    for path in (ROOT / half / room).rglob("*.py"):
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                yield node.name
            if isinstance(node, ast.ClassDef):
                yield from (f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))


def picture():
    """Both halves as layers."""
    lines = ["```mermaid", '%%{init: {"flowchart": {"rankSpacing": 18, "nodeSpacing": 30}}}%%', "flowchart LR"]
    for half in HALVES:
        lines += [f"    subgraph {half}", "        direction TB"]
        boxes = [f'{half}{place}["{" · ".join(layer)}"]' for place, layer in enumerate(layers(half))]
        lines += [f"        {upper} --> {lower}" for upper, lower in itertools.pairwise(boxes)]
        lines.append("    end")
    return "\n".join([*lines, "    search --> trainer", "```"])


def table(half):
    """The rooms of one half with their questions, and what is in no room."""
    lines = ["| room | the question it answers | imports |", "|---|---|---|"]
    for room in rooms(half):
        needed = ", ".join(f"`{name}`" for name in imports(half, room)) or "none"
        lines.append(f"| `{room}` | {question(half, room).replace('``', '`')} | {needed} |")
    lines.append("")
    for module in modules(half):
        says = re.sub(r":\w+:(?=`)", "", docstring(ROOT / half / module).splitlines()[0].replace("``", "`"))
        lines.append(f"- `{module}`, in no room: {says}")
    return "\n".join(lines)


def written(text):
    """The document with its picture and tables as they are by now."""
    for name, new in (("picture", picture()), *((half, table(half)) for half in HALVES)):
        marks = rf"(<!-- {name}: written by `{COMMAND}` -->\n).*?(<!-- end of {name} -->)"
        text, count = re.subn(marks, lambda found, new=new: f"{found[1]}\n{new}\n\n{found[2]}", text, flags=re.DOTALL)
        assert count == 1, f"{DOCUMENT.name} has no place for {name}"
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
