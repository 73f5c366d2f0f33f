"""What runs wrote into the marts."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

#: The marts that all runs write, with their keys.
MARTS = {
    "cluster_metrics": ("cluster_id", "window_key"),
    "challenge_progress": ("cluster_id", "challenge_key"),
    "tier_unlocks": ("cluster_id", "challenge_key", "tier_code", "kind"),
    "season_progress": ("season_id", "cluster_id"),
}
#: The column by whose values a mart is verified, and the one with the instant of a row.
PARTS = {
    "cluster_metrics": ("window_key", "last_computed_at"),
    "challenge_progress": (None, "last_computed_at"),
    "season_progress": ("season_id", "updated_at"),
}
#: Rows of the marts: mart to key to the whole row.
Marts = dict[str, dict[tuple, dict[str, Any]]]


def progress(connection: psycopg.Connection, cluster: str) -> dict[str, Decimal]:
    """The value of every challenge of a cluster."""
    rows = connection.execute(
        "select challenge_key, value from analytics.challenge_progress where cluster_id = %s",
        [cluster],
    )
    return dict(rows.fetchall())


def unlocked(connection: psycopg.Connection, cluster: str) -> set[str]:
    """The challenges of a cluster that are unlocked."""
    rows = connection.execute(
        "select challenge_key from analytics.challenge_progress where unlocked and cluster_id = %s",
        [cluster],
    )
    return {key for (key,) in rows}


def verified_to(
    connection: psycopg.Connection, mart: str = "challenge_progress"
) -> dict[tuple[str, ...], datetime]:
    """Up to which as-of instant each row of a mart is verified, by its key."""
    part, computed_at = PARTS[mart]
    cursor = connection.execute(
        sql.SQL(
            "select {key}, greatest(rows.{computed_at}, verified.verified_to)"
            " from analytics.{mart} as rows"
            " left join app.cluster_buckets as placed on rows.cluster_id = placed.cluster_id"
            " left join app.verified"
            " on verified.mart = coalesce('bucket_' || placed.bucket, 'analytics') || {name}"
            " and verified.part = {part}"
            " and verified.portion = app.portion_of(rows.cluster_id)"
        ).format(
            key=sql.SQL(", ").join(sql.Identifier("rows", column) for column in MARTS[mart]),
            computed_at=sql.Identifier(computed_at),
            mart=sql.Identifier(mart),
            name=f".{mart}",
            part=sql.Identifier("rows", part) if part else sql.Literal(""),
        )
    )
    return {tuple(key): instant for *key, instant in cursor}


def computed_at(connection: psycopg.Connection) -> dict[str, datetime]:
    """Up to which as-of instant each cluster is verified in challenge_progress, the same in all of
    its rows."""
    found: dict[str, set[datetime]] = {}
    for (cluster, _), instant in verified_to(connection).items():
        found.setdefault(cluster, set()).add(instant)
    assert all(len(instants) == 1 for instants in found.values()), found
    return {cluster: instant for cluster, (instant,) in found.items()}


def marts(connection: psycopg.Connection) -> Marts:
    """Every row of the marts, except unlocks that were revoked."""
    found = {}
    for mart, key in MARTS.items():
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute(sql.SQL("select * from analytics.{}").format(sql.Identifier(mart)))
        if mart == "tier_unlocks":
            cursor = [row for row in cursor if row["revoked_at"] is None]
        found[mart] = {tuple(row[part] for part in key): row for row in cursor}
    return found


def rows_of(found: Marts, clusters: Collection[str]) -> Marts:
    """The rows of some clusters in the marts."""
    return {
        mart: {key: row for key, row in rows.items() if row["cluster_id"] in clusters}
        for mart, rows in found.items()
    }


def without_instants(found: Marts) -> Marts:
    """The rows of the marts without the runs that wrote them and their as-of instants."""
    return _without(
        found,
        *("last_computed_at", "unlocked_at", "updated_at", "fell_at"),
        *("run_id", "definitions"),
    )


def without_runs(found: Marts) -> Marts:
    """The rows of the marts without the run that granted an unlock and its definitions."""
    return _without(found, "run_id", "definitions")


def _without(found: Marts, *columns: str) -> Marts:
    return {
        mart: {
            key: {name: value for name, value in row.items() if name not in columns}
            for key, row in rows.items()
        }
        for mart, rows in found.items()
    }


def forget_runs(connection: psycopg.Connection) -> None:
    """Delete the rows of the marts, and all runs except deploys."""
    for mart in MARTS:
        connection.execute(sql.SQL("truncate analytics.{}").format(sql.Identifier(mart)))
    connection.execute("truncate app.verified, app.verifying")
    connection.execute("delete from app.etl_runs where kind <> 'DEPLOY'")
