"""What makes the difference between what was said of a value at two instants."""

import json
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner

from cli.main import app
from hedge import runs, wallets
from hedge.analysis import between
from hedge.analysis.between import Difference
from hedge.errors import UsageError
from hedge.queries import query
from tests.support import BUSY, BUSY_TOO, DAY, add_cluster, put, pvp_match


def amounts(found: Difference) -> dict[str, Decimal]:
    """What the causes that add something add; all of it is the difference."""
    parts = {part.cause: part.amount for part in found.parts if part.amount}
    assert sum(parts.values()) == found.difference
    return parts


def now(connection: psycopg.Connection):
    return connection.execute("select clock_timestamp()").fetchone()[0]


def test_each_cause_has_its_part_and_all_of_them_are_the_difference(
    connection: psycopg.Connection,
) -> None:
    add_cluster(connection, "busy", BUSY)
    beginning = now(connection)
    put(connection, pvp_match(at=beginning - 9 * DAY), pvp_match(at=beginning - 8 * DAY))
    put(connection, pvp_match(BUSY_TOO, at=beginning - 7 * DAY))
    put(connection, pvp_match(BUSY_TOO, at=beginning - 6 * DAY))
    put(connection, pvp_match(BUSY_TOO, at=beginning - 5 * DAY))
    first = runs.full()
    before = now(connection)
    # a wallet, a fact that is late, and one that happens
    wallets.link(connection, "busy", [BUSY_TOO])
    put(connection, pvp_match(at=beginning - 4 * DAY, match_id="late"))
    put(connection, pvp_match(at=now(connection), match_id="new"))
    second = runs.full()
    after = now(connection)
    found = between.of_cluster(connection, "busy", "arena_victor", before, after)
    assert (found.before.value, found.after.value) == (2, 7)
    assert (found.before.run_id, found.after.run_id) == (first.run_id, second.run_id)
    assert found.is_sum
    assert found.rules_changed is False
    assert amounts(found) == {"facts": 1, "links": 3, "late": 1}
    assert [(one.change, one.address) for one in found.links] == [("linked", BUSY_TOO)]
    causes = {fact.natural_key["match_id"]: fact.cause for fact in found.facts}
    assert (causes["late"], causes["new"], len(causes)) == ("late", "facts", 5)
    # before the first change the value was zero
    whole = between.of_cluster(connection, "busy", "arena_victor", beginning - DAY, after)
    assert (whole.before.value, whole.before.run_id, whole.rules_changed) == (0, None, None)
    amounts(whole)

    # what is unlinked is read as it was linked then
    wallets.unlink(connection, BUSY_TOO)
    runs.full()
    connection.execute(
        "update analytics.progress_history set definitions = 'other rules' where value = 4"
    )
    lost = between.of_cluster(connection, "busy", "arena_victor", after, now(connection))
    assert amounts(lost) == {"links": -3}
    assert lost.rules_changed is True
    printed = CliRunner().invoke(
        app,
        [
            "explain",
            "busy",
            "arena_victor",
            "--between",
            after.isoformat(),
            now(connection).isoformat(),
        ],
    )
    assert printed.exit_code == 0, printed.output
    assert "The difference is -3" in printed.output
    assert "The deployed rules have changed in between" in printed.output

    # a streak is no sum of events
    streak = between.of_cluster(connection, "busy", "win_streak", before, after)
    assert not streak.is_sum
    amounts(streak)
    with pytest.raises(UsageError, match="is not before"):
        between.of_cluster(connection, "busy", "arena_victor", after, after)
    with pytest.raises(UsageError, match="lies in the future: nothing has been said"):
        between.of_cluster(connection, "busy", "arena_victor", after, now(connection) + DAY)


def test_a_run_as_of_an_earlier_instant_knows_what_was_there_when_it_ran(
    connection: psycopg.Connection,
) -> None:
    add_cluster(connection, "busy", BUSY, BUSY_TOO)
    beginning = now(connection)
    put(connection, pvp_match(at=beginning - 9 * DAY), pvp_match(BUSY_TOO, at=beginning - 8 * DAY))
    # both were loaded, and both wallets linked, after the instant that it computes as of
    first = runs.full(beginning - DAY)
    put(connection, pvp_match(at=beginning - 7 * DAY, match_id="late"))
    runs.full()
    # the ledger forgets runs, and the history does not
    connection.execute("delete from app.etl_runs where run_id = %s", [first.run_id])
    found = between.of_cluster(connection, "busy", "arena_victor", beginning - DAY, now(connection))
    assert (found.before.value, found.after.value) == (2, 3)
    assert amounts(found) == {"late": 1}
    assert found.links == []


def test_only_a_cause_with_hidden_facts_is_not_whole(transaction: psycopg.Connection) -> None:
    fact = {
        "what": "a command",
        "natural_key": {"interaction_id": "1"},
        "occurred_at": "2026-01-01T00:00Z",
        "contribution": 1,
        "is_private": True,
    }
    none = {"before": "[]", "linked": "[]", "excluded": "[]", "ruled": "[]"}
    instants = dict.fromkeys(("since", "until", "ruled_until"))
    with transaction.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            query("explain_between"),
            none
            | instants
            | {
                **{"after": json.dumps([fact]), "difference": 1, "limit": 9},
                **{"ruled_difference": None, "is_sum": True},
                **{"sees_private": False, "sees_wallets": False, "sees_exclusions": False},
            },
        ).fetchall()
    assert {one["cause"] for one in found if not one["is_complete"]} == {"facts"}
    assert len(found) == 6
