"""Proofs of values: what a value was computed from, down to the logs, and whether another database
with the same logs finds the same.

A proof is a JSON object: the cluster with its wallet links, the challenge, its metric and the
value, the instant, the hash of the deployed definitions, hashes of seeds, and each log, fact and
price that the value rests on. Both sides compute the value by the deployed project in a scratch
schema, over links of their own, as a preview does; nothing that is live is written.
"""

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

import hedge
from hedge import database, known_names, runs
from hedge.analysis import scratch
from hedge.analysis.proof_files import FORMAT, WINDOWS, Entry, Link, Log, Proof
from hedge.errors import HedgeError, StateError, UsageError
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: A refusal names so many facts without logs.
NAMED = 20
#: The tables of app that decide whose facts count, which have replacements in the scratch schema.
_OWN = ("players", "wallet_clusters", "wallet_links")


@dataclass(frozen=True)
class Difference:
    """Where a database differs from a proof. kind is project, seed, challenge, log, fact, price or
    value."""

    kind: str
    subject: str
    difference: str


@dataclass(frozen=True)
class Verified:
    """What a database found: its value (None where it has no such metric) and the differences."""

    is_equal: bool
    value: Decimal | None
    proved_value: Decimal
    differences: list[Difference]


def prove(
    connection: psycopg.Connection,
    cluster: str,
    challenge: str,
    *,
    window: str = "all_time",
    as_of: datetime | None = None,
    report: Report | None = None,
) -> Proof:
    """The proof of a value, as of the instant at which it was computed, or of another one.

    A HedgeError names the facts of which no log is stored, and says where the stored value is not
    what is computed now, and where a value that is not 0 rests on no log at all.
    """
    if window not in WINDOWS:
        raise UsageError(f"'{window}' is not a window of proofs: {', '.join(WINDOWS)}")
    subject = {"cluster": cluster, "challenge": challenge, "window": window}
    known, head = _subject(connection, subject)
    if known is None:
        raise known_names.unknown(connection, "cluster", cluster)
    if head is None:
        raise known_names.unknown(connection, "challenge", challenge)
    if head["state"] != "live":
        raise StateError(f"{challenge} is retired: its value is not computed any more")
    if as_of is None and head["as_of"] is None:
        raise known_names.not_computed(connection, cluster)
    if as_of is not None:
        runs.require_past(connection, as_of)
    _require_no_exclusion(connection, cluster, as_of or head["as_of"])
    proof = Proof(
        format=FORMAT,
        hedge=hedge.__version__,
        cluster=cluster,
        challenge=challenge,
        metric_source=head["metric_source"],
        metric_key=head["metric_key"],
        window=window,  # type: ignore[arg-type]  # one of WINDOWS
        as_of=as_of or head["as_of"],
        value="",
        project=runs.require_known_definitions(connection),
        seeds={},
        links=msgspec.convert(known["links"], list[Link]),
        logs=[],
        facts=[],
        prices=[],
    )
    with _computed(connection, proof, known["discord_ids"], report) as value:
        if (known, head) != _subject(connection, subject):
            raise HedgeError(
                f"the links or the value of {cluster} have changed while {challenge} was proved: "
                "try it again"
            )
        _require_logs(connection, challenge)
        if value is None:
            raise HedgeError(
                f"{challenge} is measured by {proof.metric_source}.{proof.metric_key}, which the "
                "deployed project does not have"
            )
        if as_of is None and value != head["value"]:
            raise HedgeError(
                f"{challenge} of {cluster} is {head['value']}, and {value} when it is computed "
                f"again: facts or links have changed since, run hedge etl cluster {cluster}"
            )
        logs, facts, prices = database.one_row(connection.execute(query("proof_parts")))
        proof.logs = msgspec.json.decode(logs, type=list[Log])
        if value and not proof.logs:
            raise HedgeError(
                f"{challenge} of {cluster} is {value}, and no log that is stored states a fact that"
                " it rests on, so it cannot be proved"
            )
        proof.seeds = _seeds(connection, proof.metric_source, _tables(connection))
    proof.value = str(value)
    proof.facts = msgspec.json.decode(facts, type=list[Entry])
    proof.prices = msgspec.json.decode(prices, type=list[Entry])
    return proof


