"""Which classes are missing from the training or the validation side, and how high macro-F1 can still get."""

import numpy as np
from trainer.data.dataset import Dataset


def missing_classes(data: Dataset) -> tuple[tuple[str, ...], float]:
    """What to warn of where a class is missing from a side, and the highest macro-F1 that is left.

    With folds each of them has its sides; a trial's score is their mean.
    """

    def there(rows: np.ndarray) -> np.ndarray:
        return np.bincount(data.labels[rows], minlength=len(data.classes)) > 0

    splits = data.folds or (data,)
    trained = np.stack([there(split.train) for split in splits])
    held = np.stack([there(split.validation) for split in splits])
    best_f1 = float(np.mean(trained & held))
    warnings = []
    if unseen := _lacking(data.classes, held):
        warnings.append(
            f"no validation image of {unseen}: macro-F1 averages all {len(data.classes)} classes and such a "
            "class counts 0"
        )
    if unlearnt := _lacking(data.classes, trained):
        warnings.append(f"no training image of {unlearnt}: what was never shown cannot be learned")
    if warnings:
        warnings.append(f"macro-F1 cannot exceed {best_f1:.3f}; add people to these classes or remove the classes")
    return tuple(warnings), best_f1


def _lacking(classes: tuple[str, ...], there: np.ndarray) -> str:
    """The classes that are not there, bool [folds, C], in words; empty: all are."""
    lacks = (~there).sum(axis=0).tolist()
    folds = len(there)
    return ", ".join(
        name if folds == 1 else f"{name} (in {count} of {folds} folds)"
        for name, count in zip(classes, lacks, strict=True)
        if count
    )
