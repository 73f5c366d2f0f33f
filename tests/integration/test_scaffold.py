"""A metric source from the scaffold works as it is, whatever raw table it counts."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from hedge import runs
from hedge.analysis.scaffold import new_metric_source
from hedge.errors import UsageError
from hedge.loading.reference import sources
from hedge.queries import query
from tests import PROJECT
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    RIVAL,
    add_cluster,
    days_ago,
    hero,
    lp_move,
    lp_price,
    put,
    put_rows,
    quest,
)

#: A raw table that no model reads yet.
GARDEN_VISITS = """
create table raw.garden_visits (
    visit_id bigint primary key,
    garden text not null,
    guide_wallet text collate "C",
    visitor_wallet text collate "C" not null,
    announced_at timestamptz,
    visited_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    constraint "guide_wallet is 0x and 40 lower-case hex digits"
    check (guide_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "visitor_wallet is 0x and 40 lower-case hex digits"
    check (visitor_wallet ~ '^0x[0-9a-f]{40}$')
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    copy = tmp_path / "hedge"
    ignored = shutil.ignore_patterns(".git", ".venv", ".hedge", "target", "logs", ".*_cache")
    shutil.copytree(PROJECT, copy, ignore=ignored)
    return copy


@pytest.fixture
def python(project: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs Python in the copy; returns what it printed."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env={**os.environ, "HEDGE_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def visit(number: int, wallet: str, days: float) -> dict[str, object]:
    return {
        "visit_id": number,
        "garden": "roses",
        "visitor_wallet": wallet,
        "visited_at": days_ago(days),
    }


def counted(connection: psycopg.Connection, metric_source: str) -> dict[tuple[str, str], Decimal]:
    """The metric of a source, by cluster and window."""
    rows = connection.execute(
        "select cluster_id, window_key, value from analytics.metric_values"
        " where metric_source = %s",
        [metric_source],
    )
    return {(cluster, window): value for cluster, window, value in rows}


def counted_as(
    connection: psycopg.Connection, metric_source: str, metric_key: str
) -> dict[tuple[str, str], Decimal]:
    """One of several metrics of a source, by cluster and window, without zeros."""
    rows = connection.execute(
        "select cluster_id, window_key, value from analytics.metric_values"
        " where (metric_source, metric_key) = (%s, %s) and value > 0",
        [metric_source, metric_key],
    )
    return {(cluster, window): value for cluster, window, value in rows}


@pytest.mark.ci
def test_a_new_metric_source_counts_as_it_is(
    connection: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One source over a table that a model reads, one over a table that none reads yet."""
    monkeypatch.setenv("HEDGE_PROJECT", str(project))
    connection.execute(GARDEN_VISITS)
    made = new_metric_source("my_quests", "quest_completions")
    assert (made.metric_key, made.reads) == ("quests", "quests")
    made = new_metric_source("my_visits", "garden_visits")
    assert made.reads == "stg_garden_visits"
    runs.deploy()

    add_cluster(connection, "busy", BUSY)
    put(connection, quest(), quest(at=days_ago(200)), quest(RIVAL))
    put_rows(connection, "garden_visits", [visit(1, BUSY, 1), visit(2, BUSY, 300)])
    runs.incremental(as_of=AS_OF)
    both = {("busy", "all_time"): 2, ("busy", "rolling_180d"): 1}
    assert counted(connection, "my_quests") == counted(connection, "my_visits") == both
    # an incremental run reads the new table, too
    put_rows(connection, "garden_visits", [visit(3, BUSY, 2)])
    runs.incremental(as_of=AS_OF)
    assert counted(connection, "my_visits")["busy", "all_time"] == 3


@pytest.mark.full
def test_every_raw_table_can_be_counted(
    connection: psycopg.Connection, project: Path, python: Callable[..., str]
) -> None:
    connection.execute(GARDEN_VISITS)
    tables = [name for (name,) in connection.execute(query("load_tables"))]
    assert "garden_visits" in tables
    made = json.loads(
        python(
            "-m",
            "cli",
            "new",
            "metric-source",
            "my_quests",
            "--table",
            "raw.quest_completions",
            "--json",
        )
    )
    assert made == {
        "metric_source": "my_quests",
        "metric_key": "quests",
        "files": [
            "models/metrics/my_quests.sql",
            "models/metrics/my_quests.yml",
            "dbt_project.yml",
            "seeds/metrics.csv",
        ],
        "reads": "quests",
        "columns": ["chain_id", "quest_id", "quest_instance_id"],
    }
    python(
        "-c",
        "import sys; from hedge.analysis.scaffold import new_metric_source\n"
        "for table in sys.argv[1:]:\n"
        "    new_metric_source(f'my_{table}', table)",
        *tables,
    )
    # only lines were added, and the list is still in order
    for file in (
        "dbt_project.yml",
        "models/staging/_sources.yml",
    ):
        before = (PROJECT / file).read_text().splitlines()
        after = iter((project / file).read_text().splitlines())
        assert all(line in after for line in before), file
    names = [f"my_{table}" for table in tables] + ["my_quests"]
    listed = [
        line.strip().removeprefix("- ")
        for line in (project / "dbt_project.yml").read_text().splitlines()
        if line.startswith("    - ")
    ]
    assert [name for name in listed if name in names] == sorted(names)
    described = (project / "models/staging/_sources.yml").read_text()
    assert re.search(
        r"- wallet: \[visitor_wallet\]\n( {8}.*\n)+      - name: hero_summons", described
    )

    # a metric and a challenge more, and a table that the file of the scaffold creates
    python("-m", "cli", "new", "metric", "onchain_quests.all_quests", "--unit", "quests")
    python("-m", "cli", "new", "metric", "my_quests.more_quests")
    python(
        *("-m", "cli", "new", "challenge", "quester", "--metric", "my_quests.more_quests"),
        *("--category", "profession_specialization", "--thresholds", "1,2,3,4"),
    )
    python("-m", "cli", "new", "raw-table", "ponds", "--column", "pond_id bigint")
    connection.execute((project / "raw_tables/ponds.sql").read_text())
    # what the scaffold wrote of its columns is what the database says of them
    described = (project / "models/staging/_sources.yml").read_text()
    assert sources(connection, described) == described
    python("-m", "cli", "new", "metric-source", "pond_visits", "--table", "ponds")
    names.append("pond_visits")

    # the rules of the house and of the linter
    written = [
        path
        for path in (project / "models").rglob("*.sql")
        if not (PROJECT / path.relative_to(project)).exists()
    ]
    # a source of each table, my_quests, pond_visits, and the staging models of two new tables
    assert len(written) == len(tables) + 4
    python("-m", "sqlfluff", "lint", "--disable-progress-bar", *map(str, written))
    python("-m", "pytest", "tests/house", "-q")

    python("-m", "cli", "etl", "deploy")
    python(
        "-c",
        "import sys; from hedge import settings; from hedge.runs import dbt\n"
        "result = dbt.invoke(\n"
        "    ['test', '--select', *(f'{name},test_type:unit' for name in sys.argv[1:])],\n"
        "    settings.project())\n"
        "tests = [test for test in result.nodes if test.resource_type == 'unit_test']\n"
        "assert result.success and len(tests) == len(sys.argv), result.nodes",
        *names,
    )

    add_cluster(connection, "busy", BUSY)
    add_cluster(connection, "rival", RIVAL)
    put(
        connection,
        quest(),
        quest(at=days_ago(200)),
        quest(RIVAL),
        hero(1),
        lp_move(5, at=days_ago(3.5)),
        *(lp_price(2, (AS_OF - days * DAY).date()) for days in (4, 3, 1)),
    )
    put_rows(connection, "garden_visits", [visit(1, BUSY, 1), visit(2, BUSY, 300)])
    ponds = project / "ponds.csv"
    ponds.write_text(f"pond_id,wallet_address,occurred_at\n1,{BUSY},{days_ago(2).isoformat()}\n")
    python("-m", "cli", "load", "ponds", str(ponds))
    python("-m", "cli", "etl", "full", "--as-of", AS_OF.isoformat())
    assert counted(connection, "pond_visits")["busy", "all_time"] == 1
    assert "Quester" in python("-m", "cli", "progress", "busy")
    assert counted_as(connection, "onchain_quests", "all_quests")["busy", "all_time"] == 2
    quests = {
        ("busy", "all_time"): 2,
        ("busy", "rolling_180d"): 1,
        ("rival", "all_time"): 1,
        ("rival", "rolling_180d"): 1,
    }
    assert counted_as(connection, "my_quests", "quests") == quests
    assert counted_as(connection, "my_quests", "more_quests") == quests
    assert counted(connection, "my_quest_completions") == quests
    assert counted(connection, "my_heroes") == {
        ("busy", "all_time"): 1,
        ("busy", "rolling_180d"): 1,
    }
    assert counted(connection, "my_lp_prices_daily")["busy", "all_time"] == 2
    assert counted(connection, "my_garden_visits") == {
        ("busy", "all_time"): 2,
        ("busy", "rolling_180d"): 1,
    }
    # an incremental run looks at the new table, too
    put_rows(connection, "garden_visits", [visit(3, RIVAL, 2)])
    python("-m", "cli", "etl", "incremental", "--as-of", AS_OF.isoformat())
    assert counted(connection, "my_garden_visits")["rival", "all_time"] == 1


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            "day date primary key, seen_at timestamptz not null",
            "raw.weather names no wallet: no column has a check",
        ),
        (
            "wallet_address text primary key, constraint"
            ' "wallet_address is 0x and 40 lower-case hex digits"'
            " check (wallet_address ~ '^0x[0-9a-f]{40}$')",
            "raw.weather tells no time: it has no column of type timestamptz",
        ),
    ],
)
def test_a_table_that_belongs_to_nobody_is_refused(
    connection: psycopg.Connection, columns: str, words: str
) -> None:
    connection.execute(f"create table raw.weather ({columns})")
    with pytest.raises(UsageError, match=words):
        new_metric_source("my_weather", "weather")
    assert not list(PROJECT.glob("models/*/*weather*"))


@pytest.mark.full
def test_the_afternoon_of_the_guide(
    demo_world: psycopg.Connection, project: Path, python: Callable[..., str]
) -> None:
    """docs/analysts.md, with its own rows, prints what it shows."""
    guide = (PROJECT / "docs" / "analysts.md").read_text()
    shown = re.findall(r"^```\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)

    def hedge(command: str, *more: str) -> str:
        """What a command of the guide prints."""
        assert f"    hedge {command}\n" in guide
        return python("-m", "cli", *shlex.split(command), *more)

    # what is live was deployed from here, so that a preview knows it
    hedge("etl deploy")
    printed = hedge("new metric-source onchain_fishing --table quest_completions")
    assert printed.startswith(shown[0].removesuffix("...\n"))
    model = project / "models/metrics/onchain_fishing.sql"
    (which,) = re.findall(r"^ +(where quest_instance_id = .*)$", guide, re.MULTILINE)
    text = model.read_text().replace("as quests\n\n", "as fishing_trips\n\n")
    reading = "select * from {{ ref('quests') }}\n"
    model.write_text(text.replace(reading, f"{reading}    {which}\n"))
    properties = model.with_suffix(".yml")
    text = properties.read_text().replace("- name: quests", "- name: fishing_trips")
    text = text.replace(", quests:", ", fishing_trips:")
    # the unit test gets the column that decides, and a row that must not count
    text = text.replace("cluster_id,window_key\n", "cluster_id,window_key,quest_instance_id\n")
    text = re.sub(r"^( +)(busy|rival),(\w+)$", r"\1\2,\3,1", text, flags=re.MULTILINE)
    text = re.sub(r"^( +)(rival,all_time),1$", r"\1\2,1\n\1\2,2", text, flags=re.MULTILINE)
    properties.write_text(text)
    rows = re.findall(r"^    ((?:onchain_fishing|master_angler),.*)$", guide, re.MULTILINE)
    (metric, challenge, *tiers) = rows
    metrics = project / "seeds/metrics.csv"
    *others, _ = metrics.read_text().splitlines()
    metrics.write_text("\n".join([*others, metric]) + "\n")
    for seed, added in (("challenges", [challenge]), ("challenge_tiers", tiers)):
        with (project / f"seeds/{seed}.csv").open("a") as file:
            file.writelines(f"{row}\n" for row in added)

    require_shown(shown[1], hedge("preview"))
    hedge("etl deploy")
    hedge("etl full", "--as-of", "2026-11-01")
    suggested = hedge("tiers calibrate master_angler --population nonzero")
    assert suggested == shown[2]
    for options in ("--targets .30,.60,.85,.95", "--thresholds 5,10,25,50"):
        hedge(f"tiers calibrate master_angler --population nonzero {options}")
    seed_of_tiers = project / "seeds/challenge_tiers.csv"
    kept = [line for line in seed_of_tiers.read_text().splitlines() if "master_angler" not in line]
    pasted = re.findall(r"^master_angler,.*$", suggested, re.MULTILINE)
    seed_of_tiers.write_text("\n".join([*kept, *pasted]) + "\n")
    require_shown(shown[3], hedge("preview"))
    hedge("etl deploy")
    python("-m", "cli", "etl", "incremental", "--as-of", "2026-11-01")
    assert "Exalted" in python("-m", "cli", "explain", "demo-0064", "master_angler")
    (board,) = re.findall(r"^    hedge (boards add .*\n.*)$", guide, re.MULTILINE)
    python("-m", "cli", *shlex.split(board.replace("\\\n", "")))
    python("-m", "cli", *["boards", "run", "anglers", "--from", "2026-10-01", "--to", "2026-11-01"])
    entries = hedge("boards show anglers --limit 3").splitlines()[1:]
    assert entries == shown[4].splitlines()[1:]


def require_shown(shown: str, printed: str) -> None:
    """Require that a command prints what a guide shows, save what stands for `...` there."""
    text = re.sub(r" +$", "", printed, flags=re.MULTILINE)
    for part in shown.split("...\n"):
        assert part in text
        text = text.partition(part)[2]
