"""The league of docs/boards-and-seasons.md in a copy of the project: its files as they stand there,
deployed, computed, ranked, explained, and computed again after changes, equal the oracle."""

import json
import os
import random
import re
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from hedge import boards, runs
from hedge.project import seed_checks
from tests import PROJECT, support
from tests.against_the_oracle import SEED
from tests.oracle import Lists, Window, World, rank_by
from tests.oracle.leagues import League, nonzero_metrics_of_league
from tests.oracle.shapes import Link, Row
from tests.support import AS_OF, add_cluster, put_rows

GUIDE = (PROJECT / "docs/boards-and-seasons.md").read_text()
#: The league of the guide, as the oracle reads its rows.
METIS_OPEN = League(
    "metis_open",
    "SUM",
    chain_id=1088,
    begins_on=date(2026, 1, 1),
    early_exit_from=5,
    points=((1, 1, Decimal(10)), (2, 2, Decimal(6)), (3, 4, Decimal(3)), (5, None, Decimal(1))),
)
WINDOWS = (
    Window("all_time", None, AS_OF),
    Window("rolling_180d", AS_OF - timedelta(days=180), AS_OF),
)
MAY = Window("may", datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
#: The keys by which the league ranks; its board has the seconds and thirds in one.
FIVE_KEYS = {"points": "desc", "firsts": "desc", "seconds": "desc", "thirds": "desc"} | {
    "early_exits": "asc"
}
#: A challenge on the league, so that its points can be explained to a player.
CHALLENGE = {
    "challenges": "open_player,metis_tournaments,Open Player,Play the METIS Open.,SCORE,metis_open,"
    "points,live,9,trophy,metis\n",
    "challenge_tiers": "open_player,BASIC,Basic,1,1,false\nopen_player,GENE,Gene,50,2,false\n",
}


def blocks(language: str) -> list[str]:
    """The blocks of code of the guide's part on leagues."""
    (part,) = re.findall(r"(?ms)^## Leagues\n(.*?)^## ", GUIDE)
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", part)


def wallet(number: int) -> str:
    return f"0x{number:040x}"


def with_league(folder: Path) -> Path:
    """A copy of the project with the files and rows of the guide."""
    project = support.copy_project(folder, "hedge", "tests", "docs", "api", "cli")
    added = dict(zip(("leagues", "league_points", "metrics"), blocks("csv"), strict=True))
    for seed, rows in {**added, **CHALLENGE}.items():
        with (project / f"seeds/{seed}.csv").open("a") as file:
            file.write(rows)
    for suffix, language in ((".sql", "sql"), (".yml", "yaml")):
        (text,) = blocks(language)
        (project / f"models/metrics/metis_open{suffix}").write_text(text)
    support.edit(
        project / "dbt_project.yml",
        "    - onchain_gold\n",
        "    - metis_open\n    - onchain_gold\n",
    )
    return project


def random_entry(dice: random.Random, tournament: int) -> Row:
    ended_at = AS_OF - timedelta(days=dice.randrange(-1, 200))
    return {
        "chain_id": dice.choice((1088, 1088, 1088, 53935)),
        "tournament_id": tournament,
        # the last wallet belongs to nobody
        "wallet_address": wallet(dice.randrange(1, 14)),
        "is_official": tournament % 7 > 0,
        "registered_at": ended_at - timedelta(days=1),
        "final_rank": dice.choice((1, 2, 3, 4, 5, 6, None)),
        "ended_at": dice.choice((ended_at, ended_at, None)),
    }


def random_world(dice: random.Random) -> World:
    """Nine clusters, three of them of two wallets, in 120 tournaments."""
    world = World(clusters=[f"cluster-{number}" for number in range(9)])
    for number in range(12):
        world.links.append(Link(world.clusters[number % 9], wallet(number + 1)))
    rows = {}
    for _ in range(600):
        row = random_entry(dice, dice.randrange(120))
        rows[row["chain_id"], row["tournament_id"], row["wallet_address"]] = row
    world.facts["tournament_entries"] = list(rows.values())
    return world


def computed(connection: psycopg.Connection, query: str) -> dict[tuple[str, str], dict]:
    """The metrics of the league that are not zero, by window and cluster."""
    found: dict[tuple[str, str], dict] = {}
    for window, cluster, key, value in connection.execute(query):
        if value:
            found.setdefault((window, cluster), {})[key] = value
    return found


def assert_equal(connection: psycopg.Connection, world: World) -> None:
    """The stored metrics, and the sums of their evidence, are those of the oracle."""
    expected = {
        (window.key, cluster): metrics
        for window in WINDOWS
        for cluster, metrics in nonzero_metrics_of_league(
            world, window, Lists.read(), METIS_OPEN
        ).items()
    }
    assert len(expected) == 18
    stored = (
        "select window_key, cluster_id, metric_key, value from analytics.metric_values"
        " where metric_source = 'metis_open' and window_key in ('all_time', 'rolling_180d')"
    )
    assert computed(connection, stored) == expected
    support.set_as_of(connection, AS_OF)
    evidence = (
        "select window_key, cluster_id, metric_key, sum(contribution)"
        " from analytics.metric_evidence where metric_source = 'metis_open'"
        " and window_key in ('all_time', 'rolling_180d') group by 1, 2, 3"
    )
    assert computed(connection, evidence) == expected


@pytest.mark.full
def test_the_league_of_the_guide(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_league(tmp_path / "copy")
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    assert seed_checks.faults(project) == []
    dice = random.Random(SEED)
    world = random_world(dice)
    for cluster in world.clusters:
        links = [link.address for link in world.links if link.cluster_id == cluster]
        add_cluster(connection, cluster, *links)
    put_rows(connection, "tournament_entries", world.facts["tournament_entries"])

    def hedge(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 0, (SEED, result.output, result.exception)
        return result.output

    deploy, add, run = [shlex.split(line)[1:] for line in blocks("sh")[0].splitlines()]
    hedge(*deploy, "--yes")
    runs.full(as_of=AS_OF)
    assert_equal(connection, world)

    hedge(*add)
    hedge(*run, "--as-of", AS_OF.isoformat())
    measured = nonzero_metrics_of_league(world, MAY, Lists.read(), METIS_OPEN)
    keys = [
        {cluster: Decimal(measured.get(cluster, {}).get(key, 0)) for cluster in world.clusters}
        for key in FIVE_KEYS
    ]
    found = boards.entries(connection, boards.complete_run(connection, "metis_open").id)
    assert [(entry.rank, entry.cluster_id, entry.score) for entry in found] == [
        (place.rank, place.cluster, place.values[0])
        for place in rank_by(keys, list(FIVE_KEYS.values()), "dense", 1000)
    ]
    assert len(found) > 5

    # what an explanation shows a player adds up, and says why others do not count
    best = found[0].cluster_id
    explained = json.loads(hedge("explain", best, "open_player", "--json"))
    text = json.dumps(explained)
    assert "of a wallet whose cluster ended better" in text or "without a final rank" in text

    # late places, corrected ones and removed ones: an incremental run equals the oracle
    rows = world.facts["tournament_entries"]
    key = "(chain_id, tournament_id, wallet_address) = (%(chain_id)s, %(tournament_id)s, "
    key += "%(wallet_address)s)"
    for row in dice.sample(rows, 20):
        row["final_rank"] = dice.choice((1, 2, None))
        connection.execute(
            f"update raw.tournament_entries set final_rank = %(final_rank)s where {key}", row
        )
    for row in dice.sample(rows, 10):
        rows.remove(row)
        connection.execute(f"delete from raw.tournament_entries where {key}", row)
    late = [random_entry(dice, 200 + number) for number in range(20)]
    rows += late
    put_rows(connection, "tournament_entries", late)
    runs.incremental(as_of=AS_OF)
    assert_equal(connection, world)
    (stale,) = connection.execute(
        "select stale_since is not null from app.leaderboard_runs"
    ).fetchone()
    assert stale

    # the rules of the house hold for it; the deploy has passed its unit test
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "tests/house/test_the_rules_of_the_house.py", "-k", "metis_open or metric"],
        cwd=project,
        env={**os.environ, "HEDGE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
