"""A preview: what deploying the project would change.

The edited models and seeds, and those that depend on them, are built twice in scratch schemas:
from the deployed project and from the edited one, over the same live tables and as of the same
instant. Whatever differs is therefore caused by the edit, however old the live marts are. SQL
compares the two sides (hedge/sql/preview_compare.sql).
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from hedge import copied_process, database, runs, settings
from hedge.analysis import board_metrics, lifecycle, renames, scratch, wording
from hedge.analysis.changes import (
    BoardChange,
    ChallengeChange,
    Mover,
    PlaceChange,
    Preview,
    RewardChange,
    SeasonChange,
    TierMove,
    Totals,
)
from hedge.analysis.renames import Rename
from hedge.analysis.requirements import (
    require_metrics,
    require_metrics_of_boards,
    require_sources_in_their_folder,
)
from hedge.dbt_runner import Scratch
from hedge.errors import DeployedFails, HedgeError
from hedge.project import seed_checks, template
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: What the comparison reads of each side: seeds for names and ladders, and the marts it compares.
SEEDS = ("categories", "challenges", "challenge_tiers", "metrics")
MARTS = ("challenge_progress", "tier_unlocks", "season_progress", "leaderboard_entries")
_ENTRIES, _BOARD_RUNS = "model.hedge.leaderboard_entries", "model.hedge.board_runs"
#: Boards read units from this seed, and nothing that changes a rank or score.
_METRICS = "seed.hedge.metrics"
#: What is said where the edited version can be computed and the live one cannot.
_LIVE_FAILS = (
    "there is nothing to compare with: the version that is live cannot be built any more ({}); the "
    "edited version can be: hedge etl deploy puts it live"
)


def make(report: Report | None = None) -> Preview:
    """Build both sides and compare them. Live tables are only read.

    A HedgeError says why an edit cannot be built. The scratch schemas are dropped in any case;
    those of a killed process are dropped by the next preview.
    """
    project = settings.project()
    template.require_usable(project)
    seed_checks.require_sound(project)
    with runs.ready() as connection:
        old, new = runs.deployed_project(connection), runs.edited_project()
        require_sources_in_their_folder(new)
        renamed = renames.of_edit(connection, new.folder)
        require_metrics_of_boards(connection, old, new, renamed)
        changed = scratch.changed(old, new)
        notes = [*lifecycle.notes(connection, new.folder, renamed), *wording.notes(old, new)]
        if not changed:
            return Preview(notes=notes)
        found = _compare_projects(connection, old, new, changed, renamed, report)
        return dataclasses.replace(found, notes=notes)


def _compare_projects(
    connection: psycopg.Connection,
    old: ParsedProject,
    new: ParsedProject,
    changed: set[str],
    renamed: list[Rename],
    report: Report | None,
) -> Preview:
    """Build what the changed nodes affect from both projects, and compare the results."""
    as_of = database.value(connection, query("preview_as_of"))
    if as_of is None:
        raise HedgeError("nothing was computed yet to compare with: run hedge etl full first")
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])
    compared = new.manifest.upstream([f"model.hedge.{name}" for name in MARTS])
    # Views of evidence are not compared. An edited one is built to see whether it compiles.
    affected = new.manifest.downstream(changed) & (compared | changed)
    boards_before = _affected_boards(connection, new, changed, affected, renamed)
    with scratch.schemas(connection) as schemas:
        before = _side(connection, old, affected, boards_before, schemas["before"], as_of)
        renamed_boards = renames.renamed_boards(boards_before, renamed)
        after = _side(connection, new, affected, renamed_boards, schemas["after"], as_of)
        # dbt takes as long to prepare a side as the server to compute it.
        with copied_process.working(before.build) as end_of_before:
            after.build(report)
            try:
                end_of_before()
            except HedgeError as error:
                raise DeployedFails(_LIVE_FAILS.format(error)) from error
        for name, side in (("before", before), ("after", after)):
            create_side_views(connection, name, dict.fromkeys(side.built, schemas[name]))
        connection.execute(query("preview_renames"))
        connection.execute(query("preview_compare"))
        connection.execute(query("preview_compare_rewards"))
        names = sorted(new.manifest.nodes[key].name for key in changed)
        return _read_changes(connection, as_of, names, len(affected))


@dataclass(frozen=True)
class _Side:
    """The nodes of a project that are built in a scratch schema, and what their run is told."""

    project: ParsedProject
    part: Scratch
    built: list[str]
    boards: list[dict[str, Any]]
    sources: list[dict[str, Any]]

    def build(self, report: Report | None = None) -> None:
        """Build them; a HedgeError says which cannot be built, and why."""
        runs.build_in_scratch_schema(
            self.project, self.part, self.built, self.boards, self.sources, report
        )


def _side(
    connection: psycopg.Connection,
    project: ParsedProject,
    affected: set[str],
    boards: list[dict[str, Any]],
    schema: str,
    as_of: datetime,
) -> _Side:
    """What of a project is built for the comparison: what an edit affects, and ranks of boards."""
    keys = {key for key in affected - {_ENTRIES} if key in project.manifest.nodes}
    windows: dict[str, list[str]] = {}
    if boards:
        keys |= board_nodes(project, boards)
        windows = windows_of_marts(connection, project, boards)
        create_board_runs(connection, schema, boards)
    return _Side(
        project=project,
        part=scratch.part(project.manifest, keys, schema, as_of, windows),
        built=sorted(project.manifest.nodes[key].name for key in keys),
        boards=boards,
        sources=runs.board_sources(connection, boards),
    )


def _affected_boards(
    connection: psycopg.Connection,
    project: ParsedProject,
    changed: set[str],
    affected: set[str],
    renamed: list[Rename],
) -> list[dict[str, Any]]:
    """The latest runs of the boards that rank by something affected; of all boards where the
    edit affects how boards are ranked. Their metrics are as before the edit."""
    sources = {source: _models_of_source(project, source) for source in ranking_sources(project)}
    of_metrics = {*(model for models in sources.values() for model in models), _METRICS}
    others = {*project.manifest.parents(_ENTRIES), _ENTRIES} - of_metrics
    if not (_ENTRIES in changed or (others - {_ENTRIES}) & affected):
        sources = {source: models for source, models in sources.items() if models & affected}
    with connection.cursor(row_factory=dict_row) as cursor:
        former = [one.old_name.split(".")[0] for one in renamed if one.kind == "metric"]
        boards = cursor.execute(
            query("preview_boards"),
            {"sources": [*sources, *former], "not_final_at": None},
        ).fetchall()
    require_metrics(project, renames.renamed_boards(boards, renamed))
    return boards


def ranking_sources(project: ParsedProject) -> list[str]:
    """Everything that a board can rank by: metric sources, and two marts."""
    variables = project.variables
    marts = ["season_progress", "challenge_progress"]
    return [*variables["metric_sources"], *variables["derived_metric_sources"], *marts]


def _models_of_source(project: ParsedProject, source: str) -> set[str]:
    """The id of the model from which boards read a source; empty where the project lacks it."""
    key = f"model.hedge.{'total_scores' if source == 'challenge_progress' else source}"
    return {key} & set(project.manifest.nodes)


def board_nodes(project: ParsedProject, boards: list[dict[str, Any]]) -> set[str]:
    """The nodes that are built to rank boards again: the periods, the entries, and for periods
    that have a window of their own the models between a period and the metrics it ranks by."""
    models = {
        model
        for board in boards
        if board["window_key"].startswith("run:")
        for source in board_metrics.sources(board)
        for model in _models_of_source(project, source)
    }
    between = project.manifest.downstream([_BOARD_RUNS]) & project.manifest.upstream(models)
    return {_BOARD_RUNS, _ENTRIES, *between}


def windows_of_marts(
    connection: psycopg.Connection, project: ParsedProject, boards: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """The windows that marts compute for boards, by the name of the mart.

    leaderboard_entries computes those of the boards. cluster_metrics computes in addition to its
    own those of boards that rank by derived metric sources, which read it.
    """
    windows = {"leaderboard_entries": sorted({board["window_key"] for board in boards})}
    derived = project.variables["derived_metric_sources"]
    read_from_mart = {
        board["window_key"] for board in boards if board_metrics.sources(board) & set(derived)
    }
    if any(key.startswith("run:") for key in read_from_mart):
        default = [key for (key,) in connection.execute(query("preview_default_windows"))]
        windows["cluster_metrics"] = sorted({*default, *read_from_mart})
    return windows


def create_board_runs(
    connection: psycopg.Connection, schema: str, boards: list[dict[str, Any]]
) -> None:
    """Create a table of board runs in a scratch schema, in which those of boards are
    PROCESSING."""
    connection.execute(
        sql.SQL("create table {} as\n").format(sql.Identifier(schema, "leaderboard_runs"))
        + sql.SQL(query("preview_board_runs")),
        {"runs": [board["run_id"] for board in boards]},
    )


def create_side_views(connection: psycopg.Connection, side: str, built: dict[str, str]) -> None:
    """Create temporary views before_NAME or after_NAME of what the comparison reads.

    built maps what was built to its schema; of everything else the live relation is the same on
    both sides. A mart that was not built cannot differ, so its view is empty.
    """
    for name in (*SEEDS, *MARTS):
        limit = " limit 0" if name in MARTS and name not in built else ""
        connection.execute(
            sql.SQL("create temporary view {} as select * from {}" + limit).format(
                sql.Identifier(f"{side}_{name}"),
                sql.Identifier(built.get(name, "analytics"), name),
            )
        )


def _read_changes(
    connection: psycopg.Connection, as_of: datetime, changed: list[str], built: int
) -> Preview:
    """Read the temporary tables of preview_compare.sql as records."""
    moves = _rows_by(connection, "preview_moves", "challenge_key")
    movers = _rows_by(connection, "preview_movers", "challenge_key")
    places = _rows_by(connection, "preview_board_places", "board")
    with connection.cursor(row_factory=dict_row) as cursor:
        challenges = cursor.execute(query("preview_challenges")).fetchall()
    with connection.cursor(row_factory=class_row(Totals)) as cursor_of_totals:
        totals = database.one_row(cursor_of_totals.execute(query("preview_totals")))
    with connection.cursor(row_factory=class_row(SeasonChange)) as cursor_of_seasons:
        seasons = cursor_of_seasons.execute(query("preview_seasons")).fetchall()
    with connection.cursor(row_factory=class_row(RewardChange)) as cursor_of_rewards:
        rewards = cursor_of_rewards.execute(query("preview_rewards")).fetchall()
    return Preview(
        as_of,
        changed,
        built,
        totals,
        [
            ChallengeChange(
                **row,
                moves=[TierMove(**move) for move in moves.get(row["challenge_key"], ())],
                movers=[Mover(**mover) for mover in movers.get(row["challenge_key"], ())],
            )
            for row in challenges
        ],
        [_board_change(board, rows) for board, rows in places.items()],
        seasons,
        rewards,
    )


def _rows_by(
    connection: psycopg.Connection, name: str, key: str
) -> dict[str, list[dict[str, Any]]]:
    """The rows of a named query, in its order, grouped by one column and without that column."""
    groups: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query(name)):
            groups.setdefault(row.pop(key), []).append(row)
    return groups


def _board_change(board: str, rows: list[dict[str, Any]]) -> BoardChange:
    """A board from the rows of its places, each of which repeats the columns of the board."""
    of_board = {name: rows[0][name] for name in ("name", "period_start", "period_end")}
    places = [{name: row[name] for name in row if name not in of_board} for row in rows]
    return BoardChange(board, **of_board, places=[PlaceChange(**place) for place in places])
