"""GET /metrics: the metrics of the service, and the state of the run ledger, for Prometheus."""

from typing import Any

import psycopg
import psycopg_pool
import structlog
from litestar import Request, get
from litestar.plugins.prometheus import PrometheusController
from litestar.response import Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from api.identity import require_metrics_token

log = structlog.get_logger("hedge.api")


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
        try:
            read = request.app.state.database.rows
            rows = await read(dict, "metrics_of_runs")
            tests = await read(dict, "metrics_of_data_tests")
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.warning("the metrics lack the run ledger", error=str(error))
            return Response(counted.content, headers=counted.headers)
        return Response(
            counted.content + of_the_ledger(rows) + of_data_tests(tests), headers=counted.headers
        )


def of_the_ledger(rows: list[dict[str, Any]]) -> bytes:
    """The rows of api/sql/metrics_of_runs.sql in the format of Prometheus."""
    registry = CollectorRegistry()
    labels = ["kind", "state"]
    number = Gauge("hedge_runs", "Runs that the run ledger holds", labels, registry=registry)
    begun = Gauge(
        "hedge_last_run_started_seconds",
        "When the last of these runs began, as Unix time",
        labels,
        registry=registry,
    )
    late = Gauge(
        "hedge_clusters_out_of_date",
        "Clusters with a value that the last runs had to leave out",
        registry=registry,
    )
    for row in rows:
        if row["kind"] is None:
            late.set(row["number"])
        else:
            number.labels(row["kind"], row["state"]).set(row["number"])
            begun.labels(row["kind"], row["state"]).set(row["last_started"])
    return generate_latest(registry)


def of_data_tests(rows: list[dict[str, Any]]) -> bytes:
    """The rows of api/sql/metrics_of_data_tests.sql in the format of Prometheus."""
    registry = CollectorRegistry()
    number = Gauge(
        "hedge_data_tests",
        "Data tests by what they found when they were last passed",
        ["state"],
        registry=registry,
    )
    passed = Gauge(
        "hedge_data_tests_passed_seconds",
        "When the data tests were last passed, as Unix time",
        registry=registry,
    )
    for row in rows:
        number.labels(row["state"]).set(row["number"])
        passed.set(row["last_passed"])
    return generate_latest(registry) if rows else b""
