"""Putting live what was built aside, in one short transaction.

Views and functions are created again from the definitions that PostgreSQL has of them in the
scratch schema, rows of seeds are replaced, and the run ledger gets its row, all at once: a reader
sees everything of the deploy or nothing of it. A view keeps its identity where its columns allow
that, so that views of other people which read it stay.

A reader that is busy with a view makes the transaction wait, and new readers wait behind it:
hedge/short_locks.py says how they are spared.
"""

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hedge import audit, database, rights, short_locks
from hedge.analysis.renames import Rename, create_table
from hedge.deploying.aside import Aside, is_mart
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import Report


@dataclass(frozen=True)
class Dependent:
    """A view that PostgreSQL drops together with a relation whose columns change. is_recorded
    says whether a deploy has created it, is_of_environment whether it is in an environment."""

    schema_name: str
    name: str
    kind: str
    is_recorded: bool
    is_of_environment: bool


@dataclass(frozen=True)
class Plan:
    """What goes live: names of views in the order in which they depend on each other, of seeds,
    and what has to be dropped and created again because columns change. of_environments are the
    views of environments, schema and name, that read what is dropped: they are dropped, too, and
    the next build of the environment creates them again."""

    views: list[str]
    seeds: list[str]
    dropped: list[str]
    dependents: list[str]
    of_environments: list[tuple[str, str]]


def plan(aside: Aside, keys: set[str]) -> Plan:
    """What has to go live of the nodes with these ids, which are built aside.

    A HedgeError names views of other people that read a relation whose columns change.
    """
    nodes = aside.new.manifest.nodes
    ordered = [nodes[key] for key in aside.new.manifest.in_order(keys) if not is_mart(nodes[key])]
    names = [node.name for node in ordered]
    parameters: dict[str, Any] = {"schema": aside.schema, "names": names}
    dropped = [
        name for (name,) in aside.connection.execute(query("deploy_column_changes"), parameters)
    ]
    with aside.connection.cursor(row_factory=class_row(Dependent)) as cursor:
        dependents = cursor.execute(query("deploy_dependents"), {"names": dropped}).fetchall()
    others = [one for one in dependents if not one.is_recorded and not one.is_of_environment]
    if others:
        raise HedgeError(
            f"the columns of {', '.join(dropped)} change, and "
            + ", ".join(f"{one.schema_name}.{one.name}" for one in others)
            + ", which no deploy has created, reads what would be dropped for that: drop it "
            "first, and create it again after the deploy"
        )
    return Plan(
        views=[node.name for node in ordered if node.resource_type == "model"],
        seeds=[node.name for node in ordered if node.resource_type == "seed"],
        dropped=dropped,
        dependents=[one.name for one in dependents if not one.is_of_environment],
        of_environments=[
            (one.schema_name, one.name) for one in dependents if one.is_of_environment
        ],
    )


def go_live(
    aside: Aside,
    planned: Plan,
    records: str,
    ledger_row: dict[str, Any],
    report: Report | None,
) -> None:
    """Put what is planned live, with statements that record it and a row of the run ledger.

    A HedgeError says which sessions hold a lock where none of the attempts succeeds within the
    time of HEDGE_DEPLOY_WAIT; nothing is live then.
    """
    statements = [*_definitions(aside, planned), records]

    def attempt() -> None:
        with aside.connection.transaction():
            aside.connection.execute(f"set local lock_timeout = {short_locks.LOCK_TIMEOUT}")
            audit.name_actor(aside.connection)
            before = database.value(aside.connection, "select app.challenge_definitions()")
            # before views are locked, because it reads whole marts
            _carry_out(aside.connection, aside.renames)
            _lock(aside.connection, planned)
            for statement in statements:
                if statement.strip():
                    aside.connection.execute(statement.encode())
            aside.connection.execute(query("deploy_record"), ledger_row)
            _note_challenges(aside, before, ledger_row["invocation"])
            rights.renew(aside.connection)

    def tell(sentence: str) -> None:
        if report is not None:
            report(sentence, 0, None)

    try:
        short_locks.take(
            attempt, aside.connection, ["analytics"], "the deploy", "nothing has changed", tell
        )
    except psycopg.Error as error:
        raise HedgeError(f"nothing has changed, the deploy cannot go live: {error}") from error
    for name in planned.seeds:
        # Most are too small for autovacuum to analyze them.
        aside.connection.execute(sql.SQL("analyze {}").format(sql.Identifier("analytics", name)))


def _note_challenges(aside: Aside, before: dict[str, Any], invocation: str) -> None:
    """Note what has changed of challenges beside what was live before."""
    renames = [
        {"old_name": one.old_name, "new_name": one.new_name}
        for one in aside.renames
        if one.kind == "challenge"
    ]
    aside.connection.execute(
        query("deploy_challenge_changes"),
        {"before": Jsonb(before), "renames": Jsonb(renames), "invocation": invocation},
    )


def _carry_out(connection: psycopg.Connection, renames: Sequence[Rename]) -> None:
    """Give what is stored the new names."""
    if not renames:
        return
    create_table(connection, renames)
    connection.execute(query("renames_apply").encode())


