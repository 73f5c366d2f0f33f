"""Every alert rule fires by its fault, and none on a healthy system: a real service and worker, and
promtool over what /metrics said."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from api.metrics import LIFETIME
from hedge import backups, boards, database, runs, wallets
from hedge.loading import load
from hedge.queue import requests
from hedge.runs.ledger import record_failed_run
from tests.acceptance.conftest import Service
from tests.acceptance.pages import BOARD
from tests.support import break_view, mend_view, pet, put, pvp_match
from tests.support.alerts import LONG, Scrape, firing, require_promtool, rules

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("alerts")]


@dataclass(frozen=True)
class Seen:
    """What a scrape said, by the name of what was done before."""

    scrapes: dict[str, Scrape]


def scrape(service: Service, before: str = "") -> Scrape:
    """Read /metrics when nothing is sent again that was read before."""
    time.sleep(LIFETIME + 0.2)
    return Scrape(httpx.get(f"{service.url}/metrics", timeout=30).text, time.time(), before)


@pytest.fixture(scope="module")
def seen(
    told: Service, server: str, module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Seen:
    """The scrapes of a system without a backup, a healthy one, one with all faults at once that
    leave it running, and those of a table that is locked, an outage, and a service that is dead."""
    require_promtool()
    folder = tmp_path_factory.mktemp("files")
    found: dict[str, Scrape] = {}
    with database.connect() as connection:
        connection.execute("delete from raw.rejected_rows; delete from app.etl_requests")
        # what was due two hours ago is another period in the first hours of a day
        for ago in (timedelta(hours=2), timedelta(0)):
            boards.run(mode="DUE", as_of=datetime.now(UTC) - ago)
        worker = told.start_worker()
        found["without a backup"] = scrape(told)
        backups.backup(folder / "a.dump")
        found["healthy"] = scrape(told)

        worker.kill()
        worker.wait()
        _break(connection, folder)
        with _transactions_that_wait(connection):
            # the last heartbeat of the worker becomes too old without waiting for it
            connection.execute(
                "update procrastinate.procrastinate_workers"
                " set last_heartbeat = last_heartbeat - interval '20 seconds'"
            )
            found["broken"] = scrape(told)
        with psycopg.connect(connection.info.dsn, password=connection.info.password) as holder:
            holder.execute("lock table app.backups in access exclusive mode")
            found["locked"] = scrape(told)
            holder.rollback()

    name = module_database.partition("?")[0].rpartition("/")[2]
    before = found["locked"].text or ""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        for _ in range(20):
            httpx.get(f"{told.url}/leaderboards", timeout=30)
        found["outage"] = scrape(told, before)
        admin.execute(f"alter database {name} allow_connections true")
    told.server.kill()
    told.server.wait()
    told.wait_for(lambda: _is_refused(told))
    found["dead"] = Scrape(None, time.time())
    return Seen(found)


def _is_refused(service: Service) -> bool:
    try:
        httpx.get(f"{service.url}/metrics")
    except httpx.HTTPError:
        return True
    return False


def _break(connection: psycopg.Connection, folder: Path) -> None:
    """Let everything go wrong that a service survives."""
    # a source that cannot be computed is left out, and facts of a board change
    definition = break_view(connection, "onchain_pvp", "wins")
    put(connection, pvp_match(_wallet(connection), at=_yesterday(connection)))
    assert runs.incremental().state == "PARTIAL"
    mend_view(connection, "onchain_pvp", definition)
    # a request that fails by its own fault, again and again, and one that waits
    parked = requests.create(connection, "CLUSTER", "rival")
    for _ in range(requests.MOST_ATTEMPTS):
        requests.record_failure(connection, [parked], "division by zero")
    wallets.link(connection, "late", [f"0x{7:040x}"])
    record_failed_run(connection, "FULL", None, "x", "the project does not parse")
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, started_at, definitions)"
        " values ('hangs', 'SEASON', now(), now(), 'x')"
    )
    # a board that nobody computes
    board = boards.board(connection, BOARD)
    boards.add(
        connection,
        boards.Board(
            **{field: getattr(board, field) for field in ("category_key", "metric_source")},
            metric_key=board.metric_key,
            key="forgotten",
            name="Forgotten",
            time_window="DAILY",
        ),
    )
    file = folder / "pets.csv"
    row = pet(1).row | {"pet_id": "none"}
    file.write_text(f"{','.join(row)}\n{','.join(str(value or '') for value in row.values())}\n")
    load(connection, "pets", str(file))
    # a chain that nobody follows any more, after its node had another block than was final
    connection.execute(
        "insert into app.chain_followers (chain_id, asked_at, head_number, is_halted, error,"
        " failing_since) values (1, now(), 9, true, 'another block', now());"
        "insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)"
        " values (1, 8, sha256(''), now());"
        # and whose contracts have changed
        "insert into raw.chain_blocks (chain_id, block_number, block_hash, block_time)"
        " values (1, 8, sha256(''), now());"
        "insert into raw.undecoded_logs"
        " (chain_id, block_number, contract, address, topic0, reason, number_of_logs)"
        " values (1, 8, 'c', '', 't', 'unknown event', 1),"
        " (1, 8, 'c', '', 'u', 'malformed data', 1)"
    )
    # a row that somebody has deleted
    connection.execute(
        "delete from analytics.challenge_progress"
        " where cluster_id = 'rival' and challenge_key = 'arena_victor'"
    )
    runs.pass_data_tests()
    connection.execute(
        "alter table raw.rejected_rows set (autovacuum_enabled = false);"
        "insert into raw.rejected_rows (table_name, file, line, row_text, reason, rejected_at)"
        " select 'pets', 'old', n, '', '', now() - interval '9 days'"
        " from generate_series(1, 100500) as n;"
    )
    connection.execute("delete from raw.rejected_rows where file = 'old'")
    # the server counts dead rows when the session says what it has deleted
    connection.execute("select pg_stat_force_next_flush()")
    # the database was restored on a server whose clock is behind
    connection.execute(
        "update app.etl_runs set as_of = now() + interval '1 day' where run_id ="
        " (select max(run_id) from app.etl_runs where state = 'SUCCESS' and kind = 'BOARD')"
    )


def _yesterday(connection: psycopg.Connection) -> datetime:
    """An instant in the period of yesterday's boards."""
    noon = "select date_trunc('day', now()) - interval '12 hours'"
    found: datetime = database.value(connection, noon)
    return found


