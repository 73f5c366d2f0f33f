"""Proofs of values: what a value was computed from, down to the logs, and whether another database
with the same logs finds the same.

A proof is a JSON object: the cluster with its wallet links, the challenge, its metric and the
value, the instant, the hash of the deployed definitions, hashes of seeds, and each log, fact and
price that the value rests on. Both sides compute the value by the deployed project in a scratch
schema, over links of their own, as a preview does; nothing that is live is written.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

import hedge
from hedge import database, known_names, runs
from hedge.analysis import scratch
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: The version of the format.
FORMAT = 1
#: The windows of which a proof says everything: those of seasons depend on rows of app.seasons.
WINDOWS = ("all_time", "rolling_180d")
#: A refusal names so many facts without logs.
NAMED = 20
#: The tables of app that decide whose facts count, which have replacements in the scratch schema.
_OWN = ("players", "wallet_clusters", "wallet_links")


Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{40}$")]
Word = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Small = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Link(msgspec.Struct, forbid_unknown_fields=True):
    """An active wallet link."""

    address: Address
    chain: str
    linked_at: datetime
    verified_at: datetime | None


class Log(msgspec.Struct, forbid_unknown_fields=True):
    """A log with its content; the hash of the block is None where a file did not say it."""

    chain_id: Small
    block_number: Natural
    block_hash: Word | None
    tx_hash: Word
    log_index: Small
    address: Address
    topics: list[Word]
    data: str


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A row of a raw table and its key, as the database writes them: numbers keep all digits."""

    table: str
    key: dict[str, Any]
    fact: msgspec.Raw


