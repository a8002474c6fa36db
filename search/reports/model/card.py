"""``README.md`` of a model folder: a model card in the form of Hugging Face's.

The front matter has the keys of https://huggingface.co/docs/hub/model-cards; a figure stands there only where it was
confirmed.
"""

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
from search.reports.model.content import FEW_PEOPLE, ClassFigure, ModelReport, class_figures
from search.reports.model.page import PAGE_FILE
from search.results.confusion import out_of_fold_confusion

CARD_FILE: Final = "README.md"
NO_LICENCE: Final = "unknown: name it with `licence` in `[finalize]` of the study file, or `--licence`"
_MOST_WEAK = 12
_MOST_CLASSES = 200
_SPDX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


def write_card(folder: Path, report: ModelReport) -> None:
    """Write ``README.md`` into a model folder.

    Raises:
        SaveError: It cannot be written.
    """
    write_whole(folder / CARD_FILE, card(report, report.location or folder))


def card(report: ModelReport, folder: Path) -> str:
    """The card as Markdown; commands name the model as ``folder``."""
    expected = _confirmed(report, report.assessment) if report.assessment else _unconfirmed(report)
    parts = [
        [*_front_matter(report), "", f"# {_escaped(report.title)}", "", _about(report)],
        ["## What to expect", "", *expected],
        _weak_classes(report),
        ["## Use", "", *_use(folder)],
        ["## Data", "", *_data(report)],
        ["## Configuration", "", *_configuration(report)],
        ["## Limits", "", *_limits(report)],
        ["## Versions and licence", "", *_versions(report)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _front_matter(report: ModelReport) -> list[str]:
    """YAML that needs no library: every value is a number or a JSON string, which YAML reads as well."""
    licence = report.licence or "unknown"
    known = licence.lower() if _SPDX.fullmatch(licence) else "other"
    lines = ["---", f"license: {_json_string(known)}"]
    if known == "other":
        lines.append(f"license_name: {_json_string(licence)}")
    lines += ["library_name: timm", "pipeline_tag: image-classification"]
    lines += ["tags:", "- image-classification", "- timm", "- studyhall"]
    lines += ["metrics:", "- f1", "- accuracy"]
    if report.assessment is not None:
        figures = {"f1": ("macro-F1", report.assessment.f1), "accuracy": ("accuracy", report.assessment.accuracy)}
        lines += ["model-index:", f"- name: {_json_string(report.title)}", "  results:", "  - task:"]
        lines += ["      type: image-classification", "    dataset:", f"      name: {_json_string(report.study)}"]
        lines += [f"      type: {_json_string(report.study)}", "    metrics:"]
        for kind, (name, interval) in figures.items():
            lines += [f"    - type: {kind}", f"      name: {_json_string(f'{name}, out of fold')}"]
            lines += [f"      value: {interval.value:.4f}"]
    return [*lines, "---"]


def _about(report: ModelReport) -> str:
    return (
        f"A classifier of images into {len(report.classes)} classes: {_code(report.backbone)} of "
        f"[timm](https://github.com/huggingface/pytorch-image-models), searched on {report.samples}. The model is "
        f"{_escaped(report.networks)}. Its configuration is that of trial {report.trial} of the study "
        f"{_escaped(report.study)}; written on {report.created[:10]}. `{PAGE_FILE}` tells the same with charts and "
        "pictures."
    )


def _confirmed(report: ModelReport, assessed: Assessment) -> list[str]:
    rows = [
        ("macro-F1 to expect", f"**{assessed.f1.value:.3f}**", _range(assessed.f1)),
        ("accuracy", f"{assessed.accuracy.value:.3f}", _range(assessed.accuracy)),
        *((f"macro-F1 of {_code(name)}", f"{f1.value:.3f}", _range(f1)) for name, f1 in assessed.factor_f1.items()),
        (f"macro-F1 on {report.new_set(assessed.new_people)}", "", "{:.3f} to {:.3f}".format(*assessed.new_f1)),
        ("the search's claim", f"{report.claimed:.3f}", report.claim_difference),
    ]
    return [
        *_table(("", "", "95 % interval"), rows),
        "",
        f"{assessed.estimates} {report.selection_bias_note}".rstrip(),
        "",
        f"From {assessed.images} images"
        + (f" of {assessed.people} people or groups" if report.people is not None else "")
        + f", each answered by one of {assessed.folds} networks that had not seen "
        + ("the person" if report.people is not None else "the image")
        + ". The claim is what the search found for the same configuration: the best of many trials is a little lucky.",
    ]


def _unconfirmed(report: ModelReport) -> list[str]:
    return [
        f"**Not confirmed.** The search claimed a macro-F1 of {report.claimed:.3f} ({report.measured}). It is the "
        "best of the search's trials, measured on images that helped to choose the configuration: expect less on new "
        "images. How much less, and which classes are weak, is not known; `finalize` without `--folds 0` finds out.",
    ]


def _weak_classes(report: ModelReport) -> list[str]:
    if report.assessment is None or report.out_of_fold is None:
        return []
    figures = class_figures(report.assessment, out_of_fold_confusion(report.out_of_fold), report.unit)
    weak = [figure for figure in figures if figure.weaknesses]
    if not weak:
        lowest = figures[0]
        line = f"None stands out. The lowest F1 is that of {_code(lowest.name)}: {lowest.f1.value:.3f}."
        return ["## Weak classes", "", line]
    more = ["", f"And {len(weak) - _MOST_WEAK} more; `{PAGE_FILE}` has all."] if len(weak) > _MOST_WEAK else []
    head = ("class", "F1", "95 % interval", report.unit, "most often taken for", "why")
    return ["## Weak classes", "", *_table(head, map(_weak_row, weak[:_MOST_WEAK])), *more]


def _weak_row(figure: ClassFigure) -> Sequence[str]:
    f1, taken_for = figure.f1, _code(figure.taken_for) if figure.taken_for else ""
    name, weaknesses = _code(figure.name), ", ".join(figure.weaknesses)
    return name, f"{f1.value:.3f}", _range(f1), str(figure.people), taken_for, weaknesses


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
        f"model = load({_json_string(place)})",
        "```",
        "",
        "`model.onnx` is for programs that know neither Python nor torch. `model.json` says how an image becomes its "
        "input, and has the classes in the order of the outputs.",
    ]


def _data(report: ModelReport) -> list[str]:
    lines = [f"{report.samples}, in {len(report.classes)} classes."]
    if report.people is None:
        lines.append("No groups are known: images of one person may have been trained on and tested with.")
    if report.class_images:
        people = report.assessment.class_people if report.assessment and report.people is not None else {}
        head = ("class", "images", *(("people",) if people else ()))
        rows = [
            (_code(name), *(str(counts.get(name, 0)) for counts in (report.class_images, people) if counts))
            for name in report.classes
        ]
        lines += ["", *_table(head, rows[:_MOST_CLASSES])]
        if len(rows) > _MOST_CLASSES:
            lines += ["", f"And {len(rows) - _MOST_CLASSES} more classes."]
    return lines


def _configuration(report: ModelReport) -> list[str]:
    fixed = {name: value for name, value in report.config.items() if name not in report.parameters}
    rows = [(_code(name), _escaped(format_short(value)), "searched") for name, value in report.parameters.items()]
    rows += [(_code(name), _escaped(format_short(value)), "") for name, value in fixed.items()]
    return [f"Weights before training: {_code(report.weights)}.", "", *_table(("parameter", "value", ""), rows)]


def _limits(report: ModelReport) -> list[str]:
    assessed = report.assessment
    lines = [
        "- The figures hold for images like those of the data: the same kind of people, cameras and ways of labelling. "
        "Another population may do worse than any interval here says.",
        "- Nothing was tested on people who are not like those in the data; whoever is rare there is least known.",
    ]
    if assessed is None:
        return [*lines, "- Its probabilities were not checked against how often it is right."]
    off = f"- {report.calibration_subject} off by {100 * assessed.ece_before:.1f} percentage points on average"
    if assessed.temperature != 1:
        after = f"{100 * assessed.ece_after:.1f} with the temperature {assessed.temperature:.3f}"
        off += f" as trained, and by {after}"
    lines.append(f"{off}.")
    if min(assessed.class_people.values(), default=FEW_PEOPLE) < FEW_PEOPLE:
        lines.append(
            f"- Of a class of fewer than {FEW_PEOPLE} {report.unit} no interval says much, however narrow it looks."
        )
    return lines


def _versions(report: ModelReport) -> list[str]:
    made = ", ".join(f"{name} {version}" for name, version in report.packages.items())
    licence = _escaped(report.licence) if report.licence else NO_LICENCE
    return [f"Licence: {licence}.", "", f"Made with {made}."]


def _range(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _json_string(text: str) -> str:
    """A string that YAML and Python read as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _escaped(words: object) -> str:
    """Text that stays what it is in Markdown, and is left as it is where that goes without saying."""
    text = str(words)
    is_plain = re.fullmatch(r"[A-Za-z0-9 .,;%()/+_-]+", text) and not re.search(r"(\b|_)_|_(\b|_)|www\.", text)
    return text if is_plain else escape(text)


def _code(name: object) -> str:
    """A name as it is written, also within a table."""
    text = one_line(name)
    return _escaped(text) if "`" in text or not text else f"`{text}`".replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return table(head, rows, rule=" --- ")
