"""What a migration changes of checks that exist, executed again on tables with old ones."""

import psycopg
import pytest

from tests import PROJECT

MIGRATION = PROJECT / "hedge" / "migrations" / "0006-cheap-address-checks.sql"
OLD = "CHECK ((wallet ~ '^0x[0-9a-f]{40}$'::text))"
CHEAP = "CHECK (((wallet ~ '^0x[0-9a-f]*$'::text) AND (octet_length(wallet) = 42)))"


@pytest.mark.parametrize(("schema", "check"), [("raw", CHEAP), ("app", CHEAP), ("others", OLD)])
def test_a_check_of_addresses_is_made_cheap_in_the_schemas_of_hedge(
    transaction: psycopg.Connection, schema: str, check: str
) -> None:
    """And nowhere else: the table of somebody else may not be altered by Hedge's owner."""
    transaction.execute("create schema others")
    transaction.execute(
        f"create table {schema}.somebody ("
        " number integer constraint positive check (number > 0),"
        " wallet text constraint \"it's an address\" check (wallet ~ '^0x[0-9a-f]{40}$'))"
    )
    transaction.execute(MIGRATION.read_text())
    found = transaction.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = %s::regclass",
        [f"{schema}.somebody"],
    )
    assert dict(found.fetchall()) == {
        "positive": "CHECK ((number > 0))",
        "it's an address": check,
    }
