"""What people read beside the figures: a note a trial and one a study, in Markdown, where the dashboard finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from trainer.support.markdown import escape, table
from trainer.support.text import duration, pluralize

from search.config.format import format_for_note
from search.results.history import BestEpoch, TrialHistory

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset

    from search.config.study_spec import StudySpec

_GAP: Final = "\u2002 "  # the dashboard sets columns without any
_MOST_CLASSES: Final = 40
_MOST_BAD: Final = 10


def trial_note(
    outcome: str,
    params: Mapping[str, object],
    history: TrialHistory,
    told: Mapping[str, Any],
    classes: Sequence[str],
    pictures: Mapping[str, str],
) -> str:
    """What happened in a trial that ends; ``told`` are its user attributes.

    ``pictures`` says what is drawn of it, and where the dashboard has it.
    """
    best = history.best
    epochs = pluralize(max(len(history.losses), len(history.reports)), "epoch")
    if best is None and (loss := history.value) is not None:
        lines = [f"**{outcome}** after {epochs}: training loss **{loss:.4f}**; nobody is held out to tell an F1"]
    elif best is None:
        lines = [f"**{outcome}** before the end of an epoch"]
    else:
        what = "mean" if best.fold_f1 else "best"
        lines = [
            f"**{outcome}** after {epochs}: {what} macro-F1 **{best.best_f1:.4f}** {best.where}, accuracy "
            f"{best.accuracy:.4f}"
        ]
        if best.factor_f1:
            each = ", ".join(f"{escape(name)} {f1:.4f}" for name, f1 in best.factor_f1.items())
            lines += ["", f"Macro-F1 of each factor: {each}"]
    if reason := told.get("reason"):
        lines += ["", f"Why: {escape(reason)}"]
    lines += ["", *_values("parameter", params), "", *_how(history, told)]
    lines += ["", " ".join(f"![{name}]({page})" for name, page in pictures.items())]
    if best is not None:
        lines += ["", f"Classes {best.where}, the worst first:", "", *_classes(best, classes)]
    return "\n".join(lines)


def _how(history: TrialHistory, told: Mapping[str, Any]) -> list[str]:
    lines = [f"- {escape(told['host'])}, {escape(told['device'])}; attempt {told['attempt']}"]
    if history.speeds:
        lines.append(f"- {told['images_per_second']:.0f} images/s, {_duration(history.seconds)} in all")
    if "stopped_early" in told:
        lines.append(f"- it stopped early: {escape(told['stopped_early'])}")
    if "batch_split" in told:
        parts = told["batch_split"]
        lines.append(f"- each batch was split into {parts} parts for want of memory, and batch norm noticed")
    return lines


def _classes(best: BestEpoch, classes: Sequence[str]) -> list[str]:
    images: Counter[str] = Counter()
    wrong: dict[str, tuple[int, str]] = {}
    for true, predicted, samples in best.confusion:
        name = classes[true]
        images[name] += samples
        if true != predicted and samples > wrong.get(name, (0, ""))[0]:
            wrong[name] = (samples, classes[predicted])
    worst = sorted(best.per_class_f1.items(), key=lambda item: item[1])
    more = _more(len(worst))
    if not images:
        return note_table(("class", "F1"), [(name, f"{f1:.3f}") for name, f1 in worst[:_MOST_CLASSES]]) + more
    rows = [
        (name, f"{f1:.3f}", images[name], "{1} ({0})".format(*wrong[name]) if name in wrong else "")
        for name, f1 in worst[:_MOST_CLASSES]
    ]
    return note_table(("class", "F1", "images", "most often taken for"), rows) + more


def study_note(spec: StudySpec, data: Dataset, *, how_to_read: str, compared: Sequence[str], sides: str) -> str:
    """What a study searches, on which data, and how to read its page; its kind gives the words."""
    study = spec.study
    budget = [f"**{study.trials}** finished trials (complete or pruned), all workers together"]
    if study.timeout is not None:
        budget.append(f"{_duration(study.timeout)} from when the study was made")
    budget.append(f"an end after {pluralize(study.max_failures, 'failed trial')}")
    return "\n".join(
        [
            *how_to_read.splitlines(),
            *compared,
            "",
            f"### Budget\n\n{'; '.join(budget)}. It may have been raised since (`search status` tells).",
            "",
            f"### Data\n\n{_data(spec, data, sides)}{_label(data)}",
            "",
            *_class_table(data),
            *_bad(data),
            "",
            "### What all trials have in common",
            "",
            *_values("fixed", spec.fixed),
        ]
    )


def _label(data: Dataset) -> str:
    """What the classes are, where they are more than names."""
    if data.part is not None:
        whole = ", ".join(factor.name for factor in data.part.factors)
        return (
            f" They are the values of {escape(data.part.factor)}, one of the factors {escape(whole)}; the split is "
            "that of the whole label."
        )
    values = "; ".join(f"{factor.name} ({', '.join(factor.values)})" for factor in data.factors)
    return f" A class is a combination of {escape(values)}." if values else ""


def _data(spec: StudySpec, data: Dataset, sides: str) -> str:
    images, groups = data.own, len(set(data.groups[: data.own].tolist()))
    if data.extra:
        sides += f", {data.extra} extra ones to train on"
    if spec.data.knows_groups(images, groups):
        people = f"{images} images of {groups} people or groups"
        return f"{people}, {len(data.classes)} classes; {sides}; nobody is on both sides."
    unknown = "No groups are known, so images of one person may stand on both sides."
    return f"{images} images, {len(data.classes)} classes; {sides}. {unknown}"


def _class_table(data: Dataset) -> list[str]:
    sides = [data.labels[rows].tolist() for rows in (data.train, data.validation)]
    rows = [(name, *(side.count(label) for side in sides)) for label, name in enumerate(data.classes[:_MOST_CLASSES])]
    return note_table(("class", "images to train on", "images to validate"), rows) + _more(len(data.classes))


def _bad(data: Dataset) -> list[str]:
    if not data.bad:
        return []
    lines = ["", f"{pluralize(len(data.bad), 'file')} could not be read and were left out:", ""]
    lines += note_table(("file", "why"), [(bad.path, bad.reason) for bad in data.bad[:_MOST_BAD]])
    return lines + _more(len(data.bad), most=_MOST_BAD)


def _more(total: int, *, most: int = _MOST_CLASSES) -> list[str]:
    return ["", f"and {total - most} more"] if total > most else []


def note_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table as lines of Markdown; its cells come out as they went in."""
    return table(head, [[escape(cell) for cell in row] for row in rows], gap=_GAP)


def _values(head: str, values: Mapping[str, object]) -> list[str]:
    return note_table((head, "value"), [(name, format_for_note(value)) for name, value in values.items()])


def _duration(seconds: float) -> str:
    return duration(seconds, days=False) if round(seconds) >= 60 else f"{seconds:.1f} s"
