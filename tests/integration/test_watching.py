"""A command that waits for a database says so."""

import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hedge import database, runs
from hedge.errors import DatabaseAway
from hedge.runs import watching
from tests.support.proxies import proxy


def test_it_is_said_once_that_the_database_is_away_and_that_it_answers_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([False, True, True, False, False, True, False])
    all_asked = threading.Event()

    def attempt(longest: float) -> None:
        assert longest == 0
        answer = next(answers, None)
        if answer is None:
            all_asked.set()
        if answer:
            raise DatabaseAway("no connection to x: it hangs")

    monkeypatch.setattr(watching, "PAUSE", 0.001)
    monkeypatch.setattr(watching.database, "wait_for", attempt)
    with watching.watched_database():
        assert all_asked.wait(10)
    away, back = (
        "waiting for the database: no connection to x: it hangs",
        "the database answers again",
    )
    assert caplog.messages == [away, back, away, back]


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
