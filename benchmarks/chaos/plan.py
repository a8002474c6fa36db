"""The plan of a chaos, decided by a seed and spread over the study, and the tally of what was done."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.chaos.stage import Mode

Kind = Literal["kill", "kill command", "restart", "freeze database", "freeze worker"]

_KILLS_A_COMMAND_KILL = 13
_SPREAD = 0.7  # of the study; what is late is done in the rest of it


@dataclass(frozen=True)
class Plan:
    """What shall happen; durations in seconds."""

    people: int
    trials: int
    workers: int
    kills: int
    restarts: int
    freeze: float
    lease: float
    seed: int

    @property
    def command_kills(self) -> int:
        """How often the watching command is killed."""
        return max(1, round(self.kills / _KILLS_A_COMMAND_KILL))


@dataclass(frozen=True, order=True)
class Blow:
    """One thing that is done, when this share of the study is finished; ``count`` workers are hit at once."""

    at: float
    kind: Kind
    count: int = 1


def draw_blows(plan: Plan, dice: random.Random) -> list[Blow]:
    """The blows of a plan, in order."""
    blows = [Blow(0.0, "freeze worker"), Blow(dice.uniform(0.4, 0.6), "freeze database")]
    for kind, number in (("restart", plan.restarts), ("kill command", plan.command_kills)):
        blows += [Blow(_SPREAD * (place + dice.random()) / number, kind) for place in range(number)]  # type: ignore[arg-type]
    left = plan.kills
    while left:
        count = min(left, plan.workers - 1, 2 if dice.random() < 0.2 else 1)
        blows.append(Blow(dice.uniform(0.02, _SPREAD), "kill", count))
        left -= count
    return sorted(blows)


@dataclass
class Tally:
    """What has happened so far.

    Attributes:
        kills: Workers that were killed, by what they were doing.
        command_kills: The same of the command that watches.
        restarts: Of PostgreSQL, by the way it was stopped.
        frozen_epochs: Epochs that each worker finished while PostgreSQL was frozen.
        lost: The frozen worker dropped the trial that had been taken over.
        went_on: It then began another.
        struck: Trials that were hit by anything.
        lingered: Seconds that the workers of a killed command lived on, the longest.
        orphans: Workers of a killed command that did not end by themselves.
        take_overs: Seconds from a kill to the next worker's start in the trial.
        ends: How the command ended where nobody had killed it, the last end excepted.
    """

    kills: dict[str, int] = field(default_factory=lambda: {"within the first epoch": 0, "later": 0})
    command_kills: int = 0
    restarts: dict[Mode, int] = field(default_factory=lambda: {"fast": 0, "immediate": 0})
    frozen_epochs: dict[int, int] = field(default_factory=dict)
    lost: bool = False
    went_on: bool = False
    struck: set[int] = field(default_factory=set)
    lingered: float = 0.0
    orphans: int = 0
    take_overs: list[float] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
