"""A draft of a table of corrections out of what an audit found, in the form that ``[data] corrections`` reads.

Besides the columns that are read (:mod:`trainer.data.corrections`) it has what a person wants to see who decides
about it.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trainer.data.ordinal import OrdinalFactor
from trainer.data.samples import Samples
from trainer.data.spec import DataSpec
from trainer.evaluation.label_audit import LABEL, Finding
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.support.csv_rows import read_rows

COLUMNS: Final = ("path", "person", "field", "value", "given", "suggested", "score")


@dataclass(frozen=True)
class Draft:
    """Rows of a table, and what they are made of.

    Attributes:
        rows: One or more of each finding.
        findings: The clearest.
        decided: How many others are left out since the study's own table decides about them.
    """

    rows: tuple[dict[str, str], ...]
    findings: tuple[Finding, ...]
    decided: int

    def text(self) -> str:
        """The table as CSV."""
        content = io.StringIO()
        writer = csv.DictWriter(content, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return content.getvalue()


def still_labelled(predictions: OutOfFold, samples: Samples) -> tuple[OutOfFold, int]:
    """The answers about images whose label is still what it was then, and how many others there are.

    Their groups are the data's own: a study puts people together whose files are the same.
    """
    paths = samples.table["path"].tolist()
    label_of = dict(zip(paths, (samples.classes[label] for label in samples.table["label"]), strict=True))
    group_of = dict(zip(paths, samples.table["group"].tolist(), strict=True))
    then = [predictions.classes[label] for label in predictions.labels]
    kept = np.array(
        [label_of.get(path) == label for path, label in zip(predictions.paths, then, strict=True)], dtype=bool
    )
    same = replace(
        predictions,
        factors=predictions.factors or (samples.factors if predictions.classes == samples.classes else ()),
        paths=predictions.paths[kept],
        groups=np.array([group_of[path] for path in predictions.paths[kept]], dtype=np.str_),
        labels=predictions.labels[kept],
        folds=predictions.folds[kept],
        scores=predictions.scores[kept],
    )
    return same, int((~kept).sum())


def draft(findings: Sequence[Finding], samples: Samples, spec: DataSpec, limit: int) -> Draft:
    """Make rows of the first findings, ``limit`` of them at most, about which nobody has decided.

    What the table of corrections asks of people becomes a row of a person, all else a row of each image. The
    competition's age is in years, which nobody knows: the nearest that would be right stands for them.
    """
    decided = _decided(samples, spec)
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    undecided = [
        each
        for each in findings
        if decided.isdisjoint((_field(each, spec), name) for name in (each.person, *each.paths))
    ]
    for finding in undecided[:limit]:
        field = _field(finding, spec)
        value = _value(finding, field, samples)
        shown = {"given": finding.given, "suggested": finding.suggested, "score": f"{finding.score:.3f}"}
        names = [("", finding.person)] if _names_person(finding, field, spec) else [(p, "") for p in finding.paths]
        for path, person in names:
            row = {"path": path, "person": person, "field": field, "value": value, **shown}
            rows.setdefault((path, person, field), row)
    return Draft(tuple(rows.values()), tuple(undecided[:limit]), len(findings) - len(undecided))


def _field(finding: Finding, spec: DataSpec) -> str:
    return spec.factor if finding.field == LABEL and spec.factor else finding.field


def _names_person(finding: Finding, field: str, spec: DataSpec) -> bool:
    """Whether a row names a person; see the table of layouts in the README."""
    if spec.layout == "competition":
        return field != "mask"
    return spec.layout == "table" and finding.kind == "person"


def _value(finding: Finding, field: str, samples: Samples) -> str:
    factor = samples.ordinal_factor
    if factor is None or factor.name != field:
        return finding.suggested
    values = next((factor.values for factor in samples.factors if factor.name == field), samples.classes)
    is_first = samples.table["path"] == finding.paths[0]
    return nearest_value(factor, float(samples.table.loc[is_first, "ordered"].iloc[0]), values.index(finding.suggested))


def nearest_value(factor: OrdinalFactor, value: float, part: int) -> str:
    """The whole number within a part of a scale that is nearest to a value."""
    low = factor.boundaries[part - 1] if part else -np.inf
    high = factor.boundaries[part] - 1 if part < len(factor.boundaries) else np.inf
    return f"{min(max(value, low), high):g}"


def _decided(samples: Samples, spec: DataSpec) -> set[tuple[str, str]]:
    """Field and name of each row of the study's own table."""
    if spec.corrections is None:
        return set()
    rows = read_rows(samples.root / spec.corrections, ("field", "value"))
    return {(row.values["field"], row.values.get("path") or row.values.get("person") or "") for row in rows}
