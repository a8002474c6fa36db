"""What is said of a finished model: on its page, on its card, and to the study that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trainer.evaluation.assessment import Assessment, Interval
from trainer.evaluation.out_of_fold import OutOfFold

from search.results.confusion import Confusion

FEW_PEOPLE: Final = 20
"""Of fewer an interval says little, however narrow it looks."""
_LOW_SHARE: Final = 0.75
"""Of the mean of the classes; a class below that is a weak one."""
_WIDE: Final = 0.3
"""Between the ends of an interval; beyond that nobody knows much."""


@dataclass(frozen=True)
class LeaderRow:
    """A configuration that could have been finalized.

    Attributes:
        claimed: Its value in the search.
        expected_score: What the search as a whole lets expect of it.
        fold_f1: Macro-F1 in each fold; none where it was not trained, or could not be.
        mean: Of the expected score and the folds that it was trained in, by which it is chosen; none: in no fold.
        reason: Why it was not chosen; empty for the one that was.
    """

    trial: int
    parameters: Mapping[str, object]
    claimed: float
    expected_score: float
    fold_f1: tuple[float | None, ...] = ()
    mean: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class ModelReport:
    """All that page and card tell of a model; where confirmation was skipped, without what it would have found.

    Attributes:
        trial: Whose configuration it is.
        parameters: What the search had suggested for it.
        config: The whole configuration, as ``model.json`` has it.
        weights: What its training began from: a hub, a file, or nothing.
        claimed: The macro-F1 that the search had found for it.
        measured: How the search had measured that, in a sentence.
        images: How many it was trained on.
        people: Of how many people or other groups; none: they are not known.
        root: Where the data were.
        class_images: Images of each class; empty where nobody counted.
        out_of_fold: Answers about people who were held out; none: confirmation was skipped.
        assessment: What they say of the model; none: confirmation was skipped.
        curves: Macro-F1 by fold, from 1, and epoch, from 1.
        leaders: The highest expected score first.
        licence: Under which the model may be used, as far as somebody has said so.
        version: Such as ``v3``; empty where there are none.
        networks: Which the model has and how they were trained, in words.
        voting: How several networks make one answer; empty: it has one.
        location: Where the model lies, as commands shall name it; none: in the folder that card and page are written
            to.
    """

    study: str
    trial: int
    parameters: Mapping[str, object]
    config: Mapping[str, object]
    backbone: str
    weights: str
    classes: tuple[str, ...]
    epochs: int
    claimed: float
    measured: str
    images: int
    people: int | None
    root: Path
    created: str
    packages: Mapping[str, str]
    class_images: Mapping[str, int] = field(default_factory=dict)
    out_of_fold: OutOfFold | None = None
    assessment: Assessment | None = None
    curves: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    leaders: tuple[LeaderRow, ...] = ()
    licence: str | None = None
    version: str = ""
    location: Path | None = None
    networks: str = "one network, trained on everybody"
    voting: str = ""

    @property
    def calibration_subject(self) -> str:
        """Whose probabilities the calibration error is about, as a sentence begins."""
        if self.voting == "hard":
            return "Its probabilities are shares of votes, and were not measured; those of one of its networks are"
        if self.voting == "soft":
            return "Its probabilities are means over its networks, and were not measured; those of one of them are"
        return "Its probabilities are"

    @property
    def unit(self) -> str:
        """What is held out together and counted as one."""
        return "people" if self.people is not None else "images"

    @property
    def samples(self) -> str:
        """How many images of how many people it was trained on, in words."""
        return f"{self.images} images" + (f" of {self.people} people or groups" if self.people is not None else "")

    def new_set(self, count: int) -> str:
        """A new set of so many of them."""
        return f"{count} new {self.unit if count != 1 else 'person' if self.people is not None else 'image'}"

    @property
    def claim_difference(self) -> str:
        """The search's claim held against what to expect, in words; empty where nothing was confirmed."""
        if self.assessment is None:
            return ""
        difference = self.claimed - self.assessment.f1.value
        if abs(difference) < 0.0005:
            return "the same as what to expect"
        return f"{abs(difference):.3f} {'more' if difference > 0 else 'less'} than to expect"

    @property
    def selection_bias_note(self) -> str:
        """By how much the figure was lowered for having chosen, as a sentence; empty where four places show nothing."""
        if self.assessment is None or self.assessment.selection_bias < 0.00005:
            return ""
        by = f"{self.assessment.selection_bias:.4f}"
        return f"The macro-F1 was lowered by {by}, since the configuration was chosen by its folds."

    @property
    def title(self) -> str:
        """What the model is called."""
        return f"{self.study} {self.version}".rstrip()


@dataclass(frozen=True)
class ClassFigure:
    """What the held out images say of a class.

    Attributes:
        people: How many it was seen of.
        images: How many of them were held out, which all were once.
        taken_for: What its images were taken for most; empty: they were not.
        weaknesses: Why to be careful with it, in a few words each.
    """

    name: str
    f1: Interval
    people: int
    images: int
    taken_for: str
    weaknesses: tuple[str, ...]


def class_figures(assessed: Assessment, confusion: Confusion, unit: str = "people") -> list[ClassFigure]:
    """All classes, the worst first; ``unit`` is held out together: people, or images where nobody knows of any."""
    taken_for = confusion.taken_for
    mean = sum(each.value for each in assessed.per_class_f1.values()) / max(len(assessed.per_class_f1), 1)
    figures = []
    for name, row in zip(confusion.classes, confusion.counts, strict=True):
        f1, people = assessed.per_class_f1[name], assessed.class_people.get(name, 0)
        reasons = {
            "low F1": f1.value < _LOW_SHARE * mean,
            "wide interval": f1.high - f1.low > _WIDE,
            f"few {unit}": people < FEW_PEOPLE,
        }
        weaknesses = tuple(reason for reason, is_so in reasons.items() if is_so)
        figures.append(ClassFigure(name, f1, people, sum(row), taken_for.get(name, ""), weaknesses))
    return sorted(figures, key=lambda figure: figure.f1.value)
