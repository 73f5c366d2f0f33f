"""What the working copy would change against what is live, before it is deployed.

What was edited, and what hangs on it, is built twice in scratch schemas: as it is deployed
and as it is edited, over the same live tables and as of the same instant. So whatever differs
is the edit's doing, however long ago the last run was. SQL compares the two.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from hedge import runs, settings
from hedge.analysis import scratch
from hedge.errors import HedgeError, UsageError
from hedge.project import seed_checks, template
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: What the comparison reads of either side: names and ladders, and what it compares.
SEEDS = ("categories", "challenges", "challenge_tiers", "metrics")
MARTS = ("challenge_progress", "tier_unlocks", "season_progress", "leaderboard_entries")
_ENTRIES, _BOARD_RUNS = "model.hedge.leaderboard_entries", "model.hedge.board_runs"
#: Boards take a unit from it, and no number.
_METRICS = "seed.hedge.metrics"


@dataclass(frozen=True)
class Totals:
    """All that changes, in single numbers. clusters_changed have another value or tier, over all
    time or the last 180 days; values_changed are the clusters with another value over all time.
    A tier is won or lost once per cluster and challenge, however far it moves; an unlock is a
    rung or a founder's mark."""

    challenges_changed: int = 0
    clusters_changed: int = 0
    values_changed: int = 0
    tiers_won: int = 0
    tiers_lost: int = 0
    unlocks_won: int = 0
    unlocks_lost: int = 0
    boards_changed: int = 0
    points_won: Decimal = Decimal(0)
    points_lost: Decimal = Decimal(0)
    levels_won: int = 0
    levels_lost: int = 0


@dataclass(frozen=True)
class Move:
    """How many clusters go from a tier to another; NONE is below the first rung."""

    tier_before: str
    tier_after: str
    clusters: int


@dataclass(frozen=True)
class Mover:
    """A cluster that a change moves, with values in the metric's unit."""

    cluster_id: str
    value_before: Decimal
    value_after: Decimal
    tier_before: str
    tier_after: str


@dataclass(frozen=True)
class Challenge:
    """A challenge in which something changes. Numbers of clusters, but for change, largest_gain
    and largest_loss (the metric's unit) and the unlocks (rungs); rolling is of 180 days."""

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
    unlocks_lost: int
    moves: list[Move] = field(default_factory=list)
    movers: list[Mover] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """A line of a board's first ten, before and after; None where the board is shorter."""

    rank_before: int | None
    cluster_before: str | None
    score_before: Decimal | None
    rank_after: int | None
    cluster_after: str | None
    score_after: Decimal | None


@dataclass(frozen=True)
class Board:
    """A board whose first ten change, in its latest period."""

    board: str
    name: str
    period_start: datetime | None
    period_end: datetime | None
    places: list[Place]


@dataclass(frozen=True)
class Season:
    """The points and levels that move in a season, for how many clusters."""

    season_id: str
    name: str
    clusters: int
    points_won: Decimal
    points_lost: Decimal
    levels_won: int
    levels_lost: int


