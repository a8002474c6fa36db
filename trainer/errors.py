"""The errors that a user can cause and mend.

The message of a :class:`UserError` names the value, the rule it breaks and the mend. Besides, a run may come to an
outcome that is nobody's mistake: :class:`Diverged`, :class:`DoesNotFit`, and :class:`CheckpointError` where an earlier
state is of no use. Everything else that is raised is a failure of ours.
"""


class UserError(Exception):
    """A mistake of the user, told in one clear line; the command ends with exit code 2."""


class ConfigError(UserError):
    """A value in a configuration or a study file breaks its rule."""


class DataError(UserError):
    """The images, labels or groups cannot be used as they are."""


class ImagesChangedError(DataError):
    """An image file is not the one any more that a study was made with: this machine's trouble, not the trial's."""

    def __init__(self, message: str) -> None:
        # torch makes an error of a loader process anew from its whole traceback, of which the last line is the message.
        super().__init__(message.strip().splitlines()[-1].removeprefix(f"{__name__}.{type(self).__name__}: "))


class OtherSplitError(DataError):
    """This machine splits images otherwise than the one that made the study: its trouble, not the trial's."""


class WeightsError(UserError):
    """The backbone does not exist, or the weights do not fit it."""


class ExportError(UserError):
    """A network cannot be written as ONNX, or what was written says something else."""


class SaveError(UserError):
    """A file or folder could not be written: the disk is full, the folder read-only."""


class Diverged(Exception):  # noqa: N818 - an outcome of a run, not a mistake of the user
    """The training loss became infinite or not a number; the run cannot go on."""


class DoesNotFit(Exception):  # noqa: N818 - as above
    """The device's memory is too small for the run, also with its batches split as far as they can be."""


class CheckpointError(Exception):
    """A resume point cannot be used: it is damaged, or of another run."""
