"""Worlds of the oracle in a database, and its metrics as the marts store them."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

import psycopg
from psycopg import sql

from tests.oracle import Exclusion, World, measured_metrics
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
        connection.execute("truncate app.exclusions, app.exclusion_previews")
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
        put_exclusions(connection, world)


def put_exclusions(connection: psycopg.Connection, world: World) -> None:
    """Insert the exclusions of a world, valid from the beginning on."""
    for one in world.exclusions:
        put_exclusion(connection, world, one)


def put_exclusion(connection: psycopg.Connection, world: World, one: Exclusion) -> None:
    """Insert an exclusion, valid from the beginning on."""
    connection.execute(
        "insert into app.exclusions (cluster_id, wallet_address, raw_table, fact,"
        " metric_source, metric_key, board_key, season_id, reason, starts_at, created_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, 'unfair', '-infinity', 'test')",
        _columns_of(connection, world, one),
    )


def end_exclusion(connection: psycopg.Connection, world: World, one: Exclusion) -> None:
    """End the one that was inserted last of those that are alike, for runs as of any instant."""
    ended = connection.execute(
        "update app.exclusions set ended_at = '-infinity', ended_by = 'test'"
        " where exclusion_id = (select max(exclusion_id) from app.exclusions"
        " where ended_at is null and (cluster_id, wallet_address, raw_table, fact,"
        " metric_source, metric_key, board_key, season_id)"
        " is not distinct from (%s::text, %s::text, %s::text, %s::jsonb,"
        " %s::text, %s::text, %s::text, %s::text))",
        _columns_of(connection, world, one),
    )
    assert ended.rowcount == 1


def _columns_of(connection: psycopg.Connection, world: World, one: Exclusion) -> list[Any]:
    """What an exclusion names, in the order of the columns of the table."""
    table, fact = None, None
    if one.fact is not None:
        table, place = one.fact
        keys = connection.execute(
            "select attname from pg_index inner join pg_attribute on attrelid = indrelid"
            " and attnum = any(indkey) where indisprimary and indrelid = %s::regclass",
            [f"raw.{table}"],
        )
        row = world.facts[table][place]
        fact = json.dumps({key: row[key] for (key,) in keys}, default=str)
    source, key = one.metric or (None, None)
    return [one.cluster, one.wallet, table, fact, source, key, one.board, one.season]


def set_as_of(connection: psycopg.Connection, as_of: datetime) -> None:
    """Set the as-of instant of the session."""
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])


def nonzero(metrics: Mapping[Any, Any]) -> dict[Any, Decimal]:
    """The metrics that are not zero, as the marts store them: six places, true is 1."""
    with localcontext(prec=EXACT_DIGITS):
        numbers = {key: round_half_up(Decimal(value), 6) for key, value in metrics.items()}
    return {key: value for key, value in numbers.items() if value != 0}