@dataclass(frozen=True)
class Preview:
    """What the working copy would change. changed are the models and seeds that were edited,
    built is how many were built with what hangs on them; as_of is None when nothing was."""

    as_of: datetime | None = None
    changed: list[str] = field(default_factory=list)
    built: int = 0
    totals: Totals = field(default_factory=Totals)
    challenges: list[Challenge] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    seasons: list[Season] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Whether no number of anybody changes."""
        return self.totals == Totals() and not self.challenges


_OPERATORS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def condition(text: str) -> Callable[[Totals], bool]:
    """What NAME OP NUMBER says of the totals, as 'unlocks_lost > 0'; a UsageError when it is
    not one."""
    names = [field.name for field in fields(Totals)]
    parts = re.fullmatch(r"\s*(\w+)\s*(>=|<=|==|!=|=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text, re.ASCII)
    if parts is None:
        raise UsageError(f"'{text}' is not NAME OP NUMBER, such as 'unlocks_lost > 0'")
    name, compare, number = parts.groups()
    if name not in names:
        raise UsageError(f"'{text}' names no total {name}: there are {', '.join(names)}")
    return lambda totals: _OPERATORS[compare](getattr(totals, name), Decimal(number))


def make(report: Report | None = None) -> Preview:
    """Build both sides and compare them; live tables are only read.

    A HedgeError says what is wrong with an edit that cannot be built. The scratch schemas are
    dropped in any case; those of a killed process are dropped by the next preview.
    """
    project = settings.project()
    template.require_usable(project)
    seed_checks.require_sound(project)
    with runs.ready() as connection:
        old, new = runs.deployed(connection), runs.working_copy()
        changed = scratch.changed(old, new)
        if not changed:
            return Preview()
        return _compare_projects(connection, old, new, changed, report)


def _compare_projects(
    connection: psycopg.Connection,
    old: ParsedProject,
    new: ParsedProject,
    changed: set[str],
    report: Report | None,
) -> Preview:
    row = connection.execute(query("preview_as_of")).fetchone()
    if row is None:
        raise HedgeError("nothing was computed yet to compare with: run hedge etl full first")
    (as_of,) = row
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])
    # evidence is looked at on demand: it is built only to see whether it still can be
    compared = scratch.upstream(new.manifest, [f"model.hedge.{name}" for name in MARTS])
    hanging = scratch.downstream(new.manifest, changed) & (compared | changed)
    boards = _boards(connection, new, changed, hanging)
    with scratch.schemas(connection) as schemas:
        for side, project in (("after", new), ("before", old)):
            keys = {key for key in hanging - {_ENTRIES} if key in project.manifest.nodes}
            windows = {}
            if boards:
                keys |= _of_boards(project, boards)
                windows = _windows(connection, project, boards)
                _put_board_runs(connection, schemas[side], boards)
            retargeted = scratch.retarget(project.manifest, keys, schemas[side], as_of, windows)
            built = sorted(project.manifest.nodes[key].name for key in keys)
            sources = runs.board_sources(connection, boards)
            runs.build_in_scratch_schema(project, retargeted, built, boards, sources, report)
            _create_side_views(connection, side, {name: schemas[side] for name in built})
        connection.execute(query("preview_compare"))
        names = sorted(new.manifest.nodes[key].name for key in changed)
        return _compared(connection, as_of, names, len(hanging))


def _boards(
    connection: psycopg.Connection, project: ParsedProject, changed: set[str], hanging: set[str]
) -> list[dict[str, Any]]:
    """The latest runs of the boards that rank by something that hangs on the change; of all
    boards when it is about boards themselves."""
    sources = {key: _models(project, key) for key in _sources(project)}
    of_metrics = {*(model for models in sources.values() for model in models), _METRICS}
    others = {*project.manifest.parent_map[_ENTRIES], _ENTRIES} - of_metrics
    if not (_ENTRIES in changed or (others - {_ENTRIES}) & hanging):
        sources = {key: models for key, models in sources.items() if models & hanging}
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query("preview_boards"), {"sources": list(sources)}).fetchall()
    for board in found:
        _require_metrics(project, board)
    return found


def _require_metrics(project: ParsedProject, board: dict[str, Any]) -> None:
    """Refuse an edit that takes a metric away from a board."""
    for part in ("", "fallback_"):
        source, key = board[f"{part}metric_source"], board[f"{part}metric_key"]
        if source is None or source in ("season_progress", "challenge_progress"):
            continue
        model = project.manifest.nodes.get(f"model.hedge.{source}")
        if model is None or key not in model.columns:
            raise HedgeError(
                f"board {board['leaderboard_key']} ranks by {source}.{key}, which the working copy "
                "lacks: keep the metric, or change the board first (hedge boards edit)"
            )


def _sources(project: ParsedProject) -> list[str]:
    """All that a board can rank by."""
    variables = project.variables
    own = ["season_progress", "challenge_progress"]
    return [*variables["metric_sources"], *variables["derived_metric_sources"], *own]


def _models(project: ParsedProject, source: str) -> set[str]:
    """The model in which boards find a source."""
    key = f"model.hedge.{'total_scores' if source == 'challenge_progress' else source}"
    return {key} & set(project.manifest.nodes)


def _of_boards(project: ParsedProject, boards: list[dict[str, Any]]) -> set[str]:
    """What is built to rank boards again: all that lies between their periods and them."""
    read = {
        model
        for board in boards
        if board["window_key"].startswith("run:")
        for source in (board["metric_source"], board["fallback_metric_source"])
        if source
        for model in _models(project, source)
    }
    between = scratch.downstream(project.manifest, [_BOARD_RUNS]) & scratch.upstream(
        project.manifest, read
    )
    return {_BOARD_RUNS, _ENTRIES, *between}


def _windows(
    connection: psycopg.Connection, project: ParsedProject, boards: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """The windows that marts compute for boards: those of the boards, and in cluster_metrics
    besides what always stands those that derived sources read there."""
    of_boards = sorted({board["window_key"] for board in boards})
    windows = {"leaderboard_entries": of_boards}
    derived = project.variables["derived_metric_sources"]
    asked = {
        board["window_key"]
        for board in boards
        if {board["metric_source"], board["fallback_metric_source"]} & set(derived)
    }
    if any(key.startswith("run:") for key in asked):
        standing = [key for (key,) in connection.execute(query("preview_windows"))]
        windows["cluster_metrics"] = sorted({*standing, *asked})
    return windows


def _put_board_runs(
    connection: psycopg.Connection, schema: str, boards: list[dict[str, Any]]
) -> None:
    connection.execute(
        sql.SQL(query("preview_board_runs")).format(
            schema=sql.Identifier(schema), runs=sql.Literal([board["run_id"] for board in boards])
        )
    )


def _create_side_views(connection: psycopg.Connection, side: str, built: dict[str, str]) -> None:
    """Let the session see a side as before_NAME or after_NAME: what was built, else what is
    live; of a mart that was not built nothing, because it does not differ."""
    for name in (*SEEDS, *MARTS):
        limit = " limit 0" if name in MARTS and name not in built else ""
        connection.execute(
            sql.SQL("create temporary view {} as select * from {}" + limit).format(
                sql.Identifier(f"{side}_{name}"),
                sql.Identifier(built.get(name, "analytics"), name),
            )
        )


def _compared(
    connection: psycopg.Connection, as_of: datetime, changed: list[str], built: int
) -> Preview:
    moves = _rows(connection, "preview_moves", "challenge_key")
    movers = _rows(connection, "preview_movers", "challenge_key")
    boards = _rows(connection, "preview_board_places", "board")
    with connection.cursor(row_factory=dict_row) as cursor:
        challenges = cursor.execute(query("preview_challenges")).fetchall()
    with connection.cursor(row_factory=class_row(Totals)) as cursor:
        totals = cursor.execute(query("preview_totals")).fetchone()
    with connection.cursor(row_factory=class_row(Season)) as cursor:
        seasons = cursor.execute(query("preview_seasons")).fetchall()
    return Preview(
        as_of,
        changed,
        built,
        totals,
        [
            Challenge(
                **row,
                moves=[Move(**move) for move in moves.get(row["challenge_key"], ())],
                movers=[Mover(**mover) for mover in movers.get(row["challenge_key"], ())],
            )
            for row in challenges
        ],
        [_board(key, places) for key, places in boards.items()],
        seasons,
    )


def _rows(connection: psycopg.Connection, name: str, key: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a query, in its order, by one of their columns, which they lose."""
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query(name)):
            found.setdefault(row.pop(key), []).append(row)
    return found


def _board(key: str, places: list[dict[str, Any]]) -> Board:
    of_board = ("name", "period_start", "period_end")
    return Board(
        key,
        *(places[0][name] for name in of_board),
        [
            Place(**{name: value for name, value in place.items() if name not in of_board})
            for place in places
        ],
    )
