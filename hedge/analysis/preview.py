"""A preview: what deploying the project would change.

The edited models and seeds, and those that depend on them, are built twice in scratch schemas:
from the deployed project and from the edited one, over the same live tables and as of the same
instant. Whatever differs is therefore caused by the edit, however old the live marts are. SQL
compares the two sides (hedge/sql/preview_compare.sql).
"""

import contextlib
import dataclasses
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from hedge import database, runs, settings
from hedge.analysis import built_sides, described, lifecycle, renames, scratch, wording
from hedge.analysis.built_sides import MARTS, Side
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
from hedge.analysis.requirements import (
    require_facts_of_evidence,
    require_metrics,
    require_metrics_of_boards,
    require_sources_in_their_folder,
)
from hedge.errors import DeployedFails, HedgeError
from hedge.project import seed_checks, template
from hedge.queries import query
from hedge.runs import Report

#: What the comparison reads of each side beside its marts: seeds for names and ladders.
SEEDS = ("categories", "challenges", "challenge_tiers", "metrics")
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
    with (
        runs.ready() as connection,
        scratch.schemas(connection) as schemas,
        contextlib.closing(built_sides.InACopy(connection)) as copy,
    ):
        old = runs.deployed_project(connection)
        as_of = database.value(connection, query("preview_as_of"))
        if as_of is not None:
            connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])
            guessed = built_sides.guessed(connection, old, project, schemas["before"], as_of)
            if guessed is not None:
                # A copy has what this process has loaded.
                runs.load_dbt()
                copy.begin(guessed)
        new = runs.edited_project()
        require_sources_in_their_folder(new)
        require_facts_of_evidence(new)
        renamed = renames.of_edit(connection, new.folder)
        require_metrics_of_boards(connection, old, new, renamed)
        changed = scratch.changed(old, new)
        notes = [
            *lifecycle.notes(connection, new.folder, renamed),
            *wording.notes(old, new),
            *described.notes(old, new),
        ]
        if not changed:
            return Preview(notes=notes)
        if as_of is None:
            raise HedgeError("nothing was computed yet to compare with: run hedge etl full first")
        affected = built_sides.affected_nodes(new.manifest, changed)
        boards = built_sides.affected_boards(connection, new, changed, affected, renamed)
        after_boards = renames.renamed_boards(boards, renamed)
        require_metrics(new, after_boards)
        before = built_sides.side(connection, old, affected, boards, schemas["before"], as_of)
        after = built_sides.side(connection, new, affected, after_boards, schemas["after"], as_of)
        _build(connection, before, after, copy, report)
        found = _compared(connection, before, after, as_of)
        names = sorted(new.manifest.nodes[key].name for key in changed)
        return dataclasses.replace(found, changed=names, built=len(affected), notes=notes)


def _build(
    connection: psycopg.Connection,
    before: Side,
    after: Side,
    copy: built_sides.InACopy,
    report: Report | None,
) -> None:
    """Build both sides at once."""
    copy.begin(before)
    after.create_board_runs(connection)
    after.build(report)
    try:
        copy.end()
    except HedgeError as error:
        raise DeployedFails(_LIVE_FAILS.format(error)) from error


def _compared(
    connection: psycopg.Connection, before: Side, after: Side, as_of: datetime
) -> Preview:
    """What differs between two sides that are built."""
    for name, side in (("before", before), ("after", after)):
        create_side_views(connection, name, dict.fromkeys(side.built, side.part.schema))
    connection.execute(query("preview_renames"))
    connection.execute(query("preview_compare"))
    connection.execute(query("preview_compare_rewards"))
    return _read_changes(connection, as_of)


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


def _read_changes(connection: psycopg.Connection, as_of: datetime) -> Preview:
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
        as_of=as_of,
        totals=totals,
        challenges=[
            ChallengeChange(
                **row,
                moves=[TierMove(**move) for move in moves.get(row["challenge_key"], ())],
                movers=[Mover(**mover) for mover in movers.get(row["challenge_key"], ())],
            )
            for row in challenges
        ],
        boards=[_board_change(board, rows) for board, rows in places.items()],
        seasons=seasons,
        rewards=rewards,
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
