"""A real Prometheus watches a service with a worker while players come for half an hour.

No alert may fire in that time, and one has to fire when the worker is killed afterwards. It takes
HEDGE_SOAK_MINUTES (30).
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml

from hedge import backups, boards, wallets
from tests.acceptance.conftest import Service
from tests.support import hunt, put, pvp_match
from tests.support.alerts import RULES, rules
from tests.support.commands import free_port

pytestmark = [pytest.mark.full, pytest.mark.xdist_group("alerts")]

MINUTES = float(os.environ.get("HEDGE_SOAK_MINUTES", "30"))
#: What players and front ends read again and again.
PAGES = ("/", "/leaderboards", "/challenges", "/clusters/somebody/progress", "/seasons/active")


class Prometheus:
    """The program of Debian's package `prometheus`, which reads /metrics every five seconds."""

    def __init__(self, program: str, service: Service, folder: Path) -> None:
        """Start it with the rules that Hedge ships, and wait until it answers."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api/v1"
        target = service.url.removeprefix("http://")
        (folder / "prometheus.yml").write_text(
            yaml.safe_dump(
                {
                    "global": {"scrape_interval": "5s", "evaluation_interval": "15s"},
                    "rule_files": [str(RULES)],
                    "scrape_configs": [
                        {"job_name": "hedge", "static_configs": [{"targets": [target]}]}
                    ],
                }
            )
        )
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stderr=(folder / "log").open("w"),
        )
        service.wait_for(self._answers)

    def _answers(self) -> bool:
        assert self._process.poll() is None
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/rules").status_code == 200
        return False

    def rules(self) -> set[str]:
        """The names of the alert rules that it evaluates."""
        (group,) = httpx.get(f"{self.url}/rules").json()["data"]["groups"]
        assert [rule for rule in group["rules"] if rule["health"] == "err"] == []
        return {rule["name"] for rule in group["rules"]}

    def found(self, query: str) -> dict[str, float]:
        """The values of a query, by the name of the alert or metric."""
        answer = httpx.get(f"{self.url}/query", params={"query": query}).json()
        return {
            one["metric"].get("alertname", ""): float(one["value"][1])
            for one in answer["data"]["result"]
        }

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=30)


@pytest.fixture
def prometheus(told: Service, tmp_path: Path) -> Iterator[Prometheus]:
    """A Prometheus that watches the service."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus: apt install prometheus")
    watching = Prometheus(program, told, tmp_path)
    yield watching
    watching.stop()


def firing(minutes: float) -> str:
    """The query for the alerts that fired in the last minutes."""
    return f'count_over_time(ALERTS{{alertstate="firing"}}[{round(minutes * 60)}s])'


def play(connection: psycopg.Connection, service: Service, number: int) -> None:
    """What happens in a second: facts of old and new players, links, and reading."""
    wallet = f"0x{secrets.token_hex(20)}"
    now = datetime.now(UTC)
    put(connection, pvp_match(wallet, at=now), hunt(wallet, at=now))
    if number % 5 == 0:
        wallets.link(connection, f"player-{number}", [wallet])
    if number % 60 == 30:
        answer = service.with_token(service.admin).post(
            "/admin/etl/run", json={"kind": "incremental"}
        )
        assert answer.status_code == 202
    for page in PAGES:
        assert httpx.get(f"{service.url}{page}", timeout=30).status_code == 200


def test_no_alert_fires_while_players_come_for_half_an_hour(
    told: Service, rows: psycopg.Connection, prometheus: Prometheus, tmp_path: Path
) -> None:
    rows.execute("delete from raw.rejected_rows")
    # the periods that are complete, as the worker computes them every hour
    boards.run(mode="DUE")
    backups.backup(tmp_path / "a.dump")
    worker = told.start_worker()
    started, number = time.monotonic(), 0
    while (passed := time.monotonic() - started) < MINUTES * 60:
        play(rows, told, number)
        number += 1
        time.sleep(max(0.0, number - passed))
    assert prometheus.rules() == set(rules())
    assert number > MINUTES * 30
    watched = round(MINUTES * 60) - 20
    assert prometheus.found(f"min_over_time(up[{watched}s])") == {"": 1}
    assert prometheus.found(f"count_over_time(hedge_workers_alive[{watched}s])")[""] > watched / 6
    assert prometheus.found(firing(MINUTES)) == {}
    # it would have told
    worker.kill()
    worker.wait()
    told.wait_for(lambda: prometheus.found(firing(1)), seconds=300)
    assert set(prometheus.found(firing(1))) == {"HedgeNoWorker"}
