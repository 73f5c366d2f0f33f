"""GET /healthz and /readyz, and the headers that say what is deployed."""

import math
from collections.abc import Callable

import psycopg
import pytest

from api import readiness
from hedge import __version__, versions
from tests.in_process import Site, open_site
from tests.in_process.rows import put_board, put_board_run
from tests.stand_in_discord import StandInDiscord

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("readiness")


def test_the_service_is_ready_when_its_tables_are_there(
    site: Site,
    server: str,
    new_database: Callable[[str, str], str],
    discord: StandInDiscord,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "LIFETIME", 0)
    url = new_database("in_process_not_ready", "template0")
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    with open_site(discord) as empty, psycopg.connect(url, autocommit=True) as connection:

        def ready() -> int:
            return empty.browser().get("/readyz").status_code

        answer = empty.browser().get("/readyz")
        assert (answer.status_code, "hedge db migrate" in answer.json()["detail"]) == (503, True)
        assert empty.browser().get("/healthz").json() == {"status": "ok"}
        # both are needed: the tables of the migrations and those of a deploy
        connection.execute("create schema app; create table app.etl_requests ()")
        assert ready() == 503
        connection.execute("create schema analytics; create table analytics.leaderboard_entries ()")
        # and those of this version
        connection.execute("create table app.etl_runs ()")
        connection.execute("create schema hedge_migrations")
        connection.execute("create table hedge_migrations._yoyo_migration (migration_id text)")
        assert ready() == 503
        connection.execute(
            "insert into hedge_migrations._yoyo_migration select unnest(%s::text[])",
            [versions.migrations()],
        )
        assert ready() == 200
        # how fresh the numbers are cannot be told here, which does not count
        assert empty.browser().get("/readyz").json()["freshness"] is None
        connection.execute("drop table app.etl_requests")
        assert ready() == 503


def test_how_fresh_the_numbers_are_does_not_make_the_service_unready(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.litestar.state.readiness, "seconds", 0)
    (definitions,) = rows.execute("select app.deployed_definitions()").fetchone()
    rows.execute("delete from app.etl_requests; delete from procrastinate.procrastinate_workers")

    def ready() -> dict:
        answer = site.browser().get("/readyz")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["status"], body["version"], body["project"]) == (
            "ready",
            __version__,
            definitions,
        )
        return body["freshness"]

    assert ready() == {
        "lastFullRun": None,
        "lastIncrementalRun": None,
        "oldestRequest": None,
        "parkedRequests": 0,
        "workers": 0,
    }
    rows.execute(
        """
        insert into app.etl_runs (invocation_id, kind, state, as_of, started_at, definitions)
        select name, kind, state, at::timestamptz, now(), 'x' from (values
        ('a', 'FULL', 'SUCCESS', '2026-01-02Z'), ('b', 'FULL', 'PARTIAL', '2026-01-03Z'),
        ('c', 'FULL', 'FAILED', '2026-01-04Z'), ('d', 'INCREMENTAL', 'SUCCESS', '2026-01-05Z')
        ) as runs (name, kind, state, at);
        insert into app.etl_requests (cluster_id, reason, requested_at, parked_at, error) values
        ('a', '', '2026-01-06Z', now(), 'why'), ('b', '', '2026-01-08Z', null, null),
        ('c', '', '2026-01-07Z', null, null);
        insert into procrastinate.procrastinate_workers (last_heartbeat) values
        (now() - interval '19 seconds'), (now()), (now()), (now() - interval '21 seconds');
        """
    )
    assert ready() == {
        "lastFullRun": "2026-01-03T00:00:00Z",
        "lastIncrementalRun": "2026-01-05T00:00:00Z",
        "oldestRequest": "2026-01-07T00:00:00Z",
        "parkedRequests": 1,
        # with two heartbeats each
        "workers": 2,
    }
    rows.execute("delete from app.etl_runs where kind <> 'DEPLOY'; delete from app.etl_requests")


def test_many_probes_ask_the_database_once_a_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def count(*_: object) -> None:
        asked.append(1)

    monkeypatch.setattr(readiness, "_of_the_database", count)
    monkeypatch.setattr(site.litestar.state.readiness, "_read_at", -math.inf)
    statuses = {site.browser().get("/readyz").status_code for _ in range(20)}
    assert (statuses, len(asked)) == ({200}, 1)
    monkeypatch.setattr(site.litestar.state.readiness, "_read_at", -math.inf)


def test_every_answer_names_the_version_and_the_deployed_project(
    site: Site, rows: psycopg.Connection
) -> None:
    (definitions,) = rows.execute("select app.deployed_definitions()").fetchone()
    site.browser().get("/metrics")  # asks for it
    put_board(rows, "named")
    put_board_run(rows, "named", [])
    paths = ["/healthz", "/readyz", "/", "/nowhere", "/api/me", "/schema", "/metrics"]
    latest = "/leaderboards/named/latest"
    # the last one is from memory
    for path in [*paths, latest, latest]:
        headers = site.browser().get(path).headers
        named = (headers["X-Hedge-Version"], headers["X-Hedge-Project"])
        assert named == (__version__, definitions[:12]), path
