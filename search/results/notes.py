"""What people read beside the figures: a note a trial and one a study, in Markdown, where the dashboard finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from trainer.support.markdown import escape, table
from trainer.support.text import duration, pluralize

from search.config.format import format_for_note, format_value
from search.results.history import BestEpoch, TrialHistory

if TYPE_CHECKING:
    from trainer.data.prepare import Data

    from search.config.study_spec import StudySpec

_PIECE: Final = 2045
"""Characters that optuna-dashboard keeps in one attribute (its ``_note.py``)."""
_GAP: Final = "\u2002 "  # the dashboard sets columns without any
_MOST_CLASSES: Final = 40
_MOST_BAD: Final = 10


def attributes_of(note: str, trial_id: int | None = None) -> dict[str, str | int]:
    """A note as system attributes of its study, a trial's too, as optuna-dashboard keeps them.

    Args:
        note: Markdown.
        trial_id: Optuna's id of the trial; none for the study's own note.
    """
    prefix = "dashboard:" if trial_id is None else f"dashboard:{trial_id}:"
    pieces = [note[start : start + _PIECE] for start in range(0, len(note), _PIECE)]
    return {f"{prefix}note_ver": 1, **{f"{prefix}note_str:{n}": piece for n, piece in enumerate(pieces)}}


def trial_note(
    outcome: str,
    params: Mapping[str, object],
    history: TrialHistory,
    told: Mapping[str, Any],
    classes: Sequence[str],
    pictures: Mapping[str, str],
) -> str:
    """What happened in a trial that ends.

    Args:
        outcome: complete, pruned or failed.
        params: Its parameters, named as in the study file.
        history: Its epochs.
        told: Its user attributes.
        classes: Their names, in the order of the labels.
        pictures: What is drawn of it, and where the dashboard has it.
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
    lines += ["", *_table(("parameter", "value"), [(name, format_for_note(value)) for name, value in params.items()])]
    lines += ["", *_how(history, told)]
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
        lines.append(
            f"- each batch was split into {told['batch_split']} parts for want of memory, and batch norm noticed"
        )
    return lines


def _classes(best: BestEpoch, classes: Sequence[str]) -> list[str]:
    names = dict(enumerate(classes))
    images: dict[str, int] = {}
    wrong: dict[str, tuple[int, str]] = {}
    for true, predicted, samples in best.confusion:
        name = names[true]
        images[name] = images.get(name, 0) + samples
        if true != predicted and samples > wrong.get(name, (0, ""))[0]:
            wrong[name] = (samples, names[predicted])
    worst = sorted(best.per_class_f1.items(), key=lambda item: item[1])
    if not images:
        rows: list[tuple[object, ...]] = [(name, f"{f1:.3f}") for name, f1 in worst[:_MOST_CLASSES]]
        lines = _table(("class", "F1"), rows)
    else:
        rows = [
            (name, f"{f1:.3f}", images.get(name, 0), "{1} ({0})".format(*wrong[name]) if name in wrong else "")
            for name, f1 in worst[:_MOST_CLASSES]
        ]
        lines = _table(("class", "F1", "images", "most often taken for"), rows)
    return lines + _more(len(worst))


def study_note(spec: StudySpec, data: Data) -> str:
    """What a study searches, on which data, and how to read its page."""
    study = spec.study
    budget = [f"**{study.trials}** finished trials (complete or pruned), all workers together"]
    if study.timeout is not None:
        budget.append(f"{_duration(study.timeout)} from when the study was made")
    budget.append(f"an end after {pluralize(study.max_failures, 'failed trial')}")
    return "\n".join(
        [
            *_how_to_read(spec).splitlines(),
            *_compared(spec),
            "",
            f"### Budget\n\n{'; '.join(budget)}. It may have been raised since (`search status` tells).",
            "",
            f"### Data\n\n{_sides(spec, data)}{_label(data)}",
            "",
            *_class_table(data),
            *_bad(data),
            "",
            "### What all trials have in common",
            "",
            *_table(("fixed", "value"), [(name, format_for_note(value)) for name, value in spec.fixed.items()]),
        ]
    )


_READING: Final = """\
### How to read this page

- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is {best}; of a *pruned*
  one its last report's (its best is the attribute `best_f1`).
- **Step**: epochs completed, from 1 to {epochs}.
- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:
  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.
- **A trial's page** has its confusion matrix and learning curve (artifacts) and a note.
- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the
  workers that are at them. `search work` and the study file change a study."""