class Proof(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A proof as its file has it. Values are text with all digits."""

    format: int
    hedge: str
    cluster: str
    challenge: str
    metric_source: str
    metric_key: str
    window: str
    as_of: datetime
    value: str
    project: str
    seeds: dict[str, str]
    links: list[Link]
    logs: list[Log]
    facts: list[Entry]
    prices: list[Entry]


@dataclass(frozen=True)
class Difference:
    """Where a database differs from a proof. kind is project, seed, log, fact, price or value."""

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
    what is computed now.
    """
    if window not in WINDOWS:
        raise UsageError(f"'{window}' is not a window of proofs: {', '.join(WINDOWS)}")
    asked = {"cluster": cluster, "challenge": challenge, "window": window}
    with connection.cursor(row_factory=dict_row) as cursor:
        known = cursor.execute(query("proof_links"), asked).fetchone()
        head = cursor.execute(query("explain_challenge"), asked).fetchone()
    if known is None:
        raise known_names.unknown(connection, "cluster", cluster)
    if head is None:
        raise known_names.unknown(connection, "challenge", challenge)
    if head["state"] != "live":
        raise HedgeError(f"{challenge} is retired: its value is not computed any more")
    if as_of is None and head["as_of"] is None:
        raise HedgeError(f"cluster {cluster} was not computed yet: run hedge etl cluster {cluster}")
    if as_of is not None:
        runs.require_past(connection, as_of)
    proof = Proof(
        format=FORMAT,
        hedge=hedge.__version__,
        cluster=cluster,
        challenge=challenge,
        metric_source=head["metric_source"],
        metric_key=head["metric_key"],
        window=window,
        as_of=as_of or head["as_of"],
        value="",
        project=runs.require_known_definitions(connection),
        seeds={},
        links=msgspec.convert(known["links"], list[Link]),
        logs=[],
        facts=[],
        prices=[],
    )
    with _computed(connection, proof, known["discord_id"], report) as value:
        _require_logs(connection, challenge)
        if as_of is None and value != head["value"]:
            raise HedgeError(
                f"{challenge} of {cluster} is {head['value']}, and {value} when it is computed "
                f"again: facts or links have changed since, run hedge etl cluster {cluster}"
            )
        logs, facts, prices = database.one_row(connection.execute(query("proof_parts")))
    proof.value = str(value)
    proof.logs = msgspec.json.decode(logs, type=list[Log])
    proof.facts = msgspec.json.decode(facts, type=list[Entry])
    proof.prices = msgspec.json.decode(prices, type=list[Entry])
    proof.seeds = _seeds(connection, proof)
    return proof


def verify(connection: psycopg.Connection, proof: Proof, report: Report | None = None) -> Verified:
    """Compute the value of a proof here and compare everything that it lists."""
    found: list[Difference] = []
    project = runs.require_known_definitions(connection)
    if project != proof.project:
        found.append(
            Difference("project", proof.project, f"is not what is deployed here: {project}")
        )
    here = _seeds(connection, proof)
    for name in sorted({*here, *proof.seeds}):
        if here.get(name) != proof.seeds.get(name):
            found.append(Difference("seed", name, "has other rows here"))
    with _computed(connection, proof, None, report) as value:
        parts = {name: _json(getattr(proof, name)) for name in ("logs", "facts", "prices")}
        rows = connection.execute(query("proof_compare"), parts).fetchall()
        found += [Difference(*row) for row in rows]
    proved = Decimal(proof.value)
    if value != proved:
        found.append(Difference("value", proof.challenge, f"is {value} here, and {proved} there"))
    return Verified(not found, value, proved, found)


def written(proof: Proof) -> bytes:
    """The text of a proof, a line for each entry of its lists."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def read(content: bytes, name: str) -> Proof:
    """A proof from its text; a UsageError says what is wrong with it."""
    try:
        proof = msgspec.json.decode(content, type=Proof)
        Decimal(proof.value)
    except (msgspec.DecodeError, ArithmeticError) as error:
        raise UsageError(f"{name} is no proof of hedge chain prove: {error}") from error
    if proof.format != FORMAT:
        raise UsageError(f"{name} has the format {proof.format}, and this version reads {FORMAT}")
    return proof


@contextlib.contextmanager
def _computed(
    connection: psycopg.Connection, proof: Proof, discord_id: str | None, report: Report | None
) -> Iterator[Decimal]:
    """Compute the value of a proof from what this database holds, and list what it rests on in the
    temporary tables proof_facts and proof_logs, which last as long as the block."""
    project = runs.deployed_project(connection)
    metric = {"metric_source": proof.metric_source, "metric_key": proof.metric_key}
    asked = {"cluster": proof.cluster, "window": proof.window, "as_of": proof.as_of} | metric
    asked["is_derived"] = proof.metric_source in project.variables["derived_metric_sources"]
    with scratch.schemas(connection) as schemas:
        schema = schemas["after"]
        _create_own_tables(connection, schema, proof, discord_id)
        _build(project, schema, proof, report)
        with connection.transaction(force_rollback=True):
            connection.execute(query("explain_session"), asked)
            connection.execute(
                sql.SQL("create temporary view supporting as select * from {}").format(
                    sql.Identifier(schema, "supporting_facts")
                )
            )
            connection.execute(query("proof_inputs"), asked)
            connection.execute(query("proof_logs"))
            found = connection.execute(
                sql.SQL(
                    "select trim_scale(coalesce(max(value), 0)) from {} where cluster_id ="
                    " %(cluster)s and window_key = %(window)s and metric_source ="
                    " %(metric_source)s and metric_key = %(metric_key)s"
                ).format(sql.Identifier(schema, "metric_results")),
                asked,
            )
            (value,) = database.one_row(found)
            yield value


def _create_own_tables(
    connection: psycopg.Connection, schema: str, proof: Proof, discord_id: str | None
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
        "insert into {players} (player_id, discord_id) values (1, %(discord)s)",
        "insert into {wallet_clusters} (player_id, cluster_id) values (1, %(cluster)s)",
        "insert into {wallet_links} (link_id, cluster_id, address, linked_at, verified_at)"
        " select row_number() over (), %(cluster)s, lower(address), linked_at, verified_at"
        " from jsonb_to_recordset(%(links)s::jsonb)"
        " as links (address text, linked_at timestamptz, verified_at timestamptz)",
    ):
        connection.execute(
            sql.SQL(statement).format(**own),
            {"discord": discord_id, "cluster": proof.cluster, "links": _json(proof.links)},
        )


def _build(project: ParsedProject, schema: str, proof: Proof, report: Report | None) -> None:
    """Build in a scratch schema what lies between the links and the metrics of the proof."""
    manifest = project.manifest
    wanted = ["model.hedge.metric_results", "model.hedge.supporting_facts"]
    if missing := [key for key in wanted if key not in manifest.nodes]:
        raise HedgeError(
            f"the deployed project has no {missing[0].removeprefix('model.hedge.')}: run hedge etl "
            "deploy with the models of this version"
        )
    sources = frozenset(key for key, source in manifest.sources.items() if source.name in _OWN)
    keys = scratch.downstream(manifest, sources) & scratch.upstream(manifest, wanted)
    part = scratch.part(
        manifest,
        keys,
        schema,
        proof.as_of,
        {"cluster_metrics": [proof.window]},
        own_board_runs=False,
    )
    runs.build_in_scratch_schema(
        project,
        dataclasses.replace(part, sources=sources),
        sorted(manifest.nodes[key].name for key in keys),
        [],
        [],
        report,
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


def _seeds(connection: psycopg.Connection, proof: Proof) -> dict[str, str]:
    """Hashes of the rows of the seeds that the metric and the facts of a proof are made with."""
    manifest = runs.deployed_project(connection).manifest
    tables = {one.table for one in proof.facts}
    models = {proof.metric_source, *(f"facts_of_{table}" for table in tables)}
    wanted = [f"model.hedge.{name}" for name in models if f"model.hedge.{name}" in manifest.nodes]
    names = sorted(
        manifest.nodes[key].name
        for key in scratch.upstream(manifest, wanted)
        if manifest.nodes[key].resource_type == "seed"
    )
    return {
        name: database.value(
            connection, "select app.hash_of_rows(%s::regclass)", [f"analytics.{name}"]
        )
        or ""
        for name in names
    }
