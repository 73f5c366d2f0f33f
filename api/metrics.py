"""GET /metrics: what the process counts, and the state of the database, for Prometheus."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from litestar import Request, get
from litestar.plugins.prometheus import PrometheusController
from litestar.response import Response
from prometheus_client import generate_latest

from api.database import Database
from api.deployed import Deployed
from api.identity import require_metrics_token
from api.metric_families import QUERIES, Rows, registry
from api.problems import one_line
from api.remembered import Remembered
from hedge import __version__
from hedge.board_periods import OVERDUE_AFTER

log = structlog.get_logger("hedge.api")
#: Seconds for which what was read of the database is sent again, however often it is asked for.
LIFETIME = 5.0
#: Milliseconds in which the database has to answer each question.
LONGEST_STATEMENT = 2000


class Metrics(PrometheusController):
    """The metrics of the service, for Prometheus."""

    path = "/metrics"
    include_in_schema = False
    guards = (require_metrics_token,)

    @get()
    async def get(self, request: Request) -> Response:
        """The metrics that this process counts, then those that are read from the database: while
        it does not answer, the former alone."""
        counted = await super().get.fn(self)
        state = request.app.state
        remembered: Remembered = state.metrics

        async def read() -> bytes:
            return await _of_the_database(state.database, state.deployed)

        content = counted.content + await remembered.get(read)
        return Response(content, headers=counted.headers)


async def _of_the_database(database: Database, deployed: Deployed) -> bytes:
    """What is read of the database, in the format of Prometheus."""
    began = time.perf_counter()
    rows: dict[str, list[dict[str, Any]]] = {}
    answers = True
    try:
        await deployed.read(database)
        rows = await _rows(database)
    except psycopg.OperationalError as error:
        answers = False
        log.warning("the metrics lack the database", error=one_line(error))
    _complete(rows, deployed.error_after)
    seconds = time.perf_counter() - began
    return generate_latest(registry(rows, __version__, deployed.definitions, answers, seconds))


async def _rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """The rows of each query that the database has answered in time."""
    parameters: Mapping[str, dict[str, Any]] = {
        "boards_periods": {
            "keys": None,
            "mode": "DUE",
            "period_start": None,
            "period_end": None,
            "drafts": False,
            "as_of": datetime.now(UTC) - OVERDUE_AFTER,
        }
    }
    found = {}
    async with database.briefly(LONGEST_STATEMENT) as ask:
        for name in QUERIES:
            try:
                found[name] = await ask(name, **parameters.get(name, {}))
            except (psycopg.errors.QueryCanceled, psycopg.ProgrammingError) as error:
                log.warning("the metrics lack a query", query=name, error=one_line(error))
    return found


def _complete(rows: Rows, error_after: Mapping[str, int]) -> None:
    """Leave out boards that have no period, and give each raw table its threshold: none where its
    rows came with a demo world, which has no indexers, or where it never had one."""
    if boards := rows.get("boards_periods"):
        boards[:] = [row for row in boards if row["fault"] is None]
    for row in rows.get("metrics_of_tables", ()):
        is_watched = row["loaded_at"] is not None and not row["is_made_up"]
        row["error_after"] = error_after.get(row["table_name"]) if is_watched else None
