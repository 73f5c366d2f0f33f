"""The checks of a deploy: what is computed aside, and what is wrong with it."""

import psycopg

from hedge.deploying import aside as building
from hedge.deploying import sources
from hedge.deploying.aside import Aside
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import Report

#: How many faults one error lists.
MAX_LISTED = 10


def build_and_check(aside: Aside, report: Report | None, *, confirmed: bool) -> None:
    """Build an Aside and compute what is in it for all clusters. A HedgeError lists what is wrong,
    a line for each fault."""
    if not aside.built:
        return
    try:
        building.build(aside, report, tests=True)
    except HedgeError:
        # A mart fails when a source that it reads does. The source tells which value it was.
        _check_sources(aside, report)
        raise
    _check_sources(aside, report)


def _check_sources(aside: Aside, report: Report | None) -> None:
    """Compute the metric sources of an Aside, and check their values."""
    connection = aside.connection
    building.use_as_of(connection, aside.as_of, bounded=True)
    faults: list[str] = []
    try:
        connection.execute(query("deploy_windows"))
        found = aside.sources()
        for done, source in enumerate(found):
            if report is not None:
                report(f"checking {source.name}", done, len(found))
            if not _exists(connection, source):
                continue
            sources.compute(connection, source)
            faults += sources.value_faults(connection, source)
    finally:
        if not connection.broken:
            building.use_as_of(connection, None, bounded=False)
    if faults:
        raise_faults(faults)


def _exists(connection: psycopg.Connection, source: sources.Source) -> bool:
    """Whether the view was built before something else failed."""
    found = connection.execute("select to_regclass(%s)", [f"{source.schema}.{source.name}"])
    return found.fetchone() != (None,)


def raise_faults(faults: list[str]) -> None:
    """Raise a HedgeError that lists faults, one per line."""
    rest = [f"and {len(faults) - MAX_LISTED} more"] if len(faults) > MAX_LISTED else []
    raise HedgeError("\n".join([*faults[:MAX_LISTED], *rest]))


def require_usable_by_boards(aside: Aside) -> None:
    """Raise a HedgeError where an active board ranks by a metric that the project lacks."""
