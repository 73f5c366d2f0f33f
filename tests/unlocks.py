"""Unlocks, progress and moves of wallets that a run finds, and what tier_unlocks selects then."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests import PROJECT
from tests.rendering import Relation, render
from tests.support import AS_OF, DAY

OLDER, NEWER = AS_OF - DAY, AS_OF + DAY
MICRO = timedelta(microseconds=1)
MODEL = PROJECT / "models" / "progress" / "tier_unlocks.sql"
#: Two ladders, of which one is a feat.
LADDERS = """
truncate analytics.challenges, analytics.challenge_tiers;
insert into analytics.challenges (key, metric_source, metric_key, state)
values ('arena', 'onchain_pvp', 'wins', 'live'),
('flawless', 'epic_feats', 'flawless_victory', 'live');
insert into analytics.challenge_tiers
(challenge_key, tier_code, threshold_value, sort_order)
values ('arena', 'BASIC', 5, 1), ('arena', 'ELITE', 25, 2),
('arena', 'MYTHIC', 100, 3), ('flawless', 'DONE', 1, 1)
"""


def put_progress(
    connection: psycopg.Connection,
    value: float,
    rolling: float = 0,
    challenge: str = "arena",
    cluster: str = "busy",
    at: datetime = AS_OF,
) -> None:
    connection.execute(
        "insert into analytics.challenge_progress (cluster_id, challenge_key, value, unlocked,"
        " tier, rolling_value, rolling_tier, last_computed_at)"
        " values (%s, %s, %s, false, 'NONE', %s, 'NONE', %s)",
        [cluster, challenge, value, rolling, at],
    )


def put_unlock(
    connection: psycopg.Connection,
    at: datetime,
    revoked_at: datetime | None = None,
    tier: str = "BASIC",
    kind: str = "TIER",
    cluster: str = "busy",
    challenge: str = "arena",
    fell_at: datetime | None = None,
) -> None:
    connection.execute(
        "insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind,"
        " unlocked_at, revoked_at, fell_at) values (%s, %s, %s, %s, %s, %s, %s)",
        [cluster, challenge, tier, kind, at, revoked_at, fell_at],
    )


def put_move(
    connection: psycopg.Connection,
    at: datetime = AS_OF,
    tier: str = "BASIC",
    kind: str = "TIER",
    cluster: str = "busy",
    challenge: str = "arena",
) -> None:
    connection.execute(
        "insert into app.wallet_moves"
        " (cluster_id, address, challenge_key, tier_code, kind, moved_at)"
        " values (%s, 'a wallet', %s, %s, %s, %s)",
        [cluster, challenge, tier, kind, at],
    )


def computed(
    connection: psycopg.Connection,
    clusters: list[str] | None = None,
    materialized: str = "incremental",
) -> list[tuple]:
    """The unlocks that are new or revoked: cluster, tier, kind, when unlocked and revoked."""
    return sorted(
        (row["cluster_id"], row["tier_code"], row["kind"], row["unlocked_at"], row["revoked_at"])
        for row in selected(connection, clusters, materialized)
        if row["fell_at"] is None or row["revoked_at"]
    )


def selected(
    connection: psycopg.Connection,
    clusters: list[str] | None = None,
    materialized: str = "incremental",
) -> list[dict[str, Any]]:
    """All rows that the model selects."""
    text = render(
        MODEL.read_text(),
        {"clusters": clusters},
        model={"config": {"materialized": materialized}},
        this=Relation("tier_unlocks"),
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text).fetchall()
