"""The strategy first_wins: which unlocks of a tier stand after a run has written.

The SQL is what the macros render, over the table tier_unlocks itself. What a run computes is in
test_what_a_run_writes_of_unlocks.py.
"""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import pytest

from hedge import database
from tests.rendering import Relation, render
from tests.support import AS_OF, DAY, Beside

OLDER, NEWER = AS_OF - DAY, AS_OF + DAY
COLUMNS = (
    *("cluster_id", "challenge_key", "tier_code", "kind", "unlocked_at", "reached_at", "run_id"),
    *("definitions", "fell_at", "revoked_at", "revoked_reason"),
)
MART = {
    "target": Relation("tier_unlocks"),
    "computed": "unlocks__tmp",
    "key": COLUMNS[:5],
    "columns": COLUMNS,
    "batch": 1,
    "batches": 1,
}


class Unlock(NamedTuple):
    """A row of one tier of one cluster."""

    unlocked_at: datetime
    revoked_at: datetime | None = None
    fell_at: datetime | None = None
    run_id: int = 1


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in the session of a run that has a table for what it computes."""
    create_computed(transaction)
    return transaction


def create_computed(connection: psycopg.Connection) -> None:
    connection.execute(
        "create temporary table unlocks__tmp (like analytics.tier_unlocks) on commit drop"
    )


def put(
    connection: psycopg.Connection, table: str, *unlocks: Unlock, cluster: str = "busy"
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {table} (cluster_id, challenge_key, tier_code, kind, unlocked_at,"
            " revoked_at, revoked_reason, fell_at, run_id)"
            " values (%s, 'arena', 'BASIC', 'TIER', %s, %s, %s, %s, %s)",
            [
                [cluster, row.unlocked_at, row.revoked_at, row.revoked_at and "why", *row[2:]]
                for row in unlocks
            ],
        )


def write(connection: psycopg.Connection, **mart: Any) -> int:
    """Execute both statements of a batch; returns how many rows they wrote."""
    return sum(
        connection.execute(render(f"{{{{ {macro}(mart) }}}}", {}, mart=MART | mart)).rowcount
        for macro in ("first_wins_update", "first_wins_write")
    )


def rows(connection: psycopg.Connection) -> list[Unlock]:
    found = connection.execute(
        "select unlocked_at, revoked_at, fell_at, run_id from analytics.tier_unlocks order by 1"
    )
    return [Unlock(*row) for row in found]


@pytest.mark.parametrize(
    ("existing", "computed", "stands"),
    [
        # an unlock stays as of the earliest instant
        ([], Unlock(AS_OF), [Unlock(AS_OF)]),
        ([Unlock(NEWER, run_id=2)], Unlock(AS_OF), [Unlock(AS_OF)]),
        ([Unlock(AS_OF, run_id=2)], Unlock(AS_OF), [Unlock(AS_OF, run_id=2)]),
        ([Unlock(OLDER, run_id=2)], Unlock(AS_OF), [Unlock(OLDER, run_id=2)]),
        # a revocation marks an unlock of before it, once
        ([Unlock(OLDER)], Unlock(OLDER, AS_OF), [Unlock(OLDER, AS_OF)]),
        ([Unlock(AS_OF)], Unlock(AS_OF, AS_OF), [Unlock(AS_OF, AS_OF)]),
        ([Unlock(NEWER)], Unlock(OLDER, AS_OF), [Unlock(NEWER)]),
        ([Unlock(OLDER, AS_OF)], Unlock(OLDER, NEWER), [Unlock(OLDER, AS_OF)]),
        # also if another run has moved it to an earlier instant
        ([Unlock(OLDER)], Unlock(AS_OF, NEWER), [Unlock(OLDER, NEWER)]),
        # reached again after the revocation, it is another unlock
        ([Unlock(OLDER, AS_OF)], Unlock(NEWER), [Unlock(OLDER, AS_OF), Unlock(NEWER)]),
        ([Unlock(OLDER, AS_OF)], Unlock(AS_OF), [Unlock(OLDER, AS_OF), Unlock(AS_OF)]),
        (
            [Unlock(OLDER, AS_OF), Unlock(NEWER + DAY)],
            Unlock(NEWER),
            [Unlock(OLDER, AS_OF), Unlock(NEWER)],
        ),
        # but not as of an instant before the revocation
        ([Unlock(OLDER, NEWER)], Unlock(AS_OF), [Unlock(OLDER, NEWER)]),
        ([Unlock(AS_OF, NEWER)], Unlock(OLDER), [Unlock(AS_OF, NEWER)]),
        ([Unlock(AS_OF, AS_OF)], Unlock(AS_OF), [Unlock(AS_OF, AS_OF)]),
        (
            [Unlock(OLDER, AS_OF), Unlock(NEWER)],
            Unlock(OLDER),
            [Unlock(OLDER, AS_OF), Unlock(NEWER)],
        ),
        # of several that were revoked, each stays
        (
            [Unlock(OLDER - DAY, OLDER), Unlock(OLDER, AS_OF)],
            Unlock(NEWER),
            [Unlock(OLDER - DAY, OLDER), Unlock(OLDER, AS_OF), Unlock(NEWER)],
        ),
        # a fall is recorded, and forgotten when the tier is reached again
        ([Unlock(OLDER)], Unlock(OLDER, None, AS_OF), [Unlock(OLDER, None, AS_OF)]),
        ([Unlock(OLDER, None, AS_OF)], Unlock(OLDER), [Unlock(OLDER)]),
        ([], Unlock(OLDER, None, AS_OF), []),
        ([Unlock(OLDER, AS_OF)], Unlock(OLDER, None, NEWER), [Unlock(OLDER, AS_OF)]),
    ],
)
def test_which_unlocks_stand(
    connection: psycopg.Connection,
    existing: list[Unlock],
    computed: Unlock,
    stands: list[Unlock],
) -> None:
    put(connection, "analytics.tier_unlocks", *existing)
    # of another tier
    put(connection, "analytics.tier_unlocks", Unlock(OLDER, NEWER), cluster="rival")
    put(connection, "unlocks__tmp", computed)
    written = write(connection)
    connection.execute("delete from analytics.tier_unlocks where cluster_id = 'rival'")
    assert rows(connection) == stands
    assert written == (existing != stands)
    # a run that is repeated writes nothing
    assert write(connection) == 0
    assert rows(connection) == stands


def test_a_revocation_has_its_reason(connection: psycopg.Connection) -> None:
    put(connection, "analytics.tier_unlocks", Unlock(OLDER))
    put(connection, "unlocks__tmp", Unlock(OLDER, AS_OF))
    write(connection)
    reason = connection.execute("select revoked_reason from analytics.tier_unlocks")
    assert reason.fetchone() == ("why",)


def test_a_tier_is_unlocked_once_at_a_time(connection: psycopg.Connection) -> None:
    put(connection, "analytics.tier_unlocks", Unlock(OLDER), Unlock(OLDER - DAY, OLDER))
    with pytest.raises(psycopg.errors.UniqueViolation, match="tier_unlocks_not_revoked"):
        put(connection, "analytics.tier_unlocks", Unlock(NEWER))


@pytest.mark.parametrize("batches", [1, 3])
def test_a_batch_holds_whole_clusters_and_is_written_in_the_order_of_the_key(
    connection: psycopg.Connection, batches: int
) -> None:
    clusters = [f"c{number:02}" for number in range(20, 0, -1)]
    for cluster in clusters:
        put(connection, "unlocks__tmp", Unlock(AS_OF), cluster=cluster)
    seen: list[str] = []
    for batch in range(1, batches + 1):
        written = write(connection, batch=batch, batches=batches)
        stored = connection.execute(
            "select cluster_id from analytics.tier_unlocks order by ctid"
        ).fetchall()
        new = [cluster for (cluster,) in stored][len(seen) :]
        assert len(new) == written > 0
        assert new == sorted(new)
        seen += new
    assert sorted(seen) == sorted(clusters)
    # each batch changes its own rows
    connection.execute("update unlocks__tmp set revoked_at = now()")
    changed = [write(connection, batch=n + 1, batches=batches) for n in range(batches)]
    assert sum(changed) == 20
    assert all(changed)


@pytest.fixture
def database_of_runs(own_database: Any, template: str) -> None:
    """A database of a test, to which its sessions connect."""
    own_database(template)


@pytest.mark.parametrize(
    ("existing", "first", "second", "stands"),
    [
        # both unlock the tier: the earlier instant stands
        ([], Unlock(AS_OF), Unlock(OLDER), [Unlock(OLDER)]),
        ([], Unlock(OLDER), Unlock(AS_OF), [Unlock(OLDER)]),
        ([], Unlock(AS_OF), Unlock(AS_OF), [Unlock(AS_OF)]),
        # one revokes it while a run as of before still finds it reached
        ([Unlock(OLDER)], Unlock(OLDER, NEWER), Unlock(AS_OF), [Unlock(OLDER, NEWER)]),
        ([Unlock(AS_OF)], Unlock(AS_OF, NEWER), Unlock(AS_OF), [Unlock(AS_OF, NEWER)]),
        ([Unlock(AS_OF)], Unlock(AS_OF, NEWER), Unlock(OLDER), [Unlock(AS_OF, NEWER)]),
        # one moves it to an earlier instant while the other revokes it
        ([Unlock(AS_OF)], Unlock(OLDER), Unlock(AS_OF, NEWER), [Unlock(OLDER, NEWER)]),
        # both revoke it: the one that commits first
        ([Unlock(OLDER)], Unlock(OLDER, AS_OF), Unlock(OLDER, NEWER), [Unlock(OLDER, AS_OF)]),
    ],
)
def test_runs_that_write_at_once_agree(
    database_of_runs: None,
    existing: list[Unlock],
    first: Unlock,
    second: Unlock,
    stands: list[Unlock],
) -> None:
    def begin(session: psycopg.Connection, unlock: Unlock) -> None:
        create_computed(session)
        put(session, "unlocks__tmp", unlock)
        write(session)

    def run(session: psycopg.Connection) -> None:
        with session.transaction():
            begin(session, second)

    with database.connect(autocommit=False) as one:
        put(one, "analytics.tier_unlocks", *existing)
        one.commit()
        begin(one, first)
        # it waits for the row that the first one has written, or finds nothing to write
        other = Beside(run)
        one.commit()
    other.result()
    with database.connect() as after:
        assert rows(after) == stands
