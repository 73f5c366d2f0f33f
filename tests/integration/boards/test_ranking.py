"""Who is ranked, and in which order."""

from decimal import Decimal

import psycopg
import pytest

from hedge import boards
from tests.integration.boards import IN_MAY, a_board, ranked, wins
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    IDLE,
    RIVAL,
    STRANGER,
    add_cluster,
    days_ago,
    hunt,
    lp_move,
    lp_price,
    put,
    pvp_match,
)


def test_equals_share_a_rank_and_are_listed_by_cluster(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    add_cluster(town, "novice", STRANGER)
    wins(town, 2, 1, 2)
    put(town, pvp_match(STRANGER, outcome="LOSS", at=days_ago(5)))
    assert ranked(town) == [(1, "busy", 2), (1, "rival", 2), (2, "idle", 1)]


def test_the_tiebreaker_decides_in_the_same_period(town: psycopg.Connection) -> None:
    boards.add(town, a_board(fallback_metric_key="matches_played"))
    wins(town, 2, 1, 2)
    put(town, pvp_match(RIVAL, outcome="LOSS", at=days_ago(5)))
    # of another month, so it breaks no tie of May
    put(town, *(pvp_match(BUSY, outcome="LOSS", at=days_ago(40)) for _ in range(9)))
    assert ranked(town) == [(1, "rival", 2), (2, "busy", 2), (3, "idle", 1)]


def test_the_tiebreaker_may_be_of_another_source(town: psycopg.Connection) -> None:
    boards.add(town, a_board(fallback_metric_source="onchain_hunting", fallback_metric_key="wins"))
    wins(town, 1, 1, 1)
    put(town, hunt(IDLE, at=days_ago(5)))
    (run,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    entries = boards.entries(town, run.id)
    assert [(entry.rank, entry.cluster_id, entry.tiebreaker) for entry in entries] == [
        (1, "idle", 1),
        (2, "busy", 0),
        (2, "rival", 0),
    ]


@pytest.mark.parametrize(
    ("amounts", "kept"),
    [
        ((3, 2, 2), [(1, "busy", 3), (2, "idle", 2), (2, "rival", 2)]),
        ((3, 3, 2), [(1, "busy", 3), (1, "idle", 3)]),
    ],
)
def test_a_board_is_cut_after_its_entries_and_keeps_the_last_shared_rank_whole(
    town: psycopg.Connection, amounts: tuple[int, ...], kept: list[tuple]
) -> None:
    boards.add(town, a_board(max_entries=2))
    add_cluster(town, "novice", STRANGER)
    wins(town, *amounts)
    put(town, pvp_match(STRANGER, at=IN_MAY))
    assert ranked(town) == kept


def test_a_board_for_verified_wallets_ranks_no_others(town: psycopg.Connection) -> None:
    boards.add(town, a_board(verified_only=True))
    wins(town, 3, 2, 1)
    verify = "update app.wallet_links set verified_at = now() where address = any(%s)"
    # busy has a second wallet, which is not verified
    town.execute(verify, [[BUSY, RIVAL]])
    assert ranked(town) == [(1, "rival", 1)]
    town.execute(verify, [[BUSY_TOO]])
    assert ranked(town) == [(1, "busy", 3), (2, "rival", 1)]


def test_a_score_in_usd_keeps_its_fraction(town: psycopg.Connection) -> None:
    boards.add(town, a_board("onchain_lp.lp_usd_value", "ALL_TIME"))
    put(town, lp_price(2, usd_per_lp=Decimal("1.5")))
    put(town, lp_move(3, at=days_ago(3)), lp_move(10**18, wallet=RIVAL, at=days_ago(3)))
    assert ranked(town, mode="CURRENT") == [
        (1, "rival", Decimal(15) * 10**17),
        (2, "busy", Decimal("4.5")),
    ]


def test_the_payload_says_metric_unit_and_period(town: psycopg.Connection) -> None:
    boards.add(town, a_board())
    wins(town, 1, 0, 0)
    (run,) = boards.run(["wins"], mode="PREVIOUS", as_of=AS_OF)
    (entry,) = boards.entries(town, run.id)
    assert entry.payload == {
        "metric": "onchain_pvp.wins",
        "unit": "matches",
        "periodStart": "2026-05-01T00:00:00+00:00",
        "periodEnd": "2026-06-01T00:00:00+00:00",
        "ranking": "dense",
        "keys": [{"metric": "onchain_pvp.wins", "unit": "matches", "direction": "desc"}],
    }
