"""A soak in progress: its server, its workers and commands, and its sequence of steps."""

import contextlib
import math
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg

from hedge import database, runs, tokens
from tests import PROJECT
from tests.faults.soak.accidents import ACCIDENTS, move_to_another_server, wrong_project
from tests.faults.soak.actions import ACTIONS
from tests.faults.soak.commands import Command, Commands, Trouble
from tests.faults.soak.disasters import DISASTERS, heal
from tests.faults.soak.servers import (
    EmbeddedServer,
    OtherServer,
    Server,
    SmallDisk,
    start_again,
)
from tests.faults.soak.town import Town
from tests.support import PROGRAM, copy_project
from tests.support.commands import free_port
from tests.support.http_clients import plain_client

#: How many workers and how many commands there are at once, at most.
WORKERS, COMMANDS = 2, 3
#: The mean pause between two steps, in seconds.
PAUSE = 0.8

Step = tuple[Callable[["Soak", random.Random], None], int, float]


def steps(seed: int) -> Iterator[Step]:
    """What a seed makes happen: an action or a disaster, the seed of its own choices, and the
    pause after it in seconds."""
    dice = random.Random(seed)
    every = ACTIONS | DISASTERS | ACCIDENTS
    while True:
        (step,) = dice.choices(list(every), list(every.values()))
        yield step, dice.getrandbits(32), min(dice.expovariate(1 / PAUSE), 5)


