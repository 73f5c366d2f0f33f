"""Sessions that wait for each other."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import psycopg

from hedge import database
from tests.support.processes import wait_until

T = TypeVar("T")


class Beside(Generic[T]):
    """What a session of its own does beside a test.

    When this is made, it has come to its end, or to a lock that another session holds. So what the
    test does next comes after that, without a pause that may be too short. With of_service, the
    session that comes to a lock is any one, such as that of a service which is asked.
    """

    def __init__(self, act: Callable[[psycopg.Connection], T], *, of_service: bool = False) -> None:
        """Begin to do something in the database of this test."""
        self._done: Future[T] = Future()
        self._process = 0
        threading.Thread(target=self._act, args=[act], daemon=True).start()
        blocked = (
            "select exists (select from pg_stat_activity where datname = current_database()"
            " and (pid = %s or %s) and cardinality(pg_blocking_pids(pid)) > 0)"
        )
        with database.connect() as watching:
            wait_until(
                lambda: (
                    self._done.done()
                    or database.value(watching, blocked, [self._process, of_service])
                )
            )

    def _act(self, act: Callable[[psycopg.Connection], T]) -> None:
        try:
            with database.connect() as session:
                # a test that fails must not leave it waiting
                session.execute("set statement_timeout = '20s'")
                self._process = session.info.backend_pid
                found = act(session)
        except BaseException as error:
            self._done.set_exception(error)
        else:
            self._done.set_result(found)

    @property
    def waits(self) -> bool:
        """Whether it has not come to its end."""
        return not self._done.done()

    def result(self) -> T:
        """What was returned, or raised, in the end."""
        return self._done.result(20)


def executes(statement: str, parameters: Any = None) -> Callable[[psycopg.Connection], list[tuple]]:
    """Executes a statement in a session; returns the rows that it returns."""

    def act(session: psycopg.Connection) -> list[tuple]:
        cursor = session.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    return act


def require_order(first: str, second: str, act: Callable[[psycopg.Connection], T]) -> T:
    """Require that what locks the row of the query `first` and the one of `second` does so in this
    order; returns what it returned.

    Another session holds the first row. As long as it does, the second must be free: who holds it
    while it waits for the first is waited for by whoever locks them in this order. The first row
    should lie behind the second, as one does that was updated, and no index helps.
    """

    def without_indexes(session: psycopg.Connection) -> T:
        for way in ("indexscan", "indexonlyscan", "bitmapscan", "mergejoin"):
            session.execute(f"set enable_{way} = off")
        # what is off seems to cost so much that code would be compiled
        session.execute("set jit = off")
        return act(session)

    with database.connect(autocommit=False) as holder:
        assert len(holder.execute(f"{first} for update").fetchall()) == 1
        beside = Beside(without_indexes)
        assert beside.waits
        assert len(holder.execute(f"{second} for update skip locked").fetchall()) == 1
        holder.rollback()
    return beside.result()
