"""An editable project, and demo worlds to which it can be deployed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import database
from tests.support import DATA_TESTS, copy_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited; HEDGE_PROJECT names it."""
    folder = copy_project(tmp_path / "project", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def live(demo_world: psycopg.Connection) -> psycopg.Connection:
    """The demo world of one test, deployed from this project."""
    return demo_world


@pytest.fixture(scope="module")
def shared_url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world to which the tests of this module deploy nothing."""
    return new_database("refusing", demo_world_template)


@pytest.fixture
def refusing(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to that demo world."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", shared_url)
    with database.connect() as connection:
        yield connection
