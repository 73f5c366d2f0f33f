"""docs/raw-tables.md says what the database says."""

import psycopg

from hedge.loading.reference import page
from tests import PROJECT


def test_the_page_of_the_raw_tables_is_that_of_the_database(
    transaction: psycopg.Connection,
) -> None:
    """`make raw-tables` writes it anew."""
    found = page(transaction)
    assert found.count("\n## ") == 24
    assert (PROJECT / "docs" / "raw-tables.md").read_text() == found
