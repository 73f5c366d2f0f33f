"""The records of a preview of an exclusion: who would move. Their field names are the keys of
`hedge exclusions preview --json`."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class ValueMove:
    """A cluster whose value or tier of a challenge changes. Values are in the unit of the metric;
    rolling is the window of the last 180 days. The names of tiers are empty below the first."""

    cluster_id: str
    challenge_key: str
    challenge: str
    unit: str | None
    value_before: Decimal
    value_after: Decimal
    tier_before: str
    tier_after: str
    rolling_before: Decimal
    rolling_after: Decimal
    tier_name_before: str = ""
    tier_name_after: str = ""


@dataclass(frozen=True)
class RankMove:
    """A cluster whose rank or score on a board changes, in the newest run of the board; None on
    the side on which the board does not list it."""

    board: str
    name: str
    period_start: datetime | None
    period_end: datetime | None
    cluster_id: str
    rank_before: int | None
    rank_after: int | None
    score_before: Decimal | None
    score_after: Decimal | None


@dataclass(frozen=True)
class PointsMove:
    """A cluster whose points or level of a season change."""

    season_id: str
    name: str
    cluster_id: str
    points_before: Decimal
    points_after: Decimal
    level_before: int
    level_after: int


@dataclass(frozen=True)
class TakenReward:
    """A reward that the next run would take back, in the state that it has now, and by which
    rule."""

    reward_id: int
    season_id: str
    name: str
    quantity: Decimal
    cluster_id: str
    level: int | None
    rank: int | None
    state: str
    reason: str


@dataclass(frozen=True)
class ExclusionPreview:
    """Who would move: what is excluded (or counts again, where is_end) from what, in words.

    clusters is the number of clusters that were compared, None for every one. The totals count all
    changes, of which the first are listed.
    """

    as_of: datetime
    subject: str
    target: str
    is_end: bool
    clusters: int | None
    values_changed: int = 0
    ranks_changed: int = 0
    points_changed: int = 0
    values: list[ValueMove] = field(default_factory=list)
    ranks: list[RankMove] = field(default_factory=list)
    points: list[PointsMove] = field(default_factory=list)
    rewards: list[TakenReward] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Whether nobody moves."""
        return not (self.values or self.ranks or self.points or self.rewards)
