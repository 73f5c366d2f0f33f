"""The usual way to write such an ETL: a loop over clusters, to compare with.

For each cluster it reads each metric source with a query of its own, then selects, and inserts or
updates, a row for each challenge.
"""

import asyncio
from collections.abc import Sequence

import psycopg
from psycopg.rows import dict_row


async def run(url: str, clusters: Sequence[str]) -> None:
    """Compute the progress of clusters into bench.looped, one after the other."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        connection.row_factory = dict_row
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


async def _compute(connection: psycopg.AsyncConnection, ladders: list[dict], cluster: str) -> None:
    values = {}
    for source in sorted({ladder["metric_source"] for ladder in ladders}):
        found = await connection.execute(
            f"select * from analytics.{source} where cluster_id = %s", [cluster]
        )
        for row in await found.fetchall():
            values[source, row["window_key"]] = row
    for ladder in ladders:
        value, rolling = (
            float(values.get((ladder["metric_source"], window), {}).get(ladder["metric_key"]) or 0)
            for window in ("all_time", "rolling_180d")
        )
        tier, rolling_tier = _rung(ladder, value), _rung(ladder, rolling)
        key = {"cluster": cluster, "challenge": ladder["challenge_key"]}
        row = {"value": value, "tier": tier, "rolling": rolling, "rolling_tier": rolling_tier}
        standing = await connection.execute(
            "select from bench.looped"
            " where cluster_id = %(cluster)s and challenge_key = %(challenge)s",
            key,
        )
        if await standing.fetchone():
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


def _rung(ladder: dict, value: float) -> str:
    reached = [
        tier
        for tier, threshold in zip(ladder["tier_codes"], ladder["thresholds"], strict=True)
        if value >= threshold
    ]
    return reached[-1] if reached else "NONE"


def compute(url: str, clusters: Sequence[str]) -> None:
    """run(), for those who are not asynchronous."""
    asyncio.run(run(url, clusters))
