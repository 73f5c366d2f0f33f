"""From a release to this code while everything works: expand, deploy, contract (docs/upgrade.md).

The code of the release is taken out of git. Its API and its worker work on while this code migrates
the database, and beside those of this code while it deploys.
"""

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from hedge import database, runs
from tests import PROJECT, prepared_server
from tests.faults.comparison import Computed, computed_from_nothing, run_everything_due
from tests.oracle.shapes import read_csv
from tests.support import add_cluster, put, pvp_match
from tests.support.commands import Processes

RELEASES = [
    line.split()
    for line in (PROJECT / "requirements" / "releases.txt").read_text().splitlines()
    if not line.startswith("#")
]
#: What every release answers without signing in.
PATHS = (
    *("/", "/leaderboards", "/leaderboards/lb_pvp_monthly_wins/latest", "/challenges"),
    *("/clusters/demo-busy/progress", "/seasons/active", "/readyz", "/healthz"),
)
CLUSTERS = "25"
METIS = ("tournament_matches", "tournament_entries", "metis_patrol_events")


class Load:
    """What players do meanwhile, in a thread: they read from every service, and link wallets."""

    def __init__(self, url: str) -> None:
        """url is that of a service."""
        self.urls = [url]
        self.answers: Counter[tuple[str, int | str]] = Counter()
        self.linked: list[str] = []
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._act)
        self._thread.start()

    def _act(self) -> None:
        with database.connect() as connection, httpx.Client(timeout=30) as players:
            while not self._done.wait(0.3):
                self._link(connection)
                with self._lock:
                    for url in self.urls:
                        for path in PATHS:
                            self.answers[path, self._status(players, url + path)] += 1

    @staticmethod
    def _status(players: httpx.Client, url: str) -> int | str:
        try:
            return players.get(url).status_code
        except httpx.HTTPError as error:
            return repr(error)

    def _link(self, connection: psycopg.Connection) -> None:
        name, wallet = f"newcomer-{len(self.linked)}", f"0x{0xABC000 + len(self.linked):040x}"
        put(connection, pvp_match(wallet))
        add_cluster(connection, name, wallet)
        self.linked.append(name)

    def leave(self, url: str) -> None:
        """Read no more from a service."""
        with self._lock:
            self.urls.remove(url)

    def faults(self) -> dict[tuple[str, int | str], int]:
        """The answers that are none, and how many of each."""
        assert {path for path, _ in self.answers} == set(PATHS)
        return {key: number for key, number in self.answers.items() if key[1] != 200}

    def end(self) -> None:
        """Let the players stop."""
        self._done.set()
        self._thread.join()


def are_served(connection: psycopg.Connection, names: list[str]) -> bool:
    """Whether a run has computed clusters that have won once."""
    found = connection.execute(
        "select count(*) from analytics.challenge_progress where cluster_id = any(%s)"
        " and challenge_key = 'arena_victor' and value = 1",
        [names],
    )
    return found.fetchone() == (len(names),)


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
    for name in ("upgraded", "nothing"):
        prepared_server.drop_database(server, name)


def load_real_input(processes: Processes, code: Path) -> None:
    """Load the METIS files where they lie beside the checkout; each wallet is a cluster."""
    folder = PROJECT.parent / "shared" / "data" / "metis"
    if not folder.is_dir():
        return
    for table in METIS:
        processes.run("load", table, str(folder / f"{table}.csv"), code=code)
    wallets = {row["wallet_address"] for row in read_csv(folder, f"{METIS[1]}.csv")}
    with database.connect() as connection:
        for wallet in sorted(wallets):
            add_cluster(connection, wallet, wallet)


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
        load_real_input(processes, old)
        with database.connect() as connection:
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

            as_of = datetime.now(UTC)
            run_everything_due(as_of, runs.incremental)
            found = Computed.read(connection, as_of)
            nothing = prepared_server.create_database(server, "nothing", template)
            assert found.differences(computed_from_nothing(connection, nothing, as_of)) == []
            assert len(found.marts["challenge_progress"]) > 1000
            failed = "select kind, error from app.etl_runs where state = 'FAILED'"
            assert connection.execute(failed).fetchall() == []
    finally:
        if load:
            load.end()
        processes.kill()