def _wallet(connection: psycopg.Connection) -> str:
    found: str = database.value(
        connection, "select address from app.wallet_links where cluster_id = 'somebody' limit 1"
    )
    return found


@contextlib.contextmanager
def _transactions_that_wait(connection: psycopg.Connection) -> Iterator[None]:
    """A transaction that stays open, and another that waits for its lock."""
    dsn = {"conninfo": connection.info.dsn, "password": connection.info.password}
    with psycopg.connect(**dsn) as holder, psycopg.connect(**dsn) as waiting:
        waiting.execute("set lock_timeout = '2min'")
        holder.execute("lock table app.webhooks in share mode")
        thread = threading.Thread(
            target=waiting.execute, args=["lock table app.webhooks in exclusive mode"]
        )
        thread.start()
        try:
            yield
        finally:
            holder.rollback()
            thread.join()


#: The scrape in which each alert fires, and after how many hours in which nobody sees to it.
FAULTS = {
    "HedgeDown": ("dead", 0),
    "HedgeDatabaseAway": ("outage", 0),
    "HedgeErrors": ("outage", 0),
    "HedgeMetricsIncomplete": ("locked", 0),
    "HedgeNoWorker": ("broken", 0),
    "HedgeRequestsWait": ("broken", 0.3),
    "HedgeRequestsParked": ("broken", 0),
    "HedgeRunFailed": ("broken", 0),
    "HedgeIncrementalRunOld": ("broken", 1.2),
    "HedgeFullRunOld": ("broken", 48.5),
    "HedgeRunTakesLong": ("broken", 2.2),
    "HedgeClustersOutOfDate": ("broken", 0),
    "HedgeBoardOverdue": ("broken", 0),
    "HedgeBoardStale": ("broken", 2.3),
    "HedgeRawTableStale": ("broken", 72.5),
    "HedgeRowsRejected": ("broken", 0),
    "HedgeDataTestsFail": ("broken", 0),
    "HedgeNoBackup": ("without a backup", 24.5),
    "HedgeBackupOld": ("broken", 48.5),
    "HedgeChainHalted": ("broken", 0),
    "HedgeChainNotFollowed": ("broken", 0.3),
    "HedgeChainLags": ("broken", 0.6),
    "HedgeChainContractChanged": ("broken", 0),
    "HedgeChainMalformedLogs": ("broken", 0),
    "HedgeClockAhead": ("broken", 0),
    "HedgeClocksDiffer": ("clock", 0),
    "HedgeTransactionOld": ("broken", 1.2),
    "HedgeLockWait": ("broken", 0.1),
    "HedgeDeadRows": ("broken", 24.5),
}


def test_every_alert_has_a_fault() -> None:
    assert set(FAULTS) == set(rules())


def test_no_alert_fires_on_a_healthy_system(seen: Seen) -> None:
    assert "hedge_workers_alive 1.0" in (seen.scrapes["healthy"].text or "")
    assert firing(seen.scrapes["healthy"], 0) == {0: set()}
    # a backup that is not made yet is no fault before a day has passed
    assert firing(seen.scrapes["without a backup"], 0) == {0: set()}


@pytest.mark.parametrize(
    ("name", "is_long"), sorted({(name, hours > LONG) for name, hours in FAULTS.values()})
)
def test_every_alert_fires_by_its_fault(seen: Seen, name: str, is_long: bool) -> None:
    healthy = seen.scrapes["healthy"]
    # the clock of Prometheus is two minutes ahead of that of the database
    scrapes = seen.scrapes | {"clock": Scrape(healthy.text, healthy.at + 120)}
    wanted: dict[float, set[str]] = {}
    for alert, (of, hours) in FAULTS.items():
        if of == name and (hours > LONG) == is_long:
            wanted.setdefault(hours, set()).add(alert)
    assert wanted
    found = firing(scrapes[name], *wanted)
    for hours, alerts in wanted.items():
        assert alerts <= found[hours], hours
