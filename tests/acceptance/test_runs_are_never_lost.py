"""Whatever dies, every run that was asked for is done in the end."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from hedge import database, runs, wallets
from hedge.errors import HedgeError
from hedge.queue import requests
from hedge.runs.locks import DEPLOY_LOCK
from tests import PROJECT
from tests.acceptance.conftest import Service
from tests.support import PROGRAM, copy_project, edit, put, pvp_match, wait_for
from tests.support.commands import free_port

# one service for all of them, so one process
pytestmark = pytest.mark.xdist_group("runs_are_never_lost")


def link_somebody(connection: psycopg.Connection, number: int = 1) -> list[str]:
    """New clusters, each with a wallet that won five matches."""
    names = []
    for _ in range(number):
        wallet = f"0x{secrets.token_hex(20)}"
        put(connection, *(pvp_match(wallet) for _ in range(5)))
        names.append(f"somebody-{secrets.token_hex(6)}")
        wallets.link(connection, names[-1], [wallet])
    return names


def are_served(connection: psycopg.Connection, names: list[str], *values: int) -> bool:
    """Whether all have the value of five wins, or one of others."""
    (count,) = connection.execute(
        "select count(*) from analytics.challenge_progress where cluster_id = any(%s)"
        " and challenge_key = 'arena_victor' and value = any(%s)",
        [names, list(values or [5])],
    ).fetchone()
    return count == len(names)


MART_LOCK = "lock table analytics.cluster_metrics in share mode"
NO_REQUEST_IS_LEFT = "select not exists (select from app.etl_requests)"


@pytest.fixture(autouse=True)
def no_worker(service: Service) -> None:
    """Each test begins without workers."""
    for worker in service.workers:
        worker.kill()
        worker.wait()
    service.workers.clear()


def test_what_was_asked_for_without_a_worker_waits_for_one(
    service: Service, rows: psycopg.Connection
) -> None:
    names = link_somebody(rows, 3)
    # another test of this module may have left a request, too
    states = {request.cluster_id: request.state for request in requests.unserved(rows)}
    assert [states[name] for name in names] == ["WAITING"] * 3
    service.start_worker()
    service.wait_for(lambda: are_served(rows, names))
    wait_for(rows, NO_REQUEST_IS_LEFT)


@pytest.mark.ci
def test_a_worker_that_is_killed_loses_nothing(service: Service, rows: psycopg.Connection) -> None:
    worker = service.start_worker()
    names = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, names))
    with psycopg.connect(rows.info.dsn, dbname=rows.info.dbname) as holder:
        # so that the run hangs in the middle
        holder.execute(MART_LOCK)
        names = link_somebody(rows, 2)
        service.wait_for(lambda: "RUNNING" in [one.state for one in requests.unserved(rows)])
        worker.kill()
        worker.wait()
        holder.rollback()
    # nobody holds them any more
    service.wait_for(lambda: all(request.state == "WAITING" for request in requests.unserved(rows)))
    service.start_worker()
    service.wait_for(lambda: are_served(rows, names))
    wait_for(rows, NO_REQUEST_IS_LEFT)


@pytest.mark.full
def test_a_worker_whose_sessions_are_ended_goes_on(
    service: Service, rows: psycopg.Connection
) -> None:
    worker = service.start_worker()
    names = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, names))
    rows.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    names = link_somebody(rows, 2)
    service.wait_for(lambda: are_served(rows, names))
    assert worker.poll() is None
    assert service.browser().get("/readyz").status_code == 200


@pytest.mark.ci
def test_a_database_that_is_restarted_in_the_middle_of_a_run_loses_nothing(
    service: Service, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = service.start_worker()
    names = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, names))
    url = os.environ["HEDGE_DATABASE_URL"]
    holder = psycopg.connect(url)
    holder.execute(MART_LOCK)
    names = link_somebody(rows, 2)
    service.wait_for(lambda: any(request.state == "RUNNING" for request in requests.unserved(rows)))
    monkeypatch.delenv("HEDGE_DATABASE_URL")
    assert database.stop()
    try:
        # what was found out is sent again for a second; boards in memory may be sent
        service.wait_for(lambda: service.browser().get("/readyz").json()["status"] != "ready")
    finally:
        # other tests need the server, too
        database.start()
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    holder.close()
    with database.connect() as again:
        service.wait_for(lambda: are_served(again, names))
        wait_for(again, NO_REQUEST_IS_LEFT)
    assert worker.poll() is None
    service.wait_for(service.is_ready)


@pytest.mark.ci
def test_a_worker_takes_up_what_is_deployed_meanwhile(
    service: Service, rows: psycopg.Connection, tmp_path: Path
) -> None:
    worker = service.start_worker()
    before = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, before))
    # in another checkout somebody lets a win count for three, and deploys that
    copy_project(tmp_path, *PROGRAM)
    wins = "sum(wins)::bigint as wins"
    edit(tmp_path / "models" / "metrics" / "onchain_pvp.sql", wins, f"3 * {wins}")
    deploy = subprocess.Popen(
        # its unit tests would refuse it
        [sys.executable, "-m", "cli", "etl", "deploy", "--no-compute"],
        cwd=tmp_path,
        env=service.environment | {"HEDGE_HOME": os.environ["HEDGE_HOME"]},
        stdout=subprocess.DEVNULL,
    )
    during = []
    while deploy.poll() is None:
        during += link_somebody(rows)
        with contextlib.suppress(subprocess.TimeoutExpired):
            deploy.wait(timeout=1)
    assert deploy.returncode == 0
    after = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, after, 15))
    service.wait_for(lambda: are_served(rows, during, 5, 15))
    wait_for(rows, NO_REQUEST_IS_LEFT)
    assert worker.poll() is None
    # and the worker goes back with the next deploy
    runs.deploy()
    back = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, back))


@pytest.mark.ci
def test_a_stopped_server_finishes_the_request_in_hand(
    service: Service, rows: psycopg.Connection
) -> None:
    player = service.player("200000000000000001")
    with (
        psycopg.connect(rows.info.dsn, dbname=rows.info.dbname) as holder,
        ThreadPoolExecutor() as threads,
    ):
        holder.execute("lock table app.wallet_links in exclusive mode")
        address = f"0x{secrets.token_hex(20)}"
        linking = threads.submit(player.post, "/api/me/wallets", json={"address": address})
        wait_for(rows, "select exists (select from pg_locks where not granted)")
        service.server.terminate()
        # it does not end before it has responded
        with pytest.raises(subprocess.TimeoutExpired):
            service.server.wait(timeout=1)
        holder.rollback()
        answer = linking.result()
    assert (answer.status_code, answer.json()["wallet"]["address"]) == (200, address)
    assert service.server.wait(timeout=30) == 0
    service.start_server()
    assert player.get("/api/me/wallets").json()["wallets"][0]["address"] == address


@pytest.mark.full
def test_two_workers_share_the_work(service: Service, rows: psycopg.Connection) -> None:
    service.start_worker()
    service.start_worker()
    names = [name for _ in range(5) for name in link_somebody(rows, 4)]
    service.wait_for(lambda: are_served(rows, names))
    wait_for(rows, NO_REQUEST_IS_LEFT)


@pytest.mark.ci
def test_a_stopped_worker_finishes_what_it_has_in_hand(
    service: Service, rows: psycopg.Connection
) -> None:
    worker = service.start_worker()
    names = link_somebody(rows)
    service.wait_for(lambda: are_served(rows, names))
    # its request is deleted after that, and what is requested meanwhile is of another batch
    wait_for(rows, NO_REQUEST_IS_LEFT)
    with psycopg.connect(rows.info.dsn, dbname=rows.info.dbname) as holder:
        holder.execute(MART_LOCK)
        names = link_somebody(rows)
        service.wait_for(lambda: "RUNNING" in [one.state for one in requests.unserved(rows)])
        worker.send_signal(signal.SIGTERM)
        holder.rollback()
    assert worker.wait(timeout=30) == 0
    assert are_served(rows, names)
    assert requests.unserved(rows) == []


@pytest.mark.full
@pytest.mark.parametrize("lock", [MART_LOCK, f"select pg_advisory_xact_lock({DEPLOY_LOCK})"])
def test_a_stopped_worker_cancels_what_takes_too_long(
    service: Service, rows: psycopg.Connection, lock: str
) -> None:
    """After six seconds. Its request waits for another worker, and no attempt is counted."""
    worker = service.start_worker()
    with psycopg.connect(rows.info.dsn, dbname=rows.info.dbname) as holder:
        holder.execute(lock)
        names = link_somebody(rows)
        service.wait_for(lambda: [one.state for one in requests.unserved(rows)] == ["RUNNING"])
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
        assert 5 < time.monotonic() - began < 10
        assert (runs.ledger(rows, 1)[0].state == "CANCELLED") == (lock == MART_LOCK)
        (left,) = requests.unserved(rows)
        assert (left.state, left.attempts, left.error) == ("WAITING", 0, None)
        holder.rollback()
    service.start_worker()
    service.wait_for(lambda: are_served(rows, names))
    wait_for(rows, NO_REQUEST_IS_LEFT)


@pytest.mark.ci
def test_one_that_cannot_be_computed_is_parked_and_holds_up_nobody(
    service: Service, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    (poisoned, *others) = link_somebody(rows, 4)
    real = runs.cluster

    def cluster(clusters, **options):
        if poisoned in clusters:
            raise HedgeError("the cluster run failed: numeric field overflow")
        return real(clusters, **options)

    monkeypatch.setattr(runs, "cluster", cluster)
    for attempt in range(1, requests.MOST_ATTEMPTS + 1):
        requests.serve_clusters(rows)
        assert are_served(rows, others)
        (left,) = requests.unserved(rows)
        assert (left.cluster_id, left.attempts) == (poisoned, attempt)
        assert "numeric field overflow" in left.error
        # its pause grows, and it is not tried before that
        assert left.next_attempt_at > left.requested_at
        assert requests.serve_clusters(rows) == 0
        rows.execute("update app.etl_requests set next_attempt_at = now()")
    assert left.state == "PARKED"
    admin = service.with_token(service.admin)
    (shown,) = admin.get("/admin/etl/requests").json()
    assert (shown["clusterId"], shown["state"]) == (poisoned, "PARKED")
    monkeypatch.undo()
    service.start_worker()
    answer = admin.post(f"/admin/etl/requests/{shown['requestId']}/retry")
    assert answer.status_code == 202
    service.wait_for(lambda: are_served(rows, [poisoned]))


@pytest.mark.ci
def test_an_admin_asks_for_runs_and_boards(service: Service, rows: psycopg.Connection) -> None:
    service.start_worker()
    (name,) = link_somebody(rows)
    admin = service.with_token(service.admin)
    service.wait_for(lambda: are_served(rows, [name]))
    assert admin.post(f"/admin/etl/clusters/{name}/run").status_code == 202
    assert admin.post("/admin/etl/clusters/nobody/run").status_code == 404
    assert admin.post("/admin/etl/run", json={"kind": "yearly"}).status_code == 400
    asked = admin.post("/admin/etl/run", json={"kind": "full"})
    assert asked.status_code == 202
    service.wait_for(
        lambda: any(run["kind"] == "FULL" for run in admin.get("/admin/etl/runs").json())
    )
    cause = asked.headers["X-Request-Id"]
    service.wait_for(
        lambda: rows.execute(
            "select exists (select from app.etl_runs where %s = any(caused_by))", [cause]
        ).fetchone()[0]
    )
    board = {
        "key": "wins",
        "name": "Wins",
        "categoryKey": "pvp_competition",
        "metricSource": "onchain_pvp",
        "metricKey": "wins",
        "timeWindow": "ALL_TIME",
    }
    assert admin.post("/admin/leaderboards", json=board).status_code == 200
    assert admin.post("/admin/leaderboards", json=board | {"metricKey": "x"}).status_code == 400
    changed = admin.put("/admin/leaderboards/wins", json={"maxEntries": 50})
    assert changed.json()["maxEntries"] == 50
    assert admin.put("/admin/leaderboards/chess", json={"maxEntries": 50}).status_code == 404
    asked = admin.post("/admin/leaderboards/wins/run")
    assert asked.status_code == 202
    service.wait_for(
        lambda: admin.get(asked.json()["lookAt"]).json()["status"] in ("COMPLETE", "FAILED"),
        seconds=180,
    )
    entries = service.browser().get("/leaderboards/wins/latest?limit=1000").json()["entries"]
    assert name in {entry["clusterId"] for entry in entries}
    assert admin.get("/admin/leaderboards").json()[0]["newestRun"]["status"] == "COMPLETE"
    # who has an answer is told so, until there is a new run, and for a second more at most
    reader = service.browser()
    first = reader.get("/leaderboards/wins/latest")
    known = {"If-None-Match": first.headers["ETag"]}
    assert reader.get("/leaderboards/wins/latest", headers=known).status_code == 304
    # another way to the same: without an origin it comes from what is kept
    with httpx.Client(base_url=service.url) as program:
        again = program.get("/leaderboards/wins/latest")
        assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])
        assert program.get("/leaderboards/wins/latest", headers=known).status_code == 304
        asked = admin.post("/admin/leaderboards/wins/run")
        service.wait_for(
            lambda: admin.get(asked.json()["lookAt"]).json()["status"] in ("COMPLETE", "FAILED"),
            seconds=180,
        )
        service.wait_for(
            lambda: program.get("/leaderboards/wins/latest", headers=known).status_code == 200
        )
        newer = program.get("/leaderboards/wins/latest", headers=known)
        assert (newer.status_code, newer.headers["ETag"] == known["If-None-Match"]) == (200, False)
        assert newer.json()["run"]["id"] > first.json()["run"]["id"]
    season = {
        "id": "spring",
        "name": "Spring",
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2120-01-01T00:00:00Z",
        "isActive": True,
    }
    assert admin.post("/admin/seasons", json=season).status_code == 200
    weight, path = {"challengeKey": "arena_victor", "weight": 2.5}, "/admin/seasons/spring/weights"
    assert admin.post(path, json=[weight]).json() == [weight | {"weightText": "2.5"}]
    assert admin.post(path, json=[weight | {"weight": 0}]).status_code == 400
    assert service.browser().get("/seasons/active").json()["id"] == "spring"
    admin.post(f"/admin/etl/clusters/{name}/run")
    path = f"/seasons/spring/progress?clusterId={name}"
    service.wait_for(lambda: service.browser().get(path).json()["points"] > 0)
    found = service.browser().get(path).json()
    assert (found["points"], found["level"], found["nextLevelThreshold"]) == (12.5, 1, 50)


@pytest.mark.ci
def test_a_service_that_is_killed_leaves_no_process_behind(
    service: Service, rows: psycopg.Connection
) -> None:
    """Its server process would share the port with the next one, and answer from old code."""
    port = free_port()
    command = [sys.executable, "-m", "cli", "serve", "--with-worker", "--port", str(port)]
    with service.log.open("a") as log:
        ready = service.log.read_text().count("worker ready")
        killed = subprocess.Popen(command, cwd=PROJECT, env=service.environment, stderr=log)
        service.wait_for(lambda: service.log.read_text().count("worker ready") > ready)
        children = psutil.Process(killed.pid).children(recursive=True)
        (worker,) = (each for each in children if each.cmdline()[-1] == "worker")
        # a worker that is killed is started again
        worker.kill()
        service.wait_for(lambda: service.log.read_text().count("worker ready") > ready + 1)
        children = psutil.Process(killed.pid).children(recursive=True)
        assert len(children) >= 2
        refused = subprocess.run(
            command, cwd=PROJECT, env=service.environment, capture_output=True, text=True
        )
        assert (refused.returncode, refused.stderr) == (
            1,
            f"hedge: cannot listen on 127.0.0.1:{port}: Address already in use\n",
        )
        killed.kill()
        killed.wait()
    gone, alive = psutil.wait_procs(children, timeout=15)
    assert (len(gone), alive) == (len(children), [])
