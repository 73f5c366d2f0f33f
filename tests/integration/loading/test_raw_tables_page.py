"""docs/raw-tables.md and the sources of dbt say what the database says."""

import psycopg
import yaml

from hedge.loading.reference import described_columns, page, sources
from tests import PROJECT


def test_the_page_of_the_raw_tables_is_that_of_the_database(
    transaction: psycopg.Connection,
) -> None:
    """`make raw-tables` writes it anew."""
    found = page(transaction, (PROJECT / "models/staging/_sources.yml").read_text())
    assert found.count("\n## ") == 24
    assert (PROJECT / "docs" / "raw-tables.md").read_text() == found


def test_the_columns_of_the_sources_are_those_of_the_database(
    transaction: psycopg.Connection,
) -> None:
    """`make raw-tables` writes them anew; a comment on the column says what it means."""
    text = (PROJECT / "models/staging/_sources.yml").read_text()
    assert sources(transaction, text) == text
    tables = [table for source in yaml.safe_load(text)["sources"] for table in source["tables"]]
    assert len(tables) == 41
    transaction.execute("alter table raw.pets add column coat text")
    changed = sources(transaction, text)
    assert changed != text
    # without a comment the name says it
    assert "          - name: coat\n            data_type: text\n" in changed
    assert "            description: The coat.\n" in changed


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
