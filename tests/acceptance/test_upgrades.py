"""From a release to this code while everything works: expand, deploy, contract (docs/upgrade.md).

The code of the release is taken out of git. Its API and its worker work on while this code migrates
the database, and beside those of this code while it deploys.
"""

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedge import database
from tests import PROJECT, prepared_server
from tests.faults.comparison import require_equal_to_a_new_database
from tests.oracle.shapes import read_csv
from tests.support.clusters import insert_cluster
from tests.support.commands import Processes
from tests.support.load import Load, are_served

RELEASES = [
    line.split()
    for line in (PROJECT / "requirements" / "releases.txt").read_text().splitlines()
    if not line.startswith("#")
]
CLUSTERS = "25"
METIS = ("tournament_matches", "tournament_entries", "metis_patrol_events")


def release(commit: str, folder: Path) -> Path:
    """The files of a commit, in a folder."""
    git = ["git", "-C", str(PROJECT)]
    known = [*git, "cat-file", "-e", f"{commit}^{{commit}}"]
    if subprocess.run(known, check=False, capture_output=True).returncode != 0:
        pytest.skip(f"this clone lacks the commit {commit}: git fetch --unshallow brings it")
    folder.mkdir()
    archive = subprocess.run([*git, "archive", commit], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


@pytest.fixture
def empty(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty database."""
    url = prepared_server.create_database(server, "upgraded", "template0")
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    yield url
    prepared_server.drop_database(server, "upgraded")


def load_real_input(processes: Processes, code: Path, folder: Path) -> None:
    """Load the METIS files where they lie beside the checkout; each wallet is a cluster.

    Tournaments of the demo world have the same numbers, and a registration of the files would
    make such a tournament official after the demo has published its boards. So the files get
    other numbers."""
    real = PROJECT.parent / "shared" / "data" / "metis"
    if not real.is_dir():
        return
    wallets = set()
    for table in METIS:
        rows = read_csv(real, f"{table}.csv")
        with (folder / f"{table}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                if "tournament_id" in row:
                    row["tournament_id"] = str(1_000_000 + int(row["tournament_id"]))
                writer.writerow(row)
        processes.run("load", table, str(folder / f"{table}.csv"), code=code)
        if table == "tournament_entries":
            wallets = {row["wallet_address"] for row in rows}
    with database.connect() as connection:
        for wallet in sorted(wallets):
            insert_cluster(connection, wallet, wallet)


@pytest.mark.parametrize(
    ("commit", "version"),
    [
        pytest.param(*each, marks=pytest.mark.ci if each == RELEASES[-1] else pytest.mark.full)
        for each in RELEASES
    ],
    ids=[commit[:8] for commit, _ in RELEASES],
)
def test_an_upgrade_while_everything_works(
    empty: str, server: str, template: str, tmp_path: Path, commit: str, version: str
) -> None:
    old = release(commit, tmp_path / "release")
    assert f'__version__ = "{version}"' in (old / "hedge" / "__init__.py").read_text()
    processes = Processes(empty, tmp_path)
    load = None
    try:
        processes.run("demo", "--clusters", CLUSTERS, code=old)
        load_real_input(processes, old, tmp_path)
        with database.connect() as connection:
            # the season of its catalogue has ended
            connection.execute("update app.seasons set ends_at = '2100-01-01'")
            old_api, old_url = processes.serve(code=old)
            old_worker = processes.start("worker", code=old)
            processes.wait_for_lines("worker ready")
            load = Load(old_url)

            def players_are_served() -> None:
                """What is linked from now on is computed, and all pages are answered."""
                before = len(load.linked)
                processes.wait_until(lambda: len(load.linked) > before + 2)
                processes.wait_until(lambda: are_served(connection, load.linked[before:-1]))
                assert load.faults() == {}

            players_are_served()
            processes.run("db", "migrate")
            players_are_served()
            _, new_url = processes.serve()
            processes.start("worker")
            processes.wait_for_lines("worker ready", 2)
            load.urls.append(new_url)
            processes.run("etl", "deploy", "--no-compute")
            players_are_served()
            load.leave(old_url)
            for process in (old_worker, old_api):
                process.terminate()
                assert process.wait(timeout=30) == 0, processes.log.read_text()
            players_are_served()
            load.end()
            assert {*processes.stop_in_time(old_worker, old_api).values()} == {0}

            found = require_equal_to_a_new_database(connection, server, template)
            assert len(found.marts["challenge_progress"]) > 1000
            failed = "select kind, error from app.etl_runs where state = 'FAILED'"
            assert connection.execute(failed).fetchall() == []
    finally:
        if load:
            load.end()
        processes.kill()
