"""The service: an HTTP server and workers, each in a process of its own."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser

from hedge import boards, catalogue, child_processes, database, runs, seasons, tokens, wallets
from tests import PROJECT
from tests.acceptance.browser import launched
from tests.acceptance.pages import BOARD, HOSTILE, HTML, LONG
from tests.stand_in_discord import StandInDiscord
from tests.support import discord_interaction, hunt, put, pvp_match
from tests.support.commands import Processes, free_port
from tests.support.http_clients import plain_client
from tests.support.proxies import Proxy, proxy


class Service:
    """A server on loopback, and the workers that a test starts."""

    def __init__(self, discord: StandInDiscord, folder: Path) -> None:
        """Start the server, and wait until it is ready."""
        self.discord = discord
        self.log = folder / "log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "HEDGE_PUBLIC_URL": self.url,
            "HEDGE_SECRET_KEY": bytes(range(32)).hex(),
            "HEDGE_DISCORD_CLIENT_ID": discord.client_id,
            "HEDGE_DISCORD_CLIENT_SECRET": discord.client_secret,
            "HEDGE_DISCORD_URL": discord.url,
            "HEDGE_ORIGINS": "https://front-end.example",
            "HEDGE_SIGN_INS_A_MINUTE": "1000",
            "HEDGE_ADMIN_SIGN_INS_A_MINUTE": "1000",
        }
        self.workers: list[subprocess.Popen] = []
        self._anybody = plain_client(base_url=self.url, headers={"Connection": "close"})
        with database.connect() as connection:
            self.admin = tokens.create(connection, "admin", "a test")[1]
            self.service = tokens.create(connection, "service", "a bot")[1]
        self.start_server()

    def start_server(self) -> None:
        """Start the server, and wait until it is ready."""
        self.server = self._start("serve", "--port", self.url.rpartition(":")[2])
        self.wait_for(self.is_ready)

    def _start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=PROJECT,
            env=child_processes.environment() | self.environment,
            stderr=self.log.open("a"),
        )

    def is_ready(self) -> bool:
        """Whether the server and its database answer."""
        assert self.server.poll() is None, self.log.read_text()
        try:
            return self._anybody.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def start_worker(self) -> subprocess.Popen:
        """Start another worker, and wait until it has loaded dbt."""
        ready = self.log.read_text().count("worker ready")
        self.workers.append(self._start("worker"))
        self.wait_for(lambda: self.log.read_text().count("worker ready") > ready)
        return self.workers[-1]

    def browser(self) -> httpx.Client:
        """A browser, which keeps cookies and follows redirects."""
        return plain_client(
            base_url=self.url, follow_redirects=True, headers={"Origin": self.url}, timeout=30
        )

    def player(self, discord_id: str) -> httpx.Client:
        """A browser in which a player is signed in."""
        browser = self.browser()
        self.discord.discord_id = discord_id
        answer = browser.get("/auth/discord", params={"returnTo": "/healthz"})
        assert (answer.status_code, answer.url.path) == (200, "/healthz"), answer.text
        return browser

    def with_token(self, token: str, **headers: str) -> httpx.Client:
        """A program with a token."""
        return plain_client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} | headers,
            timeout=30,
        )

    def wait_for(self, is_so: Callable[[], object], seconds: float = 60) -> float:
        """Wait until a condition is true; returns the seconds that it took."""
        started = time.monotonic()
        while not is_so():
            assert time.monotonic() - started < seconds, self.log.read_text()[-3000:]
            time.sleep(0.02)
        return time.monotonic() - started

    def stop(self) -> None:
        """Stop the server and the workers."""
        for process in [*self.workers, self.server]:
            process.terminate()
        for process in [*self.workers, self.server]:
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def discord() -> Iterator[StandInDiscord]:
    """The stand-in for Discord."""
    stand_in = StandInDiscord()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def service(
    module_database: str,
    discord: StandInDiscord,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A service with the database of this module, without a worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        running = Service(discord, tmp_path_factory.mktemp("service"))
        yield running
        running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser of the machine."""
    with launched() as browser:
        yield browser


@pytest.fixture
def rows(service: Service) -> Iterator[psycopg.Connection]:
    """A connection to the database of the service."""
    with database.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def told(service: Service) -> Service:
    """The service with a small story, computed: somebody who won, and equals."""
    with database.connect() as connection:
        now = datetime.now(UTC)
        for name, wins in (("somebody", 5), ("rival", 3), ("equal", 3), (LONG, 1)):
            wallet = f"0x{secrets.token_hex(20)}"
            put(connection, *(pvp_match(wallet, at=now) for _ in range(wins)), hunt(wallet, at=now))
            wallets.link(connection, name, [wallet])
        connection.execute(
            "update app.players set discord_id = '300000000000000009' where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'somebody')"
        )
        put(connection, discord_interaction("300000000000000009", at=now))
        wallets.link(connection, "idle", [f"0x{secrets.token_hex(20)}"])
        connection.execute(
            "update app.players set display_name = %s, show_on_boards = true where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'rival')",
            [HOSTILE[:40]],
        )
        catalogue.install(connection)
        for season in seasons.all_seasons(connection):
            seasons.edit(connection, season.id, is_active=False)
        begin, end = now - timedelta(days=9), now + timedelta(days=9)
        seasons.add(connection, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        weights = [{"challenge_key": "arena_victor", "weight": "1"}]
        seasons.put_weights(connection, "spring", weights)
        connection.execute(
            "insert into raw.rejected_rows (table_name, file, line, row_text, reason)"
            " values ('pvp_matches', 'a.csv', 2, '<img src=x onerror=alert(1)>', 'no <b>key</b>')"
        )
    runs.full()
    boards.run([BOARD], mode="CURRENT")
    return service


@pytest.fixture
def admin(told: Service) -> httpx.Client:
    """A browser in which an admin has signed in."""
    browser = told.browser()
    answer = browser.post("/admin/sign-in", data={"token": told.admin}, headers=HTML)
    assert (answer.status_code, answer.url.path) == (200, "/admin"), answer.text
    return browser


@pytest.fixture(scope="module")
def worker(told: Service) -> None:
    """A warm worker."""
    told.start_worker()


@pytest.fixture
def way(module_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way to the database, which can hang."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", module_database)
    with proxy(module_database) as way:
        yield way


@pytest.fixture
def processes(way: Proxy, tmp_path: Path) -> Iterator[Processes]:
    """Processes that use this way."""
    found = Processes(way.url(), tmp_path)
    yield found
    found.kill()
