"""Environments: which names they have, what they hold, and what their runs write."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from hedge import environments, runs
from hedge.errors import HedgeError, UsageError
from tests.rendering import render
from tests.support import Beside

LEDGER = ("change_notes", "cluster_corrections", "etl_runs", "leaderboard_runs")


def use(connection: psycopg.Connection, name: str, user: str = "ada") -> None:
    connection.execute("select app.use_environment(%s, %s)", [name, user])


# -- the schemas --------------------------------------------------------------------------


def test_the_first_use_creates_an_environment_and_the_next_ones_keep_it(
    transaction: psycopg.Connection,
) -> None:
    use(transaction, "dev_ada")
    transaction.execute(
        "insert into dev_ada_app.etl_runs (invocation_id, kind, scope_size, as_of)"
        " values ('one', 'FULL', 200, now())"
    )
    (first,) = environments.listed(transaction)
    assert (first.name, first.owner, first.clusters, first.models) == ("dev_ada", "ada", 200, 0)
    assert first.size > 0
    transaction.execute(
        "create view dev_ada.windows as select 1 as one;"
        "create table dev_ada.marts (a int primary key); insert into dev_ada.marts values (1);"
        "insert into dev_ada_app.etl_runs (invocation_id, kind, as_of)"
        " values ('two', 'FULL', now())"
    )
    use(transaction, "dev_ada", "bob")
    (second,) = environments.listed(transaction)
    # the newest run was for every cluster; an index is no model
    assert (second.owner, second.created_at, second.clusters, second.models) == (
        *("ada", first.created_at, None, 2),
    )
    mart = transaction.execute("select pg_total_relation_size('dev_ada.marts')").fetchone()
    assert second.size >= first.size + mart[0] > first.size
    assert second.last_used_at > first.last_used_at
    assert transaction.execute("select min(run_id) from dev_ada_app.etl_runs").fetchall() == [
        # live views know no such run
        (1_000_000_000_001,)
    ]
    tables = transaction.execute(
        "select tablename from pg_tables where schemaname = 'dev_ada_app' order by 1"
    ).fetchall()
    assert [name for (name,) in tables] == sorted([*LEDGER, "environment"])


def test_environments_do_not_know_each_other(transaction: psycopg.Connection) -> None:
    for name in ("dev_ada", "dev_bob"):
        use(transaction, name)
    transaction.execute(
        "insert into dev_ada_app.leaderboard_runs (leaderboard_key) values ('of no live board')"
    )
    for schema, boards in (("dev_bob_app", 0), ("app", 0), ("dev_ada_app", 1)):
        found = transaction.execute(f"select count(*) from {schema}.leaderboard_runs").fetchone()
        assert found == (boards,)
    run = transaction.execute("select id from dev_ada_app.leaderboard_runs").fetchone()
    assert run == (1_000_000_000_001,)
    told: list[str] = []
    transaction.add_notice_handler(lambda notice: told.append(notice.message_primary))
    environments.drop(transaction, "dev_ada")
    assert told == []
    assert [one.name for one in environments.listed(transaction)] == ["dev_bob"]
    # its name is free again
    use(transaction, "dev_ada")


@pytest.mark.parametrize(
    "name",
    [
        *("analytics", "app", "raw", "public", "procrastinate", "information_schema"),
        *("pg_mine", "analytics_app", "dev_ada_app", "preview_7_before", "hedge_deploy_1"),
    ],
)
def test_a_name_with_another_use_is_refused(transaction: psycopg.Connection, name: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match=f'"{name}" has another use'):
        use(transaction, name)


@pytest.mark.parametrize("name", ["", "Dev", "dev-ada", "1dev", "dev ada", "d" * 52, 'dev"'])
def test_a_name_that_has_to_be_quoted_or_is_too_long_is_refused(
    transaction: psycopg.Connection, name: str
) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="is no name of an environment"):
        use(transaction, name)


def test_the_longest_name_is_one(transaction: psycopg.Connection) -> None:
    use(transaction, "d" * 51)
    assert [one.name for one in environments.listed(transaction)] == ["d" * 51]


@pytest.mark.parametrize(
    "schema",
    [
        "create schema dbt_dev; create view dbt_dev.mine as select 1 as one",
        "create schema dbt_dev_app; create table dbt_dev_app.mine (a int)",
    ],
)
def test_a_schema_that_holds_something_else_is_not_taken(
    transaction: psycopg.Connection, schema: str
) -> None:
    transaction.execute(schema)
    with (
        pytest.raises(psycopg.errors.RaiseException, match='"dbt_dev" was not made as'),
        transaction.transaction(),
    ):
        use(transaction, "dbt_dev")
    assert environments.listed(transaction) == []


def test_an_environment_that_is_older_than_a_migration_is_refused(
    transaction: psycopg.Connection,
) -> None:
    use(transaction, "dev_ada")
    # what a migration takes away harms nobody
    transaction.execute("alter table app.etl_runs drop column note")
    use(transaction, "dev_ada")
    transaction.execute("alter table app.etl_runs add column of_a_migration text")
    with (
        pytest.raises(
            psycopg.errors.RaiseException,
            match=r"lacks etl_runs\.of_a_migration\): hedge env drop dev_ada",
        ),
        transaction.transaction(),
    ):
        use(transaction, "dev_ada")
    environments.drop(transaction, "dev_ada")
    use(transaction, "dev_ada")


# -- dropping -----------------------------------------------------------------------------


def test_only_environments_are_dropped(transaction: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="no environment 'analytics': there is none"):
        environments.drop(transaction, "analytics")
    use(transaction, "dev_ada")
    transaction.execute("create schema mine")
    for name in ("analytics", "app", "mine", "dev_ada_app"):
        with pytest.raises(UsageError, match=f"no environment '{name}': there are dev_ada"):
            environments.drop(transaction, name)


def test_what_is_idle_is_dropped_by_name_and_by_pruning(transaction: psycopg.Connection) -> None:
    for name, days in (("dev_ada", 29), ("dev_bob", 31), ("dev_old", 91)):
        use(transaction, name)
        transaction.execute(
            f"update {name}_app.environment set last_used_at = now() - %s * interval '1 day'",
            [days],
        )
    assert environments.drop_idle(transaction, 92) == []
    assert environments.drop_idle(transaction, 90) == ["dev_old"]
    assert runs.prune(transaction, 30)["environments"] == ["dev_bob"]
    assert [one.name for one in environments.listed(transaction)] == ["dev_ada"]


@pytest.fixture
def used(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A database with an environment that somebody reads."""
    use(connection, "dev_ada")
    connection.execute("create table dev_ada.mart (a int)")
    connection.execute("update dev_ada_app.environment set last_used_at = '2020-01-01'")
    with (
        psycopg.connect(connection.info.dsn, password=connection.info.password) as reader,
        reader.transaction(),
    ):
        reader.execute("select from dev_ada.mart")
        yield connection


