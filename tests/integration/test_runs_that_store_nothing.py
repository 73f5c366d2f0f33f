"""A run that ends and has stored nothing is an error, not a success."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from hedge import runs
from hedge.dbt_runner import Result
from hedge.errors import HedgeError
from hedge.runs import dbt, past_ends
from tests.integration.test_past_ends import ENDS, ask
from tests.support import BUSY, add_cluster


def test_a_run_that_records_nothing_in_the_ledger_is_an_error(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a project that has lost the hook which records it."""
    add_cluster(connection, "busy", BUSY)
    monkeypatch.setattr(dbt, "invoke", lambda *_, **__: Result(success=True))
    with pytest.raises(HedgeError, match=r"^the cluster run has no row in the run ledger$"):
        runs.cluster(["busy"])


def test_a_run_of_ends_that_stores_none_is_an_error(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_cluster(connection, "busy", BUSY)
    ask(connection, ["busy"], ENDS[:1])
    monkeypatch.setattr(past_ends, "run_dbt", lambda *_, **__: SimpleNamespace(run_id=7))
    with pytest.raises(HedgeError, match=r"^run 7 stored no end of cluster busy$"):
        runs.ends("busy")

    def forget(*_: Any, **__: Any) -> SimpleNamespace:
        connection.execute("delete from app.past_ends")
        return SimpleNamespace(run_id=8)

    # what nobody asks for any more need not be stored
    monkeypatch.setattr(past_ends, "run_dbt", forget)
    assert runs.ends("busy") == 0
