"""What the rules for Citus say, tried on Citus.

HEDGE_TEST_CITUS_URL names a database of a coordinator with at least one worker, in which these
tests may create what they like. Without it they are skipped.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest

from hedge import database
from tests.house.test_what_citus_refuses import EXAMPLES
from tests.support import AS_OF

URL = os.environ.get("HEDGE_TEST_CITUS_URL")
pytestmark = pytest.mark.skipif(not URL, reason="HEDGE_TEST_CITUS_URL names no database")
#: What Citus says of the statement that breaks a rule; or of another one, where the example would
#: end the sessions of everybody. Of the other rules it says nothing, and answers wrongly or slowly.
REFUSALS = {
    "functions of updates": ("functions used in the DO UPDATE SET clause", None),
    "locks within writes": ("missing data for column|PGCOPY", None),
    "inserts from tables": (
        "syntax error at or near",
        "insert into bucket.facts (id, value) select id + 10, value from bucket.facts",
    ),
    "functions of the service": ('relation "app.* does not exist', None),
}


@pytest.fixture(scope="module")
def migrated() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", URL)
        database.migrate()
    return URL


@pytest.fixture
def bucket(migrated: str) -> Iterator[psycopg.Connection]:
    """A session of a coordinator that has a distributed schema."""
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("set client_min_messages = error")
        connection.execute("drop schema if exists bucket cascade; create schema bucket")
        connection.execute("select citus_schema_distribute('bucket')")
        yield connection
        connection.execute("drop schema bucket cascade")


def test_a_worker_is_told_the_as_of_instant_or_refuses(bucket: psycopg.Connection) -> None:
    bucket.execute("create table bucket.facts (id integer primary key)")
    bucket.execute("insert into bucket.facts values (1)")
    bucket.execute("create view bucket.instants as select app.as_of() as at from bucket.facts")
    # a setting of the session does not reach the worker
    bucket.execute("select set_config('hedge.as_of', %s, false)", [AS_OF.isoformat()])
    with pytest.raises(psycopg.Error, match="was not given the as-of instant"):
        bucket.execute("select distinct at from bucket.instants")
    with bucket.transaction():
        bucket.execute("set local citus.propagate_set_commands = 'local'")
        bucket.execute(f"set local hedge.as_of = '{AS_OF.isoformat()}'")
        assert bucket.execute("select distinct at from bucket.instants").fetchall() == [(AS_OF,)]


@pytest.mark.parametrize("rule", REFUSALS)
def test_citus_refuses_what_breaks_a_rule_and_executes_what_keeps_it(
    bucket: psycopg.Connection, rule: str
) -> None:
    bucket.execute(
        "create table bucket.facts (id integer primary key, value integer, seen integer,"
        " loaded_at timestamptz not null default now())"
    )
    bucket.execute("insert into bucket.facts (id, value) values (1, 1), (2, 2)")
    bucket.execute("create table bucket.mart (id integer primary key, number integer)")
    bucket.execute("create temporary table mart__tmp (id integer, number integer)")
    bucket.execute("insert into bucket.mart values (1, 1), (2, 2)")
    bucket.execute("insert into mart__tmp values (3, 3)")
    broken, _, kept = (
        text.replace("raw.", "bucket.").replace("analytics.", "bucket.") for text in EXAMPLES[rule]
    )
    refusal, statement = REFUSALS[rule]
    with pytest.raises(psycopg.Error, match=refusal):
        bucket.execute(statement or broken)
    # that this function reads a table of the service is known: a bucket has to have what it says
    if rule != "functions of the service":
        bucket.execute(kept)
