"""Metric sources that cannot be computed: found in the database, and left out by the run.

A run that fails over data is tried again without the metric sources that fail, for all clusters or
for those clusters alone. macros/left_out says what then keeps its value.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from hedge import database, settings
from hedge.errors import OF_THE_SERVER
from hedge.queries import query
from hedge.runs.halving import failing, first_line

#: A source that fails for more clusters than this is left out for all.
MOST_CLUSTERS = 20
#: How often one source is computed, at most, to find the clusters for which it fails.
MOST_PROBES = 400


@dataclass(frozen=True)
class LeftOut:
    """A metric source that a run leaves out for some clusters (None: for every one in the scope),
    and why, as a sentence. These are the keys of dbt's variable left_out."""

    metric_source: str
    clusters: list[str] | None
    why: str


@dataclass(frozen=True)
class Marked:
    """A metric source that earlier runs have left out, and the clusters whose values are out of
    date."""

    metric_source: str
    clusters: list[str]


def marked(connection: psycopg.Connection, scope: Sequence[str] | None = None) -> list[Marked]:
    """What earlier runs have left out and no run has computed since, for clusters (None: all)."""
    if not can_leave_out(connection):
        return []
    parameters = {"scope": None if scope is None else list(scope)}
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            return [Marked(**row) for row in cursor.execute(query("runs_left_out"), parameters)]
    except psycopg.OperationalError:
        # A timeout or a lock: the run meets it as well, and says so with the name of the table.
        return []


def can_leave_out(connection: psycopg.Connection) -> bool:
    """Whether the deployed project can leave out metric sources."""
    found: bool = database.value(connection, query("runs_can_leave_out"))
    return found


def still_failing(
    found: Sequence[Marked], scope: Sequence[str] | None, as_of: datetime | None
) -> list[LeftOut]:
    """What of the marked sources cannot be computed now either. A source that is marked for many
    clusters is computed for the whole scope (None: all)."""
    failed: list[LeftOut] = []
    for one in found:
        few = one.clusters if len(one.clusters) <= MOST_CLUSTERS else scope
        failed += find([one.metric_source], few, as_of, whole=few is scope)
    return failed


def healed(found: Sequence[Marked], failed: Sequence[LeftOut]) -> list[str]:
    """The clusters with a source that was left out and can be computed now."""
    by_source = {one.metric_source: one.clusters for one in failed}
    return sorted(
        {
            cluster
            for one in found
            if (still := by_source.get(one.metric_source, [])) is not None
            for cluster in set(one.clusters) - set(still)
        }
    )


def find(
    sources: Sequence[str],
    scope: Sequence[str] | None,
    as_of: datetime | None = None,
    windows: Sequence[str] | None = None,
    *,
    whole: bool = True,
) -> list[LeftOut]:
    """The metric sources that cannot be computed for the clusters of a scope (None: all) in some
    windows (None: the default ones).

    A source that fails for all clusters, for too many, or where no cluster is to blame, is left out
    for every cluster; without whole, for all that are named. Nothing is found where the server
    fails.
    """
    with database.connect() as connection:
        session = {
            "timeout": f"{settings.compute_timeout()}s",
            "as_of": as_of,
            "windows": None if windows is None else list(windows),
        }
        connection.execute(query("runs_probe_session"), session)
        clusters = sorted(scope) if scope is not None else _every_cluster(connection)
        found = []
        for source in sources:
            try:
                left_out = _Probe(connection, source).blame(clusters)
            except _ServerFails:
                return []
            if left_out is not None and left_out.clusters is None and not whole:
                left_out = LeftOut(source, clusters, left_out.why)
            if left_out is not None:
                found.append(left_out)
        return found


@dataclass(frozen=True)
class FailedBoards:
    """Why board runs cannot be computed, by their ids; which runs lack some clusters; and what is
    left out of those runs that can be computed."""

    faults: dict[int, str]
    incomplete: list[int]
    failed: list[LeftOut]


