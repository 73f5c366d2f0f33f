"""A run that verifies a mart beside one of some clusters: whatever the order of their statements,
the newer as-of instant wins, and no row is told to be verified that is older.

Both runs are sessions that execute the statements of the materialization, one after another. Which
statements are executed first is chosen; one that waits for a lock is left waiting, and the other
goes on. Real runs in processes of their own are in test_newer_computations_stand.py.
"""

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.rendering import MART, render
from tests.support import AS_OF, DAY

BEFORE, FIRST, SECOND = AS_OF - 3 * DAY, AS_OF - DAY, AS_OF
#: Rows of a mart: cluster and challenge to what it holds.
Content = dict[tuple[str, str], str]
#: What the mart holds before both runs.
STORED: Content = {
    **{("busy", key): "stored" for key in ("arena", "hunts", "gone")},
    ("rival", "arena"): "stored",
}
#: What the newer run computes: the same, without a row.
SAME = {key: tier for key, tier in STORED.items() if key[1] != "gone"}
#: What it computes if facts have changed: all rows of a cluster, and one more.
OTHER = SAME | {("busy", key): "newer" for key in ("arena", "hunts", "votes")}
#: What the older run has computed of the cluster: it knew neither.
OLDER: Content = {("busy", key): "older" for key in ("arena", "hunts", "gone")}


@pytest.fixture(scope="module")
def url(module_database: str) -> str:
    """A database with a small mart."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute(
            "create table analytics.some_mart (cluster_id text, challenge_key text, tier text,"
            " last_computed_at timestamptz, primary key (cluster_id, challenge_key))"
        )
    return module_database


class Session:
    """A session of a run in a thread of its own, which executes one step after another."""

    def __init__(
        self,
        connection: psycopg.Connection,
        monitor: psycopg.Connection,
        steps: Callable[[psycopg.Connection], Iterator[None]],
    ) -> None:
        self.connection, self._monitor = connection, monitor
        self._steps = steps(connection)
        self._waiting: Future[bool] | None = None

    def advance(self) -> None:
        """Execute the next step; return when it is done or waits for a lock."""
        if self._waiting and not self._waiting.done():
            return
        self._finish()
        self._waiting = Future()
        threading.Thread(target=self._step, args=[self._waiting], daemon=True).start()
        deadline = time.monotonic() + 10
        while not self._waiting.done() and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                self._waiting.exception(timeout=0.003)
            if not self._waiting.done() and self._is_blocked():
                return
        self._finish()

    def _step(self, future: Future[bool]) -> None:
        try:
            future.set_result(next(self._steps, True) is True)
        except BaseException as error:
            future.set_exception(error)

    def _is_blocked(self) -> bool:
        found = self._monitor.execute(
            "select cardinality(pg_blocking_pids(%s))", [self.connection.info.backend_pid]
        )
        return found.fetchone()[0] > 0

    def _finish(self) -> None:
        if self._waiting:
            self._waiting.result(timeout=10)

    @property
    def is_over(self) -> bool:
        """Whether the last step was executed."""
        return bool(self._waiting and self._waiting.done() and self._waiting.result())


def mart(at: datetime, *, verifies: bool) -> dict[str, Any]:
    """The mart as the materialization passes it to the macros."""
    return MART | {
        "as_of": f"'{at.isoformat()}'::timestamptz",
        "verifies": verifies,
        "batches": 1,
    }


def execute(connection: psycopg.Connection, macro: str, found: dict[str, Any], **scope: Any) -> int:
    """Execute the statement that a macro of the strategy renders; returns how many rows."""
    text = render(f"{{{{ {macro}(mart) }}}}", {"clusters": None, **scope}, mart=found)
    return connection.execute(text).rowcount


def compute(connection: psycopg.Connection, rows: Content, at: datetime) -> None:
    connection.execute("discard temporary")
    connection.execute("create temporary table some_mart__tmp (like analytics.some_mart)")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into some_mart__tmp values (%s, %s, %s, %s)",
            [(*key, tier, at) for key, tier in rows.items()],
        )
    connection.commit()


def everyone(rows: Content, at: datetime) -> Callable[[psycopg.Connection], Iterator[None]]:
    """The steps of a run that verifies the mart; a yield is where the other may go on."""

    def steps(connection: psycopg.Connection) -> Iterator[None]:
        found = mart(at, verifies=True)
        compute(connection, rows, at)
        connection.execute("select app.begin_verifying('analytics.some_mart', %s)", [at])
        yield
        connection.commit()
        yield
        connection.execute("select app.await_entered('analytics.some_mart')")
        yield
        connection.commit()
        yield
        execute(connection, "latest_wins_compare", found)
        yield
        execute(connection, "latest_wins_lock_stale", found)
        execute(connection, "latest_wins_remove_stale", found)
        yield
        connection.commit()
        yield
        execute(connection, "latest_wins_write", found)
        yield
        execute(connection, "latest_wins_verified", found)
        connection.commit()
        yield
        connection.execute("select app.end_verifying('analytics.some_mart')")
        connection.commit()

    return steps


def one_cluster(rows: Content, at: datetime) -> Callable[[psycopg.Connection], Iterator[None]]:
    """The steps of a run of the cluster busy."""

    def steps(connection: psycopg.Connection) -> Iterator[None]:
        found = mart(at, verifies=False)
        compute(connection, rows, at)
        for macros in (
            ["latest_wins_write"],
            ["latest_wins_lock_stale", "latest_wins_remove_stale"],
        ):
            connection.execute("select app.enter_mart('analytics.some_mart', %s)", [at])
            yield
            for macro in macros:
                execute(connection, macro, found, clusters=["busy"])
            yield
            connection.commit()
            yield

    return steps


#: How many steps they have.
EVERYONE, ONE_CLUSTER = 10, 7


@pytest.fixture
def stored(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """The mart as a run of every cluster has left it."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    with psycopg.connect(url, autocommit=True) as connection:
        reset(connection)
        yield connection