class Soak:
    """A server, workers, an HTTP server, the commands in progress, and what has happened."""

    def __init__(self, folder: Path, seed: int, binaries: Path | None = None) -> None:
        """Create the server in a folder. binaries are the programs of another PostgreSQL."""
        self.folder, self.seed = folder, seed
        self.trouble = Trouble()
        self.commands = Commands(folder / "commands", self.trouble)
        #: What must not happen, a paragraph each.
        self.faults = self.commands.faults
        self.counts: Counter[str] = Counter()
        self.season_was_edited = False
        self.workers: list[Command] = []
        self._services = Commands(folder / "services", self.trouble, longest=math.inf)
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(16)
        self._calls: list[Future[None]] = []
        os.environ["HEDGE_LINKS_A_MINUTE"] = "100000"
        self._binaries = binaries
        #: The server, after those that it has replaced.
        self.servers: list[Server] = []
        self.small_disks: list[SmallDisk] = []
        self.use_another_server()

    def begin(self) -> None:
        """Create the tables and views, and a copy of them for the computation from nothing; fill
        the database, compute everything, and start workers and the HTTP server."""
        database.migrate()
        runs.deploy()
        self.url_of_nothing = self.server.url.replace("/hedge?", "/nothing?")
        postgres = self.server.url.replace("/hedge?", "/postgres?")
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("create database nothing template hedge")
            # so that the server of the second half is behind
            connection.execute(
                "do 'begin for i in 1 .. 20000 loop"
                " perform pg_current_xact_id(); commit; end loop; end'"
            )
        edited = copy_project(self.folder / "edited", *PROGRAM)
        # a comment changes the hash of the definitions, and no number
        (edited / "models" / "metrics" / "onchain_pvp.sql").open("a").write("\n-- edited\n")
        self.projects = (PROJECT, edited)
        self.wrong_project = wrong_project(self.folder / "wrong")
        with database.connect() as connection:
            self.town = Town(connection, self.seed)
            self.service_token = tokens.create(connection, "service", "soak")[1]
        runs.full()
        self.keep_alive()
        self.wait_for_api()

    @property
    def server(self) -> Server:
        """The server of the database."""
        return self.servers[-1]

    def use_another_server(self) -> None:
        """Create a server with an empty database, and use it from now on. Where this process may
        mount it, the server has a small disk, as the tablespace `small`."""
        number = len(self.servers) + 1
        if self._binaries:
            server: Server = OtherServer(self._binaries, self.folder / f"server{number}")
        else:
            server = EmbeddedServer(self.folder / f"home{number}")
        self.servers.append(server)
        with contextlib.suppress(PermissionError), self.control() as connection:
            disk = SmallDisk(self.folder / f"disk{number}", server.data.stat().st_uid)
            self.small_disks.append(disk)
            connection.execute(f"create tablespace small location '{disk.folder}'")

    # Processes and threads

    def keep_alive(self) -> None:
        """Start the workers and the HTTP server that have ended."""
        self._services.look()
        living = self._services.running
        self.workers = [one for one in living if one.name == "worker"]
        while len(self.workers) < WORKERS:
            self.workers.append(self._services.start("worker"))
        if not any(one.name.startswith("serve") for one in living):
            port = free_port()
            self.api_url = f"http://127.0.0.1:{port}"
            self.api = self._services.start("serve", "--port", str(port))

    def wait_for_api(self) -> None:
        """Wait until the HTTP server answers, or for a minute. Once it has ended, another thread
        starts the next one, at another port."""
        deadline = time.monotonic() + 60
        with plain_client(timeout=5) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.HTTPError):
                    client.get(f"{self.api_url}/healthz")
                    return
                time.sleep(0.2)

    def start(self, *arguments: str, cwd: Path = PROJECT, holds: str = "") -> None:
        """Start a command when there are few in progress; it holds a name until it ends."""
        if holds:
            self.hold(holds)
        self.commands.wait(COMMANDS - 1)
        self.commands.start(*arguments, cwd=cwd, release=lambda: self.free(holds))

    def in_thread(self, call: Callable[[], None]) -> None:
        """Do something beside the next steps."""

        def guarded() -> None:
            try:
                call()
            except Exception as error:
                self.faults.append(f"the soak itself failed: {error!r}")

        self._calls.append(self._threads.submit(guarded))

    def hold(self, name: str) -> None:
        """Let nobody else do something of a name, such as changing a table."""
        with self._lock:
            self._held.add(name)

    def free(self, name: str) -> None:
        """Let others do it again."""
        with self._lock:
            self._held.discard(name)

    def is_free(self, name: str) -> bool:
        """Whether nobody holds a name."""
        return name not in self._held

    def count(self, what: str) -> None:
        """Count something for the table at the end."""
        with self._lock:
            self.counts[what] += 1

    @contextlib.contextmanager
    def control(self) -> Iterator[psycopg.Connection]:
        """A connection that no disaster concerns, once the server runs."""
        deadline = time.monotonic() + 90
        while True:
            try:
                connection = psycopg.connect(
                    self.server.url,
                    autocommit=True,
                    application_name="control",
                    options="-c statement_timeout=0",
                )
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        with connection:
            yield connection

    def kill_services(self) -> None:
        """Kill the workers and the HTTP server, and start none."""
        for service in self._services.running:
            service.send(signal.SIGKILL)
        self._services.stop_by(time.monotonic() + 60)

    def quiesce(self) -> None:
        """Wait until all threads and commands have ended."""
        while not all(call.done() for call in self._calls):
            self._pause(0.2)
        self.commands.wait()

    # The soak

    def run(self, seconds: float) -> None:
        """Act for some seconds, then settle."""
        began, deadline = time.monotonic(), time.monotonic() + seconds
        with (self.folder / "steps").open("w") as told:
            for number, (step, seed, pause) in enumerate(steps(self.seed), 1):
                if time.monotonic() > deadline:
                    break
                if len(self.servers) == 1 and time.monotonic() > began + seconds / 2:
                    move_to_another_server(self)
                name = step.__name__
                print(f"{number:5} {name} {seed}", file=told, flush=True)
                self.count(name)
                step(self, random.Random(seed))
                self._pause(pause)
        self._settle()

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            self.commands.look()
            self.keep_alive()
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)

    def _settle(self) -> None:
        """Let the disasters pass and the commands end, and serve all requests."""
        self.quiesce()
        start_again(self.server)
        heal(self)
        self.keep_alive()
        deadline = time.monotonic() + 300
        while self._is_anything_left() and time.monotonic() < deadline:
            self._pause(0.5)
        for service in self._services.running:
            service.send(signal.SIGTERM)
        self._services.stop_by(time.monotonic() + 120)
        self.faults += self._services.faults

    def _is_anything_left(self) -> bool:
        """Whether requests or board runs wait; the pauses of requests are cut short."""
        with self.control() as connection:
            connection.execute(
                "update app.etl_requests set next_attempt_at = now()"
                " where next_attempt_at between now() and 'infinity'"
            )
            found = connection.execute(
                "select exists (select from app.etl_requests) or exists ("
                "select from app.leaderboard_runs where status in ('PENDING', 'PROCESSING'))"
            ).fetchone()
            return bool(found and found[0])

    def printed(self) -> list[str]:
        """What workers and servers have written to their logs."""
        return [file.read_text(errors="replace") for file in self.folder.glob("services/*")]

    def end(self) -> None:
        """End all processes that are left, and the server."""
        for each in (*self.commands.running, *self._services.running):
            each.process.kill()
            each.process.wait()
        self._threads.shutdown(cancel_futures=True)
        for server in self.servers:
            server.remove()
        for disk in self.small_disks:
            disk.remove()


@contextlib.contextmanager
def running(seed: int, binaries: Path | None = None) -> Iterator[Soak]:
    """A soak in a new folder, which is kept where something was wrong."""
    folder = Path(tempfile.mkdtemp(prefix="hedge-soak-"))
    folder.chmod(0o755)
    kept = dict(os.environ)
    soak = None
    try:
        soak = Soak(folder, seed, binaries)
        soak.begin()
        yield soak
    finally:
        if soak:
            soak.end()
        os.environ.clear()
        os.environ.update(kept)
        if soak and not soak.faults:
            shutil.rmtree(folder)
