"""A site with a database for each module, and what a site needs."""

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from api.numbers import read_exactly
from hedge import database, tokens
from tests.in_process import Site, open_site
from tests.in_process.players import Player, a_discord_id
from tests.in_process.queries import WALLET
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster


@pytest.fixture(scope="session")
def discord() -> Iterator[StandInDiscord]:
    """The stand-in for Discord."""
    stand_in = StandInDiscord()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def rows(module_database: str) -> Iterator[psycopg.Connection]:
    """A connection to the database of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        with database.connect() as connection:
            yield connection


@pytest.fixture(scope="module")
def site(rows: psycopg.Connection, discord: StandInDiscord) -> Iterator[Site]:
    """A site in production that allows a front end on another site."""
    with open_site(discord) as site:
        yield site


@pytest.fixture(scope="module")
def admin(rows: psycopg.Connection) -> str:
    """A token of an admin."""
    return tokens.create(rows, "admin", "a test")[1]


@pytest.fixture(scope="module")
def bot(rows: psycopg.Connection) -> str:
    """A token of a service."""
    return tokens.create(rows, "service", "a bot")[1]


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction that is rolled back, with the cluster busy; it reads numbers as the service."""
    read_exactly(transaction)
    add_cluster(transaction, "busy", WALLET)
    return transaction


@pytest.fixture
def new_player(site: Site, bot: str) -> Player:
    """Makes players, for each of whom a service acts."""
    return lambda: site.program(bot, a_discord_id())


@pytest.fixture
def player(new_player: Player) -> httpx.Client:
    """A new player."""
    return new_player()
