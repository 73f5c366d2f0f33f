"""The documentation of the models is built outside the checkout and served without the internet."""

import base64
import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import psycopg
import pytest

from hedge.analysis import documentation
from hedge.errors import UsageError
from tests import PROJECT


class Loads(HTMLParser):
    """What a page loads: the addresses of its scripts, styles, pictures and frames."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.addresses.append(given["src"])
        if tag == "link" and given.get("href") and given.get("rel") != "canonical":
            self.addresses.append(given["href"])


def is_elsewhere(address: str) -> bool:
    return re.match(r"(\w+:)?//", address) is not None


def files_of_the_checkout() -> set[Path]:
    """All files but those of caches, which other tests write at the same time."""
    files = {path.relative_to(PROJECT) for path in PROJECT.rglob("*")}
    return {
        file
        for file in files
        if not any(part.startswith((".", "__pycache__")) for part in file.parts)
    }


@pytest.fixture
def served(connection: psycopg.Connection) -> Iterator[tuple[subprocess.Popen, str]]:
    """hedge docs, which has said that it serves, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "docs", "--port", "0"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert select.select([process.stdout], [], [], 120)[0], "hedge docs says nothing"
        line = process.stdout.readline()
        yield process, re.search(r"http://127\.0\.0\.1:\d+", line).group()
    finally:
        process.kill()
        process.wait()


@pytest.mark.full
def test_it_is_served_and_ends_without_a_trace(
    served: tuple[subprocess.Popen, str],
) -> None:
    process, address = served

    def get(path: str) -> bytes:
        with urllib.request.urlopen(f"{address}/{path}", timeout=60) as answer:
            assert answer.status == 200
            # what a script might ask for later is refused by the browser
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            # a later build is not hidden by this one
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.read()

    assert get("") == get("index.html")
    page = Loads()
    page.feed(get("index.html").decode())
    assert [found for found in page.addresses if is_elsewhere(found)] == []
    manifest, catalog = json.loads(get("manifest.json")), json.loads(get("catalog.json"))
    # the page's only script from elsewhere counts visitors, and only then
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    lineage = manifest["parent_map"]
    assert lineage["model.hedge.hunts"] == [
        "model.hedge.cluster_wallets",
        "model.hedge.stg_hunting_encounters",
        "model.hedge.windows",
    ]
    assert "source.hedge.raw.hunting_encounters" in lineage["model.hedge.stg_hunting_encounters"]
    columns = catalog["nodes"]["model.hedge.onchain_quests"]["columns"]
    assert columns["mining_quests"]["type"] == "bigint"

    assert process.stdout.readline() == (
        f"What columns are computed from: {address}/lineage.html\n"
    )
    page = get("lineage.html").decode()
    loads = Loads()
    loads.feed(page)
    assert [found for found in loads.addresses if is_elsewhere(found)] == []
    assert "<script>window.colibriTelemetry = false;</script>" in page
    told = json.loads(base64.b64decode(re.search(r'atob\("([^"]+)"\)', page).group(1)))
    edges = {
        tuple(edge[name] for name in ("source", "sourceColumn", "target", "targetColumn"))
        for edge in told["lineage"]["edges"]
    }
    # through the function of a view and a row that is read as JSON,
    assert (
        "model.hedge.onchain_pvp",
        "best_win_streak",
        "model.hedge.cluster_metrics",
        "metrics",
    ) in edges
    # and from what only the YAML of a metric names
    assert (
        "model.hedge.hunts",
        "occurred_at",
        "model.hedge.metric_evidence",
        "occurred_at",
    ) in edges

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_page_that_loads_from_elsewhere_would_be_seen() -> None:
    page = Loads()
    page.feed('<script src="//cdn.example/a.js"></script><link rel="stylesheet" href="a.css">')
    assert [is_elsewhere(found) for found in page.addresses] == [True, False]


@pytest.mark.ci
def test_it_is_built_where_one_says_and_leaves_the_checkout_alone(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    before = files_of_the_checkout()
    built = tmp_path / "site" / "docs"
    assert documentation.build(built) == []
    assert {path.name for path in built.iterdir()} == {
        "index.html",
        "manifest.json",
        "catalog.json",
        "lineage.html",
    }
    assert files_of_the_checkout() == before
    left = [name for name in os.listdir(Path(os.environ["HEDGE_HOME"]) / "dbt") if "docs-" in name]
    assert left == []
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file cannot be written"):
        documentation.build(tmp_path / "file")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with documentation.server(tmp_path, 0) as first:
        port = first.server_port
        with (
            pytest.raises(UsageError, match=f"port {port} of 127.0.0.1"),
            documentation.server(tmp_path, port),
        ):
            pass