def _lock(connection: psycopg.Connection, planned: Plan) -> None:
    """Lock the views that are replaced or dropped, those that read others first: a reader locks
    in that order, too, so that it cannot be in the midst of them.

    `lock table` would lock everything that a view reads. To set the owner that a view has already
    locks the view alone.
    """
    of_views = connection.execute(
        query("deploy_owners"), {"names": [*planned.dependents, *reversed(planned.views)]}
    )
    for name, owner in of_views.fetchall():
        connection.execute(
            sql.SQL("alter view {} owner to {}").format(
                sql.Identifier("analytics", name), sql.Identifier(owner)
            )
        )


def _definitions(aside: Aside, planned: Plan) -> list[str]:
    """The statements that put the plan live, read from the scratch schema."""
    statements = [
        sql.SQL("drop view if exists {} cascade").format(sql.Identifier(*name)).as_string(None)
        for name in planned.of_environments
    ]
    gone = [*planned.dependents, *planned.dropped]
    if gone:
        statements.append(_drop(aside.connection, gone, planned.seeds))
    statements += _columns_of_marts(aside)
    for seed in planned.seeds:
        statements.append(_replace_seed(aside, seed, planned.dropped))
    for view in planned.views:
        definition = aside.connection.execute(
            "select pg_get_viewdef(%s::regclass)", [f"{aside.schema}.{view}"]
        ).fetchone()
        assert definition is not None
        name = sql.Identifier("analytics", view).as_string(None)
        statements.append(live(aside.schema, f"create or replace view {name} as\n{definition[0]}"))
        statements += [
            live(aside.schema, function)
            for _, function in _functions(aside.connection, f"{aside.schema}.{view}")
        ]
    return statements


def _columns_of_marts(aside: Aside) -> list[str]:
    """The statements that add the columns that the live marts lack."""
    existing: dict[str, list[str]] = dict(
        aside.connection.execute(query("deploy_columns")).fetchall()
    )
    return [
        f"alter table analytics.{_quoted(node.name)} "
        f"add column if not exists {_quoted(column.name)} {column.data_type}"
        for node in aside.new.manifest.nodes.values()
        if node.resource_type == "model" and is_mart(node) and node.name in existing
        for column in node.columns.values()
        if column.name not in existing[node.name]
    ]


def live(schema: str, definition: str) -> str:
    """A definition in which relations of the scratch schema are those of schema analytics."""
    return re.sub(rf'"{schema}"\.|\b{schema}\.', "analytics.", definition)


def _drop(connection: psycopg.Connection, names: Sequence[str], seeds: Sequence[str]) -> str:
    """The statements that drop views and seeds with their functions. Nothing else is dropped:
    PostgreSQL refuses to drop what something else depends on."""
    views = [name for name in names if name not in seeds]
    functions = [
        signature for name in views for signature, _ in _functions(connection, f"analytics.{name}")
    ]
    statements = []
    # A view may call the function of another: the views go together with the functions.
    for name in views:
        statements.append(f"drop view if exists analytics.{_quoted(name)} cascade")
    statements += [f"drop function if exists {signature}" for signature in functions]
    statements += [
        f"drop table if exists analytics.{_quoted(name)}" for name in names if name in seeds
    ]
    return ";\n".join(statements)


def _functions(connection: psycopg.Connection, relation: str) -> list[tuple[str, str]]:
    """Signature and definition of the functions that return rows of a relation."""
    return connection.execute(query("deploy_view_functions"), {"relation": relation}).fetchall()


def _replace_seed(aside: Aside, seed: str, dropped: Sequence[str]) -> str:
    """The statements that give a seed its new rows. They delete and insert, because a query that
    has begun would see a truncated table as empty."""
    name, new = f"analytics.{_quoted(seed)}", f"{aside.schema}.{_quoted(seed)}"
    exists = aside.connection.execute("select to_regclass(%s) is not null", [name]).fetchone()
    if exists == (True,) and seed not in dropped:
        return f"delete from {name}; insert into {name} select * from {new}"
    return f"create table {name} as select * from {new}"


def rows_of_seeds(aside: Aside, planned: Plan) -> list[dict[str, Any]]:
    """The seeds that go live with their numbers of rows, as the run ledger has them. They take no
    time of their own."""
    found = []
    for seed in planned.seeds:
        count = sql.SQL("select count(*) from {}").format(sql.Identifier(aside.schema, seed))
        rows = aside.connection.execute(count).fetchall()[0][0]
        found.append({"name": seed, "state": "success", "rows": rows, "seconds": 0.0})
    return found


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)


def row_of_the_ledger(
    definitions: str, started_at: datetime, models: list[dict[str, Any]], note: str | None
) -> dict[str, Any]:
    """The parameters of hedge/sql/deploy_record.sql."""
    return {
        "invocation": str(uuid.uuid4()),
        "definitions": definitions,
        "started_at": started_at,
        "models": json.dumps(models),
        "note": note,
    }