def reset(connection: psycopg.Connection) -> None:
    connection.execute("truncate analytics.some_mart, app.verified, app.verifying")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into analytics.some_mart values (%s, %s, %s, %s)",
            [(*key, tier, BEFORE) for key, tier in STORED.items()],
        )
    connection.execute(
        "insert into app.verified select 'analytics.some_mart', '', portion, %s"
        " from generate_series(0, 63) as portion",
        [BEFORE],
    )


def verified(connection: psycopg.Connection) -> dict[tuple[str, str], tuple[str, datetime]]:
    """What each row of the mart holds, and up to when it is said to be verified."""
    found = connection.execute(
        "select cluster_id, challenge_key, tier, greatest(last_computed_at, verified_to)"
        " from analytics.some_mart left join app.verified"
        " on mart = 'analytics.some_mart' and portion = app.portion_of(cluster_id)"
    )
    return {(cluster, key): (tier, at) for cluster, key, tier, at in found}


Steps = Callable[[psycopg.Connection], Iterator[None]]


class Runs:
    """Two sessions that execute the steps of runs, in any order."""

    def __init__(self, url: str, monitor: psycopg.Connection) -> None:
        self._monitor = monitor
        self.connections = [psycopg.connect(url) for _ in range(2)]

    def sessions(self, *runs: Steps) -> list[Session]:
        """A session of each run."""
        return [
            Session(connection, self._monitor, steps)
            for connection, steps in zip(self.connections, runs, strict=False)
        ]

    def execute(self, *runs: Steps, order: Sequence[int] = ()) -> None:
        """Advance the runs in an order, and then until all are over."""
        sessions = self.sessions(*runs)
        for number in order:
            sessions[number].advance()
        deadline = time.monotonic() + 20
        while not all(session.is_over for session in sessions):
            for session in sessions:
                if not session.is_over:
                    session.advance()
            assert time.monotonic() < deadline, "the sessions wait for each other"

    def close(self) -> None:
        for connection in self.connections:
            connection.close()


@pytest.fixture
def both(stored: psycopg.Connection, url: str) -> Iterator[Runs]:
    """Two sessions, which are closed."""
    found = Runs(url, stored)
    yield found
    found.close()


def orders() -> list[tuple[int, ...]]:
    """As many steps of the one as of the other in any number, then the rest of the one."""
    found = set()
    for of_everyone, of_cluster in itertools.product(range(EVERYONE), range(ONE_CLUSTER)):
        for first in (0, 1):
            counts = [of_everyone, of_cluster]
            rest = [EVERYONE, ONE_CLUSTER][first] - counts[first]
            found.add((*[first] * counts[first], *[1 - first] * counts[1 - first], *[first] * rest))
    return sorted(found)


#: Orders in which each lock is needed: the run of a cluster comes when the other has compared, and
#: it has entered when the other begins.
THAT_NEED_LOCKS = [(*[0] * 5, *[1] * 6, *[0] * 5), (1, *[0] * 5, *[1] * 6)]


