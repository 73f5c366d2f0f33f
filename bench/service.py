"""Load tests of a warm worker and of the API, each in a process of its own."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import psycopg

from bench.figures import Figure, percentile, timed
from hedge import database, settings
from hedge.queue import requests

#: The number of concurrent requests to the API, and the seconds of one measurement.
CONNECTIONS = 16
SECONDS = 4.0


@contextlib.contextmanager
def process(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that runs during the block and writes its output to a file."""
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
    """Requests for single clusters and a burst of requests, alone and during a full run. `command`
    is the duration of the same run as a command, in seconds."""
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
        during: list[float] = []
        with _full_run() as is_running:
            while is_running() and len(during) < len(names):
                during.append(_served(connection, names[len(during)]))
        everyone = [
            name
            for (name,) in connection.execute(
                "select cluster_id from app.wallet_clusters order by 1 limit 1000"
            )
        ]
        burst, _ = timed(lambda: _burst(connection, everyone))
        with _full_run():
            burst_during, _ = timed(lambda: _burst(connection, everyone))
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
            f"one cluster beside a full run, p50 of {len(during)}",
            percentile(during, 0.5),
            "s",
            median,
            "itself alone",
            most=3,
        ),
        Figure(
            f"one cluster beside a full run, p95 of {len(during)}",
            percentile(during, 0.95),
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
        Figure("the same burst beside a full run", burst_during, "s", burst, "itself alone"),
    ]


def _served(connection: psycopg.Connection, name: str) -> float:
    """Seconds from a request until the new progress is committed. It returns later, when the
    request is served, because the run writes unlocks after progress."""
    since = database.value(connection, "select clock_timestamp()")
    started = time.perf_counter()
    request = requests.create(connection, "CLUSTER", name)
    while not database.value(
        connection,
        "select coalesce(min(last_computed_at) > %s, false) from analytics.challenge_progress"
        " where cluster_id = %s",
        [since, name],
    ):
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
    """A full run by the command line, which is running when the block begins; the block waits for
    its end. Yields a function that returns whether it is still running."""
    run = subprocess.Popen(
        [sys.executable, "-m", "cli", "etl", "full"],
        cwd=settings.PACKAGED_PROJECT,
        stdout=subprocess.DEVNULL,
    )
    # Python and dbt have started by then.
    time.sleep(3)
    try:
        yield lambda: run.poll() is None
    finally:
        if run.wait():
            raise AssertionError("the full run failed")


def _resident(pid: int) -> float:
    """The resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# -- the API -----------------------------------------------------------------------------


def measure_api(folder: Path, board: str, clusters: Sequence[str]) -> list[Figure]:
    """The request rate of the API, compared with minimal handlers that return the same. It is
    asked for the progress of many clusters by turns."""
    os.environ["HEDGE_BENCH_BOARD"] = board
    os.environ["HEDGE_BENCH_CLUSTER"] = clusters[0]
    ours, bare = _free_port(), _free_port()
    with contextlib.ExitStack() as running:
        running.enter_context(
            process("-m", "cli", "serve", "--port", str(ours), log=folder / "ours.log")
        )
        latest = f"/leaderboards/{board}/latest?limit=100"
        progress = [f"/clusters/{cluster}/progress" for cluster in clusters]
        _wait_for(f"http://127.0.0.1:{ours}/readyz")
        # It reads the board from the API when it starts.
        running.enter_context(
            process("-m", "bench.bare", str(ours), str(bare), log=folder / "bare.log")
        )
        _wait_for(f"http://127.0.0.1:{bare}/bytes")
        board_held = _conditional(ours, [latest])
        progress_held = _conditional(ours, progress)
        figures = []
        for name, asked, other, least in (
            ("latest board, top 100", {latest: ""}, "/bytes", 0.7),
            ("latest board, not modified", board_held, "/nothing", 0.9),
            ("cluster progress", dict.fromkeys(progress, ""), "/query", None),
            ("cluster progress, not modified", progress_held, "/held", None),
        ):
            rates = {ours: 0.0, bare: 0.0}
            # Both are measured twice in turn, so that a slow phase of the machine affects both.
            for _ in range(2):
                rates[ours] += _rate(ours, asked) / 2
                rates[bare] += _rate(bare, {other: ""}) / 2
            figures.append(
                Figure(name, rates[ours], "/s", rates[bare], "the barest handler", least=least)
            )
    return figures


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(url).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def _conditional(port: int, paths: Sequence[str]) -> dict[str, str]:
    """The header by which a client says that it has the answer, for each path."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        return {path: f"If-None-Match: {client.get(path).headers['etag']}\r\n" for path in paths}


def _rate(port: int, asked: Mapping[str, str]) -> float:
    return asyncio.run(_ask_for_a_while(port, asked))


async def _ask_for_a_while(port: int, asked: Mapping[str, str]) -> float:
    """Responses per second, over persistent connections. asked are the paths, which have their
    turns, with further headers of each."""
    texts = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()
        for path, headers in asked.items()
    ]
    turns = itertools.cycle(texts)
    until = time.perf_counter() + SECONDS

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = 0
        while time.perf_counter() < until:
            request = next(turns)
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith((b"http/1.1 200", b"http/1.1 304")):
                raise AssertionError(f"{request[:80]!r} is answered by {head[:40]!r}")
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if length and not head.startswith(b"http/1.1 304"):
                await reader.readexactly(int(length))
            answers += 1
        writer.close()
        return answers

    return sum(await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))) / SECONDS


def command_seconds(*arguments: str) -> float:
    """Seconds of a hedge command, including the start of Python and dbt."""
    seconds, _ = timed(
        lambda: subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=settings.PACKAGED_PROJECT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    )
    return seconds
