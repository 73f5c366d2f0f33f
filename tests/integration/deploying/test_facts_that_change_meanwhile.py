"""Facts that change while a deploy computes a metric source several times are no fault of it."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hedge import database
from hedge.deploying import other_inputs, sources
from hedge.deploying.sources import Source
from hedge.queries import query
from tests import PROJECT
from tests.support import AS_OF, BUSY, DAY, add_cluster, put, pvp_match

PVP = Source("onchain_pvp", "analytics", "models/metrics/onchain_pvp.sql", ["wins"], PROJECT)
TIMES = {"pvp_matches": "matched_at"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_fact_that_arrives_between_two_computations_is_no_difference(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    add_cluster(connection, "busy", BUSY)
    before = AS_OF - other_inputs.EARLIER - DAY
    put(connection, pvp_match(BUSY, at=before), pvp_match(BUSY, at=AS_OF - DAY))
    connection.execute(query("deploy_windows"))
    sources.compute(connection, PVP)
    compute, calls = other_inputs._compute, []

    def compute_and_load(*arguments: Any) -> None:
        compute(*arguments)
        calls.append(arguments)
        if len(calls) == number:
            with database.connect() as other:
                put(other, pvp_match(BUSY, at=before + timedelta(hours=1)))

    monkeypatch.setattr(other_inputs, "_compute", compute_and_load)
    assert other_inputs.faults(connection, PVP, AS_OF, TIMES) == []
    # it was looked at again
    assert len(calls) > {1: 4, 2: 4, 3: 2}[number]
    wins = database.value(connection, "select wins from one where cluster_id = 'busy'")
    assert wins in (1, 2)
