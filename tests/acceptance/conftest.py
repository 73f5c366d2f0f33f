"""The service: an HTTP server and workers, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from hedge import database, tokens
from tests import PROJECT
from tests.stand_in_discord import StandInDiscord


class Service:
    """A server on loopback, and the workers that a test starts."""

    def __init__(self, discord: StandInDiscord, folder: Path) -> None:
        """Start the server, and wait until it is ready."""
        self.discord = discord
        self.log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "HEDGE_PUBLIC_URL": self.url,
            "HEDGE_SECRET_KEY": "5e" * 32,
            "HEDGE_DISCORD_CLIENT_ID": discord.client_id,
            "HEDGE_DISCORD_CLIENT_SECRET": discord.client_secret,
            "HEDGE_DISCORD_URL": discord.url,
            "HEDGE_ORIGINS": "https://front-end.example",
            "HEDGE_SIGN_INS_A_MINUTE": "1000",
        }
        self.workers: list[subprocess.Popen] = []
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
            env=self.environment,
            stderr=self.log.open("a"),
        )

    def is_ready(self) -> bool:
        """Whether the server and its database answer."""
        assert self.server.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
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
        return httpx.Client(
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
        return httpx.Client(
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


@pytest.fixture
def rows(service: Service) -> Iterator[psycopg.Connection]:
    """A connection to the database of the service."""
    with database.connect() as connection:
        yield connection
