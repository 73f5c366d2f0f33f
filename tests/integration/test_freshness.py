"""`dbt source freshness` finds the raw tables into which nothing was written for too long."""

import psycopg
import pytest

from hedge import settings
from hedge.queries import query
from hedge.runs import dbt
from tests import PROJECT
from tests.yaml_files import read_yaml

#: Rows of a table with events every day, one with events by the week, one of prices and one whose
#: facts may be absent for long; the parameter is the age of the row.
ROWS = {
    "vendor_transactions": (
        "insert into raw.vendor_transactions (tx_hash, log_index, chain_id, wallet_address, method,"
        " gold_amount, direction, occurred_at, loaded_at) values ('0x' || repeat('a', 64), 0, 1,"
        " '0x' || repeat('a', 40), 'buy', 1, 'SPEND', now(), now() - %s::interval)"
    ),
    "shell_raffle_entries": (
        "insert into raw.shell_raffle_entries (raffle_id, wallet_address, tx_hash, log_index,"
        " entered_at, loaded_at) values (1, '0x' || repeat('a', 40), '0x' || repeat('a', 64), 0,"
        " now(), now() - %s::interval)"
    ),
    "token_prices_daily": (
        "insert into raw.token_prices_daily (price_date, token, usd_price, loaded_at)"
        " values (current_date, 'JEWEL', 1, now() - %s::interval)"
    ),
    "seasonal_event_actions": (
        "insert into raw.seasonal_event_actions (event_key, wallet_address, action_kind, ref_id,"
        " occurred_at, loaded_at) values ('event', '0x' || repeat('a', 40), 'QUEST', '1', now(),"
        " now() - %s::interval)"
    ),
}


@pytest.mark.parametrize(
    ("ages", "status"),
    [
        (["23 hours", "6 days", "35 hours", "119 days"], ["pass", "pass", "pass", "pass"]),
        (["25 hours", "8 days", "37 hours", "121 days"], ["warn", "warn", "warn", "warn"]),
        (["73 hours", "32 days", "73 hours", "900 days"], ["error", "error", "error", "warn"]),
    ],
)
def test_a_table_is_as_fresh_as_its_newest_row(
    connection: psycopg.Connection, ages: list[str], status: list[str]
) -> None:
    for statement, age in zip(ROWS.values(), ages, strict=True):
        connection.execute(statement, [age])
    project = settings.project()
    result = dbt.invoke(["source", "freshness"], project, dbt.parse(project))
    assert result.error is None
    # the hooks of the project are results, too
    tables = [one for one in result.nodes if one.resource_type == "source"]
    found = {one.name: one.status for one in tables}
    assert {*found} == {name for (name,) in connection.execute(query("load_tables"))}
    assert [found.pop(name) for name in ROWS] == status
    # into the others, nothing was ever written
    assert set(found.values()) == {"error"}


def test_every_raw_table_has_a_time_at_which_it_was_loaded() -> None:
    (raw,) = [
        source
        for source in read_yaml(PROJECT / "models/staging/_sources.yml")["sources"]
        if source["name"] == "raw"
    ]
    assert raw["config"]["freshness"]["error_after"] == {"count": 3, "period": "day"}
    assert {table["loaded_at_field"] for table in raw["tables"]} == {"loaded_at"}