_COMPARING: Final = """\
### How to read this page

- **One change at a time**: every trial is the base or one change to it. Trials of one seed have the same split and the
  same training seed, so they differ in the change alone; between seeds values say little. `search ablate` shows the
  differences with their spread.
- **Value**: validation macro-F1 of a trial's best epoch. The highest value is the luckiest trial's.
- **Step**: epochs completed; the base has {epochs}.
- **A trial's page** has its confusion matrix and learning curve (artifacts) and a note; its attributes `change` and
  `seed` say what it is.
- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the
  workers that are at them."""


def _compared(spec: StudySpec) -> list[str]:
    if spec.ablation is None:
        return []
    rows = [
        (knob, ", ".join(format_value(value) for value in values)) for knob, values in spec.ablation.changes.items()
    ]
    made = f"The base is {escape(spec.ablation.base)}. These changes were named first; more may have been added:"
    return ["", "### What is compared", "", made, "", *_table(("knob", "values"), rows)]


def _label(data: Data) -> str:
    """What the classes are, where they are more than names."""
    if data.part is not None:
        whole = ", ".join(factor.name for factor in data.part.factors)
        return (
            f" They are the values of {escape(data.part.factor)}, one of the factors {escape(whole)}; the split is "
            "that of the whole label."
        )
    values = "; ".join(f"{factor.name} ({', '.join(factor.values)})" for factor in data.factors)
    return f" A class is a combination of {escape(values)}." if values else ""


_RETRAINING: Final = """\
### How to read this page

- `finalize` trains configurations of the study {study} again: {what}.
- **A trial's attribute `order`** says which one, and on whom.
- **Look, do not touch**: `finalize --study {study}` goes on from here, and `search work --study {study} --confirm`
  helps."""

_RETRAINED: Final = {
    "confirm": "its leaders over folds of people, which tells what to expect of them; the value is the F1 of those who "
    "are held out, at the best epoch",
    "final": "the chosen one on everybody; the value is the training loss, since nobody is left to tell an F1",
}


def _how_to_read(spec: StudySpec) -> str:
    if spec.retraining is not None:
        return _RETRAINING.format(study=spec.retraining.study, what=_RETRAINED[spec.retraining.kind])
    best = "the mean over the folds of their best epochs" if spec.data.folds else "its best epoch's"
    return (_READING if spec.ablation is None else _COMPARING).format(epochs=spec.steps, best=best)


def _sides(spec: StudySpec, data: Data) -> str:
    images, groups = data.own, len(set(data.groups[: data.own].tolist()))
    sides = f"{len(data.train) - data.extra} images to train on, {len(data.validation)} to validate"
    if data.folds:
        sides = f"{len(data.folds)} folds, each held out once by every trial (the table shows the first)"
    if spec.retraining is not None:
        sides = "all are trained on" if not data.folds else f"{len(data.folds)} folds (the table shows the first)"
    if data.extra:
        sides += f", {data.extra} extra ones to train on"
    if spec.data.knows_groups(images, groups):
        return (
            f"{images} images of {groups} people or groups, {len(data.classes)} classes; {sides}; nobody is on both "
            "sides."
        )
    return (
        f"{images} images, {len(data.classes)} classes; {sides}. No groups are known, so images of one person may "
        "stand on both sides."
    )


def _class_table(data: Data) -> list[str]:
    sides = [data.labels[rows].tolist() for rows in (data.train, data.validation)]
    rows = [(name, *(side.count(label) for side in sides)) for label, name in enumerate(data.classes[:_MOST_CLASSES])]
    return _table(("class", "images to train on", "images to validate"), rows) + _more(len(data.classes))


def _bad(data: Data) -> list[str]:
    if not data.bad:
        return []
    lines = ["", f"{pluralize(data.bad, 'file')} could not be read and were left out:", ""]
    lines += _table(("file", "why"), [(bad.path, bad.reason) for bad in data.bad[:_MOST_BAD]])
    return lines + _more(len(data.bad), most=_MOST_BAD)


def _more(total: int, *, most: int = _MOST_CLASSES) -> list[str]:
    return ["", f"and {total - most} more"] if total > most else []


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    return table(head, [tuple(escape(cell) for cell in row) for row in rows], gap=_GAP)


def _duration(seconds: float) -> str:
    return duration(seconds, days=False) if round(seconds) >= 60 else f"{seconds:.1f} s"
