"""What a model says of some images, and that as a CSV file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError
from trainer.predict.inputs import Request
from trainer.support.atomic import write_whole


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of one image, or why it could not be read.

    Attributes:
        name: Its path, or ``image 3`` for the fourth that was handed over in memory.
        class_name: Its most probable class; none if it could not be read.
        probability: Of that class.
        probabilities: Of all classes, float64 [C].
        reason: Why it could not be read, in a few words.
    """

    name: str
    class_name: str | None = None
    probability: float | None = None
    probabilities: NDArray[np.float64] | None = None
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some images, in their order; iterating gives a :class:`Prediction` for each.

    Attributes:
        names: Of the images, N of them.
        classes: Names of the classes, C of them.
        probabilities: float64 [N, C]; a row of NaN where an image could not be read.
        reasons: Why it could not be, by the image's place.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    reasons: dict[int, str]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: int) -> Prediction:
        place = range(len(self))[place]  # from the end as well; IndexError beyond it
        if place in self.reasons:
            return Prediction(self.names[place], reason=self.reasons[place])
        row = self.probabilities[place]
        best = int(row.argmax())
        return Prediction(self.names[place], self.classes[best], float(row[best]), row)

    def __iter__(self) -> Iterator[Prediction]:
        return (self[place] for place in range(len(self)))

    @property
    def bad(self) -> tuple[tuple[str, str], ...]:
        """Name and reason of each image that could not be read."""
        return tuple((self.names[place], self.reasons[place]) for place in sorted(self.reasons))

    def refuse_bad(self) -> None:
        """End where an image could not be read.

        Raises:
            DataError: With the number of those images, and the first ten of them by name.
        """
        if not self.reasons:
            return
        shown = [f"  {name}: {reason}" for name, reason in self.bad[:10]]
        if more := len(self.bad) - len(shown):
            shown.append(f"  and {more} more")
        raise DataError(
            f"{len(self.bad)} of {len(self)} images cannot be read; mend them, or leave their answers empty "
            "(on-bad-image skip):\n" + "\n".join(shown)
        )


def write_predictions(request: Request, predictions: Predictions, output: Path, *, probabilities: bool = False) -> None:
    """Write the answer as CSV: ``ImageID,ans`` for the competition, else ``path,class,probability``.

    With ``probabilities`` a column for each class follows, called like it.

    Raises:
        SaveError: The file cannot be written; an earlier one is kept.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ("ImageID", "ans") if request.competition else ("path", "class", "probability")
    writer.writerow((*header, *(predictions.classes if probabilities else ())))
    for name, each in zip(request.names, predictions, strict=True):
        if each.probabilities is None or each.class_name is None:
            cells = [""] * (len(header) - 1 + (len(predictions.classes) if probabilities else 0))
        else:
            index = each.probabilities.argmax()
            cells = [str(index)] if request.competition else [each.class_name, f"{each.probability:.6f}"]
            cells += [f"{share:.6f}" for share in each.probabilities] if probabilities else []
        writer.writerow((name, *cells))
    write_whole(output, text.getvalue())
