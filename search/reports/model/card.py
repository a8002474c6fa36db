"""``README.md`` of a model folder: a model card in the form of Hugging Face's.

The front matter has the keys of https://huggingface.co/docs/hub/model-cards; a figure stands there only where it was
confirmed.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from trainer.evaluation.assessment import Assessment, Interval
from trainer.support.atomic import write_whole
from trainer.support.markdown import escape, table
from trainer.support.text import one_line

from search.config.format import format_short
from search.reports.model.classes import FEW_PEOPLE, ClassFigure, class_figures, confusion_of
from search.reports.model.content import ModelReport
from search.reports.model.page import PAGE_FILE

CARD_FILE: Final = "README.md"
NO_LICENCE: Final = "unknown: name it with `licence` in `[finalize]` of the study file, or `--licence`"
_WEAK = 12
_CLASSES = 200
_SPDX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


def write_card(folder: Path, told: ModelReport) -> None:
    """Write ``README.md`` into a model folder.

    Raises:
        SaveError: It cannot be written.
    """
    write_whole(folder / CARD_FILE, card(told, told.place or folder))


def card(told: ModelReport, folder: Path) -> str:
    """The card as Markdown.

    Args:
        told: What there is to tell.
        folder: Where the model lies, as commands shall name it.
    """
    parts = [
        [*_front(told), "", f"# {_text(told.title)}", "", _about(told)],
        ["## What to expect", "", *(_confirmed(told, told.assessment) if told.assessment else _unconfirmed(told))],
        _weak_classes(told),
        ["## Use", "", *_use(folder)],
        ["## Data", "", *_data(told)],
        ["## Configuration", "", *_configuration(told)],
        ["## Limits", "", *_limits(told)],
        ["## Versions and licence", "", *_versions(told)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _front(told: ModelReport) -> list[str]:
    """YAML that needs no library: every value is a number or a JSON string, which YAML reads as well."""
    licence = told.licence or "unknown"
    known = licence.lower() if _SPDX.fullmatch(licence) else "other"
    lines = ["---", f"license: {_quoted(known)}"]
    if known == "other":
        lines.append(f"license_name: {_quoted(licence)}")
    lines += ["library_name: timm", "pipeline_tag: image-classification"]
    lines += ["tags:", "- image-classification", "- timm", "- studyhall"]
    lines += ["metrics:", "- f1", "- accuracy"]
    if told.assessment is not None:
        figures = {"f1": ("macro-F1", told.assessment.f1), "accuracy": ("accuracy", told.assessment.accuracy)}
        lines += ["model-index:", f"- name: {_quoted(told.title)}", "  results:", "  - task:"]
        lines += ["      type: image-classification", "    dataset:", f"      name: {_quoted(told.study)}"]
        lines += [f"      type: {_quoted(told.study)}", "    metrics:"]
        for kind, (name, interval) in figures.items():
            lines += [f"    - type: {kind}", f"      name: {_quoted(f'{name}, out of fold')}"]
            lines += [f"      value: {interval.value:.4f}"]
    return [*lines, "---"]


def _about(told: ModelReport) -> str:
    return (
        f"A classifier of images into {len(told.classes)} classes: {_code(told.backbone)} of "
        f"[timm](https://github.com/huggingface/pytorch-image-models), searched on {_whom(told)}. The model is "
        f"{_text(told.networks)}. Its configuration is that of trial {told.trial} of the study {_text(told.study)}; "
        f"written on {told.created[:10]}. `{PAGE_FILE}` tells the same with charts and pictures."
    )


def _confirmed(told: ModelReport, assessed: Assessment) -> list[str]:
    rows = [
        ("macro-F1 to expect", f"**{assessed.f1.value:.3f}**", _ends(assessed.f1)),
        ("accuracy", f"{assessed.accuracy.value:.3f}", _ends(assessed.accuracy)),
        *((f"macro-F1 of {_code(name)}", f"{f1.value:.3f}", _ends(f1)) for name, f1 in assessed.factor_f1.items()),
        (f"macro-F1 on {told.new(assessed.new_people)}", "", f"{assessed.new_f1[0]:.3f} to {assessed.new_f1[1]:.3f}"),
        ("the search's claim", f"{told.claimed:.3f}", told.beside_claim),
    ]
    return [
        *_table(("", "", "95 % interval"), rows),
        "",
        f"{assessed.estimates} {told.lowered}".rstrip(),
        "",
        f"From {assessed.images} images"
        + (f" of {assessed.people} people or groups" if told.people is not None else "")
        + f", each answered by one of {assessed.folds} networks that had not seen "
        + ("the person" if told.people is not None else "the image")
        + ". The claim is what the search found for the same configuration: the best of many trials is a little lucky.",
    ]


def _unconfirmed(told: ModelReport) -> list[str]:
    return [
        f"**Not confirmed.** The search claimed a macro-F1 of {told.claimed:.3f} ({told.measured}). It is the "
        "best of the search's trials, measured on images that helped to choose the configuration: expect less on new "
        "images. How much less, and which classes are weak, is not known; `finalize` without `--folds 0` finds out.",
    ]


def _weak_classes(told: ModelReport) -> list[str]:
    if told.assessment is None or told.out_of_fold is None:
        return []
    figures = class_figures(told.assessment, confusion_of(told.out_of_fold), told.who)
    weak = [figure for figure in figures if figure.weak]
    if not weak:
        lowest = figures[0]
        said = f"None stands out. The lowest F1 is that of {_code(lowest.name)}: {lowest.f1.value:.3f}."
        return ["## Weak classes", "", said]
    more = [f"And {len(weak) - _WEAK} more; `{PAGE_FILE}` has all."] if len(weak) > _WEAK else []
    head = ("class", "F1", "95 % interval", told.who, "most often taken for", "why")
    return ["## Weak classes", "", *_table(head, map(_weak_row, weak[:_WEAK])), *(["", *more] if more else [])]


def _weak_row(figure: ClassFigure) -> Sequence[str]:
    f1, taken_for = figure.f1, _code(figure.taken_for) if figure.taken_for else ""
    return (_code(figure.name), f"{f1.value:.3f}", _ends(f1), str(figure.people), taken_for, ", ".join(figure.weak))


def _use(folder: Path) -> list[str]:
    place = folder.as_posix()
    return [
        "```sh",
        f"predict --model {shlex.quote(place)} IMAGES --output answer.csv",
        "```",
        "",
        "```python",
        "from trainer import load",
        "",
        f"model = load({_quoted(place)})",
        "```",
        "",
        "`model.onnx` is for programs that know neither Python nor torch. `model.json` says how an image becomes its "
        "input, and has the classes in the order of the outputs.",
    ]


def _data(told: ModelReport) -> list[str]:
    lines = [f"{_whom(told)[0].upper()}{_whom(told)[1:]}, in {len(told.classes)} classes."]
    if told.people is None:
        lines.append("No groups are known: images of one person may have been trained on and tested with.")
    if told.class_images:
        people = told.assessment.class_people if told.assessment and told.people is not None else {}
        head = ("class", "images", *(("people",) if people else ()))
        rows = [
            (_code(name), *(str(counts.get(name, 0)) for counts in (told.class_images, people) if counts))
            for name in told.classes
        ]
        lines += ["", *_table(head, rows[:_CLASSES])]
        if len(rows) > _CLASSES:
            lines += ["", f"And {len(rows) - _CLASSES} more classes."]
    return lines


def _configuration(told: ModelReport) -> list[str]:
    fixed = {name: value for name, value in told.config.items() if name not in told.parameters}
    rows = [(_code(name), _text(format_short(value)), "searched") for name, value in told.parameters.items()]
    rows += [(_code(name), _text(format_short(value)), "") for name, value in fixed.items()]
    return [f"Weights before training: {_code(told.weights)}.", "", *_table(("parameter", "value", ""), rows)]


def _limits(told: ModelReport) -> list[str]:
    assessed = told.assessment
    lines = [
        "- The figures hold for images like those of the data: the same kind of people, cameras and ways of labelling. "
        "Another population may do worse than any interval here says.",
        "- Nothing was tested on people who are not like those in the data; whoever is rare there is least known.",
    ]
    if assessed is None:
        lines.append("- Its probabilities were not checked against how often it is right.")
    elif assessed.temperature == 1:
        lines.append(f"- {told.probabilities} off by {100 * assessed.ece_before:.1f} percentage points on average.")
    else:
        lines.append(
            f"- {told.probabilities} off by {100 * assessed.ece_before:.1f} percentage points on average as trained, "
            f"and by {100 * assessed.ece_after:.1f} with the temperature {assessed.temperature:.3f}."
        )
    if assessed is not None and min(assessed.class_people.values(), default=FEW_PEOPLE) < FEW_PEOPLE:
        lines.append(
            f"- Of a class of fewer than {FEW_PEOPLE} {told.who} no interval says much, however narrow it looks."
        )
    return lines


def _versions(told: ModelReport) -> list[str]:
    made = ", ".join(f"{name} {version}" for name, version in told.packages.items())
    licence = _text(told.licence) if told.licence else NO_LICENCE
    return [f"Licence: {licence}.", "", f"Made with {made}."]


def _whom(told: ModelReport) -> str:
    return f"{told.images} images" + (f" of {told.people} people or groups" if told.people is not None else "")


def _ends(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _quoted(text: str) -> str:
    """A string that YAML and Python read as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _text(words: object) -> str:
    """Text that stays what it is in Markdown, and is left as it is where that goes without saying."""
    text = str(words)
    is_calm = re.fullmatch(r"[A-Za-z0-9 .,;%()/+_-]+", text) and not re.search(r"(\b|_)_|_(\b|_)|www\.", text)
    return text if is_calm else escape(text)


def _code(name: object) -> str:
    """A name as it is written, also within a table."""
    text = one_line(name)
    return _text(text) if "`" in text or not text else f"`{text}`".replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return table(head, rows, rule=" --- ")
