"""hedge doctor finds what is wrong around the database: settings, rights, the disk, other sessions,
and programs that write facts."""

import shutil
from types import SimpleNamespace

import psycopg
import pytest

from hedge import doctor
from hedge.doctor import surroundings
from tests.faults.examining import each_of, findings, is_found_until_it_is_mended
from tests.support import pet, put, pvp_match
from tests.support.facts import Fact

GIGABYTE = 1 << 30

ACTIVITY = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_stat_activity as select 1 as pid, 'ada' as usename,"
    " 'psql' as application_name, current_catalog as datname, 'client backend' as backend_type,"
    " {} as xact_start, {} as query_start, {}::text as wait_event_type;"
)
DEAD = (
    "set local search_path = pg_temp, pg_catalog;"
    " create or replace temporary view pg_stat_user_tables as select 'raw' as schemaname,"
    " 'pets' as relname, {} as n_dead_tup, {} as n_live_tup, null::timestamptz as last_vacuum,"
    " ({})::timestamptz as last_autovacuum;"
)
RUNS = (
    "insert into app.etl_runs (invocation_id, kind, state, as_of, started_at)"
    " select 'run ' || n, 'CLUSTER', 'SUCCESS', '2026-01-01Z', '2026-01-01Z' from "
)
#: Checks by a query: their name, a fault, what of it is found, and what mends it.
FAULTS = [
    (
        "sessions",
        ACTIVITY.format("now() - interval '61 minutes'", "now()", "null"),
        "session 1 (ada, psql) has a transaction open since ",
        ACTIVITY.format("now() - interval '59 minutes'", "now()", "null"),
    ),
    (
        "sessions",
        ACTIVITY.format("now()", "now() - interval '301 seconds'", "'Lock'"),
        "session 1 (ada, psql) has waited since ",
        ACTIVITY.format("now()", "now() - interval '299 seconds'", "'Lock'")
        # one that computes for long
        + ACTIVITY.format("now()", "now() - interval '301 seconds'", "'IO'"),
    ),
    (
        "dead-rows",
        DEAD.format(100_001, 100_000, "now() - interval '25 hours'"),
        "raw.pets has 100001 dead rows beside 100000, and was last vacuumed at ",
        DEAD.format(100_001, 100_001, "now() - interval '25 hours'")
        + DEAD.format(100_001, 100_000, "now() - interval '23 hours'")
        + DEAD.format(100_000, 1, "null"),
    ),
    (
        "dead-rows",
        DEAD.format(100_001, 100_000, "null"),
        "raw.pets has 100001 dead rows beside 100000, and was last vacuumed never",
        "drop view pg_temp.pg_stat_user_tables",
    ),
    (
        "pruning",
        RUNS + "generate_series(1, 101) as n",
        "101 runs of the ledger are older than 97 days, the oldest of 2026-01-01",
        "delete from app.etl_runs where invocation_id = 'run 7'",
    ),
    (
        "rejected-rows",
        "insert into raw.rejected_rows (table_name, file, line, row_text, reason, rejected_at)"
        " values ('pets', 'a', 1, '', 'no number', now() - interval '1 hour'),"
        " ('pets', 'a', 2, '', 'no pet', now() - interval '23 hours')",
        "2 rows of pets were rejected, the last one at ",
        "update raw.rejected_rows set rejected_at = now() - interval '25 hours'",
    ),
]


@each_of(FAULTS)
def test_a_fault_of_the_surroundings_is_found_and_what_is_mended_is_not(
    transaction: psycopg.Connection, name: str, fault: str, sentence: str, cure: str
) -> None:
    is_found_until_it_is_mended(transaction, name, fault, sentence, cure)


def test_a_setting_that_is_wrong_is_told(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(transaction, "settings") == []
    monkeypatch.setenv("HEDGE_LARGE_MOVE", "many")
    (sentence,) = findings(transaction, "settings")
    assert sentence == "HEDGE_LARGE_MOVE is 'many', which is no number from 0 to 100"


def test_a_schema_of_somebody_else_is_told(transaction: psycopg.Connection) -> None:
    assert findings(transaction, "rights") == []
    transaction.execute("create role stranger; create role keeper")
    transaction.execute("alter schema app owner to keeper")
    transaction.execute("set local role stranger")
    (sentence,) = surroundings.rights(transaction, 0)
    assert sentence.startswith("the schema analytics belongs to postgres: the role stranger has")


@pytest.mark.parametrize(
    ("free", "total", "sentence"),
    [
        (10 * GIGABYTE, 100 * GIGABYTE, None),
        (10 * GIGABYTE - 1, 100 * GIGABYTE, "has 10.7 GB free of 107.4 GB"),
        (GIGABYTE, 2 * GIGABYTE, None),
        (GIGABYTE - 1, 2 * GIGABYTE, "has 1.1 GB free of 2.1 GB"),
    ],
)
def test_a_disk_without_room_is_told(
    transaction: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    total: int,
    sentence: str | None,
) -> None:
    (result,) = doctor.examine(transaction, ["disk"])
    assert result.state == "NOT CHECKED"
    monkeypatch.delenv("HEDGE_DATABASE_URL")
    usage = SimpleNamespace(total=total, used=total - free, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    found = surroundings.disk(transaction, 0)
    assert [each.partition(" has ")[2] for each in found] == (
        [sentence.removeprefix("has ")] if sentence else []
    )


@pytest.mark.parametrize(
    ("table", "row", "age", "is_late"),
    [
        ("pets", pet(1), "7 days 1 hour", True),
        ("pets", pet(1), "6 days 23 hours", False),
        ("pvp_matches", pvp_match(), "73 hours", True),
        ("pvp_matches", pvp_match(), "71 hours", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_indexer_that_has_stopped_is_told(
    transaction: psycopg.Connection, table: str, row: Fact, age: str, is_late: bool
) -> None:
    assert findings(transaction, "freshness") == []
    put(transaction, row)
    transaction.execute(f"alter table raw.{table} disable trigger user")
    transaction.execute(f"update raw.{table} set loaded_at = now() - interval '{age}'")
    found = findings(transaction, "freshness")
    assert [each.split(" is of ")[0] for each in found] == (
        [f"the newest row of raw.{table}"] if is_late else []
    )
