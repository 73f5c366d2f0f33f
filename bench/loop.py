"""A loop over clusters, the usual way to write such an ETL, for comparison.

For each cluster it queries each metric source, and then selects and inserts or updates one row
per challenge.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

#: A row by the names of its columns.
Record = dict[str, Any]


async def run(url: str, clusters: Sequence[str]) -> None:
    """Compute the progress of clusters one after the other, into bench.looped."""
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, row_factory=dict_row
    ) as connection:
        await connection.execute("set timezone = 'UTC'")
        await connection.execute("create schema if not exists bench")
        await connection.execute("drop table if exists bench.looped")
        await connection.execute(
            "create table bench.looped (like analytics.challenge_progress including all)"
        )
        ladders = await (
            await connection.execute(
                "select challenge_key, metric_source, metric_key, thresholds, tier_codes"
                " from analytics.challenge_ladders"
            )
        ).fetchall()
        for cluster in clusters:
            await _compute(connection, ladders, cluster)


async def _compute(
    connection: psycopg.AsyncConnection[Record], ladders: list[Record], cluster: str
) -> None:
    values: dict[tuple[str, str], Record] = {}
    for source in sorted({ladder["metric_source"] for ladder in ladders}):
        found = await connection.execute(
            sql.SQL("select * from analytics.{} where cluster_id = %s").format(
                sql.Identifier(source)
            ),
            [cluster],
        )
        for row in await found.fetchall():
            values[source, row["window_key"]] = row
    for ladder in ladders:
        value, rolling = (
            float(values.get((ladder["metric_source"], window), {}).get(ladder["metric_key"]) or 0)
            for window in ("all_time", "rolling_180d")
        )
        tier, rolling_tier = _tier(ladder, value), _tier(ladder, rolling)
        key = {"cluster": cluster, "challenge": ladder["challenge_key"]}
        row = {"value": value, "tier": tier, "rolling": rolling, "rolling_tier": rolling_tier}
        stored = await connection.execute(
            "select from bench.looped"
            " where cluster_id = %(cluster)s and challenge_key = %(challenge)s",
            key,
        )
        if await stored.fetchone():
            await connection.execute(
                "update bench.looped set value = %(value)s, unlocked = %(tier)s <> 'NONE',"
                " tier = %(tier)s, rolling_value = %(rolling)s, rolling_tier = %(rolling_tier)s,"
                " last_computed_at = now()"
                " where cluster_id = %(cluster)s and challenge_key = %(challenge)s",
                key | row,
            )
        else:
            await connection.execute(
                "insert into bench.looped values (%(cluster)s, %(challenge)s, %(value)s,"
                " %(tier)s <> 'NONE', %(tier)s, %(rolling)s, %(rolling_tier)s, now())",
                key | row,
            )


def _tier(ladder: Record, value: float) -> str:
    reached = [
        tier
        for tier, threshold in zip(ladder["tier_codes"], ladder["thresholds"], strict=True)
        if value >= threshold
    ]
    return reached[-1] if reached else "NONE"


def compute(url: str, clusters: Sequence[str]) -> None:
    """run() for callers that are not asynchronous."""
    asyncio.run(run(url, clusters))
