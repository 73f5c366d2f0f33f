"""Which stamps count as later than now, and how they are told."""

import contextlib
from datetime import timedelta

import psycopg
import pytest

from hedge.errors import HedgeError
from hedge.runs import clock
from tests.faults import add_run, stamps
from tests.support import AS_OF, BUSY, DAY, add_cluster, put, pvp_match

#: Columns of instants that are no stamps: those of facts and periods, and what somebody chose.
NO_STAMPS = {
    # written anew after each full run
    ("app.data_test_results", "checked_at"),
    # a minute that begins later than now is over
    ("app.rate_limits", "counted_since"),
    # written again at the next use
    ("app.sessions", "created_at"),
    ("app.sessions", "used_at"),
    # passed over by the doctor, and shown only
    ("app.backups", "began_at"),
    ("app.backups", "ended_at"),
    # of what is promised and given: shown, and compared with unlinked wallets only
    ("app.final_standings", "as_of"),
    ("app.final_standings", "frozen_at"),
    ("app.definition_changes", "changed_at"),
    ("app.reward_changes", "changed_at"),
    ("app.reward_definitions", "changed_at"),
    ("app.reward_definitions", "created_at"),
    ("app.reward_definitions", "valid_until"),
    ("app.rewards", "changed_at"),
    ("app.rewards", "claimed_at"),
    ("app.rewards", "entitled_at"),
    ("app.rewards", "fulfilled_at"),
    ("app.rewards", "valid_until"),
    # somebody has chosen these
    ("app.exclusions", "ends_at"),
    ("app.exclusions", "starts_at"),
    # shown; one that is later than now begins or ends later
    ("app.exclusion_previews", "asked_at"),
    ("app.exclusion_previews", "finished_at"),
    ("app.suspect_decisions", "decided_at"),
    # compared with later facts of the same proposal only
    ("app.suspect_decisions", "last_at"),
    ("app.exclusions", "created_at"),
    ("app.exclusions", "ended_at"),
    # compared with ends of seasons and unlocks, and shown
    ("app.carried_unlocks", "returned_at"),
    ("app.cluster_merges", "merged_at"),
    ("app.cluster_merges", "undo_until"),
    ("app.cluster_merges", "undone_at"),
    # shown only
    ("app.undecoded_spans", "noted_at"),
    ("app.chain_backfills", "started_at"),
    ("app.chain_backfills", "moved_at"),
    ("app.chain_backfills", "finished_at"),
    ("app.chain_cursors", "moved_at"),
    ("app.chain_reorganizations", "found_at"),
    # written again while the chain is followed
    ("app.chain_followers", "started_at"),
    ("app.chain_followers", "asked_at"),
    ("app.chain_followers", "failing_since"),
    # written again with the next facts, and one that is later than now is none
    ("app.chain_wakes", "wanted_at"),
    ("app.chain_wakes", "woken_at"),
    # the clock of the chain
    ("app.chain_cursors", "block_time"),
    # written again by the next count, which a stamp later than now does not put off
    ("app.counted_progress", "as_of"),
    ("app.counted_progress", "counted_at"),
    ("app.tier_rarity", "as_of"),
    # the end of a period
    ("app.past_ends", "ends_at"),
    # compared with an age of 30 days only
    ("app.events", "told_at"),
    # several that are later than now cannot all become now: they are in the key
    ("analytics.progress_history", "as_of"),
    # read beside what it says only: facts until then count as known to the run
    ("analytics.progress_history", "known_until"),
    # shown only; what is to be sent later than now is sent later
    ("app.webhooks", "created_at"),
    ("app.webhook_deliveries", "attempted_at"),
    ("app.webhook_deliveries", "next_attempt_at"),
    # as in the raw tables, and shown only
    ("app.loaded_days", "loaded_at"),
    ("app.loaded_days", "event_at"),
    ("app.renames", "renamed_at"),
    ("app.change_notes", "from_at"),
    ("app.change_notes", "to_at"),
    ("app.chain_wanted_calls", "lacked_at"),
    ("app.change_notes", "due_at"),
    ("app.leaderboard_runs", "period_start"),
    ("app.leaderboard_runs", "period_end"),
    ("app.seasons", "starts_at"),
    ("app.seasons", "ends_at"),
}


