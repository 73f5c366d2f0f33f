"""A warm worker and the API, each a process of its own, under load from this one."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import psycopg

from bench.figures import Figure, percentile, timed
from hedge import database, settings
from hedge.queue import requests

#: Requests in flight during a measurement of the API, and for how long, in seconds.
CONNECTIONS = 16
SECONDS = 4.0


@contextlib.contextmanager
def process(*arguments: str, log: Path) -> Iterator[subprocess.Popen]:
    """A Python process of ours while the block runs; what it says goes to a file."""
    with log.open("w") as lines:
        started = subprocess.Popen(
            [sys.executable, *arguments], cwd=settings.PACKAGED_PROJECT, stdout=lines, stderr=lines
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


# -- the worker --------------------------------------------------------------------------


def measure_worker(folder: Path, names: Sequence[str], command: float) -> list[Figure]:
    """Requests of single clusters and a burst of them, alone and beside a full run; command is
    how long one takes as a command, in seconds."""
    log = folder / "worker.log"
    tenth = max(len(names) // 10, 1)
    with process("-m", "cli", "worker", log=log) as worker, database.connect() as connection:
        while "worker ready" not in log.read_text():
            time.sleep(0.1)
        alone = [_served(connection, name) for name in names[:tenth]]
        early = _resident(worker.pid)
        alone += [_served(connection, name) for name in names[tenth:]]
        late = _resident(worker.pid)
        median = percentile(alone, 0.5)
        with _full_run() as goes_on:
            beside = []
            while goes_on() and len(beside) < len(names):
                beside.append(_served(connection, names[len(beside)]))
        everyone = [
            name
            for (name,) in connection.execute(
                "select cluster_id from app.wallet_clusters order by 1 limit 1000"
            )
        ]
        burst, _ = timed(lambda: _burst(connection, everyone))
        with _full_run():
            burst_beside, _ = timed(lambda: _burst(connection, everyone))
    as_command = "hedge etl cluster"
    return [
        Figure("one cluster, warm worker, p50", median, "s", command, as_command, limit=0.4),
        Figure(
            "one cluster, warm worker, p95",
            percentile(alone, 0.95),
            "s",
            command,
            as_command,
            limit=0.8,
        ),
        Figure(
            f"the last {tenth} of {len(names)} such runs, p50",
            percentile(alone[-tenth:], 0.5),
            "s",
            percentile(alone[:tenth], 0.5),
            f"the first {tenth}",
            most=1.2,
        ),
        Figure("memory of the worker after them", late, "MiB", early, f"after the first {tenth}"),
        Figure(
            f"one cluster beside a full run, p50 of {len(beside)}",
            percentile(beside, 0.5),
            "s",
            median,
            "itself alone",
            most=3,
        ),
        Figure(
            f"one cluster beside a full run, p95 of {len(beside)}",
            percentile(beside, 0.95),
            "s",
            percentile(alone, 0.95),
            "itself alone",
        ),
        Figure(
            f"burst of {len(everyone):,} clusters",
            burst,
            "s",
            len(everyone) * median,
            "one run each",
            limit=10,
        ),
        Figure("the same burst beside a full run", burst_beside, "s", burst, "itself alone"),
    ]


def _served(connection: psycopg.Connection, name: str) -> float:
    """Seconds from a request to the new progress; returns when the worker is free again, which
    is later: unlocks are written after it."""
    since = connection.execute("select clock_timestamp()").fetchone()[0]
    started = time.perf_counter()
    request = requests.create(connection, "CLUSTER", name)
    while not connection.execute(
        "select coalesce(min(last_computed_at) > %s, false) from analytics.challenge_progress"
        " where cluster_id = %s",
        [since, name],
    ).fetchone()[0]:
        time.sleep(0.005)
    seconds = time.perf_counter() - started
    while any(one.request_id == request for one in requests.unserved(connection)):
        time.sleep(0.005)
    return seconds


def _burst(connection: psycopg.Connection, names: Sequence[str]) -> None:
    for name in names:
        requests.create(connection, "CLUSTER", name)
    while requests.unserved(connection, limit=1):
        time.sleep(0.02)


@contextlib.contextmanager
def _full_run() -> Iterator[Callable[[], bool]]:
    """A full run by the command line that is under way when the block begins, and has ended
    when it ends; gives whether it goes on."""
    run = subprocess.Popen(
        [sys.executable, "-m", "cli", "etl", "full"],
        cwd=settings.PACKAGED_PROJECT,
        stdout=subprocess.DEVNULL,
    )
    # Python and dbt have begun by then
    time.sleep(3)
    try:
        yield lambda: run.poll() is None
    finally:
        if run.wait():
            raise AssertionError("the full run failed")


def _resident(pid: int) -> float:
    """Memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# -- the API -----------------------------------------------------------------------------


def measure_api(folder: Path, board: str, cluster: str) -> list[Figure]:
    """The rate of the API against the barest handlers that answer the same."""
    os.environ["HEDGE_BENCH_BOARD"] = board
    os.environ["HEDGE_BENCH_CLUSTER"] = cluster
    ours, bare = _free_port(), _free_port()
    with contextlib.ExitStack() as running:
        running.enter_context(
            process("-m", "cli", "serve", "--port", str(ours), log=folder / "ours.log")
        )
        latest = f"/leaderboards/{board}/latest?limit=100"
        progress = f"/clusters/{cluster}/progress"
        _wait_for(f"http://127.0.0.1:{ours}/readyz")
        # it reads the board from ours when it starts
        running.enter_context(
            process("-m", "bench.bare", str(ours), str(bare), log=folder / "bare.log")
        )
        _wait_for(f"http://127.0.0.1:{bare}/bytes")
        tag = httpx.get(f"http://127.0.0.1:{ours}{latest}").headers["etag"]
        conditional = f"If-None-Match: {tag}\r\n"
        figures = []
        for name, path, headers, other, least in (
            ("latest board, top 100", latest, "", "/bytes", 0.7),
            ("latest board, not modified", latest, conditional, "/nothing", 0.9),
            ("cluster progress", progress, "", "/query", 0.8),
        ):
            rates = {ours: 0.0, bare: 0.0}
            # in turn, twice, so that a slow moment of the machine hits both
            for _ in range(2):
                rates[ours] += _rate(ours, path, headers) / 2
                rates[bare] += _rate(bare, other, "") / 2
            figures.append(
                Figure(name, rates[ours], "/s", rates[bare], "the barest handler", least=least)
            )
    return figures


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(url).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def _rate(port: int, path: str, headers: str) -> float:
    return asyncio.run(_ask_for_a_while(port, path, headers))


async def _ask_for_a_while(port: int, path: str, headers: str) -> float:
    """Answers a second, over connections that stay open."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()
    until = time.perf_counter() + SECONDS

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = 0
        while time.perf_counter() < until:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith((b"http/1.1 200", b"http/1.1 304")):
                raise AssertionError(f"{path} answers {head[:40]!r}")
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if length and not head.startswith(b"http/1.1 304"):
                await reader.readexactly(int(length))
            answers += 1
        writer.close()
        return answers

    return sum(await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))) / SECONDS


def command_seconds(*arguments: str) -> float:
    """How long hedge takes as a command, the start of Python and dbt included."""
    seconds, _ = timed(
        lambda: subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=settings.PACKAGED_PROJECT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    )
    return seconds
