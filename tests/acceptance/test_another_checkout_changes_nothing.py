"""A second checkout with an edit that was not deployed, and a HEDGE_HOME of its own: whatever it
runs uses what is deployed."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import wallets
from tests import PROJECT
from tests.support import PROGRAM, copy_project, edit, put, pvp_match, wait_for

EDIT = (
    "        value::numeric(60, 6) as value",
    "        (value + 1000000)::numeric(60, 6) as value",
)
NO_REQUEST_IS_LEFT = "select not exists (select from app.etl_requests)"


class Checkout:
    """A copy of the repository with an edit, in which commands run with a HEDGE_HOME of its own."""

    def __init__(self, folder: Path) -> None:
        """Copy what a checkout needs, and edit it."""
        self.folder = folder
        copy_project(folder, *PROGRAM)
        edit(folder / "models" / "progress" / "challenge_progress.sql", *EDIT)
        self.environment = os.environ | {"HEDGE_HOME": str(folder / ".hedge")}
        self.environment.pop("HEDGE_PROJECT", None)

    def hedge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call the command line there."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )


def worker(folder: Path, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a worker, and wait until it has loaded dbt."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "worker"], cwd=folder, env=environment, stderr=log.open("w")
    )
    deadline = time.monotonic() + 60
    while "worker ready" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return process


@pytest.fixture
def checkout(connection: psycopg.Connection, tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def workers(checkout: Checkout, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A worker of each checkout."""
    both = [
        worker(PROJECT, dict(os.environ), tmp_path / "mine"),
        worker(checkout.folder, checkout.environment, tmp_path / "theirs"),
    ]
    yield both
    for process in both:
        process.terminate()
    for process in both:
        process.wait(timeout=60)


def add_somebody(connection: psycopg.Connection, wins: int) -> str:
    """A new cluster, whose wallet won some matches; its link is a request."""
    wallet = f"0x{secrets.token_hex(20)}"
    put(connection, *(pvp_match(wallet) for _ in range(wins)))
    name = f"somebody-{secrets.token_hex(6)}"
    wallets.link(connection, name, [wallet])
    return name


def wins_of(connection: psycopg.Connection) -> dict[str, int]:
    return dict(
        connection.execute(
            "select cluster_id, value::integer from analytics.challenge_progress"
            " where challenge_key = 'arena_victor'"
        ).fetchall()
    )


@pytest.mark.ci
def test_a_full_run_and_one_of_a_cluster_use_what_is_deployed(
    connection: psycopg.Connection, checkout: Checkout
) -> None:
    names = {add_somebody(connection, 5): 5, add_somebody(connection, 7): 7}
    for arguments in (["full"], ["cluster", next(iter(names))], ["incremental"]):
        done = checkout.hedge("etl", *arguments)
        assert done.returncode == 0, done.stderr
        assert wins_of(connection) == names
        unlocks = connection.execute("select count(*) from analytics.tier_unlocks").fetchone()
    # BASIC at 5 wins of each; nothing else is reached
    assert (
        unlocks
        == connection.execute(
            "select count(*) from analytics.tier_unlocks as unlocks"
            " inner join analytics.challenge_tiers using (challenge_key, tier_code)"
            " where threshold_value <= 7"
        ).fetchone()
    )


# in CI, a worker takes up what another checkout deploys in test_runs_are_never_lost
@pytest.mark.full
def test_two_workers_of_two_checkouts_compute_alike(
    connection: psycopg.Connection, checkout: Checkout, workers: list[subprocess.Popen[bytes]]
) -> None:
    names = {}
    for wins in range(1, 7):
        # one of them is held, so that they take the requests in turn
        held = workers[wins % 2]
        held.send_signal(signal.SIGSTOP)
        names[add_somebody(connection, wins)] = wins
        wait_for(connection, NO_REQUEST_IS_LEFT)
        held.send_signal(signal.SIGCONT)
    assert wins_of(connection) == names
    # a new deploy is noticed by both at their next batch
    assert checkout.hedge("etl", "deploy").returncode == 0
    later = {}
    for wins in range(1, 3):
        held = workers[wins % 2]
        held.send_signal(signal.SIGSTOP)
        later[add_somebody(connection, wins)] = wins + 1000000
        wait_for(connection, NO_REQUEST_IS_LEFT)
        held.send_signal(signal.SIGCONT)
    found = wins_of(connection)
    assert {name: found[name] for name in later} == later
    assert all(process.poll() is None for process in workers)
