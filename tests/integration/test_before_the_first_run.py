"""What is asked for before there are views, or before anything was computed, is refused."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hedge import doctor, progress, runs
from hedge.analysis import between, edited_values, exclusion_preview, explain
from hedge.errors import HedgeError
from hedge.exclusions import NewExclusion
from tests.support import AS_OF, BUSY, DAY, add_cluster


@pytest.mark.parametrize(
    ("relation", "ask", "sentence"),
    [
        (
            "table analytics.challenge_progress",
            lambda connection: progress.of_cluster(connection, "busy"),
            "nothing was computed yet: run hedge etl deploy first",
        ),
        (
            "view analytics.metric_evidence",
            lambda connection: explain.of_cluster(connection, "busy", "arena_victor"),
            "the views are not there yet: run hedge etl deploy first",
        ),
        (
            "view analytics.metric_evidence",
            lambda connection: between.of_cluster(
                connection, "busy", "arena_victor", AS_OF - DAY, AS_OF
            ),
            "the views are not there yet: run hedge etl deploy first",
        ),
    ],
    ids=["progress", "explain", "between"],
)
def test_without_views_a_deploy_is_named(
    transaction: psycopg.Connection,
    relation: str,
    ask: Callable[[psycopg.Connection], Any],
    sentence: str,
) -> None:
    add_cluster(transaction, "busy", BUSY)
    transaction.execute(f"drop {relation} cascade")
    with pytest.raises(HedgeError, match=f"^{sentence}$"):
        ask(transaction)


def test_before_a_run_there_is_nothing_to_compare_with(deployed: psycopg.Connection) -> None:
    add_cluster(deployed, "busy", BUSY)
    with pytest.raises(HedgeError) as refused:
        exclusion_preview.of_new(NewExclusion("unfair", cluster_id="busy"))
    assert str(refused.value) == (
        "nothing was computed yet to compare with: run hedge etl full first"
    )
    with pytest.raises(HedgeError) as refused:
        edited_values.calibrate(deployed, "onchain_pvp.wins")
    assert str(refused.value) == (
        "nothing was computed yet, so that no cluster is known: run hedge etl full"
    )


def test_marts_without_a_cluster_to_compare_are_not_checked(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "changed_clusters", lambda _: [])
    (nothing,) = doctor.examine(transaction, ["marts"])
    assert (nothing.state, nothing.findings) == (
        "NOT CHECKED",
        [
            "every cluster has changes or requests that no run has computed yet, or none was"
            " computed: run hedge etl incremental"
        ],
    )
