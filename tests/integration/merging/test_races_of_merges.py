"""Merges that race: with each other, with a link, with a run, and with the end of their session."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge import database, merging, wallets
from hedge.errors import HedgeError
from tests.support import Beside, add_cluster, executes
from tests.unlocks import put_progress, put_unlock

NAMES = ("busy", "idle", "rival")
WALLETS = {name: f"0x{number:040x}" for number, name in enumerate(NAMES, 21)}


@pytest.fixture
def accounts(connection: psycopg.Connection) -> psycopg.Connection:
    """Three accounts with a wallet each."""
    for name, wallet in WALLETS.items():
        add_cluster(connection, name, wallet)
    return connection


def state(connection: psycopg.Connection) -> list[tuple]:
    """All that a merge changes."""
    return [
        tuple(connection.execute(f"select * from {table} order by 1, 2").fetchall())
        for table in ("app.wallet_links", "app.players", "app.cluster_merges", "app.events")
    ]


def at_once(*calls: Callable[[psycopg.Connection], object]) -> list[str]:
    """Call each with a connection of its own, at once; the sentences of those that are refused."""
    refused: list[str] = []
    start = threading.Barrier(len(calls))

    def one(call: Callable[[psycopg.Connection], object]) -> None:
        with database.connect() as own:
            start.wait()
            try:
                call(own)
            except HedgeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=one, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return refused


def test_of_merges_at_once_one_is_done_and_the_others_are_refused(
    accounts: psycopg.Connection,
) -> None:
    # in a ring: whoever comes second finds an account that was merged
    pairs = [("busy", "idle"), ("idle", "busy"), ("idle", "rival"), ("rival", "idle")]
    refused = at_once(
        *(lambda own, pair=pair: merging.merge(own, *pair, "a test") for pair in pairs * 2)
    )
    assert refused
    assert all("was merged into" in sentence for sentence in refused), refused
    merges = merging.merges(accounts)
    assert len(merges) == len(pairs) * 2 - len(refused)
    # every wallet is linked once, to an account that counts
    rows = accounts.execute(
        "select links.address, links.cluster_id = app.remaining_cluster(links.cluster_id)"
        " from app.wallet_links as links where links.unlinked_at is null order by 1"
    )
    assert rows.fetchall() == [(wallet, True) for wallet in sorted(WALLETS.values())]


def test_a_link_that_is_being_made_goes_with_the_account_or_is_refused(
    accounts: psycopg.Connection,
) -> None:
    new = f"0x{99:040x}"
    with database.connect() as linking, linking.transaction():
        wallets.link(linking, "idle", [new])
        merge = Beside(_merge_busy_and_idle)
        assert merge.waits
    merge.result()
    rows = accounts.execute(
        "select cluster_id from app.wallet_links where unlinked_at is null and address = any(%s)",
        [[new, WALLETS["idle"]]],
    )
    assert rows.fetchall() == [("busy",), ("busy",)]


def _merge_busy_and_idle(own: psycopg.Connection) -> None:
    merging.merge(own, "busy", "idle", "a test")


def dies_after(
    connection: psycopg.Connection, change: Callable[[psycopg.Connection], object]
) -> None:
    """Make a change in a transaction whose session is ended before the transaction is."""
    with database.connect() as dying, dying.transaction():
        change(dying)
        connection.execute("select pg_terminate_backend(%s)", [dying.info.backend_pid])
        dying.execute("select 1")


def test_of_a_merge_whose_session_dies_nothing_is_left(accounts: psycopg.Connection) -> None:
    before = state(accounts)
    with pytest.raises(psycopg.OperationalError):
        dies_after(accounts, _merge_busy_and_idle)
    assert state(accounts) == before
    merging.merge(accounts, "busy", "idle", "a test")
    merged = state(accounts)
    with pytest.raises(psycopg.OperationalError):
        dies_after(accounts, lambda own: merging.split(own, "idle", "a test"))
    assert state(accounts) == merged


def test_what_a_run_of_before_a_merge_writes_goes_where_it_belongs(
    accounts: psycopg.Connection,
) -> None:
    now = datetime.now(UTC)
    first, second, late = (now - timedelta(hours=hours) for hours in (3, 2, 1))
    put_unlock(accounts, second, cluster="busy")
    put_unlock(accounts, first, cluster="idle")
    put_progress(accounts, 5, cluster="idle")
    merging.merge(accounts, "busy", "idle", "a test")
    accounts.execute("select app.follow_merges(false)")
    # the run that began before writes an unlock of its own, and progress
    put_unlock(accounts, late, cluster="idle")
    put_unlock(accounts, late, cluster="idle", tier="ELITE")
    accounts.execute("select app.follow_merges(true)")
    unlocks = "select cluster_id, tier_code, unlocked_at from analytics.tier_unlocks order by 1, 2"
    assert accounts.execute(unlocks).fetchall() == [
        ("busy", "BASIC", first),
        ("busy", "ELITE", late),
    ]
    progress = accounts.execute("select count(*) from analytics.challenge_progress")
    assert progress.fetchone() == (0,)
    # twice is as once
    accounts.execute("select app.follow_merges(true)")
    assert len(accounts.execute(unlocks).fetchall()) == 2

    # what was reached together, after the merge, is put in doubt by the undo
    put_unlock(accounts, datetime.now(UTC), cluster="busy", tier="MYTHIC")
    merging.split(accounts, "idle", "a test")
    accounts.execute("select app.follow_merges(false)")
    assert accounts.execute(unlocks).fetchall()[0] == ("busy", "BASIC", second)
    assert [row[:2] for row in accounts.execute(unlocks).fetchall()] == [
        ("busy", "BASIC"),
        ("busy", "MYTHIC"),
        ("idle", "BASIC"),
        ("idle", "ELITE"),
    ]
    moves = accounts.execute("select cluster_id, tier_code from app.wallet_moves")
    assert moves.fetchall() == [("busy", "MYTHIC")]


def test_what_a_run_is_writing_is_what_an_undo_brings_back(accounts: psycopg.Connection) -> None:
    """Unlocks are locked before they are carried: what a run has not yet committed counts."""
    now = datetime.now(UTC)
    early, late = now - timedelta(hours=3), now - timedelta(hours=1)
    put_unlock(accounts, late, cluster="busy")
    put_unlock(accounts, early, cluster="idle")
    merging.merge(accounts, "busy", "idle", "a test")
    with database.connect() as run, run.transaction():
        run.execute("update analytics.tier_unlocks set reached_at = %s", [late])
        follow = Beside(executes("select app.follow_merges(false)"))
        assert follow.waits
    follow.result()
    merging.split(accounts, "idle", "a test")
    accounts.execute("select app.follow_merges(false)")
    unlocks = "select cluster_id, unlocked_at, reached_at from analytics.tier_unlocks order by 1"
    assert accounts.execute(unlocks).fetchall() == [("busy", late, late), ("idle", early, late)]
