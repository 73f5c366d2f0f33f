"""Whether the marts are what the deployed project computes from the facts: a sample of clusters
is computed anew in a scratch schema, as of the instant of their rows, and compared."""

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg import sql

from hedge import runs
from hedge.analysis import scratch
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs.locks import deploy_lock

#: The marts that are compared. Unlocks stay when they are not reached any more.
MARTS = ("cluster_metrics", "challenge_progress", "season_progress")


def differences(connection: psycopg.Connection, sample: int) -> list[str]:
    """What differs, a sentence for each value; no deploy goes live meanwhile.

    A HedgeError says why there is nothing to compare with.
    """
    with deploy_lock(connection):
        runs.require_deployed(connection)
        changed = runs.changed_clusters(connection)
        if changed is None:
            raise HedgeError(
                "the next incremental run has every cluster to compute: run hedge etl incremental"
            )
        chosen = connection.execute(
            query("doctor_sample"), {"changed": changed, "sample": sample}
        ).fetchone()
        if chosen is None:
            raise HedgeError(
                "every cluster has changes or requests that no run has computed yet, or none was"
                " computed: run hedge etl incremental"
            )
        as_of, clusters = chosen
        project = runs.deployed_project(connection)
        manifest = project.manifest
        keys = [f"model.hedge.{mart}" for mart in MARTS]
        built = manifest.downstream(keys[:1]) & manifest.upstream(keys)
        with scratch.schemas(connection) as schemas, _as_of(connection, as_of.isoformat()):
            schema = schemas["after"]
            runs.build_in_scratch_schema(
                project,
                scratch.part(manifest, built, schema, as_of, {}, own_board_runs=False),
                sorted(manifest.nodes[key].name for key in built),
                [],
                [],
                clusters=clusters,
            )
            _create_views(connection, schema, clusters)
            found = connection.execute(query("doctor_differences")).fetchall()
            return [sentence for (sentence,) in found]


def _create_views(connection: psycopg.Connection, schema: str, clusters: list[str]) -> None:
    """Create temporary views of what is stored of some clusters and of what was computed anew.
    These go with the scratch schema, those with the session."""
    for mart in MARTS:
        for prefix, where in (("anew", schema), ("stored", "analytics")):
            connection.execute(
                sql.SQL(
                    "create or replace temporary view {} as select * from {}"
                    " where cluster_id = any({})"
                ).format(
                    sql.Identifier(f"{prefix}_{mart}"),
                    sql.Identifier(where, mart),
                    sql.Literal(clusters),
                )
            )


@contextlib.contextmanager
def _as_of(connection: psycopg.Connection, instant: str) -> Iterator[None]:
    """Let the session read views as of an instant while the block runs."""
    setting = "select set_config('hedge.as_of', %s, false)"
    connection.execute(setting, [instant])
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute(setting, [""])
