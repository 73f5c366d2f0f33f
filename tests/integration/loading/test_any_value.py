"""Any value of a column, written by the library of any format, is stored or rejected.

What is stored equals the value; a value that the constraints allow is stored, where the way it is
written keeps it; any other is rejected with a sentence that names its column.
"""

import re
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedge.loading import load
from hedge.loading.tables import Column, Table, raw_table
from hedge.queries import query
from tests.integration.loading.any_value import (
    Beyond,
    Writer,
    base_row,
    edges,
    held,
    literal,
    values,
    words_of,
    writers,
)

#: A column for each kind of columns.
COLUMNS = {
    "smallint": "quest_completions.attempts",
    "smallint of a key": "lp_prices_daily.pool_id",
    "integer": "hunting_drops.display_id",
    "integer of a key": "metis_battles.chain_id",
    "bigint": "pvp_matches.score_before",
    "bigint of a key": "heroes.hero_id",
    "bigint[]": "hunting_encounters.hero_ids",
    "genes": "hero_summons.stat_genes",
    "whole amount": "hunting_drops.amount",
    "JEWEL": "jeweler_events.jewel_amount",
    "USD": "token_prices_daily.usd_price",
    "gold": "vendor_transactions.gold_amount",
    "text": "hunting_encounters.enemy_id",
    "text of a key": "pvp_matches.match_id",
    "word": "influence_predictions.action",
    "address": "metis_battles.host_wallet",
    "hash": "hunting_drops.tx_hash",
    "boolean": "tournament_entries.is_official",
    "date": "lp_prices_daily.price_date",
    "time": "metis_battles.created_at",
    "time of an index": "jeweler_events.occurred_at",
}
_settings = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def kind(column: Column) -> tuple:
    """What the loader does with a column depends on this."""
    return column.type, column.form, column.form is None and column.is_indexed


def columns(connection: psycopg.Connection) -> list[tuple[Table, Column]]:
    """Every column of the contract."""
    tables = connection.execute(query("load_tables"))
    found = [raw_table(connection, name) for (name,) in tables.fetchall()]
    assert found
    return [(table, column) for table in found for column in table.columns]


def require_stored_or_rejected(
    connection: psycopg.Connection,
    folder: Path,
    table: Table,
    column: Column,
    writer: Writer,
    examples: list,
) -> None:
    """Load values of a column as a file, each in a row of its own."""
    words = words_of(connection, table)
    encoded = [(value, writer.encode(value)) for value in examples]
    encoded = [(value, code) for value, code in encoded if code is not None]
    if not encoded:
        return
    rows = [
        base_row(table, words, column.name, number) | {column.name: code}
        for number, (_, code) in enumerate(encoded, 1)
    ]
    for old in folder.iterdir():
        old.unlink()
    writer.write(folder / "any", rows)
    (file,) = folder.iterdir()
    with connection.transaction(force_rollback=True):
        expected = held(connection, table, column, [literal(value) for value, _ in encoded])
        summary = load(connection, table.name, str(file))
        became = connection.execute(
            f"""
            select fact.{column.name}::text, null as reason, staged.line
            from pg_temp.hedge_staging as staged
            inner join raw.{table.name} as fact using ({", ".join(table.key)})
            union all
            select null, reason, line from pg_temp.hedge_rejects
            order by line
            """
        ).fetchall()
    assert summary.read == len(encoded)
    for (value, code), correct, (stored, reason, _) in zip(encoded, expected, became, strict=True):
        told = f"{writer.name} wrote {value!r} as {code!r}"
        if reason is not None:
            assert re.match(rf"{column.name} (is|has|contains|\'|\\')", reason), (told, reason)
            must_load = correct.is_allowed and writer.is_faithful and not isinstance(value, Beyond)
            assert not must_load, (told, reason)
        else:
            assert stored == normal(column, correct.text), told


def normal(column: Column, text: str) -> str:
    """The one spelling of hexadecimal digits and of words."""
    if column.form in ("address", "hash"):
        return "0x" + text.strip(" \t\r\n").lower().removeprefix("0x")
    return text.strip(" \t\r\n") if column.form == "word" else text


@pytest.mark.parametrize("name", COLUMNS)
@_settings
@given(data=st.data())
def test_a_value_of_each_kind_of_columns_is_stored_or_rejected(
    transaction: psycopg.Connection, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    table_name, _, column_name = COLUMNS[name].partition(".")
    table = raw_table(transaction, table_name)
    require(transaction, tmp_path, table, table.by_name[column_name], data)


def require(
    connection: psycopg.Connection, folder: Path, table: Table, column: Column, data: st.DataObject
) -> None:
    """Draw values, and write them in every way."""
    words = words_of(connection, table).get(column.name, [])
    examples = [*edges(column), *data.draw(st.lists(values(column, words), max_size=30))]
    examples = list({literal(value): value for value in examples}.values())
    for writer in writers(column):
        require_stored_or_rejected(connection, folder, table, column, writer, examples)


def test_every_kind_of_columns_has_one(transaction: psycopg.Connection) -> None:
    found = columns(transaction)
    chosen = {
        kind(column) for table, column in found if f"{table.name}.{column.name}" in COLUMNS.values()
    }
    assert chosen == {kind(column) for _, column in found}


@pytest.mark.ci
@settings(parent=_settings, max_examples=50)
@given(data=st.data())
def test_a_value_of_any_column_is_stored_or_rejected(
    transaction: psycopg.Connection, tmp_path: Path, data: st.DataObject
) -> None:
    of = {f"{table.name}.{column.name}": (table, column) for table, column in columns(transaction)}
    table, column = of[data.draw(st.sampled_from(list(of)))]
    require(transaction, tmp_path, table, column, data)