def _require_no_exclusion(connection: psycopg.Connection, cluster: str, as_of: datetime) -> None:
    """Raise a HedgeError where an exclusion takes something from the values of a cluster: logs
    prove what happened, and not what an admin has decided."""
    asked = {"cluster": cluster, "as_of": as_of}
    found = [str(number) for (number,) in connection.execute(query("proof_exclusions"), asked)]
    if found:
        noun, them = ("exclusion", "it") if len(found) == 1 else ("exclusions", "them")
        raise StateError(
            f"the values of {cluster} follow {noun} {', '.join(found)}, which no log proves:"
            f" name an instant before {them} by --as-of"
        )


def verify(connection: psycopg.Connection, proof: Proof, report: Report | None = None) -> Verified:
    """Compute the value of a proof here and compare everything that it lists.

    A UsageError says what of a proof no database can compute, such as a future instant.
    """
    runs.require_past(connection, proof.as_of)
    proved = Decimal(proof.value)
    found: list[Difference] = []
    with _computed(connection, proof, [], report) as value:
        found += _other_definitions(connection, proof)
        try:
            found += compared(connection, proof)
        except psycopg.DataError as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"the proof has a value that cannot be compared: {reason}") from error
    if value is None:
        metric = f"{proof.metric_source}.{proof.metric_key}"
        found.append(
            Difference("value", proof.challenge, f"is {proved} there, and no {metric} here")
        )
    elif value != proved:
        found.append(Difference("value", proof.challenge, f"is {value} here, and {proved} there"))
    return Verified(not found, value, proved, found)


def compared(connection: psycopg.Connection, proof: Proof) -> list[Difference]:
    """Where the logs, facts and prices of a proof differ from those in the temporary tables
    proof_facts and proof_logs, and the facts of which no log is stored here."""
    parts = {name: _json(getattr(proof, name)) for name in ("logs", "facts", "prices")}
    return [
        *(Difference(*row) for row in connection.execute(query("proof_compare"), parts)),
        *(
            Difference("fact", f"{table} {json.dumps(key)}", "has no log here")
            for table, key in connection.execute(query("proof_without_logs"))
        ),
    ]


def _other_definitions(connection: psycopg.Connection, proof: Proof) -> list[Difference]:
    """Where the project, the seeds and the metric of the challenge are not those of a proof."""
    found = []
    project = runs.require_known_definitions(connection)
    if project != proof.project:
        found.append(
            Difference("project", proof.project, f"is not what is deployed here: {project}")
        )
    tables = _tables(connection) | {one.table for one in proof.facts}
    here = _seeds(connection, proof.metric_source, tables)
    for name in sorted({*here, *proof.seeds}):
        if here.get(name) != proof.seeds.get(name):
            found.append(Difference("seed", name, "has other rows here"))
    _, head = _subject(
        connection,
        {"cluster": proof.cluster, "challenge": proof.challenge, "window": proof.window},
    )
    metric = (proof.metric_source, proof.metric_key)
    if head is None:
        found.append(Difference("challenge", proof.challenge, "is not known here"))
    elif metric != (head["metric_source"], head["metric_key"]):
        measured = f"is measured by {head['metric_source']}.{head['metric_key']} here"
        found.append(
            Difference("challenge", proof.challenge, f"{measured}, and by {'.'.join(metric)} there")
        )
    return found


