"""docs/raw-tables.md and the sources of dbt say what the database says."""

import re

import psycopg
import yaml

from hedge.loading.reference import described_columns, page, sources
from hedge.queries import query
from tests import PROJECT


def test_the_page_of_the_raw_tables_is_that_of_the_database(
    transaction: psycopg.Connection,
) -> None:
    """`make raw-tables` writes it anew."""
    found = page(transaction, (PROJECT / "models/staging/_sources.yml").read_text())
    tables = transaction.execute(query("load_tables")).fetchall()
    assert re.findall(r"^## (.*)$", found, re.MULTILINE) == [name for (name,) in tables]
    assert f"Each of the {len(tables)} tables has" in found
    assert (PROJECT / "docs" / "raw-tables.md").read_text() == found


def test_the_columns_of_the_sources_are_those_of_the_database(
    transaction: psycopg.Connection,
) -> None:
    """`make raw-tables` writes them anew; a comment on the column says what it means."""
    text = (PROJECT / "models/staging/_sources.yml").read_text()
    assert sources(transaction, text) == text
    tables = [table for source in yaml.safe_load(text)["sources"] for table in source["tables"]]
    assert {table["name"] for table in tables} > {"pets", "chain_logs", "wallet_links"}
    transaction.execute("alter table raw.pets add column coat text")
    changed = sources(transaction, text)
    assert changed != text
    # without a comment the name says it
    assert "          - name: coat\n            data_type: text\n" in changed
    assert "            description: The coat.\n" in changed


def test_a_table_without_words_of_its_own_is_described_by_its_key(
    transaction: psycopg.Connection,
) -> None:
    """And a column without a rule by its type."""
    text = (PROJECT / "models/staging/_sources.yml").read_text()
    transaction.execute("comment on table raw.pets is null")
    transaction.execute("alter table raw.pets add column weight integer")
    found = page(transaction, text).partition("\n## pets\n\n")[2]
    assert found.startswith(
        "One row per pet_id, chain_id, updated_at. A row belongs to everybody.\n"
    )
    assert "\n| weight | integer | | null | any integer | |\n" in found


def test_every_column_of_a_source_has_a_comment(transaction: psycopg.Connection) -> None:
    text = (PROJECT / "models/staging/_sources.yml").read_text()
    relations = [
        f"{'raw' if source['name'] in ('raw', 'chain') else 'app'}.{table['name']}"
        for source in yaml.safe_load(text)["sources"]
        for table in source["tables"]
    ]
    columns = [
        (relation, column.name, column.meaning)
        for relation in relations
        for column in described_columns(transaction, relation)
    ]
    assert len(columns) > 300
    assert [column for column in columns if not column[2]] == []
