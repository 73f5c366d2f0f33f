"""Commands and services of Hedge over the database of a URL, and what a service shows anybody."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import Hedge
from tests.support.commands import Processes
from tests.support.http_clients import plain_client

#: A command that is called in this process; returns what it has said.
Command = Callable[..., str]
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
QUERIES |= {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
#: What a service that may only read cannot do: it requests a run where something is not computed.
PAST = "/clusters/{cluster}/history/progress"
#: Pages that anybody sees.
PAGES = (
    "/",
    f"/boards/{BOARD}",
    "/clusters/demo-busy",
    "/clusters/demo-busy/challenges/hero_riser",
    "/catalogue",
    "/catalogue/hero_riser",
)


@pytest.fixture
def works(hedge: Hedge) -> Command:
    """Calls a command that succeeds."""

    def call(*arguments: str) -> str:
        status, said, errors = hedge(*arguments)
        assert status == 0, (arguments, said, errors)
        return said

    return call


@pytest.fixture
def is_refused(hedge: Hedge) -> Command:
    """Calls a command that fails with one sentence, which it returns."""

    def call(*arguments: str) -> str:
        status, said, errors = hedge(*arguments)
        assert status == 1, (arguments, said, errors)
        assert errors.startswith("hedge: "), errors
        assert errors.count("\n") == 1, errors
        assert "Traceback" not in said + errors
        return errors

    return call


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Starts `hedge serve`, whose log is in a folder serve-*; it is ready when the block begins."""

    @contextmanager
    def start(url: str) -> Iterator[httpx.Client]:
        processes = Processes(url, Path(tempfile.mkdtemp(prefix="serve-", dir=tmp_path)))
        try:
            process, address = processes.serve()
            with plain_client(base_url=address, timeout=30) as client:
                processes.wait_until(lambda: client.get("/readyz").status_code == 200)
                yield client
            process.terminate()
            process.wait(timeout=60)
        finally:
            processes.kill()

    return start


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
