"""A command that waits for a database says so."""

import itertools
import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hedge import database, runs
from hedge.errors import DatabaseAway
from hedge.runs import watching
from tests.support.proxies import proxy

AWAY = "waiting for the database: no connection to x: it hangs"
BACK = "the database answers again"


def looks(monkeypatch: pytest.MonkeyPatch, *away: bool) -> threading.Event:
    """Let a watch find the database away or not, one look after another; set when all are done."""
    answers = iter(away)
    all_looked = threading.Event()

    def attempt(longest: float) -> None:
        assert longest == 0
        answer = next(answers, None)
        if answer is None:
            all_looked.set()
        if answer:
            raise DatabaseAway("no connection to x: it hangs")

    monkeypatch.setattr(watching, "PAUSE", 0.001)
    monkeypatch.setattr(watching.database, "wait_for", attempt)
    return all_looked


def test_it_is_said_once_that_the_database_is_away_and_that_it_answers_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    all_looked = looks(monkeypatch, False, True, True, False, False, True, False)
    with watching.watched_database():
        assert all_looked.wait(10)
    assert caplog.messages == [AWAY, BACK, AWAY, BACK]


def test_it_is_said_again_after_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = itertools.count(step=25.0)
    monkeypatch.setattr(watching, "time", Clock(lambda: next(clock)))
    # The clock is read at each look, and where something is said.
    all_looked = looks(monkeypatch, True, True, True, True, False)
    with watching.watched_database():
        assert all_looked.wait(10)
    assert caplog.messages == [AWAY, AWAY, BACK]


class Clock:
    """The module time with another clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic


def test_a_block_within_another_says_nothing_a_second_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    all_looked = looks(monkeypatch, True, False)
    with watching.watched_database(0.002), watching.watched_database():
        assert all_looked.wait(10)
    assert caplog.messages == [AWAY, BACK]
    # which also ends nothing of the outer one, so that the next one looks again
    caplog.clear()
    all_looked = looks(monkeypatch, True, False)
    with watching.watched_database():
        assert all_looked.wait(10)
    assert caplog.messages == [AWAY, BACK]


@pytest.mark.ci
def test_a_run_says_that_the_database_hangs(
    module_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An attempt to connect takes two seconds at least."""
    monkeypatch.setattr(watching, "PAUSE", 0.1)
    with proxy(module_database) as way:
        monkeypatch.setenv("HEDGE_DATABASE_URL", make_conninfo(way.url(), connect_timeout=2))
        with runs.ready() as connection:
            way.hang()
            threading.Timer(4, way.go_on).start()
            # as a run does that computes
            connection.execute("select 1")
            threading.Event().wait(1)
    assert [line.partition(":")[0] for line in caplog.messages] == [
        "waiting for the database",
        "the database answers again",
    ]


def test_a_url_has_its_own_limits_of_the_network() -> None:
    where = database.with_network_options("postgresql://a@b/c?connect_timeout=3")
    found = psycopg.conninfo.conninfo_to_dict(where)
    assert (found["connect_timeout"], found["keepalives_idle"]) == ("3", "30")
    assert (found["user"], found["host"], found["dbname"]) == ("a", "b", "c")
