"""The records of a preview: what an edit changes in challenges, boards and seasons.

Their field names are the keys of `hedge preview --json`.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Literal

from hedge.errors import UsageError


@dataclass(frozen=True)
class Totals:
    """All changes as single numbers.

    clusters_changed have another value or tier, over all time or the last 180 days;
    values_changed are the clusters with another value over all time. tiers_won and tiers_lost
    count each cluster and challenge once, however many tiers it moves. Of tier unlocks, Founder's
    Marks among them, unlocks_won are those that the edit hands out, unlocks_withheld those that
    the next run would hand out without the edit and does not with it, and unlocks_not_reached
    those that stand, though with the edit they would not have been handed out: they stay. Of
    rewards for levels of seasons, rewards_won and rewards_withheld are as of unlocks.
    """

    challenges_changed: int = 0
    clusters_changed: int = 0
    values_changed: int = 0
    tiers_won: int = 0
    tiers_lost: int = 0
    unlocks_won: int = 0
    unlocks_withheld: int = 0
    unlocks_not_reached: int = 0
    boards_changed: int = 0
    points_won: Decimal = Decimal(0)
    points_lost: Decimal = Decimal(0)
    levels_won: int = 0
    levels_lost: int = 0
    rewards_won: int = 0
    rewards_withheld: int = 0


@dataclass(frozen=True)
class TierMove:
    """The number of clusters that move from one tier to another; NONE is below the first."""

    tier_before: str
    tier_after: str
    clusters: int


@dataclass(frozen=True)
class Mover:
    """A cluster whose value or tier changes. Values are in the unit of the metric."""

    cluster_id: str
    value_before: Decimal
    value_after: Decimal
    tier_before: str
    tier_after: str


@dataclass(frozen=True)
class ChallengeChange:
    """A challenge in which something changes.

    change, largest_gain and largest_loss are in the unit of the metric; unlocks_won,
    unlocks_withheld and unlocks_not_reached count tier unlocks as in Totals; the other numbers
    count clusters. rolling is the window of the last 180 days. clusters_moved have another value
    or tier over all time, and movers are the ten of them that move furthest.
    """

    challenge_key: str
    challenge: str
    unit: str | None
    values_changed: int
    change: Decimal
    largest_gain: Decimal
    largest_loss: Decimal
    rolling_values_changed: int
    rolling_tiers_changed: int
    tiers_won: int
    tiers_lost: int
    unlocks_won: int
    unlocks_withheld: int
    unlocks_not_reached: int
    clusters_moved: int
    moves: list[TierMove] = field(default_factory=list)
    movers: list[Mover] = field(default_factory=list)


@dataclass(frozen=True)
class PlaceChange:
    """One of the first ten places of a board, before and after; None on the side on which the
    board has fewer entries."""

    rank_before: int | None
    cluster_before: str | None
    score_before: Decimal | None
    rank_after: int | None
    cluster_after: str | None
    score_after: Decimal | None


@dataclass(frozen=True)
class BoardChange:
    """A board whose first ten places change in its latest period; board is its key."""

    board: str
    name: str
    period_start: datetime | None
    period_end: datetime | None
    places: list[PlaceChange]


@dataclass(frozen=True)
class SeasonChange:
    """The points and levels that clusters win and lose in a season; clusters is how many."""

    season_id: str
    name: str
    clusters: int
    points_won: Decimal
    points_lost: Decimal
    levels_won: int
    levels_lost: int


@dataclass(frozen=True)
class RewardChange:
    """Clusters that an edit gives a reward of a season, or does not give it.

    Of levels, entitled is who gets it by the next run because of the edit, withheld who would get
    it without, and kept who has it and would not reach it: it stays. Of ranks, rank won and rank
    lost are of the standings as they are now; ranks are given when the season is final. clusters is
    how many; first_clusters are at most ten of them.
    """

    season_id: str
    reward_key: str
    name: str
    effect: Literal["entitled", "withheld", "kept", "rank won", "rank lost"]
    clusters: int
    first_clusters: list[str]

    @property
    def who(self) -> str:
        """The first clusters, and dots where there are more."""
        more = ["..."] if self.clusters > len(self.first_clusters) else []
        return ", ".join([*self.first_clusters, *more])


@dataclass(frozen=True)
class Preview:
    """What deploying the project would change.

    changed are the names of the models and seeds that were edited; built is the number of
    models and seeds that were built to compare, the edited ones and those that depend on them.
    notes are sentences about what changes in words only, units and descriptions, and about entries
    of `meta`, such as `evidence`.
    as_of is the instant of both sides; None when nothing was edited.
    """

    as_of: datetime | None = None
    changed: list[str] = field(default_factory=list)
    built: int = 0
    totals: Totals = field(default_factory=Totals)
    challenges: list[ChallengeChange] = field(default_factory=list)
    boards: list[BoardChange] = field(default_factory=list)
    seasons: list[SeasonChange] = field(default_factory=list)
    rewards: list[RewardChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Whether no value, tier, rank or point of any cluster changes."""
        return self.totals == Totals() and not self.challenges


_OPERATORS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def condition(text: str) -> Callable[[Totals], bool]:
    """A function that tests totals for NAME OP NUMBER, such as 'unlocks_won > 100'; a UsageError
    where the text is not of that form or names no total."""
    names = [total.name for total in fields(Totals)]
    parts = re.fullmatch(r"\s*(\w+)\s*(>=|<=|==|!=|=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text, re.ASCII)
    if parts is None:
        raise UsageError(f"'{text}' is not NAME OP NUMBER, such as 'unlocks_won > 100'")
    name, comparison, number = parts.groups()
    if name not in names:
        raise UsageError(f"'{text}' names no total {name}: there are {', '.join(names)}")
    return lambda totals: _OPERATORS[comparison](Decimal(getattr(totals, name)), Decimal(number))
