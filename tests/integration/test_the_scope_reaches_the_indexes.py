"""The plan of every metric view for two clusters looks into every raw table by an index."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.house.test_the_rules_of_the_house import VARIABLES

#: Small, and read whole: the lowest price of each pool, and the days a price lasts.
READ_WHOLE = {"lp_prices_daily"}


def scans(plan: dict) -> Iterator[dict]:
    """All nodes of a plan that read a raw table."""
    if plan.get("Schema") == "raw":
        yield plan
    for child in plan.get("Plans", []):
        yield from scans(child)


def conditions(plan: dict) -> str:
    """The index conditions of a node and of the bitmap below it."""
    below = " ".join(conditions(child) for child in plan.get("Plans", []))
    return plan.get("Index Cond", "") + below


@pytest.mark.parametrize("metric_source", VARIABLES["metric_sources"])
def test_every_raw_scan_has_an_index_condition(
    connection: psycopg.Connection, metric_source: str
) -> None:
    connection.execute("set enable_seqscan = off")
    (plan,) = connection.execute(
        f"explain (verbose, format json) select * from analytics.{metric_source}"
        " where cluster_id = any(array['busy', 'rival'])"
    ).fetchone()[0]
    found = list(scans(plan["Plan"]))
    assert found
    for scan in found:
        if scan["Relation Name"] not in READ_WHOLE:
            assert conditions(scan), json.dumps(scan, indent=1)[:800]
