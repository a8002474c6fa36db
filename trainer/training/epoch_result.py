"""What a training run yields after each epoch."""

from dataclasses import dataclass

from trainer.training.metrics import FoldScores, Scores


@dataclass(frozen=True)
class EpochResult:
    """What one epoch gave.

    Attributes:
        epoch: Epochs completed, from 1.
        train_loss: The criterion, mean over the epoch's training images (by their weights).
        validation: Scores over all validation samples; none where there are no validation samples.
        lr: Learning rate of the epoch's last step.
        images_per_second: Images that the epoch trained on over the seconds of the training part.
        seconds: The whole epoch, validation included.
        fold: Which fold is held out, from 1; 0: the run has no folds.
        folds: All folds so far, where a fold ends with this epoch.
    """

    epoch: int
    train_loss: float
    validation: Scores | None
    lr: float
    images_per_second: float
    seconds: float
    fold: int = 0
    folds: FoldScores | None = None

    @property
    def fold_prefix(self) -> str:
        """Which folds the scores are of, in words before "F1"; empty without folds."""
        if self.folds is not None:
            return f"mean of {len(self.folds.epochs)} folds " if len(self.folds.epochs) > 1 else "fold 1 best "
        return f"fold {self.fold} " if self.fold else ""

    @property
    def trial_scores(self) -> Scores | None:
        """The scores that count for a trial: with folds there are some only where a fold ends."""
        if not self.fold:
            return self.validation
        return self.folds.mean if self.folds else None
