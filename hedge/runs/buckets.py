"""Runs where clusters are divided among buckets (docs/scale.md): which buckets a run computes, and
the views that it reads there.

The views of a bucket are copies of the live ones, made from PostgreSQL's definitions of these. They
read the tables of the bucket where these hold what the live ones read.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from hedge import database
from hedge.dbt_runner import Buckets, Manifest, node_in_bucket
from hedge.queries import query
from hedge.runs import copies

#: Whatever changes here makes all copies anew.
_VERSION = "2"
#: The views by which facts come to clusters: in a bucket they have its own clusters only.
_OF_OWN_CLUSTERS = ("clusters", "cluster_wallets", "discord_accounts")
#: A relation of raw or analytics in a definition by PostgreSQL, and the alias after it, if there is
#: one: keywords are in capitals. A string is found first, so that nothing in it is changed.
_RELATION = re.compile(
    r"""
    '(?:[^']|'')*'
    | "?\b(?P<schema>raw|analytics)\b"?\."?(?P<name>\w+)"? (?P<alias>[ ][a-z_"])?
    """,
    re.VERBOSE,
)
#: The id of a model begins with it.
_MODEL = "model.hedge."


def of_run(connection: psycopg.Connection, clusters: Sequence[str] | None) -> Buckets | None:
    """The buckets that a run for some clusters (None: all) computes; None where there are no
    buckets, or none of them is concerned."""
    given = None if clusters is None else list(clusters)
    numbers = database.value(connection, "select app.buckets_of(%s::text[])", [given])
    if not numbers:
        return None
    return Buckets(tuple(numbers), frozenset(_MODEL + name for name in marts(connection)))


def marts(connection: psycopg.Connection) -> list[str]:
    """The names of the marts whose rows are in buckets."""
    found: list[str] = database.value(connection, "select app.bucket_marts()")
    return found


def arguments(given: Sequence[str], buckets: Buckets, jobs: int) -> list[str]:
    """The arguments of dbt for a run in buckets: what they select of the marts in buckets is
    computed in each of these, in so many at once."""
    divided = sorted(key.removeprefix(_MODEL) for key in buckets.marts)
    chosen: list[str] = []
    for argument in given:
        if argument == "config.materialized:incremental":
            names = divided
        elif argument in divided:
            names = [argument]
        else:
            chosen.append(argument)
            continue
        chosen += [node_in_bucket(name, number) for name in names for number in buckets.numbers]
    return [*chosen, "--threads", str(jobs)]


def renew_views(connection: psycopg.Connection, manifest: Manifest) -> None:
    """Copy the live views that marts in buckets rest on into the buckets where they have been
    replaced since they were copied. connection holds the deploy lock, so that no view changes."""
    divided = marts(connection)
    views = _views(manifest, divided)
    state = _VERSION + database.value(connection, query("buckets_state"), {"names": views})
    asked = {"state": state}
    if not connection.execute(query("buckets_outdated"), asked).fetchall():
        return
    own = {*views, *(f"{view}_rows" for view in views), *divided}
    tables = {table for (table,) in connection.execute("select table_name from app.bucket_tables")}
    with connection.transaction():
        # Two runs that begin at once would both copy.
        connection.execute("select pg_advisory_xact_lock(hashtext('app.buckets'))")
        connection.execute(query("buckets_as_owner"))
        connection.execute("set local search_path = pg_catalog")
        connection.execute("set local client_min_messages = warning")
        live = _definitions(connection, views)
        on_workers = copies.of(connection, live)
        outdated = connection.execute(query("buckets_outdated"), asked).fetchall()
        if outdated:
            connection.execute("delete from app.copied_views")
        for (number,) in outdated:
            connection.execute(
                sql.SQL(query("buckets_drop_views").replace("BUCKET", f"bucket_{number}"))
            )
            _create_views(connection, live, number, own, tables, on_workers)
            if on_workers:
                connection.execute(
                    "insert into app.copied_views (view_name) select unnest(%s::text[])"
                    " on conflict do nothing",
                    [sorted(on_workers.relations)],
                )
            connection.execute(
                "update app.buckets set copied_from = %s where bucket = %s", [state, number]
            )


def _views(manifest: Manifest, divided: Sequence[str]) -> list[str]:
    """The names of the views that the marts rest on, each after those that it reads."""
    return [
        manifest.nodes[key].identifier
        for key in manifest.in_order(manifest.upstream(_MODEL + name for name in divided))
        if manifest.nodes[key].materialized == "view"
    ]


def _definitions(connection: psycopg.Connection, names: Sequence[str]) -> dict[str, str]:
    """What PostgreSQL has as definitions of live views. One that went with a column that it reads
    is left out: what reads the copy will say so."""
    found = {}
    for name in names:
        live = f"analytics.{sql.Identifier(name).as_string(None)}"
        if database.exists(connection, live):
            text = database.value(connection, "select pg_get_viewdef(%s::regclass)", [live])
            found[name] = text.rstrip().rstrip(";")
    return found


def _create_views(
    connection: psycopg.Connection,
    live: Mapping[str, str],
    number: int,
    own: set[str],
    tables: set[str],
    on_workers: copies.Copies | None,
) -> None:
    """Create the views of a bucket, and their functions: see of_bucket. live has the definitions
    of the live ones."""
    reading = on_workers.views if on_workers else frozenset()
    created: dict[str, list[str]] = {}
    for name, definition in live.items():
        place = on_workers if name in reading else None
        if place:
            definition = place.without_calls(definition, number)
        copied = of_bucket(definition, number, own, tables, place)
        if name in _OF_OWN_CLUSTERS:
            copied = (
                f"select own.* from ({copied}) as own inner join app.cluster_buckets as placed"
                f" on own.cluster_id = placed.cluster_id where placed.bucket = {number}"
            )
        relation = sql.Identifier("analytics", name).as_string(None)
        functions = connection.execute(query("deploy_view_functions"), {"relation": relation})
        created[name] = [
            f"create view bucket_{number}.{sql.Identifier(name).as_string(None)} as\n{copied}",
            *(
                of_bucket(function, number, own, tables)
                for signature, function in functions.fetchall()
                if f"{name}_rows" in signature
            ),
        ]
    if on_workers is None:
        copies.without_workers(connection)
        for statement in itertools.chain(*created.values()):
            connection.execute(statement.encode())
        return
    without_facts = [created[name] for name in live if name not in reading]
    copies.create_locally(connection, itertools.chain(*without_facts))
    copies.create(connection, on_workers, number)
    with_facts = [created[name] for name in live if name in reading]
    copies.create_locally(connection, itertools.chain(*with_facts))


def of_bucket(
    definition: str,
    number: int,
    own: set[str],
    tables: set[str],
    on_workers: copies.Copies | None = None,
) -> str:
    """A definition by PostgreSQL in which the relations and functions of analytics that are named
    in `own`, and the raw tables named in `tables`, are those of a bucket. A raw table keeps its
    name as alias. Of a view that reads facts `on_workers`, all that it reads is there."""

    def replace(found: re.Match[str]) -> str:
        schema, name, alias = found["schema"], found["name"], found["alias"] or ""
        of_table = alias or f" {name}"
        if schema == "raw" and on_workers:
            return on_workers.place_of_facts(name, tables, number) + of_table
        if schema == "raw" and name in tables:
            return f'bucket_{number}."raw_{name}"{of_table}'
        if schema == "analytics" and on_workers and name not in on_workers.views:
            return on_workers.place_of_relation(name, number) + alias
        if schema == "analytics" and name in own:
            return f'bucket_{number}."{name}"{alias}'
        return found[0]

    return _RELATION.sub(replace, definition)
