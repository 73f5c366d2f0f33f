"""Worlds of the oracle in a database, and its metrics as the marts store them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

import psycopg
from psycopg import sql

from tests.oracle import World, measured_metrics
from tests.oracle.metrics import EXACT_DIGITS
from tests.oracle.scores import round_half_up
from tests.support.facts import put_rows


def put_world(connection: psycopg.Connection, world: World) -> None:
    """Replace all facts, wallet links, clusters and players by those of a world, and leave only the
    challenges whose metrics the oracle measures: others count in totals, too."""
    sources, keys = zip(*measured_metrics(), strict=True)
    with connection.transaction():
        connection.execute(
            "delete from analytics.challenges where not exists (select"
            " from unnest(%s::text[], %s::text[]) as measured (metric_source, metric_key)"
            " where measured.metric_source = challenges.metric_source"
            " and measured.metric_key = challenges.metric_key)",
            [list(sources), list(keys)],
        )
        tables = [
            name
            for (name,) in connection.execute(
                "select tablename from pg_tables where schemaname = 'raw'"
            )
        ]
        for table in tables:
            connection.execute(sql.SQL("delete from raw.{}").format(sql.Identifier(table)))
        connection.execute("delete from app.wallet_links")
        connection.execute("delete from app.wallet_clusters")
        connection.execute("delete from app.players")
        for cluster in world.clusters:
            connection.execute(
                """
                with player as (
                    insert into app.players (discord_id) values (%s) returning player_id
                )
                insert into app.wallet_clusters (cluster_id, player_id)
                select %s, player_id from player
                """,
                [world.discord_ids.get(cluster), cluster],
            )
        for link in world.links:
            connection.execute(
                """
                insert into app.wallet_links (cluster_id, address, unlinked_at)
                values (%s, %s, case when not %s then now() end)
                """,
                [link.cluster_id, link.address, link.active],
            )
        for table, rows in world.facts.items():
            put_rows(connection, table, rows)


def set_as_of(connection: psycopg.Connection, as_of: datetime) -> None:
    """Set the as-of instant of the session."""
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])


def nonzero(metrics: Mapping[Any, Any]) -> dict[Any, Decimal]:
    """The metrics that are not zero, as the marts store them: six places, true is 1."""
    with localcontext(prec=EXACT_DIGITS):
        numbers = {key: round_half_up(Decimal(value), 6) for key, value in metrics.items()}
    return {key: value for key, value in numbers.items() if value != 0}
