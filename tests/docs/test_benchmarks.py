"""benchmarks/README.md and the tree tell the same: each script is named, and each that is named is there."""

import re
from collections import Counter

from tests.support.repository import ROOT

BENCHMARKS = ROOT / "benchmarks"
README = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_script_is_named_once_and_every_named_one_exists():
    named = Counter(re.findall(r"`([\w/]+\.py)`", README))
    there = {path.relative_to(BENCHMARKS).as_posix() for path in BENCHMARKS.rglob("*.py")}
    assert named == dict.fromkeys(there, 1)


def test_every_script_has_a_question_and_a_command_that_starts_it():
    rows = re.findall(r"^\| `([\w/]+)\.py` \| (.+) \| `(.+)` \|$", README, re.MULTILINE)
    started = {
        path.relative_to(BENCHMARKS).with_suffix("").as_posix()
        for path in BENCHMARKS.rglob("*.py")
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    }
    assert {script for script, *_ in rows} == started
    for script, question, command in rows:
        module = f"benchmarks.{script.removesuffix('/__main__').replace('/', '.')}"
        assert question.endswith("?"), script
        if command.startswith("make "):
            target = command.removeprefix("make ")
            recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
            assert re.search(rf"-m {re.escape(module)}(?![.\w])", recipe[1]), script
        else:
            assert f"{command} ".startswith(f"python -m {module} "), script


def test_commands_in_other_documents_and_targets_name_scripts_that_exist():
    documents = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md")]
    documents += [path for part in ("search", "trainer", "benchmarks") for path in (ROOT / part).rglob("*.py")]
    for document in documents:
        for module in re.findall(r"-m (benchmarks[.\w]*\w)", document.read_text(encoding="utf-8")):
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), (document, module)
