"""Clusters, their players and wallets, and the as-of instant of the stories."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import psycopg

from hedge import wallets
from hedge.errors import HedgeError

#: The as-of instant of the stories. It must be in the past when the tests are run.
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YESTERDAY = date(2026, 5, 31)

#: Wallets of the clusters busy (two), idle and rival, and one that is not linked.
BUSY = "0x" + "b1" * 20
BUSY_TOO = "0x" + "b2" * 20
IDLE = "0x" + "1d" * 20
RIVAL = "0x" + "a1" * 20
STRANGER = "0x" + "ff" * 20


def days_ago(days: float) -> datetime:
    """The instant `days` days before the as-of instant of the stories."""
    return AS_OF - timedelta(days=days)


def add_cluster(
    connection: psycopg.Connection, cluster: str, *addresses: str, discord_id: str | None = None
) -> None:
    """Create a cluster with its player and wallets."""
    connection.execute(
        """
        with player as (insert into app.players (discord_id) values (%s) returning player_id)
        insert into app.wallet_clusters (cluster_id, player_id) select %s, player_id from player
        """,
        [discord_id, cluster],
    )
    for address in addresses:
        link(connection, cluster, address)


def insert_cluster(connection: psycopg.Connection, cluster: str, wallet: str) -> None:
    """Create a cluster with its player and a wallet by statements that the tables of every release
    take."""
    connection.execute(
        """
        with player as (insert into app.players default values returning player_id),
        cluster as (
            insert into app.wallet_clusters (cluster_id, player_id)
            select %(cluster)s, player_id from player
            returning cluster_id
        )
        insert into app.wallet_links (cluster_id, address)
        select cluster_id, %(wallet)s from cluster
        """,
        {"cluster": cluster, "wallet": wallet},
    )


def link(connection: psycopg.Connection, cluster: str, wallet: str) -> None:
    """Link a wallet to a cluster, after ending its link to another one."""
    with connection.transaction():
        unlink(connection, wallet)
        wallets.link(connection, cluster, [wallet])


def unlink(connection: psycopg.Connection, wallet: str) -> None:
    """End the link of a wallet, if it is linked."""
    with contextlib.suppress(HedgeError):
        wallets.unlink(connection, wallet)


def set_discord_id(connection: psycopg.Connection, cluster: str, discord_id: str | None) -> None:
    """Set the Discord account of a cluster's player."""
    connection.execute(
        "update app.players set discord_id = %s, changed_at = now() where player_id ="
        " (select player_id from app.wallet_clusters where cluster_id = %s)",
        [discord_id, cluster],
    )


def add_crowd(connection: psycopg.Connection, size: int, matches: int) -> None:
    """Create `size` clusters, crowd00001 and on, each with a wallet that won matches in April."""
    connection.execute(
        """
        with crowd as (
            select number, 'crowd' || to_char(number, 'FM00000') as cluster_id
            from generate_series(1, %s) as number
        ),
        players as (
            insert into app.players (discord_id) select cluster_id from crowd
            returning player_id, discord_id
        ),
        clusters as (
            insert into app.wallet_clusters (cluster_id, player_id)
            select discord_id, player_id from players
            returning cluster_id
        )
        insert into app.wallet_links (cluster_id, address)
        select cluster_id, '0x' || repeat('c', 35) || right(cluster_id, 5)
        from clusters
        """,
        [size],
    )
    connection.execute(
        """
        insert into raw.pvp_matches
        (realm, match_id, wallet_address, is_ranked, outcome, matched_at)
        select
            'crowd', link_id || '-' || number, address, true, 'WIN',
            '2026-04-01Z'::timestamptz + number * interval '1 hour'
        from app.wallet_links
        cross join generate_series(1, %s) as number
        where cluster_id like 'crowd%%'
        """,
        [matches],
    )
    connection.execute("analyze")
