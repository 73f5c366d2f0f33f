"""A preview of a merge says what the merge then does, and changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import exclusions, merging
from hedge.errors import HedgeError
from hedge.exclusions import NewExclusion
from tests import Hedge
from tests.support import add_cluster
from tests.unlocks import put_unlock

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
FIRST, SECOND, THIRD = (f"0x{number:040x}" for number in (31, 32, 33))
#: A tier of a challenge, and when each of two accounts has reached it and lost it.
TIERS = [
    ("both, the absorbed first", (9, None), (5, None)),
    ("both, the kept first", (3, None), (5, None)),
    ("the absorbed alone", (9, None), None),
    ("the kept alone", None, (5, None)),
    ("the absorbed, and lost", (9, 8), (5, None)),
    ("the kept, and lost", (9, None), (12, 11)),
]


@pytest.fixture
def two(connection: psycopg.Connection) -> psycopg.Connection:
    """An account that is kept, and one that is absorbed, with all that a merge moves."""
    add_cluster(connection, "kept", FIRST)
    add_cluster(connection, "absorbed", SECOND, THIRD)
    connection.execute(
        "with named as (update app.players set display_name = 'Second Self' where player_id = ("
        "  select player_id from app.wallet_clusters where cluster_id = 'absorbed')"
        " returning player_id)"
        " insert into app.sessions (session_hash, player_id)"
        " select sha256(number::text::bytea), player_id"
        " from named, generate_series(1, 2) as number"
    )
    for challenge, absorbed, kept in TIERS:
        for cluster, had in (("absorbed", absorbed), ("kept", kept)):
            if had is not None:
                at, lost = had
                put_unlock(
                    connection,
                    NOW - at * DAY,
                    revoked_at=None if lost is None else NOW - lost * DAY,
                    cluster=cluster,
                    challenge=challenge,
                )
    exclusions.add(connection, NewExclusion("a", cluster_id="absorbed"), "ada")
    ended = exclusions.add(connection, NewExclusion("b", cluster_id="absorbed"), "ada")
    exclusions.end(connection, ended, "ada")
    return connection


def everything(connection: psycopg.Connection) -> list[list[tuple[Any, ...]]]:
    """All that a merge changes."""
    tables = (
        *("app.wallet_links", "app.players", "app.sessions", "app.cluster_merges", "app.events"),
        *("app.rewards", "app.etl_requests", "app.change_notes", "app.names_of_players"),
    )
    return [
        sorted(connection.execute(f"select rows::text from {table} as rows").fetchall(), key=str)
        for table in tables
    ]


def test_a_preview_names_what_moves_and_changes_nothing(two: psycopg.Connection) -> None:
    before = everything(two)
    found = merging.preview(two, "kept", "absorbed")
    assert everything(two) == before
    assert found == merging.MergePreview(
        kept="kept",
        absorbed="absorbed",
        wallets=[SECOND, THIRD],
        name="Second Self",
        sessions=2,
        # the one that it alone has, and the one that the other has lost
        tiers_gained=2,
        tiers_earlier=1,
        exclusions=1,
        rewards=[],
    )
    # the other way round another account stays
    other = merging.preview(two, "absorbed", "kept")
    assert (other.wallets, other.name, other.sessions) == ([FIRST], None, 0)
    assert (other.tiers_gained, other.tiers_earlier, other.exclusions) == (2, 1, 0)

    done = merging.merge(two, "kept", "absorbed", "a test")
    assert done.wallets == len(found.wallets)
    moved = two.execute(
        "select address from app.wallet_links where cluster_id = 'kept' and unlinked_at is null"
        " order by address"
    )
    assert moved.fetchall() == [(FIRST,), *((one,) for one in found.wallets)]
    (sessions,) = two.execute("select count(*) from app.sessions").fetchone()
    assert sessions == 0
    assert [one.exclusion_id for one in exclusions.of_cluster(two, "kept")] == [1]


def test_the_command_says_it_and_merges_nothing(two: psycopg.Connection, hedge: Hedge) -> None:
    status, told, error = hedge("clusters", "merge", "kept", "absorbed", "--preview")
    assert status == 0, error
    assert told.splitlines() == [
        f"2 wallets would move from absorbed to kept: {SECOND}, {THIRD}",
        "2 tiers would come along, and 1 of those that both have would get an earlier date",
        "2 sessions would end, and the name Second Self would become free",
        "1 exclusion would concern kept",
    ]
    assert merging.merges(two) == []
    status, _, error = hedge("clusters", "merge", "kept", "kept", "--preview")
    assert status != 0
    assert "kept" in error


@pytest.mark.parametrize("pair", [("kept", "nobody"), ("nobody", "absorbed"), ("kept", "kept")])
def test_what_cannot_be_merged_cannot_be_previewed(
    two: psycopg.Connection, pair: tuple[str, str]
) -> None:
    sentences = []
    for call in (merging.preview, lambda *asked: merging.merge(*asked, "a test")):
        with pytest.raises(HedgeError) as refused:
            call(two, *pair)
        sentences.append(str(refused.value))
    assert sentences[0] == sentences[1]
