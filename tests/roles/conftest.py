"""A process of Hedge that serves, and servers of their own for roles."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import PROJECT

#: Starts `hedge serve` over the database of a URL, and ends it with the block.
Serving = Callable[[str], AbstractContextManager[httpx.Client]]

#: What stands for the parameters of paths, and the queries that routes want.
VALUES = {
    "cluster": "demo-busy",
    "challenge": "hero_riser",
    "season": "season_1_awakening",
}
BOARD = "lb_pvp_monthly_wins"
KEYS = {"/challenges": "hero_riser", "/leaderboards": BOARD}
QUERIES = {"clusterId": "demo-busy", "ids": "demo-busy,demo-rival", "q": "demo"}
#: What a service that may only read cannot do: it requests a run where something is not computed.
PAST = "/clusters/{cluster}/history/progress"
#: Pages that anybody sees.
PAGES = (
    "/",
    f"/boards/{BOARD}",
    "/clusters/demo-busy",
    "/clusters/demo-busy/challenges/hero_riser",
)


@contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield free.getsockname()[1]


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Starts `hedge serve`; the client waits until it is ready."""

    @contextmanager
    def start(url: str) -> Iterator[httpx.Client]:
        with free_port() as port:
            pass
        log = tmp_path / f"serve-{port}.log"
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve", "--port", str(port)],
            cwd=PROJECT,
            env=os.environ | {"HEDGE_DATABASE_URL": url},
            stderr=log.open("w"),
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait_until_ready(client, process, log)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=60)

    return start


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen, log: Path) -> None:
    began = time.monotonic()
    while True:
        assert process.poll() is None, log.read_text()
        try:
            if (answer := client.get("/readyz")).status_code == 200:
                return
            said = answer.text
        except httpx.HTTPError as error:
            said = str(error)
        assert time.monotonic() - began < 60, (said, log.read_text())
        time.sleep(0.1)


def public_answers(client: httpx.Client) -> dict[str, int]:
    """The status of each route and page that needs no sign-in, by its path, but of PAST."""
    runs = client.get(f"/leaderboards/{BOARD}/runs").json()
    values = VALUES | {"run": str(runs[0]["id"])}
    paths: dict[str, Any] = client.get("/schema/openapi.json").json()["paths"]
    found = {}
    for path, methods in paths.items():
        route = methods.get("get")
        if not route or path in ("/events", PAST) or "sign-in" in route["tags"]:
            continue
        if route["security"] and {} not in route["security"]:
            continue
        key = next((key for begin, key in KEYS.items() if path.startswith(begin)), "")
        filled = path.format(**values, key=key)
        needed = {
            one["name"]: QUERIES[one["name"]]
            for one in route.get("parameters", ())
            if one["in"] == "query" and one.get("required")
        }
        found[path] = client.get(filled, params=needed).status_code
    for path in (*PAGES, "/metrics"):
        found[path] = client.get(path, headers={"Accept": "text/html"}).status_code
    with client.stream("GET", "/events", params={"cluster": "demo-busy"}) as stream:
        found["/events"] = stream.status_code
    return found
