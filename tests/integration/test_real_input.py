"""Real input, where it lies beside the checkout, equals plain counts of the files."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from hedge import boards, catalogue, runs
from hedge.loading import load
from tests import PROJECT, support
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


@pytest.fixture
def metis_loaded(
    connection: psycopg.Connection, shared: Path, metis: dict[str, list[dict[str, str]]]
) -> psycopg.Connection:
    """The METIS files in a database, every wallet a cluster of its own."""
    for table, rows in metis.items():
        summary = load(connection, table, str(shared / "data" / "metis" / f"{table}.csv"))
        assert (summary.inserted, summary.rejected) == (len(rows), 0)
    matches, entries, patrols = (metis[table] for table in TABLES)
    wallets = {row["wallet_address"] for row in entries + patrols}
    for row in matches:
        wallets |= {row["player_a"], row["player_b"]} - {""}
    each_wallet_a_cluster(connection, wallets)
    return connection


def test_metis_tournaments_and_patrols(
    metis_loaded: psycopg.Connection, metis: dict[str, list[dict[str, str]]]
) -> None:
    connection = metis_loaded
    matches, entries, patrols = (metis[table] for table in TABLES)
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


#: The months of the METIS files.
MONTHS = [datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(1, 16)]


def test_monthly_boards_of_tournament_wins(
    metis_loaded: psycopg.Connection, metis: dict[str, list[dict[str, str]]]
) -> None:
    """Rank by rank; equal wins are decided by the tournaments entered in the month."""
    catalogue.install(metis_loaded)
    wins, entered = defaultdict(Counter), defaultdict(Counter)
    known = {(row["wallet_address"], row["tournament_id"]) for row in metis["tournament_entries"]}
    first_match = {}
    for row in sorted(metis["tournament_matches"], key=lambda row: row["completed_at"]):
        month = row["completed_at"][:7]
        if row["player_b"]:
            wins[month][row["winner_wallet"]] += 1
            for player in (row["player_a"], row["player_b"]):
                first_match.setdefault((player, row["tournament_id"]), month)
    for row in metis["tournament_entries"]:
        if row["is_official"] == "true":
            entered[row["registered_at"][:7]][row["wallet_address"]] += 1
    for (player, tournament), month in first_match.items():
        if (player, tournament) not in known:
            entered[month][player] += 1

    assert sum(map(Counter.total, wins.values())) > 6000
    for start, end in pairwise(MONTHS):
        month = f"{start:%Y-%m}"
        (run,) = boards.run(["lb_tournament_monthly_wins"], span=(start, end), as_of=AS_OF)
        found = boards.entries(metis_loaded, run.id)
        scores = {player: (count, entered[month][player]) for player, count in wins[month].items()}
        ladder = sorted(set(scores.values()), reverse=True)
        assert [
            (entry.rank, entry.cluster_id, (entry.score, entry.tiebreaker)) for entry in found
        ] == sorted((ladder.index(score) + 1, player, score) for player, score in scores.items())
        assert found, month


STEPS = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUIDE = (PROJECT / "docs" / "change-a-metric.md").read_text()


def code_of_the_guide() -> dict[str, list[str]]:
    """The blocks of code of docs/change-a-metric.md, by language."""
    blocks = defaultdict(list)
    for language, text in STEPS.findall(GUIDE):
        blocks[language].append(text)
    return blocks


def titles(metis: dict[str, list[dict[str, str]]]) -> Counter:
    """The official tournaments that each wallet ended on the first rank."""
    counted = Counter(
        row["wallet_address"]
        for row in metis["tournament_entries"]
        if row["is_official"] == "true" and row["final_rank"] == "1"
    )
    assert len(set(counted.values())) > 1
    return counted


def test_the_metric_of_the_guide_counts_titles(
    metis_loaded: psycopg.Connection, metis: dict[str, list[dict[str, str]]]
) -> None:
    """Its SQL alone; test_an_analyst_adds_a_metric_source goes all six steps."""
    (sql_text,) = code_of_the_guide()["sql"]
    query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"analytics.\1", sql_text)
    query = re.sub(r"\{#.*?#\}", "", query, flags=re.DOTALL)
    support.set_as_of(metis_loaded, AS_OF)
    rows = metis_loaded.execute(
        f"select cluster_id, titles from ({query}) as guide"
        " where window_key = 'all_time' and titles > 0"
    )
    assert dict(rows.fetchall()) == titles(metis)


@pytest.mark.ci
def test_an_analyst_adds_a_metric_source(
    metis_loaded: psycopg.Connection, metis: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    """The six steps of docs/change-a-metric.md, with its code, in a copy of the project."""
    project = tmp_path / "hedge"
    shutil.copytree(
        PROJECT,
        project,
        ignore=shutil.ignore_patterns(".git", ".venv", ".hedge", "target", "logs", ".*_cache"),
    )
    blocks = code_of_the_guide()
    (sql_text,), (yaml_text,) = blocks["sql"], blocks["yaml"]

    def in_the_copy(*command: str) -> str:
        python = "import sys; sys.path.insert(0, ''); "
        done = subprocess.run(
            [sys.executable, "-P", "-c", python + command[0], *command[1:]],
            cwd=project,
            env={**os.environ, "HEDGE_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def hedge(*arguments: str) -> str:
        return in_the_copy("from cli.main import main; main()", *arguments)

    (scaffold,) = re.findall(r"^    hedge (new .*)$", GUIDE, re.MULTILINE)
    hedge(*shlex.split(scaffold))
    (project / "models/metrics/metis_titles.sql").write_text(sql_text)
    (project / "models/metrics/metis_titles.yml").write_text(yaml_text)
    metrics = project / "seeds/metrics.csv"
    *others, scaffolded = metrics.read_text().splitlines(keepends=True)
    assert scaffolded.startswith("metis_titles,")
    metrics.write_text("".join(others))
    for seed, rows in zip(("metrics", "challenges", "challenge_tiers"), blocks["csv"], strict=True):
        with (project / f"seeds/{seed}.csv").open("a") as file:
            file.write(rows)

    as_of = AS_OF.isoformat()
    # titles move the scores of half of the clusters
    hedge("etl", "deploy", "--yes")
    hedge("etl", "full", "--as-of", as_of)
    (add, run) = re.findall(r"^hedge (boards .*?)$", blocks["sh"][0], re.MULTILINE)
    hedge(*shlex.split(add))
    hedge(*shlex.split(run), "--as-of", as_of)
    shown = json.loads(hedge("boards", "show", "titles", "--limit", "500", "--json"))

    counted = titles(metis)
    ladder = sorted(set(counted.values()), reverse=True)
    assert [
        (entry["rank"], entry["cluster_id"], entry["score"]) for entry in shown["entries"]
    ] == sorted((ladder.index(count) + 1, player, count) for player, count in counted.items())
    best = shown["entries"][0]["cluster_id"]
    progress = json.loads(hedge("progress", best, "--json"))
    (challenge,) = [row for row in progress if row["challenge_key"] == "metis_titles"]
    assert (challenge["value"], challenge["tier"]) == (max(ladder), "LEGENDARY")
    # the rules of the house hold for it, its unit test among them
    house = ("tests/house", "-q", "-m", "not ci and not full")
    in_the_copy("import pytest; sys.exit(pytest.main(sys.argv[1:]))", *house)
    in_the_copy(
        "from hedge import settings; from hedge.runs import dbt; "
        "result = dbt.invoke(['test', '--select', 'metis_titles,test_type:unit'], "
        "settings.project()); sys.exit(not (result.success and result.nodes))"
    )


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
