"""How long a machine's workers wait for what."""

from dataclasses import dataclass

from search.database.lease import DURATION


@dataclass(frozen=True)
class Timeouts:
    """How long this machine's workers wait for what; seconds.

    Attributes:
        lease: After which a silent worker's trial is taken over; renewed three times in that time.
        stall: After which training that makes no progress is given up.
        patience: After which a worker whose database is away gives up.
    """

    lease: float = DURATION
    stall: float = 600.0
    patience: float = 600.0
