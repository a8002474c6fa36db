"""A draft of a table of corrections out of what an audit found, in the form that ``[data] corrections`` reads.

Besides the columns that are read (:mod:`trainer.data.corrections`) it has what a person wants to see who decides
about it.
"""

from __future__ import annotations

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


def of_today(answers: OutOfFold, samples: Samples) -> tuple[OutOfFold, int]:
    """The answers about images whose label is still what it was then, and how many others there are.

    Their groups are the data's own: a study puts people together whose files are the same.
    """
    paths = samples.table["path"].tolist()
    label_of = dict(zip(paths, (samples.classes[label] for label in samples.table["label"]), strict=True))
    group_of = dict(zip(paths, samples.table["group"].tolist(), strict=True))
    then = [answers.classes[label] for label in answers.labels]
    kept = np.array([label_of.get(path) == label for path, label in zip(answers.paths, then, strict=True)], dtype=bool)
    same = replace(
        answers,
        factors=answers.factors or (samples.factors if answers.classes == samples.classes else ()),
        paths=answers.paths[kept],
        groups=np.array([group_of[path] for path in answers.paths[kept]], dtype=np.str_),
        labels=answers.labels[kept],
        folds=answers.folds[kept],
        scores=answers.scores[kept],
    )
    return same, int((~kept).sum())


def draft(findings: Sequence[Finding], samples: Samples, spec: DataSpec, limit: int) -> Draft:
    """Make rows of the first findings, ``limit`` of them at most, about which nobody has decided.

    What the table of corrections asks of people becomes a row of a person, all else a row of each image. The
    competition's age is in years, which nobody knows: the nearest that would be right stands for them.
    """
    decided = _decided(samples, spec)
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    asked = [
        finding
        for finding in findings
        if not any((_field(finding, spec), name) in decided for name in (finding.person, *finding.paths))
    ]
    for finding in asked[:limit]:
        field = _field(finding, spec)
        value = _value(finding, field, samples)
        said = {"given": finding.given, "suggested": finding.suggested, "score": f"{finding.score:.3f}"}
        names = (
            [("", finding.person)] if _is_asked_of_people(finding, field, spec) else [(p, "") for p in finding.paths]
        )
        for path, person in names:
            row = {"path": path, "person": person, "field": field, "value": value, **said}
            rows.setdefault((path, person, field), row)
    return Draft(tuple(rows.values()), tuple(asked[:limit]), len(findings) - len(asked))


def _field(finding: Finding, spec: DataSpec) -> str:
    return spec.factor if finding.field == LABEL and spec.factor else finding.field


def _is_asked_of_people(finding: Finding, field: str, spec: DataSpec) -> bool:
    """Whether a row names a person; see the table of layouts in the README."""
    if spec.layout == "competition":
        return field != "mask"
    return spec.layout == "table" and finding.kind == "person"


def _value(finding: Finding, field: str, samples: Samples) -> str:
    scale = samples.scale
    if scale is None or scale.name != field:
        return finding.suggested
    values = next((factor.values for factor in samples.factors if factor.name == field), samples.classes)
    is_first = samples.table["path"] == finding.paths[0]
    return nearest(scale, float(samples.table.loc[is_first, "ordered"].iloc[0]), values.index(finding.suggested))


def nearest(scale: OrdinalFactor, value: float, part: int) -> str:
    """The whole number within a part of a scale that is nearest to a value."""
    low = scale.boundaries[part - 1] if part else -np.inf
    high = scale.boundaries[part] - 1 if part < len(scale.boundaries) else np.inf
    return f"{min(max(value, low), high):g}"


def _decided(samples: Samples, spec: DataSpec) -> set[tuple[str, str]]:
    """Field and name of each row of the study's own table."""
    if spec.corrections is None:
        return set()
    rows = read_rows(samples.root / spec.corrections, ("field", "value"))
    return {(row.values["field"], row.values.get("path") or row.values.get("person") or "") for row in rows}
