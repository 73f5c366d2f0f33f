"""A preview of an exclusion: who would move if it were made, or ended.

Nothing that is live is written. Which clusters it can concern, and which rewards a run would take
back, a transaction tells that makes the exclusion and is rolled back. The marts of these clusters,
and the boards, are computed twice in scratch schemas, without and with it, by the deployed
definitions and as of the instant of the newest run.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from hedge import database, exclusions, runs
from hedge.analysis import built_sides, preview, scratch
from hedge.errors import HedgeError
from hedge.exclusions import Exclusion, NewExclusion
from hedge.exclusions.moves import (
    ExclusionPreview,
    PointsMove,
    RankMove,
    TakenReward,
    ValueMove,
)
from hedge.exclusions.records import parameters
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: How many changes of values, ranks or points are listed; the totals count all.
LISTED = 200
#: The number of an exclusion that is not stored; of several, the next ones are below it.
NOT_STORED = 0
#: What an exclusion is of and from, as the setting of a session describes it.
_DESCRIBED = (
    *("exclusion_id", "cluster_id", "wallet_address", "raw_table"),
    *("metric_source", "metric_key", "board_key", "season_id"),
)
_MARTS = ("challenge_progress", "season_progress", "leaderboard_entries")
_METRICS, _ENTRIES = "model.hedge.cluster_metrics", "model.hedge.leaderboard_entries"
#: The marts whose rows of the clusters that an exclusion does not concern are the live ones.
_OF_CLUSTERS = ("cluster_metrics", "challenge_progress", "season_progress")
Move = TypeVar("Move")


def of_new(
    wanted: NewExclusion, report: Report | None = None, clusters: Sequence[str] = ()
) -> ExclusionPreview:
    """Who moves if an exclusion is made; with clusters, if one is made of each of them. It is taken
    for valid as of the newest run, also where it is to begin later. Raises UsageError as
    exclusions.add does."""
    with runs.ready() as connection:
        every = exclusions.new_exclusions(connection, wanted, clusters)
        as_of = _as_of(connection)
        rows = [
            parameters(one, "preview") | {"exclusion_id": NOT_STORED - place, "as_of": as_of}
            for place, one in enumerate(every)
        ]
        rewards, scope = _tried(connection, as_of, "exclusion_preview_begin", rows)
        described = [
            {name: row[name] for name in _DESCRIBED}
            | {"fact": one.fact, "starts_at": "-infinity", "ends_at": "infinity"}
            for one, row in zip(every, rows, strict=True)
        ]
        shown = Exclusion(**vars(every[0]))
        sides = {"before": "", "after": json.dumps(described, default=str)}
        found = _compared(connection, shown, sides, as_of, scope, rewards, report)
        if len(every) == 1:
            return found
        return replace(found, subject=f"clusters {', '.join(clusters)}")


def of_end(number: int, report: Report | None = None) -> ExclusionPreview:
    """Who moves if an exclusion is ended. A UsageError where it does not exist or has ended."""
    with runs.ready() as connection:
        ended = exclusions.require_ending(connection, number)
        as_of = _as_of(connection)
        asked = {"exclusion": number, "by": "preview", "reason": None}
        _, scope = _tried(connection, as_of, "exclusions_end", [asked])
        row = database.value(connection, query("exclusion_preview_row"), {"exclusion": number})
        sides = {
            "before": json.dumps(row),
            "after": json.dumps(row | {"starts_at": "infinity"}),
        }
        return _compared(connection, ended, sides, as_of, scope, None, report)


def _as_of(connection: psycopg.Connection) -> datetime:
    """The instant of the newest run, for which the session computes from now on."""
    as_of = database.value(connection, query("preview_as_of"))
    if as_of is None:
        raise HedgeError("nothing was computed yet to compare with: run hedge etl full first")
    assert isinstance(as_of, datetime)
    return as_of


def _tried(
    connection: psycopg.Connection, as_of: datetime, name: str, given: list[dict[str, Any]]
) -> tuple[list[TakenReward], list[str] | None]:
    """Make or end exclusions by a named query, and roll that back. Returns the rewards that a run
    would take back because of it, and the clusters that it can concern; None for every cluster."""
    asked = {"name": f"preview of {connection.info.backend_pid}", "as_of": as_of}
    with (
        connection.transaction(force_rollback=True),
        connection.cursor(row_factory=dict_row) as cursor,
        database.constraint_errors("exclusion"),
    ):
        standing = cursor.execute(query("exclusion_preview_rewards"), asked).fetchall()
        for one in given:
            cursor.execute(query(name), one)
        rewards = cursor.execute(query("exclusion_preview_rewards"), asked).fetchall()
        known = {row["reward_id"] for row in standing}
        taken = [TakenReward(**row) for row in rewards if row["reward_id"] not in known]
        (scope,) = cursor.execute(query("exclusion_preview_scope"), asked).fetchall()
        if scope["is_every_cluster"]:
            return taken, None
        found = cursor.execute(query("exclusion_preview_clusters"), asked).fetchall()
        return taken, [row["cluster_id"] for row in found]


def _compared(
    connection: psycopg.Connection,
    shown: Exclusion,
    sides: dict[str, str],
    as_of: datetime,
    scope: list[str] | None,
    rewards: list[TakenReward] | None,
    report: Report | None,
) -> ExclusionPreview:
    """Compute both sides, each with its row of app.exclusions as JSON, and compare them."""
    project = runs.deployed_project(connection)
    boards = _boards(connection, project, shown, as_of)
    keys, windows, clusters = _parts(connection, project, shown, boards, scope)
    sources = runs.board_sources(connection, boards)
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])
    marts = {key for key in keys if key != _ENTRIES}
    with scratch.schemas(connection) as schemas:
        for side, row in sides.items():
            schema = schemas[side]
            if boards:
                built_sides.create_board_runs(connection, schema, boards)
            part = scratch.part(project.manifest, keys, schema, as_of, windows, exclusion=row)
            if marts:
                # the clusters that it concerns; the boards below rank every cluster
                names = sorted(project.manifest.nodes[key].name for key in marts)
                runs.build_in_scratch_schema(
                    project, part, names, boards, sources, report, clusters=clusters
                )
                _take_others(connection, schema, marts, clusters)
            if boards:
                runs.build_in_scratch_schema(
                    project, part, ["leaderboard_entries"], boards, sources, report
                )
            built = {project.manifest.nodes[key].name: schema for key in keys}
            preview.create_side_views(connection, side, built)
        values, values_changed = _moves(connection, "exclusion_preview_values", ValueMove)
        ranks, ranks_changed = _moves(connection, "exclusion_preview_ranks", RankMove)
        points, points_changed = _moves(connection, "exclusion_preview_points", PointsMove)
    return ExclusionPreview(
        as_of=as_of,
        subject=shown.subject,
        target=shown.target,
        is_end=rewards is None,
        clusters=None if scope is None else len(scope),
        values_changed=values_changed,
        ranks_changed=ranks_changed,
        points_changed=points_changed,
        values=values,
        ranks=ranks,
        points=points,
        rewards=rewards or [],
    )


def _boards(
    connection: psycopg.Connection, project: ParsedProject, shown: Exclusion, as_of: datetime
) -> list[dict[str, Any]]:
    """The newest runs of the active boards that an exclusion can concern, but those that are final
    as of the instant: no run computes them again."""
    ranking = built_sides.ranking_sources(project)
    if shown.metric is not None:
        source = shown.metric.rpartition(".")[0]
        ranking = [one for one in ranking if one == source or not _is_on_facts(project, one)]
    elif shown.season_id is not None:
        ranking = ["season_progress"]
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            query("preview_boards"), {"sources": ranking, "not_final_at": as_of}
        ).fetchall()
    return [
        one for one in found if shown.board_key is None or one["leaderboard_key"] == shown.board_key
    ]


def _is_on_facts(project: ParsedProject, source: str) -> bool:
    return source in project.variables["metric_sources"]


def _parts(
    connection: psycopg.Connection,
    project: ParsedProject,
    shown: Exclusion,
    boards: list[dict[str, Any]],
    scope: list[str] | None,
) -> tuple[set[str], dict[str, list[str]], list[str] | None]:
    """What is built: the ids of the nodes, the windows of marts, and the clusters of marts (None:
    every cluster)."""
    manifest = project.manifest
    keys: set[str] = set()
    windows: dict[str, list[str]] = {}
    clusters = scope
    if shown.board_key is None:
        compared = [
            f"model.hedge.{name}" for name in _MARTS if boards or name != "leaderboard_entries"
        ]
        keys = manifest.downstream([_METRICS]) & manifest.upstream(compared)
    if boards:
        keys |= built_sides.board_nodes(project, boards)
        windows = built_sides.windows_of_marts(connection, project, boards)
        if "cluster_metrics" in windows:
            # a board with a window of its own: no live row has the metrics of the others in it
            clusters = None
    if shown.season_id is not None:
        own = f"season:{shown.season_id}"
        default = [key for (key,) in connection.execute(query("preview_default_windows"))]
        for mart in ("cluster_metrics", "season_progress"):
            windows[mart] = sorted({*windows.get(mart, default), own})
    return keys, windows, clusters


def _take_others(
    connection: psycopg.Connection, schema: str, built: Iterable[str], clusters: list[str] | None
) -> None:
    """Copy from the live marts the rows of the clusters that were not computed: they are the same
    on both sides, and boards rank them."""
    if clusters is None:
        return
    names = {key.rpartition(".")[2] for key in built}
    for mart in _OF_CLUSTERS:
        if mart not in names:
            continue
        table = sql.Identifier(schema, mart)
        found = connection.execute(sql.SQL("select * from {} limit 0").format(table))
        listed = sql.SQL(", ").join(sql.Identifier(one.name) for one in found.description or [])
        connection.execute(
            sql.SQL(
                "insert into {} ({}) select {} from analytics.{} where cluster_id <> all(%s)"
            ).format(table, listed, listed, sql.Identifier(mart)),
            [clusters],
        )
        connection.execute(sql.SQL("analyze {}").format(table))


def _moves(connection: psycopg.Connection, name: str, record: type[Move]) -> tuple[list[Move], int]:
    """The first rows of a named query as records, and how many there are of all."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query(name), {"limit": LISTED}).fetchall()
    total = rows[0]["total"] if rows else 0
    return [record(**{key: row[key] for key in row if key != "total"}) for row in rows], total
