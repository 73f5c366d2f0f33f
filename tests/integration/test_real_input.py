"""Real input, where it lies beside the checkout, equals plain counts of the files."""

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from hedge import runs
from hedge.loading import load
from tests.oracle import Lists, mutations_of_genealogy
from tests.oracle.shapes import read_csv

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
TABLES = ("tournament_matches", "tournament_entries", "metis_patrol_events")


def each_wallet_a_cluster(connection: psycopg.Connection, wallets: set[str]) -> None:
    """One cluster per wallet, called as the wallet."""
    for wallet in sorted(wallets):
        connection.execute(
            """
            with player as (insert into app.players default values returning player_id)
            insert into app.wallet_clusters (cluster_id, player_id)
            select %s, player_id from player
            """,
            [wallet],
        )
        connection.execute(
            "insert into app.wallet_links (cluster_id, address) values (%s, %s)", [wallet, wallet]
        )


def values(connection: psycopg.Connection, challenge: str) -> dict[str, Decimal]:
    """Cluster to value of a challenge, where it is not zero."""
    return dict(
        connection.execute(
            "select cluster_id, value from analytics.challenge_progress"
            " where challenge_key = %s and value <> 0",
            [challenge],
        ).fetchall()
    )


@pytest.fixture
def metis(shared: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of the METIS files by table."""
    folder = shared / "data" / "metis"
    if not folder.is_dir():
        pytest.skip("no real input")
    return {table: read_csv(folder, f"{table}.csv") for table in TABLES}


def test_metis_tournaments_and_patrols(
    connection: psycopg.Connection, shared: Path, metis: dict[str, list[dict[str, str]]]
) -> None:
    for table, rows in metis.items():
        summary = load(connection, table, str(shared / "data" / "metis" / f"{table}.csv"))
        assert (summary.inserted, summary.rejected) == (len(rows), 0)
    matches, entries, patrols = (metis[table] for table in TABLES)
    wallets = {row["wallet_address"] for row in entries + patrols}
    for row in matches:
        wallets |= {row["player_a"], row["player_b"]} - {""}
    each_wallet_a_cluster(connection, wallets)
    runs.full(AS_OF)

    wins = Counter(
        row["winner_wallet"]
        for row in matches
        if row["player_b"] and row["winner_wallet"] in (row["player_a"], row["player_b"])
    )
    assert values(connection, "tournament_victor") == wins
    entered = {
        (row["wallet_address"], row["tournament_id"])
        for row in entries
        if row["is_official"] == "true"
    }
    known = {(row["wallet_address"], row["tournament_id"]) for row in entries}
    for row in matches:
        if row["player_b"]:
            for player in (row["player_a"], row["player_b"]):
                if (player, row["tournament_id"]) not in known:
                    entered.add((player, row["tournament_id"]))
    assert values(connection, "tournament_challenger") == Counter(wallet for wallet, _ in entered)
    champions = {
        row["wallet_address"]
        for row in entries
        if row["is_official"] == "true" and row["final_rank"] in ("1", "2", "3")
    }
    assert set(values(connection, "metis_champion")) == champions
    patrol_wins = Counter(row["wallet_address"] for row in patrols if row["result"] == "WIN")
    assert values(connection, "patrol_warden") == patrol_wins
    assert values(connection, "elite_patroller") == {}


def test_mutations_of_the_hero_genealogy(
    connection: psycopg.Connection, shared: Path, tmp_path: Path
) -> None:
    """The genealogy as summons: chain 53935, the wallet is h mod 500 in hex, the time is
    2021-10-01 plus h minutes (shared/README.md). Founders, whose parents are not known, are
    heroes with genes."""
    genealogy = shared / "data" / "heroes" / "hero_genealogy.csv"
    if not genealogy.exists():
        pytest.skip("no real input")
    with (
        genealogy.open(newline="") as lines,
        (tmp_path / "hero_summons.csv").open("w", newline="") as summon_file,
        (tmp_path / "heroes.csv").open("w", newline="") as hero_file,
    ):
        summons, heroes = csv.writer(summon_file), csv.writer(hero_file)
        summons.writerow(
            [
                "chain_id",
                "hero_id",
                "summoner_wallet",
                "summoner_id",
                "assistant_id",
                "stat_genes",
                "rarity",
                "generation",
                "summoned_at",
            ]
        )
        heroes.writerow(
            [
                "hero_id",
                "main_class",
                "rarity",
                "level",
                "generation",
                "is_rented",
                "stat_genes",
                "updated_at",
            ]
        )
        count = 0
        for row in csv.DictReader(lines):
            number = int(row["hero_id"])
            minutes = number % 60
            at = f"2021-10-{1 + number // 1440:02}T{number // 60 % 24:02}:{minutes:02}:00Z"
            if row["summoner_id"] == "0" or row["assistant_id"] == "0":
                heroes.writerow(
                    [
                        number,
                        row["main_class"],
                        row["rarity"],
                        row["level"],
                        row["generation"],
                        "false",
                        row["stat_genes"],
                        at,
                    ]
                )
                continue
            count += 1
            summons.writerow(
                [
                    53935,
                    number,
                    f"0x{number % 500:040x}",
                    row["summoner_id"],
                    row["assistant_id"],
                    row["stat_genes"],
                    row["rarity"],
                    row["generation"],
                    at,
                ]
            )
    assert count == 18_876
    assert load(connection, "hero_summons", str(tmp_path / "hero_summons.csv")).inserted == count
    assert load(connection, "heroes", str(tmp_path / "heroes.csv")).rejected == 0
    each_wallet_a_cluster(connection, {f"0x{number:040x}" for number in range(500)})
    found = dict(
        connection.execute(
            """
            select hero_id, mutation_count from analytics.summoned_mutations
            where window_key = 'all_time'
            """
        ).fetchall()
    )
    wanted = mutations_of_genealogy(genealogy, Lists.read())
    assert len(found) == 18_876
    assert found == {hero: wanted[hero] for hero in found}
    assert {count for count in found.values()} >= {0, 1, 2}
