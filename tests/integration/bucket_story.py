"""Clusters that concern each other in every way there is, their division among buckets, and what
is computed of them."""

from typing import Any

import psycopg

from hedge import boards, buckets, runs, seasons
from hedge.board_definitions import Board
from hedge.seasons import Season
from tests import support
from tests.support import (
    AS_OF,
    DAY,
    genes,
    hero,
    hunt,
    pet,
    pvp_match,
    quest,
    summon,
    tournament_match,
)

SELLER, BUYER, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
SECOND = "0x" + "d4" * 20
NOBODY = "0x" + "e5" * 20
#: A source that reads facts, a derived one, and the points of a season.
RANKED = (
    ("onchain_pvp.wins", "ALL_TIME"),
    ("meta_profile.pvp_mastery_score", "ALL_TIME"),
    ("season_progress.spring", "SEASON"),
)


def tell(sentence: str) -> None:
    """Hears what dividing says."""


def divide(connection: psycopg.Connection, number: int) -> None:
    """Divide clusters so that the first of them are in different buckets."""
    if buckets.number(connection) > 1:
        buckets.divide(connection, 1, tell)
    connection.execute("delete from app.cluster_buckets")
    connection.execute(
        "insert into app.cluster_buckets"
        " select cluster_id, 1 + (row_number() over (order by cluster_id) - 1) %% %s"
        " from app.wallet_clusters",
        [number],
    )
    buckets.divide(connection, number, tell)


def put_story(connection: psycopg.Connection) -> None:
    """Clusters whose facts concern each other in every way there is."""
    support.add_cluster(connection, "ann", SELLER)
    support.add_cluster(connection, "bob", BUYER)
    support.add_cluster(connection, "cyd", OTHER, SECOND)
    support.put(
        connection,
        # sold: what ends the ownership of one cluster is the other's
        hero(1, SELLER, AS_OF - 20 * DAY, level=50),
        hero(1, BUYER, AS_OF - 10 * DAY, level=51),
        pet(1, SELLER, AS_OF - 20 * DAY, rarity=4),
        pet(1, OTHER, AS_OF - 10 * DAY, rarity=4),
        # each player of a match
        tournament_match(SELLER, BUYER),
        tournament_match(OTHER, SELLER),
        tournament_match(OTHER, SECOND),
        # a child of one cluster whose parents another has summoned
        summon(2, wallet=BUYER, stat_genes=genes(16, 16, 16, 16), at=AS_OF - 9 * DAY),
        summon(3, wallet=OTHER, stat_genes=genes(16, 16, 16, 16), at=AS_OF - 8 * DAY),
        summon(4, (2, 3), SELLER, stat_genes=genes(24, 24, 24, 24), at=AS_OF - 7 * DAY),
        summon(5, (4, 4), SELLER, stat_genes=genes(28, 28, 28, 28), at=AS_OF - 6 * DAY),
        # two wallets of a cluster, against each other and others
        pvp_match(OTHER, match_id="own", opponent_wallet=SECOND),
        pvp_match(SECOND, "LOSS", match_id="own", opponent_wallet=OTHER),
        pvp_match(SECOND, match_id="other", opponent_wallet=SELLER),
        pvp_match(SELLER, "LOSS", match_id="other", opponent_wallet=SECOND),
        *(pvp_match(BUYER) for _ in range(7)),
        *(hunt(wallet) for wallet in (SELLER, SELLER, SECOND, OTHER)),
        quest(BUYER),
        # a wallet that nobody has linked
        *(hunt(NOBODY) for _ in range(30)),
    )
    seasons.add(
        connection, Season("spring", "Spring", AS_OF - 5 * DAY, AS_OF + 9 * DAY, True, "SEASON")
    )
    seasons.put_weights(connection, "spring", [{"challenge_key": "arena_victor", "weight": "2"}])
    for number, (metric, window) in enumerate(RANKED):
        source, key = metric.split(".")
        boards.add(
            connection,
            Board(
                key=f"board_{number}",
                name=f"Board {number}",
                category_key="pvp_competition",
                metric_source=source,
                metric_key=key,
                time_window=window,
            ),
        )


def entries(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """What the newest run of each board lists."""
    return connection.execute(
        "select distinct on (leaderboard_key, rank, cluster_id) leaderboard_key, rank, cluster_id,"
        " score, tiebreaker from analytics.leaderboard_entries as entries"
        " inner join app.leaderboard_runs as board_runs on entries.run_id = board_runs.id"
        " where board_runs.id in"
        " (select max(id) from app.leaderboard_runs group by leaderboard_key)"
        " order by leaderboard_key, rank, cluster_id"
    ).fetchall()


def compute(connection: psycopg.Connection) -> tuple[Any, ...]:
    """Compute everything from nothing, and return it."""
    support.forget_runs(connection)
    runs.full(as_of=AS_OF, jobs=2)
    found = support.without_instants(support.marts(connection))
    assert {run.status for run in boards.run(as_of=AS_OF)} == {"COMPLETE"}
    return found, entries(connection)
