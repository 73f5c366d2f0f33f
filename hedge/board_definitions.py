"""What a board, its runs and its entries are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from hedge import completeness
from hedge.completeness import CompleteTo
from hedge.errors import UsageError

#: The kind of period that a board ranks.
TimeWindow = Literal["DAILY", "WEEKLY", "MONTHLY", "SEASON", "ALL_TIME"]

#: draft: computed, and shown to admins only; live; retired: computed no more, and not in lists.
State = Literal["draft", "live", "retired"]

#: Whether the largest values of an ordering key come first, or the smallest.
Direction = Literal["asc", "desc"]

#: How ranks count where two are equal: dense (1, 1, 2), standard (1, 1, 3) or row (1, 2, 3).
Ranking = Literal["dense", "standard", "row"]

#: What decides between equals where every row has a rank of its own.
LastKey = Literal["cluster_id"]

#: The most ordering keys of a board.
MOST_KEYS = 4

BoardRunStatus = Literal["PENDING", "PROCESSING", "COMPLETE", "FAILED"]


@dataclass(frozen=True, kw_only=True)
class OrderingKey:
    """A metric by which a board ranks, and its direction."""

    metric_source: str
    metric_key: str
    direction: Direction = "desc"

    def __str__(self) -> str:
        return f"{self.metric_source}.{self.metric_key} {self.direction}"


@dataclass(frozen=True, kw_only=True)
class Board:
    """A row of app.leaderboard_defs. Defaults are those of the table.

    A board ranks by the metric, where clusters are equal by the fallback metric, then by the third
    and the fourth, each in its direction; those that name no source are of the board's own source.
    The ranking row has a last key and the others have none."""

    key: str
    name: str
    description: str = ""
    category_key: str
    metric_source: str
    metric_key: str
    fallback_metric_source: str | None = None
    fallback_metric_key: str | None = None
    time_window: TimeWindow
    is_active: bool = True
    is_public: bool = True
    verified_only: bool = False
    max_entries: int = 1000
    corrected_for_days: int = 7
    is_frozen: bool = False
    metric_direction: Direction = "desc"
    fallback_direction: Direction = "desc"
    third_metric_source: str | None = None
    third_metric_key: str | None = None
    third_direction: Direction = "desc"
    fourth_metric_source: str | None = None
    fourth_metric_key: str | None = None
    fourth_direction: Direction = "desc"
    ranking: Ranking = "dense"
    last_key: LastKey | None = None
    state: State = "live"


#: The fields of a board that hold an ordering key, in order: source, key and direction.
_FIELDS_OF_KEYS = (
    ("metric_source", "metric_key", "metric_direction"),
    ("fallback_metric_source", "fallback_metric_key", "fallback_direction"),
    ("third_metric_source", "third_metric_key", "third_direction"),
    ("fourth_metric_source", "fourth_metric_key", "fourth_direction"),
)


def ordering_keys(board: Board) -> list[OrderingKey]:
    """The ordering keys of a board, the first one first."""
    return [
        OrderingKey(
            metric_source=getattr(board, source) or board.metric_source,
            metric_key=metric,
            direction=getattr(board, direction),
        )
        for source, key, direction in _FIELDS_OF_KEYS
        if (metric := getattr(board, key)) is not None
    ]


def fields_of_keys(keys: Sequence[OrderingKey]) -> dict[str, Any]:
    """The fields of a board with these ordering keys; no key, or more than four, are a
    UsageError."""
    if not 1 <= len(keys) <= MOST_KEYS:
        raise UsageError(f"a board has one to four ordering keys, not {len(keys)}")
    fields: dict[str, Any] = {}
    for place, (source, key, direction) in enumerate(_FIELDS_OF_KEYS):
        given = keys[place] if place < len(keys) else None
        fields |= {
            source: given and given.metric_source,
            key: given and given.metric_key,
            direction: given.direction if given else "desc",
        }
    return fields


@dataclass(frozen=True)
class BoardRun:
    """A row of app.leaderboard_runs: a board for the period [period_start, period_end), both None
    for all time, computed as of an instant.

    stale_since is when facts of the period were found to have changed since the run, None where
    they have not. A run that is final stays as it is: boards that are due do not include it.
    complete_to says up to which block of each followed chain its facts were known; empty where none
    is followed that it reads."""

    id: int
    leaderboard_key: str
    period_start: datetime | None
    period_end: datetime | None
    status: BoardRunStatus
    as_of: datetime | None
    row_count: int | None
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    stale_since: datetime | None = None
    is_final: bool = False
    complete_to: list[CompleteTo] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make records of what the database holds."""
        object.__setattr__(self, "complete_to", completeness.records(self.complete_to))


@dataclass(frozen=True, kw_only=True)
class ListedBoard(Board):
    """A board and its newest run, of any status; None where it has none."""

    newest_run: BoardRun | None = None


@dataclass(frozen=True)
class Entry:
    """One cluster on a board. The key values are those of the ordering keys, as many as the board
    had in the run: the score, the tiebreaker and those behind them. The payload holds the metric,
    its unit, the period, the ranking, and metric, unit and direction of each key."""

    rank: int
    cluster_id: str
    score: Decimal
    tiebreaker: Decimal | None
    payload: dict[str, Any]
    key_values: list[Decimal]
