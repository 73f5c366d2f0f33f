"""What cannot happen, each told as a story and computed by whole runs."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from hedge import runs, wallets
from hedge.loading import load
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    IDLE,
    RIVAL,
    STRANGER,
    add_cluster,
    battle,
    days_ago,
    genes,
    hero,
    hunt,
    jeweler_move,
    link,
    lp_move,
    lp_price,
    patrol,
    progress,
    put,
    pvp_match,
    shells,
    summon,
    tournament_entry,
    tournament_match,
    unlink,
    unlocked,
    vote,
)


@pytest.fixture
def town(connection: psycopg.Connection) -> psycopg.Connection:
    """Three clusters and no facts; busy has two wallets."""
    add_cluster(connection, "busy", BUSY, BUSY_TOO)
    add_cluster(connection, "idle", IDLE)
    add_cluster(connection, "rival", RIVAL)
    return connection


def test_history_before_linking_is_not_lost(town: psycopg.Connection) -> None:
    put(town, pvp_match(STRANGER, at=days_ago(400)), pvp_match(STRANGER, at=days_ago(2)))
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")["arena_victor"] == 0

    link(town, "busy", STRANGER)
    runs.cluster(["busy"], as_of=AS_OF)
    assert progress(town, "busy")["arena_victor"] == 2


def test_an_unlinked_wallet_does_not_count(town: psycopg.Connection) -> None:
    put(town, pvp_match(BUSY), pvp_match(BUSY_TOO), pvp_match(BUSY_TOO))
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")["arena_victor"] == 3

    unlink(town, BUSY_TOO)
    runs.cluster(["busy"], as_of=AS_OF)
    assert progress(town, "busy")["arena_victor"] == 1

    unlink(town, BUSY)
    runs.full(as_of=AS_OF)
    assert set(progress(town, "busy").values()) == {0}


def test_a_second_empty_wallet_does_not_shorten_a_streak(town: psycopg.Connection) -> None:
    put(
        town,
        *(pvp_match(RIVAL, at=days_ago(day)) for day in (4, 3, 2)),
        jeweler_move(5, RIVAL, at=days_ago(100)),
        lp_move(5, RIVAL, at=days_ago(50)),
    )
    runs.full(as_of=AS_OF)
    streaks = {"win_streak": 3, "jeweler_loyalty": 100, "diamond_hand_lp": 50}
    assert streaks.items() <= progress(town, "rival").items()

    link(town, "rival", STRANGER)
    runs.cluster(["rival"], as_of=AS_OF)
    assert streaks.items() <= progress(town, "rival").items()


def test_a_gap_between_two_stakes_does_not_count_as_staked(town: psycopg.Connection) -> None:
    may = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 32)]
    put(
        town,
        # held from the 1st to the 11th and from the 21st to the 25th
        jeweler_move(5, at=may[0]),
        jeweler_move(-5, at=may[10]),
        jeweler_move(5, at=may[20]),
        jeweler_move(-5, at=may[24]),
        lp_move(5, at=may[0]),
        lp_move(-5, at=may[10]),
        lp_move(5, at=may[20]),
        lp_move(-5, at=may[24]),
        lp_price(1, day=may[0].date()),
    )
    runs.full(as_of=AS_OF)
    busy = progress(town, "busy")
    assert (busy["jeweler_loyalty"], busy["diamond_hand_lp"]) == (10, 10)
    assert busy["market_maker"] == 14


def test_a_feat_does_not_unlock_from_a_missing_datum(town: psycopg.Connection) -> None:
    def facts(wallet: str, known: dict) -> list:
        """What unlocks when it is known; unknown is NULL."""
        battle_id = 1 if known else 2
        return [
            hunt(
                wallet,
                hunt_data_id=2,
                surviving_hero_count=known.get("survivors"),
                surviving_hero_hp=known.get("hit points"),
            ),
            pvp_match(wallet, hero_deaths=known.get("deaths")),
            patrol(wallet, difficulty=known.get("difficulty")),
            tournament_entry(1, wallet, final_rank=known.get("rank")),
            battle(battle_id, winner_side=known.get("side")),
            vote(battle_id, wallet, side=known.get("side")),
            summon(
                10 + battle_id,
                (known.get("parent"), known.get("parent")),
                wallet,
                stat_genes=genes(class_=16, subclass=16),
                rarity=known.get("rarity"),
            ),
        ]

    put(town, hero(1, STRANGER, stat_genes=genes()))
    put(town, *facts(BUSY, {}))
    put(
        town,
        *facts(
            RIVAL,
            {
                "survivors": 1,
                "hit points": 1,
                "deaths": 0,
                "difficulty": "ELITE",
                "rank": 1,
                "side": 0,
                "parent": 1,
                "rarity": 4,
            },
        ),
    )
    runs.full(as_of=AS_OF)
    proven = {
        "clucker_miracle",
        "flawless_victory",
        "elite_patroller",
        "metis_champion",
        "influence_strategist",
        "perfect_pairing",
        "mythmaker",
    }
    assert proven <= unlocked(town, "rival")
    assert not proven & unlocked(town, "busy")
    # one hero left proves nothing without its hit points
    put(town, hunt(IDLE, hunt_data_id=2, surviving_hero_count=1))
    put(town, hunt(IDLE, hunt_data_id=2, surviving_hero_hp=1))
    runs.full(as_of=AS_OF)
    assert progress(town, "idle")["motherclucker_slayer"] == 2
    assert "clucker_miracle" not in unlocked(town, "idle")


def test_the_bad_motherclucker_is_found_by_its_number_whatever_its_name(
    town: psycopg.Connection,
) -> None:
    put(
        town,
        hunt(BUSY, hunt_data_id=2, enemy_id=None),
        hunt(BUSY, hunt_data_id=2, enemy_id="BAD_MOTHERCLUCKER"),
        hunt(BUSY, hunt_data_id=2, enemy_id="ROCBOC"),
        hunt(RIVAL, hunt_data_id=1, enemy_id="BAD_MOTHERCLUCKER"),
    )
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")["motherclucker_slayer"] == 3
    assert progress(town, "rival")["motherclucker_slayer"] == 0


def test_a_mixed_case_address_hits(town: psycopg.Connection, tmp_path: Path) -> None:
    checksummed, upper = "0x" + "B1b1" * 10, "0x" + "A1" * 20
    assert (checksummed.lower(), upper.lower()) == (BUSY, RIVAL)
    match = pvp_match(checksummed, opponent_wallet="0x" + "Ff" * 20).row
    file = tmp_path / "matches.csv"
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, match)
        writer.writeheader()
        writer.writerow(match)
        writer.writerow(match | {"wallet_address": upper, "match_id": "another"})
    summary = load(town, "pvp_matches", str(file))
    assert (summary.inserted, summary.rejected) == (2, 0)

    unlink(town, RIVAL)
    wallets.link(town, "idle", [upper])
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")["arena_victor"] == 1
    assert progress(town, "idle")["arena_victor"] == 1

    wallets.unlink(town, upper)
    runs.cluster(["idle"], as_of=AS_OF)
    assert progress(town, "idle")["arena_victor"] == 0


def test_equal_times_do_not_change_a_streak_from_run_to_run(town: psycopg.Connection) -> None:
    at = days_ago(2)
    # ordered by their key: a win, two losses, three wins, a draw
    outcomes = ("WIN", "LOSS", "LOSS", "WIN", "WIN", "WIN", "DRAW")
    matches = [
        pvp_match((BUSY, BUSY_TOO)[number % 2], outcome, at, match_id=str(number))
        for number, outcome in enumerate(outcomes)
    ]
    # in the order of arrival, these would be streaks of 3, 3, 4 and 1
    for order in ("0123456", "6543210", "0345126", "0132465"):
        town.execute("truncate raw.pvp_matches")
        put(town, *(matches[int(number)] for number in order))
        runs.cluster(["busy"], as_of=AS_OF)
        assert progress(town, "busy")["win_streak"] == 3


def test_a_match_against_oneself_does_not_count(town: psycopg.Connection) -> None:
    put(
        town,
        pvp_match(BUSY, opponent_wallet=RIVAL, at=days_ago(9)),
        # told by the opponent's name
        pvp_match(BUSY, "LOSS", opponent_wallet=BUSY_TOO, at=days_ago(8)),
        # told by the opponent's own row
        pvp_match(BUSY, "LOSS", match_id="both", at=days_ago(7)),
        pvp_match(BUSY_TOO, "WIN", match_id="both", at=days_ago(7)),
        # a wallet against itself
        pvp_match(BUSY, "WIN", opponent_wallet=BUSY, at=days_ago(6)),
        pvp_match(BUSY_TOO, opponent_wallet=RIVAL, at=days_ago(5)),
        tournament_match(BUSY, RIVAL),
        tournament_match(BUSY, BUSY_TOO, tournament_id=2),
        tournament_match(BUSY, BUSY, tournament_id=3),
    )
    runs.full(as_of=AS_OF)
    expected = {
        "arena_challenger": 2,
        "arena_victor": 2,
        "win_streak": 2,
        "tournament_victor": 1,
        "tournament_challenger": 1,
        # the two days of the arena and the one of the tournament
        "kingdom_calls": 3,
    }
    assert expected.items() <= progress(town, "busy").items()


def test_a_claim_does_not_count_a_shell_twice(town: psycopg.Connection) -> None:
    put(
        town,
        shells(10, event_type="EARN", at=days_ago(3)),
        shells(10, event_type="CLAIM", at=days_ago(2)),
        shells(4, event_type="SPEND", at=days_ago(1)),
    )
    runs.full(as_of=AS_OF)
    assert progress(town, "busy")["shell_collector"] == 10


def test_a_jewel_whale_unlocks_at_10_000_and_not_at_1(town: psycopg.Connection) -> None:
    put(
        town,
        jeweler_move(1, IDLE),
        jeweler_move(9_999, RIVAL),
        # together, whoever of them locked it
        jeweler_move(4_000, BUSY),
        jeweler_move(6_000, BUSY_TOO),
    )
    runs.full(as_of=AS_OF)
    assert progress(town, "idle")["jeweler_whale"] == 1
    assert "jeweler_whale" not in unlocked(town, "idle")
    assert "jeweler_whale" not in unlocked(town, "rival")
    assert progress(town, "busy")["jeweler_whale"] == 10_000
    assert "jeweler_whale" in unlocked(town, "busy")


def test_a_sold_summon_goes_on_counting_and_a_bought_mythic_does_not_start_to(
    town: psycopg.Connection,
) -> None:
    put(
        town,
        summon(7, wallet=BUSY, rarity=4, at=days_ago(30)),
        hero(7, BUSY, rarity=4, at=days_ago(30)),
        hero(7, RIVAL, rarity=4, at=days_ago(20)),
    )
    runs.full(as_of=AS_OF)
    busy, rival = progress(town, "busy"), progress(town, "rival")
    assert (busy["mythmaker"], busy["house_of_heroes"]) == (1, 0)
    assert (rival["mythmaker"], rival["house_of_heroes"]) == (0, 1)
