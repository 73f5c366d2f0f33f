"""The bodies of boards, and of the places that a cluster has on them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from api.completeness import WithCompleteness
from api.shape import Number, Shape
from api.shapes import ShownState
from hedge.boards import Direction, LastKey, Ranking, TimeWindow


class Board(Shape):
    """An active public board."""

    key: str
    name: str
    description: str
    category_key: str
    time_window: TimeWindow
    unit: str
    state: ShownState
    retired_at: datetime | None


class BoardRun(WithCompleteness):
    """A complete board run, computed as of an instant.

    staleSince is when facts of the period were found to have changed since the run, null where
    they have not. Such a period is computed again, unless the run is final. completeTo is empty
    where no chain is followed that the board reads.
    """

    id: int
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime
    row_count: int
    finished_at: datetime
    stale_since: datetime | None
    is_final: bool


class Period(Shape):
    """A half-open period of a board; both ends are null for all time."""

    period_start: datetime | None
    period_end: datetime | None


class ComputedPeriod(Shape):
    """A period of a board, and the board run that counts for it."""

    run_id: int
    period_start: datetime | None
    period_end: datetime | None


class DescribedKey(Shape):
    """A metric by which a board ranks, and its direction: with desc the largest values come
    first. The unit is null for a metric that the catalogue does not have any more."""

    metric_source: str
    metric_key: str
    unit: str | None
    direction: Direction


class BoardDefinition(Board):
    """What a board ranks, and when.

    ordering_keys are all metrics by which it ranks; the first two of them are also metric and
    fallback metric. ranking says how ranks count where clusters are equal: dense (1, 1, 2),
    standard (1, 1, 3) or row (1, 2, 3), where last_key decides between equals.

    current_period is the period that goes on, null where no season does; its period_end is when it
    ends. latest_run is the run that readers see, null before the first. periods are the last 100
    computed ones, the latest first. Entries are those of max_entries clusters at most; a period is
    computed again for corrected_for_days after its end where its facts change, and not at all where
    is_frozen is true. A null fallback metric source is that of the board.
    """

    metric_source: str
    metric_key: str
    fallback_metric_source: str | None
    fallback_metric_key: str | None
    verified_only: bool
    max_entries: int
    corrected_for_days: int
    is_frozen: bool
    ordering_keys: list[DescribedKey]
    ranking: Ranking
    last_key: LastKey | None
    current_period: Period | None
    latest_run: BoardRun | None
    periods: list[ComputedPeriod]


class KeyValue(Shape, kw_only=True):
    """The value of an ordering key, and what it is of. The metric and the unit are null for a
    tiebreaker of a run from before runs recorded them."""

    metric: str | None
    unit: str | None
    direction: Direction
    value: Number
    value_text: str = ""


class Entry(Shape, kw_only=True):
    """One cluster on a board; clusters with equal keys share a rank unless the ranking is row.
    keys are the values of all ordering keys; the first is also the score and the second the
    tiebreaker. display_name is null unless the player shows it on boards. previous_rank is the
    rank in the period before, null where the cluster was not listed in it."""

    rank: int
    previous_rank: int | None
    cluster_id: str
    display_name: str | None
    score: Number
    score_text: str = ""
    tiebreaker: Number | None
    tiebreaker_text: str | None = None
    key_values: list[KeyValue] = msgspec.field(name="keys")
    payload: dict[str, Any]

    def __post_init__(self) -> None:
        """Say what the values of the keys are of. The query gives them as numbers."""
        super().__post_init__()
        self.key_values = described(cast(list[Decimal], self.key_values), self.payload)


def described(values: list[Decimal], payload: dict[str, Any]) -> list[KeyValue]:
    """The values of the ordering keys of an entry, with what its payload says of them."""
    keys = payload.get("keys") or [
        {"metric": payload.get("metric"), "unit": payload.get("unit")},
        {"metric": None, "unit": None},
    ]
    return [
        KeyValue(**{"direction": "desc"} | keys[place], value=value)
        for place, value in enumerate(values)
    ]


class BoardHead(Shape):
    """A board, and the period of a run."""

    key: str
    name: str
    period_start: datetime | None
    period_end: datetime | None


class Standing(Shape, kw_only=True):
    """A board run with a page of its entries. previous is the computed period before, to which the
    previous ranks belong, null where there is none. me is the entry of the caller, null where it
    is not listed, and absent unless it was asked for."""

    leaderboard: BoardHead
    run: BoardRun
    previous: ComputedPeriod | None
    entries: list[Entry]
    me: Entry | msgspec.UnsetType | None = msgspec.UNSET
    next: str | None = None


class Place(Shape, kw_only=True):
    """Where a cluster is on a board: in the run that readers see. clusters is how many are listed,
    clusters_above how many have a better rank, and share_above their share, from 0 to 1. keys are
    the values of all ordering keys; the first is also the score and the second the tiebreaker.
    rank, score, keys and the last two are null where the cluster is not listed."""

    key: str
    name: str
    unit: str
    run_id: int
    period_start: datetime | None
    period_end: datetime | None
    as_of: datetime
    clusters: int
    rank: int | None
    score: Number | None
    score_text: str | None = None
    tiebreaker: Number | None
    tiebreaker_text: str | None = None
    key_values: list[KeyValue] | None = msgspec.field(name="keys")
    clusters_above: int | None
    share_above: Number | None
    share_above_text: str | None = None


class PageOfPlaces(Shape):
    """A page of the boards that have a run, by key, with the places of a cluster."""

    cluster_id: str
    leaderboards: list[Place]
    next: str | None
