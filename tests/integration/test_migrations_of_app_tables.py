"""Every constraint, unique index and foreign key of the service's tables and the marts acts.

tests/rules_of_the_app_tables.py and its neighbours have the cases. They are
compared with the catalog, so that a rule that a migration drops, or adds without a case, is
noticed. The defaults of columns and the other indexes are recorded in tests/published/tables.json.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests import (
    rules_of_buckets,
    rules_of_chains,
    rules_of_definitions,
    rules_of_exclusions,
    rules_of_merged_accounts,
    rules_of_names,
    rules_of_past_ends,
    rules_of_renames,
    rules_of_rewards,
    rules_of_the_events,
)
from tests.keys_of_the_app_tables import KEYS
from tests.prepared_server import OpenTransaction
from tests.references_of_the_app_tables import REFERENCES as REFERENCES_OF_OTHERS
from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import CHECKS, WORLD, Case
from tests.rules_of_the_data_test_results import A_TEST, RULES_OF_RESULTS
from tests.unique_rows_of_the_app_tables import UNIQUE

RULES = [*CHECKS, *UNIQUE, *rules_of_names.CHECKS, *rules_of_names.UNIQUE]
REFERENCES = [*REFERENCES_OF_OTHERS, *rules_of_the_events.REFERENCES]
REFERENCES += [*rules_of_past_ends.REFERENCES, *rules_of_rewards.REFERENCES]
REFERENCES += [*rules_of_merged_accounts.REFERENCES, *rules_of_exclusions.REFERENCES]
RULES += [*rules_of_renames.CHECKS, *rules_of_the_events.CHECKS, *RULES_OF_RESULTS]
RULES += [*rules_of_past_ends.CHECKS, *rules_of_chains.CHECKS, *rules_of_rewards.CHECKS]
RULES += rules_of_merged_accounts.CHECKS
RULES += [*rules_of_exclusions.CHECKS, *rules_of_definitions.CHECKS, *rules_of_buckets.CHECKS]
REFERENCES += rules_of_buckets.REFERENCES


@pytest.fixture(scope="module")
def world(template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a database with a row in every table that has a case."""
    url = new_database("rules_of_app", template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from app.etl_runs")
        connection.execute("delete from app.deployed_views")
        connection.execute(WORLD)
        connection.execute(rules_of_buckets.WORLD)
        connection.execute(rules_of_exclusions.WORLD)
        connection.execute(rules_of_names.WORLD)
        connection.execute(rules_of_renames.WORLD)
        connection.execute(rules_of_the_events.WORLD)
        connection.execute(rules_of_past_ends.WORLD)
        connection.execute(rules_of_chains.WORLD)
        connection.execute(rules_of_rewards.WORLD)
        connection.execute(rules_of_merged_accounts.WORLD)
        connection.execute(A_TEST)
    return url


@pytest.fixture
def connection(world: str, rolled_back: OpenTransaction) -> Iterator[psycopg.Connection]:
    """A transaction in that database, which is rolled back."""
    with rolled_back(world) as connection:
        yield connection


def refuses(connection: psycopg.Connection, statement: str) -> str:
    """The name of the rule that refuses a statement."""
    with pytest.raises(psycopg.errors.IntegrityError) as failure, connection.transaction():
        connection.execute(statement)
    return failure.value.diag.constraint_name


def admits(connection: psycopg.Connection, statement: str) -> None:
    """Execute a statement, which changes or adds a row, and undo it."""
    with connection.transaction(force_rollback=True):
        connection.execute(statement)


def test_every_rule_has_a_case(connection: psycopg.Connection) -> None:
    found = connection.execute(
        """
        select conname from pg_constraint
        where connamespace in ('app'::regnamespace, 'analytics'::regnamespace)
            and contype not in ('n', 't')
        union all
        select relname from pg_index
        inner join pg_class on indexrelid = pg_class.oid
        where relnamespace in ('app'::regnamespace, 'analytics'::regnamespace) and indisunique
            and not exists (select from pg_constraint where conindid = indexrelid)
        """
    ).fetchall()
    keys_of_tables = [f"{table.partition('.')[2]}_pkey" for table in KEYS]
    listed = [case.name for case in (*RULES, *REFERENCES)]
    assert sorted(name for (name,) in found) == sorted(listed + keys_of_tables)


@pytest.mark.parametrize("case", RULES, ids=lambda case: f"{case.table}: {case.name}")
def test_a_rule_refuses_what_breaks_it_and_nothing_else(
    connection: psycopg.Connection, case: Case
) -> None:
    assert case.refused
    for statement in case.refused:
        assert refuses(connection, statement) == case.name, statement
    for statement in case.admitted:
        admits(connection, statement)


@pytest.mark.parametrize("table", KEYS)
def test_a_row_is_there_once_by_its_primary_key(connection: psycopg.Connection, table: str) -> None:
    columns = connection.execute(
        "select array_agg(attname::text order by array_position(conkey, attnum))"
        " from pg_constraint inner join pg_attribute on attrelid = conrelid"
        " where conrelid = %s::regclass and contype = 'p' and attnum = any(conkey)",
        [table],
    ).fetchone()
    assert columns == (KEYS[table].split(),)
    connection.execute(
        """
        insert into analytics.challenge_progress
        select 'c1', 'arena', 0, false, 'NONE', 0, 'NONE', now();
        insert into analytics.cluster_metrics select 'c1', 'all_time', '{}', now();
        insert into analytics.season_progress select 's', 'c1', 0, 1, '{}', now();
        insert into analytics.tier_unlocks select 'c1', 'arena', 'BASIC', 'TIER', now();
        insert into app.wallet_moves (cluster_id, address, challenge_key, tier_code, kind)
        values ('c1', 'a', 'arena', 'BASIC', 'TIER')
        """
    )
    copy = f"insert into {table} overriding system value select * from {table} limit 1"
    assert refuses(connection, copy) == f"{table.partition('.')[2]}_pkey"


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
def test_a_reference_names_what_exists_and_goes_with_it_or_keeps_it(
    connection: psycopg.Connection, reference: Reference
) -> None:
    assert refuses(connection, reference.dangling) == reference.name
    count = f"select count(*) from {reference.table}"
    assert connection.execute(count).fetchone() > (0,)
    if reference.cascades:
        connection.execute(reference.deletes)
        assert connection.execute(count).fetchone() == (0,)
    else:
        assert refuses(connection, reference.deletes) == reference.name