def test_a_clock_that_was_set_back_a_little_is_waited_for(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute("delete from app.etl_runs")
    add_run(transaction, "0.4 seconds")
    clock.require_no_later_stamps(transaction)
    add_run(transaction, "6 seconds")
    with pytest.raises(HedgeError, match="1 stamp is later than now"):
        clock.require_no_later_stamps(transaction)


@pytest.mark.parametrize(("lead", "is_waited_for"), [(5, True), (5.000001, False)])
def test_a_clock_is_waited_for_for_five_seconds_at_most(
    transaction: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    lead: float,
    is_waited_for: bool,
) -> None:
    later = AS_OF + timedelta(seconds=lead)
    counted = clock.LaterStamps("app.etl_runs", "as_of", 1, later, AS_OF)
    looks = iter([[counted], []])
    waits: list[float] = []
    monkeypatch.setattr(clock, "later_stamps", lambda *_: next(looks))
    monkeypatch.setattr(clock.time, "sleep", waits.append)
    with contextlib.nullcontext() if is_waited_for else pytest.raises(HedgeError):
        clock.require_no_later_stamps(transaction)
    assert waits == ([lead] if is_waited_for else [])


def test_a_stamp_to_which_the_clock_has_come_while_others_were_counted_refuses_nothing(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = clock.LaterStamps("app.etl_runs", "as_of", 1, AS_OF, AS_OF + timedelta(seconds=0.01))
    looks = iter([[counted], []])
    monkeypatch.setattr(clock, "later_stamps", lambda *_: next(looks))
    clock.require_no_later_stamps(transaction)
    assert list(looks) == []


def test_every_column_of_an_instant_is_a_stamp_or_known_to_be_none(
    transaction: psycopg.Connection,
) -> None:
    columns = transaction.execute(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
        " inner join information_schema.tables using (table_schema, table_name)"
        " where table_schema in ('app', 'analytics') and table_type = 'BASE TABLE'"
        " and data_type like 'timestamp%%'"
    ).fetchall()
    known = transaction.execute("select relation, column_name from app.stamped_columns()")
    listed = known.fetchall()
    assert sorted(columns) == sorted([*listed, *NO_STAMPS])
    assert set(clock.EVERYTHING_OF_A_RUN) <= {relation for relation, _ in listed}


def test_stamps_that_may_be_later_than_now_are_none_for_a_while(
    transaction: psycopg.Connection,
) -> None:
    add_cluster(transaction, "busy", BUSY)
    attempt = "update app.etl_requests set next_attempt_at = clock_timestamp() + %s::interval"
    transaction.execute(attempt, ["59 minutes"])
    assert stamps(transaction) == {}
    transaction.execute(attempt, ["61 minutes"])
    assert stamps(transaction) == {"app.etl_requests.next_attempt_at": 1}
    # nor are instants of facts, which count from their time on
    put(transaction, pvp_match(BUSY, at=AS_OF + 99 * 365 * DAY))
    assert stamps(transaction) == {"app.etl_requests.next_attempt_at": 1}


def test_of_equal_stamps_the_first_column_is_named(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from app.etl_runs")
    add_cluster(transaction, "busy", BUSY)
    later = "'2126-01-01 10:20:30Z'"
    transaction.execute(
        f"update app.wallet_links set verified_at = {later}, linked_at = {later};"
        f"update app.wallet_clusters set created_at = {later};"
        f"update app.players set changed_at = {later}, created_at = {later}"
    )
    found = [(each.relation, each.column_name) for each in clock.later_stamps(transaction)]
    assert found == sorted(found)
    assert len(found) == 5


def test_the_latest_stamp_is_named(transaction: psycopg.Connection) -> None:
    transaction.execute("delete from app.etl_runs")
    for lead in ("1 day", "2 days"):
        add_run(transaction, lead)
    add_cluster(transaction, "busy", BUSY)
    transaction.execute("update app.wallet_links set linked_at = '2126-01-01 10:20:30Z'")
    sentence = clock.in_words(clock.later_stamps(transaction))
    assert sentence.startswith("3 stamps are later than now, which is 20")
    assert sentence.endswith("the latest is 2126-01-01 10:20:30 UTC in app.wallet_links.linked_at")
