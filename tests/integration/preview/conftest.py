"""Demo worlds and projects to preview, and two sides that are written by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database, runs
from hedge.analysis import built_sides, preview
from hedge.runs import ParsedProject
from tests.integration.preview import checksums, leftovers
from tests.support import copy_project


@pytest.fixture
def sides(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with two empty sides and the deployed seeds on both."""
    for side in ("before", "after"):
        for name in (*preview.SEEDS, *built_sides.MARTS):
            transaction.execute(
                f"create temporary table {side}_{name} as select * from analytics.{name}"
                + (" limit 0" if name in built_sides.MARTS else "")
            )
    return transaction


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited; HEDGE_PROJECT names it."""
    folder = copy_project(tmp_path / "copy")
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def live(demo_world: psycopg.Connection) -> psycopg.Connection:
    """The demo world of one test, deployed from this project."""
    return demo_world


@pytest.fixture(scope="module")
def shared_url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world that the tests of this module only read."""
    return new_database("previewed", demo_world_template)


@pytest.fixture
def read_only(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to that demo world. A preview that changes anything in it fails the test."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", shared_url)
    with database.connect() as connection:
        before = checksums(connection)
        yield connection
        assert checksums(connection) == before
        assert leftovers(connection) == []


@pytest.fixture(scope="module")
def old(module_database: str) -> ParsedProject:
    """The project of this checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        return runs.edited_project()
