"""Two sides of a preview that are written by hand instead of being built."""

import psycopg
import pytest

from hedge.analysis import preview


@pytest.fixture
def sides(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction with two empty sides and the deployed seeds on both."""
    for side in ("before", "after"):
        for name in (*preview.SEEDS, *preview.MARTS):
            transaction.execute(
                f"create temporary table {side}_{name} as select * from analytics.{name}"
                + (" limit 0" if name in preview.MARTS else "")
            )
    return transaction
