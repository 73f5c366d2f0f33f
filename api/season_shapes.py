"""The bodies of seasons."""

from datetime import datetime

from api.completeness import CompleteTo, WithCompleteness, shapes
from api.shape import Number, Shape
from api.shapes import ShownState
from hedge.seasons import Scoring


class Season(Shape):
    """The current season."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime


class ListedSeason(Season, kw_only=True):
    """A season for [starts_at, ends_at), and whether it is the current one. SEASON scoring counts
    what happens within the season, LIFETIME the values of all time. completeTo is what its points
    are complete to, empty where no chain is followed. A retired one is computed no more; retiredAt
    is since when, null where that was before changes were noted."""

    scoring: Scoring
    state: ShownState
    retired_at: datetime | None
    is_current: bool
    complete_to: list[CompleteTo]

    def __post_init__(self) -> None:
        """Make bodies of what is stored."""
        super().__post_init__()
        self.complete_to = shapes(self.complete_to)


class PageOfSeasons(Shape):
    """A page of the seasons, the newest first."""

    seasons: list[ListedSeason]
    next: str | None


class SeasonWeight(Shape, kw_only=True):
    """The points per unit of a challenge's value. The names of a challenge that is no more are
    null."""

    challenge_key: str
    challenge: str | None
    unit: str | None
    weight: Number
    weight_text: str = ""


class SeasonLevel(Shape, kw_only=True):
    """A level, and the points from which on a cluster has it."""

    level: int
    points_required: Number
    points_required_text: str = ""


class SeasonDefinition(ListedSeason):
    """A season with the weights of its challenges and its levels, the lowest first."""

    weights: list[SeasonWeight]
    levels: list[SeasonLevel]


class SeasonEntry(Shape, kw_only=True):
    """One cluster in the ranking of a season; clusters with equal points share a rank.
    display_name is null unless the player shows it on boards."""

    rank: int
    cluster_id: str
    display_name: str | None
    points: Number
    points_text: str = ""
    level: int
    as_of: datetime


class SeasonStandings(Shape):
    """A page of the clusters with points in a season, most points first."""

    season: ListedSeason
    entries: list[SeasonEntry]
    next: str | None


class SeasonProgress(WithCompleteness, kw_only=True):
    """The points and the level of a cluster in a season, zero points where it has none; as_of, the
    instant of the last run that found them so, and unchanged_since are null then.
    next_level_threshold is null at the last level. completeTo is that of the season."""

    points: Number
    points_text: str = ""
    level: int
    next_level_threshold: Number | None
    next_level_threshold_text: str | None = None
    as_of: datetime | None
    unchanged_since: datetime | None
