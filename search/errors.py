"""The errors of the search; they continue the tree of :mod:`trainer.errors`.

::

    trainer.errors.UserError
    ├── StorageError          the database does not answer or is not what was expected
    └── StudyError            the study does not exist, differs, or has nothing to offer yet
"""

from trainer.errors import UserError


class StorageError(UserError):
    """The database does not answer, or is not one that this program can use."""


class StudyError(UserError):
    """The study does not exist, was made from another specification, or has no finished trial yet."""
