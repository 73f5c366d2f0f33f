"""Rows of boards, seasons and progress, written without a run."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from hedge import names

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def put(connection: psycopg.Connection, table: str, **columns: Any) -> None:
    """Insert a row into a table."""
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        ),
        [json.dumps(one) if isinstance(one, dict) else one for one in columns.values()],
    )


def put_board(connection: psycopg.Connection, key: str, **columns: Any) -> None:
    """Insert a board of the wins of all time."""
    row = {
        "key": key,
        "name": f"Board {key}",
        "category_key": "pvp_competition",
        "metric_source": "onchain_pvp",
        "metric_key": "wins",
        "time_window": "ALL_TIME",
    }
    put(connection, "app.leaderboard_defs", **row | columns)


def put_board_run(
    connection: psycopg.Connection,
    key: str,
    entries: Sequence[tuple] = (),
    payload: dict[str, Any] | None = None,
    **columns: Any,
) -> int:
    """Insert a complete run of a board, with entries of rank, cluster, score and, where it has
    them, the values of the further keys; its id."""
    row = {"status": "COMPLETE", "as_of": AS_OF, "finished_at": AS_OF, "row_count": len(entries)}
    put(connection, "app.leaderboard_runs", leaderboard_key=key, **row | columns)
    (run,) = connection.execute("select max(id) from app.leaderboard_runs").fetchone()
    for rank, cluster, score, *further in entries:
        put(
            connection,
            "analytics.leaderboard_entries",
            run_id=run,
            cluster_id=cluster,
            rank=rank,
            score=score,
            payload=payload or {},
            created_at=AS_OF,
            **dict(zip(("tiebreaker", "third_value", "fourth_value"), further, strict=False)),
        )
    return run


def put_progress(
    connection: psycopg.Connection, cluster: str, challenge: str, value: float, **columns: Any
) -> None:
    """Insert the progress of a cluster in a challenge."""
    row = {
        "cluster_id": cluster,
        "challenge_key": challenge,
        "value": value,
        "unlocked": False,
        "tier": "NONE",
        "rolling_value": 0,
        "rolling_tier": "NONE",
        "last_computed_at": AS_OF,
    }
    put(connection, "analytics.challenge_progress", **row | columns)


def put_unlock(
    connection: psycopg.Connection,
    cluster: str,
    challenge: str,
    tier: str,
    kind: str = "TIER",
    **columns: Any,
) -> None:
    """Insert a tier unlock."""
    row = {"cluster_id": cluster, "challenge_key": challenge, "tier_code": tier, "kind": kind}
    put(connection, "analytics.tier_unlocks", **row | {"unlocked_at": AS_OF} | columns)


def put_metrics(
    connection: psycopg.Connection, cluster: str, metrics: dict, window: str = "all_time"
) -> None:
    """Insert the metrics of a cluster in a window."""
    put(
        connection,
        "analytics.cluster_metrics",
        cluster_id=cluster,
        window_key=window,
        metrics=metrics,
        last_computed_at=AS_OF,
    )


def put_points(
    connection: psycopg.Connection, season: str, cluster: str, points: float, level: int
) -> None:
    """Insert the points of a cluster in a season."""
    put(
        connection,
        "analytics.season_progress",
        season_id=season,
        cluster_id=cluster,
        points=points,
        level=level,
        points_by_challenge={},
        updated_at=AS_OF,
    )


def name_player(
    connection: psycopg.Connection, cluster: str, name: str | None, *, shown: bool
) -> None:
    """Set the display name of a cluster's player, and whether boards may show it."""
    connection.execute(
        "update app.players set display_name = %s, show_on_boards = %s where player_id ="
        " (select player_id from app.wallet_clusters where cluster_id = %s)",
        [name, shown, cluster],
    )
    connection.execute(
        "delete from app.names_of_players using app.wallet_clusters as clusters"
        " where names_of_players.player_id = clusters.player_id and cluster_id = %s",
        [cluster],
    )
    if name is not None:
        connection.execute(
            "insert into app.names_of_players"
            " select player_id, %(display_name)s, %(folded)s, %(look)s, %(folded_look)s"
            " from app.wallet_clusters where cluster_id = %(cluster)s",
            vars(names.display_name(name)) | {"cluster": cluster},
        )