def _subject(
    connection: psycopg.Connection, subject: dict[str, str]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The links of a cluster, and the stored value of a challenge; None for what is unknown."""
    with connection.cursor(row_factory=dict_row) as cursor:
        known = cursor.execute(query("proof_links"), subject).fetchone()
        head = cursor.execute(query("explain_challenge"), subject).fetchone()
    return known, head


@contextlib.contextmanager
def _computed(
    connection: psycopg.Connection, proof: Proof, discord_ids: list[str], report: Report | None
) -> Iterator[Decimal | None]:
    """Compute the value of a proof from what this database holds, and list what it rests on in the
    temporary tables proof_facts and proof_logs, which last as long as the block. The value is None
    where there is no such metric.

    All of that, and whatever the block reads, is of one snapshot: dbt has built the views before
    it, and what dbt has stored in tables is computed again within it.
    """
    definitions = runs.require_known_definitions(connection)
    project = runs.deployed_project(connection)
    metric = {"metric_source": proof.metric_source, "metric_key": proof.metric_key}
    asked = {"cluster": proof.cluster, "window": proof.window, "as_of": proof.as_of} | metric
    asked["is_derived"] = proof.metric_source in project.variables["derived_metric_sources"]
    with scratch.schemas(connection) as schemas:
        schema = schemas["after"]
        _create_own_tables(connection, schema, proof, discord_ids)
        marts = _build(project, schema, proof, report)
        with connection.transaction(force_rollback=True):
            connection.execute("set transaction isolation level repeatable read")
            if runs.require_known_definitions(connection) != definitions:
                raise HedgeError("the project was deployed while the value was computed: try again")
            connection.execute(query("explain_session"), asked)
            for name, code in marts.items():
                mart = sql.Identifier(schema, name)
                connection.execute(sql.SQL("delete from {}").format(mart))
                connection.execute(sql.SQL("insert into {} {}").format(mart, sql.SQL(code)))
            list_inputs(connection, schema, asked)
            _require_supported(connection, schema, proof.challenge)
            yield database.value(connection, query("proof_value"), asked)


def list_inputs(connection: psycopg.Connection, schema: str, asked: dict[str, Any]) -> None:
    """List what a value rests on, by the views of a schema, in the temporary tables proof_tables,
    proof_facts and proof_logs, which last as long as the transaction. Its as-of instant and window
    are those of the session; asked has the cluster, the window and the metric, and whether it is
    derived."""
    for view, model in (("supporting", "supporting_facts"), ("results", "metric_results")):
        connection.execute(
            sql.SQL("create temporary view {} as select * from {}").format(
                sql.Identifier(view), sql.Identifier(schema, model)
            )
        )
    connection.execute(query("proof_tables"), asked)
    connection.execute(query("proof_inputs"), asked)
    # the planner takes a temporary table for one row
    connection.execute("analyze pg_temp.proof_facts")
    connection.execute(query("proof_logs"))
    connection.execute("analyze pg_temp.proof_logs")


def _create_own_tables(
    connection: psycopg.Connection, schema: str, proof: Proof, discord_ids: list[str]
) -> None:
    """Create the tables that say whose facts count, with the cluster of the proof alone."""
    for name in _OWN:
        connection.execute(
            sql.SQL("create table {} (like {} including defaults)").format(
                sql.Identifier(schema, name), sql.Identifier("app", name)
            )
        )
    own = {name: sql.Identifier(schema, name) for name in _OWN}
    for statement in (
        "insert into {players} (player_id) values (1)",
        # any account may be that of the player, because only the cluster is computed
        "insert into {players} (player_id, discord_id, merged_into)"
        " select 1 + place, discord_id, 1"
        " from unnest(%(discord)s::text[]) with ordinality as accounts (discord_id, place)",
        "insert into {wallet_clusters} (player_id, cluster_id) values (1, %(cluster)s)",
        "insert into {wallet_links} (link_id, cluster_id, address, linked_at, verified_at)"
        " select row_number() over (), %(cluster)s, lower(address), linked_at, verified_at"
        " from jsonb_to_recordset(%(links)s::jsonb)"
        " as links (address text, linked_at timestamptz, verified_at timestamptz)",
    ):
        connection.execute(
            sql.SQL(statement).format(**own),
            {"discord": discord_ids, "cluster": proof.cluster, "links": _json(proof.links)},
        )


def _build(
    project: ParsedProject, schema: str, proof: Proof, report: Report | None
) -> dict[str, str]:
    """Build in a scratch schema what lies between the links and the metrics of the proof. Returns
    the queries of the marts among it, each after those that it reads."""
    manifest = project.manifest
    wanted = ["model.hedge.metric_results", "model.hedge.supporting_facts"]
    if missing := [key for key in wanted if key not in manifest.nodes]:
        raise HedgeError(
            f"the deployed project has no {missing[0].removeprefix('model.hedge.')}: run hedge etl "
            "deploy with the models of this version"
        )
    sources = frozenset(key for key, source in manifest.sources.items() if source.name in _OWN)
    keys = manifest.downstream(sources) & manifest.upstream(wanted)
    part = scratch.part(
        manifest,
        keys,
        schema,
        proof.as_of,
        {"cluster_metrics": [proof.window]},
        own_board_runs=False,
    )
    results = runs.build_in_scratch_schema(
        project,
        dataclasses.replace(part, sources=sources),
        sorted(manifest.nodes[key].name for key in keys),
        [],
        [],
        report,
    )
    # dbt tells of nodes as they end
    return {one.name: one.compiled_code for one in results if one.unique_id in part.settings}


def _require_supported(connection: psycopg.Connection, schema: str, challenge: str) -> None:
    """A HedgeError names the raw tables that the metric reads and the view supporting_facts of a
    schema does not, so that no proof would list their facts."""
    found = connection.execute(query("proof_unsupported"), {"schema": schema}).fetchall()
    if found:
        tables = ", ".join(f"raw.{table}" for (table,) in found)
        raise HedgeError(
            f"{challenge} cannot be proved, because its metric reads {tables}, of which the view "
            "supporting_facts has no facts: say under changes_concern in "
            "models/staging/_sources.yml which column holds the wallet, or add a branch to "
            "models/scope/supporting_facts.sql"
        )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _require_logs(connection: psycopg.Connection, challenge: str) -> None:
    """A HedgeError names the facts of which no log is stored."""
    found: Sequence[tuple[str, dict[str, Any]]] = connection.execute(
        query("proof_without_logs")
    ).fetchall()
    if not found:
        return
    named = "\n".join(
        f"  {table} " + ", ".join(f"{name} {value}" for name, value in key.items())
        for table, key in found[:NAMED]
    )
    more = f"\n  and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    raise HedgeError(
        f"{challenge} rests on facts of which no log is in raw.chain_logs, so it cannot be "
        f"proved:\n{named}{more}"
    )


def _tables(connection: psycopg.Connection) -> set[str]:
    """The raw tables of proof_facts."""
    rows = connection.execute(
        "select distinct raw_table from pg_temp.proof_facts where not is_price"
    )
    return {table for (table,) in rows}


def _seeds(connection: psycopg.Connection, metric_source: str, tables: set[str]) -> dict[str, str]:
    """Hashes of the rows of the seeds that a metric, and the facts of raw tables, are made with."""
    manifest = runs.deployed_project(connection).manifest
    models = {metric_source, *(f"facts_of_{table}" for table in tables)}
    wanted = [f"model.hedge.{name}" for name in models if f"model.hedge.{name}" in manifest.nodes]
    names = sorted(
        manifest.nodes[key].name
        for key in manifest.upstream(wanted)
        if manifest.nodes[key].resource_type == "seed"
    )
    return {
        name: database.value(
            connection, "select app.hash_of_rows(%s::regclass)", [f"analytics.{name}"]
        )
        or ""
        for name in names
    }
