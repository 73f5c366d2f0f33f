"""One server and one template database per session; every test copies a database of its own."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hedge import database, runs
from hedge.world import demo

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of the session's server, which only its tests use."""
    home = tempfile.mkdtemp(prefix="hedge-test-")
    os.environ["HEDGE_HOME"] = home
    os.environ.pop("HEDGE_DATABASE_URL", None)
    url = database.start()
    with psycopg.connect(url, autocommit=True) as connection:
        # The data of this server need not survive a crash.
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("select pg_reload_conf()")
    yield url
    os.environ.pop("HEDGE_DATABASE_URL", None)
    database.stop()
    shutil.rmtree(home)


def url_of(server: str, name: str) -> str:
    """The URL of a database of the session's server."""
    return server.replace("/hedge?", f"/{name}?")


def drop_database(server: str, name: str) -> None:
    """Drop a database of the session's server and end its connections."""
    with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


@pytest.fixture(scope="session")
def new_database(server: str) -> Callable[[str, str], str]:
    """Creates a database from a template and returns its URL."""

    def make(name: str, template: str) -> str:
        drop_database(server, name)
        with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return url_of(server, name)

    return make


@pytest.fixture(scope="session")
def template(server: str, new_database: Callable[[str, str], str]) -> str:
    """The name of a database with all tables and views and no facts."""
    os.environ["HEDGE_DATABASE_URL"] = new_database("template", "template0")
    database.migrate()
    runs.deploy()
    return "template"


@pytest.fixture(scope="session")
def demo_world_template(template: str, new_database: Callable[[str, str], str]) -> str:
    """The name of a database with the computed demo world of 300 clusters."""
    os.environ["HEDGE_DATABASE_URL"] = new_database("demo_world", template)
    demo.make(clusters=300, seed=1, report=lambda *_: None)
    return "demo_world"


@pytest.fixture
def own_database(
    server: str,
    new_database: Callable[[str, str], str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], str]]:
    """Copies a template into a database for one test and sets HEDGE_DATABASE_URL to it."""
    name = f"test_{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"

    def copy(template: str) -> str:
        url = new_database(name, template)
        monkeypatch.setenv("HEDGE_DATABASE_URL", url)
        return url

    yield copy
    drop_database(server, name)


@pytest.fixture
def connection(template: str, own_database: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """A connection to a database for one test, deployed and without facts."""
    own_database(template)
    with database.connect() as connection:
        yield connection


@pytest.fixture
def demo_world(
    demo_world_template: str, own_database: Callable[[str], str]
) -> Iterator[psycopg.Connection]:
    """A connection to a database for one test, with the computed demo world."""
    own_database(demo_world_template)
    with database.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real input and the contract; a test that needs it skips without it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED
