"""Everything public of :mod:`search` and :mod:`trainer` under one name; ``studyhall --help`` is every command.

::

    import studyhall

    spec = studyhall.load_spec("mask-f1")
    model = studyhall.load("models/mask-f1")
"""

from typing import TYPE_CHECKING

import search
import trainer
from trainer.support.lazy import exports

if TYPE_CHECKING:
    from search import *  # noqa: F403 - as the two say themselves
    from trainer import *  # noqa: F403

__all__ = [*search.__all__, *trainer.__all__]

__getattr__, __dir__ = exports(__name__, {"search": search.__all__, "trainer": trainer.__all__}, extra="search")