def failed_boards(
    connection: psycopg.Connection,
    board_runs: Sequence[dict[str, Any]],
    board_sources: Sequence[dict[str, Any]],
    declared: dict[str, Any],
    as_of: datetime,
) -> FailedBoards | None:
    """The board runs that rest on a metric source that cannot be computed; None where all can.

    board_runs and board_sources are the variables of dbt_project.yml, and declared are those of the
    project. For a board on a derived metric source, a run computes all that read facts.
    """
    windows: dict[str, set[str]] = {}
    for one in board_sources:
        source = one["metric_source"]
        for read in (
            [source] if source in declared["metric_sources"] else declared["metric_sources"]
        ):
            windows.setdefault(read, set()).update(one["window_keys"])
    failed = [
        found
        for source, keys in sorted(windows.items())
        for found in find([source], None, as_of, sorted(keys))
    ]
    if not failed:
        return None
    faults: dict[int, str] = {}
    incomplete: list[int] = []
    parameters = {
        "boards": Jsonb(list(board_runs)),
        "metric_sources": declared["metric_sources"],
        "derived": declared["derived_metric_sources"],
    }
    for run_id, rests_on in connection.execute(query("runs_board_inputs"), parameters):
        concerned = [one for one in failed if one.metric_source in rests_on]
        if whole := [one.why for one in concerned if one.clusters is None]:
            faults[run_id] = whole[0]
        elif concerned:
            incomplete.append(run_id)
    return FailedBoards(faults, incomplete, failed)


class _ServerFails(Exception):
    """A probe failed over something that says nothing about the data."""


class _TooMany(Exception):
    """A source was computed too often, or for too long."""


class _Probe:
    """Computes one metric source for lists of clusters, as a run does."""

    def __init__(self, connection: psycopg.Connection, source: str) -> None:
        self.connection = connection
        self.source = source
        self.probes = 0
        self.deadline = time.monotonic() + settings.compute_timeout()
        self.error: psycopg.Error | None = None

    def fails(self, clusters: Sequence[str]) -> bool:
        """Whether the source cannot be computed for clusters."""
        self.probes += 1
        if self.probes > MOST_PROBES or time.monotonic() > self.deadline:
            raise _TooMany
        return self.compute(clusters)

    def compute(self, clusters: Sequence[str]) -> bool:
        """Compute the source once; returns whether that failed over data."""
        try:
            self.connection.execute(
                _COMPUTE.format(
                    sql.Identifier("analytics", f"{self.source}_rows"), sql.Literal(list(clusters))
                )
            )
        except psycopg.Error as error:
            if error.sqlstate is None or error.sqlstate.startswith(OF_THE_SERVER):
                raise _ServerFails from error
            self.error = self.error or error
            return True
        return False

    def blame(self, clusters: Sequence[str]) -> LeftOut | None:
        """What has to be left out of the source for these clusters; None where it is computed."""
        guilty: list[str | None] = []
        try:
            # A column that is missing is nobody's fault.
            if self.fails([]):
                return self._left_out(None)
            guilty = list(islice(failing(clusters, self.fails), MOST_CLUSTERS + 1))
            if not guilty:
                return None
            named = [cluster for cluster in guilty if cluster is not None]
            rest = [cluster for cluster in clusters if cluster not in named]
            if len(named) == len(guilty) <= MOST_CLUSTERS and (
                len(clusters) == 1 or (rest and not self.fails(rest))
            ):
                return self._left_out(named)
        except _TooMany:
            pass
        return self._left_out(None)

    def _left_out(self, clusters: list[str] | None) -> LeftOut:
        if clusters is None:
            of = "every cluster"
        else:
            of = f"cluster{'s' if len(clusters) > 1 else ''} {', '.join(clusters[:3])}"
            of += f" and {len(clusters) - 3} more" if len(clusters) > 3 else ""
        reason = first_line(self.error) if self.error else "it takes too long"
        return LeftOut(
            self.source, clusters, f"{self.source} cannot be computed for {of}: {reason}"
        )


#: The metrics of a source as numbers that progress can hold: {} are its function and clusters.
_COMPUTE = sql.SQL(
    "select count(probed.value) from ("
    " select (case metrics.value when 'true' then 1 when 'false' then 0"
    "  else metrics.value::numeric end)::numeric(60, 6) as value"
    " from {}(null, {}::text[]) as wide cross join lateral jsonb_each("
    "  to_jsonb(wide) - array['cluster_id', 'window_key']) as metrics"
    # The offset keeps PostgreSQL from leaving out columns that a count does not need.
    " offset 0) as probed"
)


def _every_cluster(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("select cluster_id from analytics.clusters order by cluster_id")
    return [cluster for (cluster,) in found]
