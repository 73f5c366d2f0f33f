"""PostgreSQL 15, the oldest supported server, computes the same rows as the embedded one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database
from hedge.world import demo
from tests import PROJECT, other_server
from tests.integration.loading.cases import CASES, DIRECT
from tests.integration.loading.test_exact_values import expected, outcome_of_insert, outcomes
from tests.other_server import OLDEST

MARTS = {
    "challenge_progress": "cluster_id, challenge_key",
    "cluster_metrics": "cluster_id, window_key",
    "tier_unlocks": "cluster_id, challenge_key, tier_code, kind",
}


@pytest.fixture
def oldest_server() -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL 15."""
    if not (OLDEST / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    with other_server.running(OLDEST) as url:
        yield url


def rows_of(connection: psycopg.Connection, mart: str) -> list[dict]:
    """The rows of a mart, without the numbers that a database gives to its runs."""
    rows = connection.execute(
        f"select to_jsonb(mart) - 'run_id' from analytics.{mart} as mart order by {MARTS[mart]}"
    )
    return [row for (row,) in rows]


@pytest.mark.ci
def test_a_value_is_read_as_by_the_embedded_server(
    oldest_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PostgreSQL 15 takes no 0x1F and no 1_000 for numbers, and has no cast that fails softly."""

    def write(name: str, content: str) -> str:
        (tmp_path / name).write_text(content)
        return str(tmp_path / name)

    monkeypatch.setenv("HEDGE_DATABASE_URL", oldest_server)
    database.migrate()
    with database.connect() as connection:
        assert connection.info.server_version // 10_000 == 15
        assert outcomes(connection, write, CASES) == [expected(case) for case in CASES]
        for direct in DIRECT:
            connection.execute(f"truncate raw.{direct.table}")
            assert outcome_of_insert(connection, direct) == direct.outcome, direct


@pytest.mark.full
@pytest.mark.parametrize("part", ["loading", "changes"])
def test_the_tests_of_facts_pass_on_it(part: str) -> None:
    """Every format of files and every kind of change, of the first two tiers."""
    if not (OLDEST / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", f"tests/integration/{part}", "-q"),
            *("-m", "not full", "-p", "no:cacheprovider"),
        ],
        cwd=PROJECT,
        env=os.environ | {"HEDGE_TEST_SERVER": str(OLDEST)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-10_000:]
    assert "PostgreSQL 15" in done.stdout


@pytest.mark.full
def test_the_demo_world_comes_out_the_same(
    demo_world: psycopg.Connection, oldest_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", oldest_server)
    demo.make(clusters=300, seed=1, report=lambda *_: None)
    with database.connect() as connection:
        assert connection.info.server_version // 10_000 == 15
        for mart in MARTS:
            rows = rows_of(connection, mart)
            assert len(rows) > 300
            assert rows == rows_of(demo_world, mart), mart
