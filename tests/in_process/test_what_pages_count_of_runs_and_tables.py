"""The numbers of runs and raw tables on pages: boundaries, order, and what is left out.

The named queries of pages are executed as the service executes them (tests/in_process/queries.py).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg

from tests import support
from tests.in_process.queries import DAY, HOUR, WALLET, found, now, pick
from tests.in_process.rows import (
    AS_OF,
    put,
)
from tests.support import put as put_facts
from tests.support import pvp_match


def test_a_run_is_as_long_as_it_took_beside_the_longest(connection: psycopg.Connection) -> None:
    instant = now(connection)
    connection.execute("delete from app.etl_runs")
    models = [
        {"name": "first", "state": "SUCCESS", "rows": 7, "seconds": 1.0, "began": 0.5},
        # beside the first one
        {"name": "second", "state": "FAILED", "rows": None, "seconds": 2.5, "began": 1.0},
        # as if clocks differed: no bar leaves the run
        {"name": "late", "state": "SUCCESS", "rows": 1, "seconds": 9.0, "began": 4.0},
        {"name": "later", "state": "SUCCESS", "rows": 1, "seconds": 1.0, "began": 6.0},
        # written by an earlier version
        {"name": "old", "state": "SUCCESS", "rows": 1, "seconds": 2.0},
        {"name": "longest", "state": "SUCCESS", "rows": 1, "seconds": 4.5},
    ]
    for number, (seconds, is_running) in enumerate([(10, False), (5, False), (4, True)]):
        connection.execute(
            "insert into app.etl_runs (invocation_id, kind, as_of, state, started_at,"
            " finished_at, models) values (%s, 'FULL', %s, 'RUNNING', %s, %s, %s)",
            [
                f"run {number}",
                AS_OF,
                instant - seconds * timedelta(seconds=1),
                None if is_running else instant,
                psycopg.types.json.Jsonb(models if number == 1 else []),
            ],
        )
    shown = found(connection, "page_runs", run=None)
    assert [pick(one, "seconds", "length") for one in shown] == [(4, 40), (5, 50), (10, 100)]
    parts = [(one["name"], one["x"], one["length"], one["rows"]) for one in shown[1]["models"]]
    assert parts == [
        ("first", 5, 10, 7),
        ("second", 10, 25, None),
        ("late", 40, 10, 1),
        ("later", 50, 0, 1),
        ("old", None, 20, 1),
        ("longest", None, 45, 1),
    ]
    (one,) = found(connection, "page_runs", run=shown[1]["run_id"])
    shares = [(part["x"], part["length"]) for part in one["models"]]
    assert shares == [(10, 20), (20, 50), (80, 20), (100, 0), (None, 40), (None, 90)]
    assert one["length"] == 100
    assert found(connection, "page_runs", run=0) == []


def test_the_newest_rejected_rows_are_shown_and_all_are_counted(
    connection: psycopg.Connection,
) -> None:
    files = [("b.csv", 0, range(30)), ("a.csv", 1, range(30, 60)), ("z.csv", 1, range(2))]
    for file, day, lines in files:
        for line in lines:
            put(
                connection,
                "raw.rejected_rows",
                table_name="pvp_matches" if line % 2 else "heroes",
                file=file,
                line=line,
                row_text="x" * 400,
                reason="a test",
                rejected_at=AS_OF + day * DAY,
            )
    shown = found(connection, "page_rejected")
    assert [(one["file"], one["line"]) for one in shown] == [
        *(("a.csv", line) for line in range(30, 60)),
        *(("z.csv", line) for line in range(2)),
        *(("b.csv", line) for line in range(18)),
    ]
    assert {(one["total"], len(one["row_text"])) for one in shown} == {(62, 300)}
    counts = {one["table_name"]: one["rejected"] for one in found(connection, "page_freshness")}
    assert {name: count for name, count in counts.items() if count} == {
        "heroes": 31,
        "pvp_matches": 31,
    }


def test_a_table_shows_when_its_last_row_was_loaded_and_its_last_event(
    connection: psycopg.Connection,
) -> None:
    instant = now(connection)
    today = instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    loads = [
        (today, AS_OF),
        (today, AS_OF + HOUR),
        (today - timedelta(microseconds=1), AS_OF - HOUR),
        (today - 13 * DAY, AS_OF - HOUR),
        # its event is the latest, but it was loaded 14 days before the last row
        (today - 14 * DAY, AS_OF + 9 * DAY),
    ]
    for loaded, event in loads:
        put_facts(connection, pvp_match(WALLET, at=event, loaded_at=loaded))
    (table,) = (
        one for one in found(connection, "page_freshness") if one["table_name"] == "pvp_matches"
    )
    assert pick(table, "loaded_at", "event_at") == (today, AS_OF + HOUR)
    assert [one["rows"] for one in table["days"]] == [1, *[0] * 11, 1, 2]
    assert [one["x"] for one in table["days"]] == list(range(14))
    assert table["days"][-1]["day"] == str(today.date())
    assert [one["height"] for one in table["days"]] == [10, *[0] * 11, 10, 20]


#: A fact of each raw table whose event is at an instant; a price is of a day.
FACTS: dict[str, Callable[[datetime], support.Fact]] = {
    "discord_interactions": lambda at: support.discord_interaction("1", at=at),
    "hero_summons": lambda at: support.summon(at.toordinal(), at=at),
    "heroes": lambda at: support.hero(1, at=at),
    "hunting_drops": lambda at: support.hunt_drop(at=at),
    "hunting_encounters": lambda at: support.hunt(at=at),
    "influence_predictions": lambda at: support.vote(1, at=at),
    "jeweler_events": lambda at: support.jeweler_move(1, at=at),
    "lp_harvest_events": lambda at: support.lp_harvest(at=at),
    "lp_prices_daily": lambda at: support.lp_price(1, day=at.date()),
    "lp_stake_events": lambda at: support.lp_move(1, at=at),
    "metis_battles": lambda at: support.battle(at.toordinal(), at=at),
    "metis_patrol_events": lambda at: support.patrol(at=at),
    "pets": lambda at: support.pet(1, at=at),
    "pvp_matches": lambda at: support.pvp_match(at=at),
    "quest_completions": lambda at: support.quest(at=at),
    "seasonal_event_actions": lambda at: support.seasonal_action(at=at),
    "shell_events": lambda at: support.shells(1, at=at),
    "shell_raffle_entries": lambda at: support.raffle_entry(at=at),
    "shell_raffle_results": lambda at: support.raffle_win(at=at),
    "token_prices_daily": lambda at: support.token_price(1, day=at.date()),
    "tournament_entries": lambda at: support.tournament_entry(at.toordinal(), at=at),
    "tournament_matches": lambda at: support.tournament_match(at=at),
    "vendor_transactions": lambda at: support.purchase(1, at=at),
    "wallet_first_seen": lambda at: support.first_seen(f"0x{at.toordinal():040x}", at=at),
}


def test_each_table_shows_its_own_events_of_the_last_14_days(
    connection: psycopg.Connection,
) -> None:
    today = now(connection).replace(hour=0, minute=0, second=0, microsecond=0)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    events = {table: first + place * DAY for place, table in enumerate(FACTS)}
    for table, fact in FACTS.items():
        for loaded, event in (
            (today, events[table]),
            (today - 13 * DAY, events[table] - 90 * DAY),
            # its event is the latest, but it was loaded 14 days before the last row
            (today - 14 * DAY, events[table] + 90 * DAY),
        ):
            made = fact(event)
            assert made.table == table
            put_facts(connection, made._replace(row=made.row | {"loaded_at": loaded}))
    shown = {one["table_name"]: one for one in found(connection, "page_freshness")}
    assert {table: one["event_at"] for table, one in shown.items()} == events
    for table, one in shown.items():
        assert one["loaded_at"] == today, table
        assert [day["rows"] for day in one["days"]] == [1, *[0] * 12, 1], table
