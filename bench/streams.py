"""python -m bench.streams: many open streams of events beside requests, and what memory they take.

    python -m bench.streams [--streams 2000] [--rate 200] [--seconds 300] [--events 20]

It uses the database of HEDGE_DATABASE_URL or HEDGE_HOME, which must hold a computed demo world,
starts the service on a free port, and opens streams of its clusters. Every second it tells events,
as a run does, and sends requests in between. Errors, and events that a client misses or gets twice,
are counted. The events stay until they are pruned.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Annotated

import httpx
import psutil
import psycopg
import typer

from bench.figures import percentile
from bench.service import process
from cli.output import print_table, say
from hedge import database

#: The requests that are sent by turns; {cluster} is one of the world.
PATHS = (
    "/leaderboards",
    "/clusters/{cluster}/progress",
    "/leaderboards/lb_hero_levels/latest",
    "/challenges",
)
#: Tells an event of each of so many clusters, chosen at random, and returns how many there are.
TELL = """
insert into app.untold_events (event_type, cluster_id, details, is_first)
select 'progress.changed', cluster_id, '{}', app.begins_events()
from (
    select cluster_id from app.wallet_clusters order by random() limit %s
) as chosen
returning cluster_id
"""


class Load:
    """What the clients have seen."""

    def __init__(self, port: int, clusters: list[str]) -> None:
        """Nothing yet."""
        self.port, self.clusters = port, clusters
        self.opened = 0
        #: Events that each stream had, and that were told, by cluster.
        self.received: dict[int, int] = {}
        self.told: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.memory: list[float] = []

    async def stream(self, number: int) -> None:
        """Read a stream until cancelled. It is read by hand: a client of a library takes more time
        than the service."""
        cluster = self.clusters[number % len(self.clusters)]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET /events?cluster={cluster} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        status = await reader.readline()
        if b" 200 " not in status:
            self.errors[f"a stream: {status.decode().strip()}"] += 1
            return
        self.received[number] = 0
        self.opened += 1
        try:
            while line := await reader.readline():
                if line.startswith(b"event: progress.changed"):
                    self.received[number] += 1
            self.errors["a stream ended"] += 1
        finally:
            writer.close()

    async def requests(self, rate: float, seconds: float) -> None:
        """Send so many requests a second, whether earlier ones were answered or not."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):
            began = time.monotonic()
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
                group.create_task(self._request(client, number))

    async def _request(self, client: httpx.AsyncClient, number: int) -> None:
        path = PATHS[number % len(PATHS)].format(cluster=self.clusters[number % len(self.clusters)])
        began = time.monotonic()
        try:
            answer = await client.get(path, timeout=10)
        except httpx.HTTPError as error:
            self.errors[f"a request: {type(error).__name__}"] += 1
            return
        self.latencies.append(time.monotonic() - began)
        if answer.status_code != 200:
            self.errors[f"a request: {answer.status_code}"] += 1

    async def tell(self, each_second: int, seconds: float) -> None:
        """Tell events once a second."""
        connection = await psycopg.AsyncConnection.connect(database.url(), autocommit=True)
        async with connection:
            began = time.monotonic()
            for number in range(int(seconds)):
                await asyncio.sleep(max(began + number - time.monotonic(), 0))
                cursor = await connection.execute(TELL, [each_second])
                self.told.update(cluster for (cluster,) in await cursor.fetchall())

    async def watch(self, service: psutil.Process) -> None:
        """Measure the memory of the service every five seconds, until cancelled."""
        while True:
            self.memory.append(_resident(service))
            await asyncio.sleep(5)

    def missed(self) -> int:
        """How many events streams have missed or had twice."""
        return sum(
            abs(found - self.told[self.clusters[number % len(self.clusters)]])
            for number, found in self.received.items()
        )


def _resident(service: psutil.Process) -> float:
    """The memory of a process and those that it has started, in MiB."""
    family = [service, *service.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family) / 2**20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _measure(
    load: Load, service: psutil.Process, streams: int, rate: float, seconds: float, events: int
) -> float:
    """Open the streams, put the load on, and return the seconds that opening took."""
    began = time.monotonic()
    readers = []
    for number in range(streams):
        readers.append(asyncio.create_task(load.stream(number)))
        if number % 100 == 99:
            # a listen queue has an end
            while load.opened + load.errors.total() < number - 100:
                await asyncio.sleep(0.01)
    while load.opened + load.errors.total() < streams:
        await asyncio.sleep(0.05)
    opening = time.monotonic() - began
    watching = asyncio.create_task(load.watch(service))
    await asyncio.gather(load.requests(rate, seconds), load.tell(events, seconds))
    await asyncio.sleep(2)
    for task in (watching, *readers):
        task.cancel()
    await asyncio.gather(watching, *readers, return_exceptions=True)
    return opening


def main(
    streams: Annotated[int, typer.Option(min=1)] = 2000,
    rate: Annotated[float, typer.Option(min=0.1)] = 200,
    seconds: Annotated[float, typer.Option(min=1)] = 300,
    events: Annotated[int, typer.Option(min=0, help="Events each second.")] = 20,
    json_too: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measure, print a table, and end with 1 where there was an error or an event was missed."""
    with database.connect() as connection:
        clusters = [
            name
            for (name,) in connection.execute(
                "select cluster_id from app.wallet_clusters order by 1"
            )
        ]
    os.environ["HEDGE_STREAMS_PER_ADDRESS"] = os.environ["HEDGE_STREAMS"] = str(streams)
    port = _free_port()
    load = Load(port, clusters)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "serve.log"
        with process("-m", "cli", "serve", "--port", str(port), log=log) as service:
            for _ in range(200):
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                        break
                time.sleep(0.1)
            family = psutil.Process(service.pid)
            before = _resident(family)
            opening = asyncio.run(_measure(load, family, streams, rate, seconds, events))
            after = _resident(family)
    third = max(len(load.memory) // 3, 1)
    figures = {
        "streams": load.opened,
        "seconds to open them": round(opening, 1),
        "requests": len(load.latencies),
        "p50, ms": round(1000 * percentile(load.latencies, 0.5), 1),
        "p95, ms": round(1000 * percentile(load.latencies, 0.95), 1),
        "p99, ms": round(1000 * percentile(load.latencies, 0.99), 1),
        "events received": sum(load.received.values()),
        "events missed or repeated": load.missed(),
        "errors": load.errors.total(),
        "MiB before": round(before),
        "MiB, first third": round(fmean(load.memory[:third])),
        "MiB, last third": round(fmean(load.memory[-third:])),
        "MiB after": round(after),
    }
    if json_too:
        say(json.dumps(figures))
    else:
        print_table(
            ["figure", "value"], [[name, value] for name, value in figures.items()], right=[1]
        )
    for error, number in load.errors.most_common():
        say(f"{number} x {error}")
    sys.exit(1 if load.errors or load.missed() else 0)


if __name__ == "__main__":
    typer.run(main)