@pytest.fixture(params=["some", pytest.param("all", marks=pytest.mark.full)])
def chosen(request: pytest.FixtureRequest) -> list[tuple[int, ...]]:
    """Orders of the steps: a tenth of them by chance, or all of them."""
    found = orders()
    if request.param == "all":
        return found
    assert {*THAT_NEED_LOCKS} <= {*found}
    return [*THAT_NEED_LOCKS, *random.sample(found, len(found) // 10)]


@pytest.mark.parametrize("newer", [SAME, OTHER], ids=["nothing changed", "facts changed"])
def test_an_older_run_of_a_cluster_never_writes_over_what_a_newer_one_has_verified(
    stored: psycopg.Connection, both: Runs, chosen: list[tuple[int, ...]], newer: Content
) -> None:
    for order in chosen:
        reset(stored)
        both.execute(everyone(newer, SECOND), one_cluster(OLDER, FIRST), order=order)
        assert verified(stored) == {key: (tier, SECOND) for key, tier in newer.items()}, order


@pytest.mark.parametrize("newer", [SAME, OTHER], ids=["nothing changed", "facts changed"])
def test_a_newer_run_of_a_cluster_stands_beside_an_older_one_that_verifies(
    stored: psycopg.Connection, both: Runs, chosen: list[tuple[int, ...]], newer: Content
) -> None:
    of_busy = {key: tier for key, tier in newer.items() if key[0] == "busy"}
    # a row that is missing has no instant to compare with: the older one computes no other rows
    older = {key: "older" for key in of_busy} | {("rival", "arena"): "stored"}
    for order in chosen:
        reset(stored)
        both.execute(everyone(older, FIRST), one_cluster(of_busy, SECOND), order=order)
        expected = {key: (tier, SECOND) for key, tier in of_busy.items()}
        assert verified(stored) == expected | {("rival", "arena"): ("stored", FIRST)}, order


def test_of_two_runs_as_of_the_same_instant_all_rows_of_a_cluster_are_of_one(
    stored: psycopg.Connection, both: Runs, chosen: list[tuple[int, ...]]
) -> None:
    of_busy = {("busy", key): "one" for key in ("arena", "hunts")}
    of_all = {**dict.fromkeys(of_busy, "another"), ("rival", "arena"): "stored"}
    seen = set()
    for order in chosen:
        reset(stored)
        both.execute(everyone(of_all, SECOND), one_cluster(of_busy, SECOND), order=order)
        found = verified(stored)
        assert {at for _, at in found.values()} == {SECOND}
        tiers = {tier for (cluster, _), (tier, _) in found.items() if cluster == "busy"}
        assert len(tiers) == 1, order
        seen |= tiers
    # the last one wins, whichever it is
    assert seen <= {"one", "another"}


#: What an older run does not compute any more, and a newer one does: it is stale for the older.
COMPUTED_AGAIN: Content = {("busy", key): "newer" for key in ("arena", "hunts", "gone")}


@pytest.mark.parametrize(
    ("older", "order"),
    [
        # it has compared, and then the newer one has written without committing
        (everyone(SAME, FIRST), (*[0] * 5, *[1] * 2, *[0] * 2)),
        # it is to look for what is stale, and then the newer one has written
        (
            one_cluster({key: "older" for key in OLDER if key[1] != "gone"}, FIRST),
            (*[0] * 4, *[1] * 2, *[0] * 2),
        ),
    ],
    ids=["every cluster", "one cluster"],
)
def test_a_row_that_a_newer_run_is_writing_is_not_removed_as_stale(
    stored: psycopg.Connection, both: Runs, older: Steps, order: tuple[int, ...]
) -> None:
    both.execute(older, one_cluster(COMPUTED_AGAIN, SECOND), order=order)
    found = verified(stored)
    assert {key: found[key] for key in COMPUTED_AGAIN} == dict.fromkeys(
        COMPUTED_AGAIN, ("newer", SECOND)
    )


@pytest.mark.parametrize("steps", range(EVERYONE))
def test_a_run_that_is_killed_while_it_verifies_blocks_nobody_and_tells_nothing_wrong(
    stored: psycopg.Connection, both: Runs, url: str, steps: int
) -> None:
    (killed,) = both.sessions(everyone(OTHER, SECOND))
    for _ in range(steps):
        killed.advance()
    stored.execute("select pg_terminate_backend(%s, 5000)", [killed.connection.info.backend_pid])
    both.connections[0] = psycopg.connect(url)
    found = verified(stored)
    # what is told to be as of the run is what the run computed
    for (cluster, key), (tier, at) in found.items():
        assert at == BEFORE or (tier, at) == (OTHER[cluster, key], SECOND)
    has_verified = SECOND in {at for _, at in found.values()}
    both.execute(one_cluster(OLDER, FIRST))
    tiers = {tier for (cluster, _), (tier, _) in verified(stored).items() if cluster == "busy"}
    assert tiers == ({"newer"} if has_verified else {"older"})
    both.execute(everyone(OTHER, SECOND))
    assert verified(stored) == {key: (tier, SECOND) for key, tier in OTHER.items()}


def test_an_older_run_of_every_cluster_writes_nothing_over_what_a_newer_one_has_verified(
    stored: psycopg.Connection, both: Runs
) -> None:
    both.execute(everyone(SAME, SECOND))
    both.execute(everyone(OLDER | {("new", "arena"): "older"}, FIRST))
    assert verified(stored) == {key: (tier, SECOND) for key, tier in SAME.items()}