def test_what_somebody_reads_is_not_dropped(
    used: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "LOCK_TIMEOUT", 50)
    with pytest.raises(HedgeError, match="dev_ada is in use: nothing was dropped"):
        environments.drop(used, "dev_ada")
    assert environments.drop_idle(used, 30) == []
    assert [one.name for one in environments.listed(used)] == ["dev_ada"]


def test_an_environment_of_another_role_is_named_and_stays(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute(
        f"create role some_analyst; create role some_other;"
        f"grant create on database {transaction.info.dbname} to some_analyst;"
        "grant usage on schema app to some_analyst, some_other;"
        "grant select on all tables in schema app to some_analyst"
    )
    transaction.execute("set local role some_analyst")
    use(transaction, "dev_ada")
    assert [one.name for one in environments.listed(transaction)] == ["dev_ada"]
    transaction.execute("set local role some_other")
    with (
        pytest.raises(
            psycopg.errors.RaiseException,
            match="the environment dev_ada belongs to the role some_analyst",
        ),
        transaction.transaction(),
    ):
        use(transaction, "dev_ada")
    assert environments.listed(transaction) == []
    # one that may read it may not drop it
    transaction.execute("reset role")
    transaction.execute("grant usage on schema dev_ada_app to some_other")
    transaction.execute("set local role some_other")
    assert environments.listed(transaction) == []
    transaction.execute("reset role")
    transaction.execute(
        "grant select on all tables in schema dev_ada_app to some_other;set local role some_other"
    )
    with pytest.raises(HedgeError, match="dev_ada belongs to another role: nothing was dropped"):
        environments.drop(transaction, "dev_ada")
    transaction.execute("reset role")
    environments.drop(transaction, "dev_ada")


def test_two_runs_may_be_the_first_at_once(connection: psycopg.Connection) -> None:
    errors: list[Exception] = []

    def begin() -> None:
        try:
            with psycopg.connect(
                connection.info.dsn, password=connection.info.password, autocommit=True
            ) as other:
                use(other, "dev_ada")
        except psycopg.Error as error:
            errors.append(error)

    sessions = [threading.Thread(target=begin) for _ in range(4)]
    for session in sessions:
        session.start()
    for session in sessions:
        session.join()
    assert errors == []
    assert [one.name for one in environments.listed(connection)] == ["dev_ada"]


def test_who_comes_while_an_environment_is_made_waits_and_uses_it(
    connection: psycopg.Connection,
) -> None:
    with connection.transaction():
        use(connection, "dev_ada")
        second = Beside(lambda own: use(own, "dev_ada"))
        assert second.waits
    second.result()
    assert [one.name for one in environments.listed(connection)] == ["dev_ada"]


# -- what the hooks write -----------------------------------------------------------------


def rendered(text: str, variables: dict[str, Any] | None = None, **names: Any) -> str:
    """What a macro renders in the environment dev_ada, which a model reads `dev_ada_app` of."""

    def answer(statement: str) -> SimpleNamespace:
        asked.append(statement)
        return SimpleNamespace(rows=[("busy",), ("idle",)])

    asked: list[str] = []
    found = render(
        text,
        variables or {},
        **{
            "target": {"schema": "dev_ada", "user": "somebody"},
            "source": lambda source, table: (
                f"{'dev_ada_app' if source == 'ledger' else source}.{table}"
            ),
            "run_query": answer,
            "model": {"resource_type": "model", "config": {"materialized": "incremental"}},
            "selected_resources": [],
            **names,
        },
    )
    return "\n".join([*asked, found])


@pytest.mark.parametrize("kind", ["FULL", "INCREMENTAL", "DEPLOY", "CLUSTER", "PARTIAL"])
def test_a_run_records_itself_in_its_own_ledger_and_takes_nothing(kind: str) -> None:
    given = {"run_kind": kind}
    begun, ended = rendered("{{ start_run() }}", given), rendered("{{ finish_run([]) }}", given)
    assert "select app.use_environment('dev_ada', 'somebody')" in begun
    assert "insert into dev_ada_app.etl_runs" in begun
    assert "update dev_ada_app.etl_runs" in ended
    for text in (begun, ended):
        # functions of app that write, and tables of it
        for function in ("take_changes", "delete_taken", "watch_", "left_out_versions"):
            assert function not in text
        for table in (*LEDGER, "deployed_projects", "metric_source_tables", "leaderboard_defs"):
            assert f" app.{table}" not in text


def test_the_user_of_the_account_is_its_owner() -> None:
    account = {"env_var": lambda name, default: f"the {name} o'neil"}
    begun = rendered("{{ start_run() }}", {"run_kind": "FULL"}, **account)
    assert "use_environment('dev_ada', 'the USER o''neil')" in begun


def test_a_run_computes_a_sample_which_its_row_counts() -> None:
    scope = rendered("{{ in_scope('cluster_id') }}", {"sample": 7})
    assert "order by md5(cluster_id), cluster_id limit 7" in scope
    assert "cluster_id = any(array['busy', 'idle']::text[])" in scope
    assert "\n            2,\n" in rendered("{{ start_run() }}", {"run_kind": "FULL"})
    # rows of clusters that are no longer in the sample are removed
    assert "busy" not in rendered("{{ latest_wins_lock_stale(mart) }}")


@pytest.mark.parametrize(
    ("variables", "names", "scope"),
    [
        ({"clusters": ["rival"]}, {}, "cluster_id = any(array['rival']::text[])"),
        ({"clusters": []}, {}, "cluster_id = any(array[]::text[])"),
        ({"sample": None}, {}, "true"),
        ({}, {"execute": False}, "true"),
        ({}, {"model": {"resource_type": "unit_test"}}, "true"),
        ({}, {"target": {"schema": "analytics"}}, "true"),
    ],
)
def test_other_runs_compute_what_they_name(
    variables: dict[str, Any], names: dict[str, Any], scope: str
) -> None:
    text = rendered("{{ in_scope('cluster_id') }}", variables, **names)
    assert text.split() == scope.split()


def test_hedge_itself_computes_what_is_live_whatever_dbt_is_told(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET", "dev")
    assert runs.full().kind == "FULL"
    assert runs.ledger(connection, 1)[0].kind == "FULL"
    assert environments.listed(connection) == []
