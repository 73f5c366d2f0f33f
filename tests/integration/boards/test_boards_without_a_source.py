"""A metric source that cannot be computed: which boards fail, and which clusters are not listed."""

import contextlib
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge import boards, runs
from hedge.errors import HedgeError
from hedge.queries import query
from tests.integration.boards import IN_MAY, a_board, wins
from tests.support import AS_OF, BUSY, IDLE, RIVAL, break_view, hunt, mend_view, put

METRICS = {
    # the first shares its window with the others
    "a_wins": "onchain_pvp.wins",
    "mastery": "meta_profile.pvp_mastery_score",
    "hunts": "onchain_hunting.wins",
}


@pytest.fixture
def three(own_town: psycopg.Connection) -> psycopg.Connection:
    """Three boards, and wins and hunts of clusters."""
    wins(own_town, 3, 2, 1)
    put(own_town, hunt(BUSY, at=IN_MAY), hunt(IDLE, at=IN_MAY), hunt(IDLE, at=IN_MAY))
    for key, metric in METRICS.items():
        boards.add(own_town, a_board(metric, key=key))
    return own_town


@pytest.mark.parametrize("place", ["fallback", "third", "fourth"])
@pytest.mark.parametrize("metric", ["onchain_pvp.wins", "meta_profile.pvp_mastery_score"])
def test_a_run_rests_on_the_sources_of_each_of_its_ordering_keys(
    transaction: psycopg.Connection, place: str, metric: str
) -> None:
    source, key = metric.split(".")
    board = {
        "run_id": 1,
        "metric_source": "onchain_hunting",
        "metric_key": "wins",
        f"{place}_metric_source": source,
        f"{place}_metric_key": key,
    }
    (of_run,) = transaction.execute(
        query("runs_board_inputs"),
        {"boards": Jsonb([board]), "derived": ["meta_profile"], "metric_sources": ["all"]},
    ).fetchall()
    # the score is derived from facts of matches alone
    assert (of_run[0], {*of_run[1]}) == (1, {"onchain_hunting", "onchain_pvp", source})


def run() -> Any:
    return boards.run(list(METRICS), mode="PREVIOUS", as_of=AS_OF)


def found(connection: psycopg.Connection) -> dict[str, tuple[str, list[str], bool]]:
    """The status of the newest run of each board, the clusters it lists, and if it is stale."""
    return {
        key: (
            one.status,
            [entry.cluster_id for entry in boards.entries(connection, one.id)],
            one.stale_since is not None,
        )
        for key, one in boards.newest_runs(connection).items()
    }


EVERYBODY = {
    "a_wins": ("COMPLETE", ["busy", "idle", "rival"], False),
    "mastery": ("COMPLETE", ["busy", "idle", "rival"], False),
    "hunts": ("COMPLETE", ["idle", "busy"], False),
}


def test_boards_that_rank_by_a_source_that_fails_fail_alone(three: psycopg.Connection) -> None:
    definition = break_view(three, "onchain_pvp", "wins")
    reason = "onchain_pvp cannot be computed for every cluster: division by zero"
    with pytest.raises(HedgeError) as failed:
        run()
    assert str(failed.value) == (
        f"1 board was computed, and not board a_wins: {reason}; board mastery: {reason}"
    )
    assert found(three) == {
        "a_wins": ("FAILED", [], False),
        "mastery": ("FAILED", [], False),
        "hunts": EVERYBODY["hunts"],
    }
    assert boards.newest_runs(three)["a_wins"].error == reason
    mend_view(three, "onchain_pvp", definition)
    run()
    assert found(three) == EVERYBODY


def test_a_cluster_that_cannot_be_computed_is_not_listed_and_the_board_computed_again(
    three: psycopg.Connection,
) -> None:
    definition = break_view(three, "onchain_pvp", "wins", where="cluster_id = 'busy'")
    run()
    assert found(three) == {
        "a_wins": ("COMPLETE", ["idle", "rival"], True),
        "mastery": ("COMPLETE", ["idle", "rival"], True),
        "hunts": EVERYBODY["hunts"],
    }
    (newest,) = runs.ledger(three, 1)
    assert (newest.kind, newest.state) == ("BOARD", "PARTIAL")
    assert newest.error == "onchain_pvp cannot be computed for cluster busy: division by zero"
    mend_view(three, "onchain_pvp", definition)
    boards.run(mode="DUE", as_of=AS_OF)
    assert found(three) == EVERYBODY


@pytest.mark.parametrize(
    ("where", "of_hunts", "listed"),
    [("true", "FAILED", []), ("cluster_id <> 'idle'", "COMPLETE", ["idle"])],
)
def test_a_board_on_a_derived_metric_that_does_not_rest_on_the_source_is_whole(
    three: psycopg.Connection, where: str, of_hunts: str, listed: list[str]
) -> None:
    """The window of the board in cluster_metrics is computed without the source."""
    put(three, hunt(RIVAL, at=IN_MAY))
    break_view(three, "onchain_hunting", "wins", where=where)
    with contextlib.suppress(HedgeError):
        run()
    assert found(three) == EVERYBODY | {"hunts": (of_hunts, listed, of_hunts == "COMPLETE")}
    # the attempt with the source is no run of its own
    assert [(one.kind, one.state) for one in runs.ledger(three, 2)] == [
        ("BOARD", "PARTIAL"),
        ("DEPLOY", "SUCCESS"),
    ]


def test_boards_fail_where_no_source_is_to_blame(three: psycopg.Connection) -> None:
    three.execute(
        'alter table analytics.leaderboard_entries add constraint "busy has no rank"'
        " check (cluster_id <> 'busy')"
    )
    with pytest.raises(HedgeError, match="busy has no rank"):
        run()
    assert {status for status, _, _ in found(three).values()} == {"FAILED"}
    # it is not repeated
    assert [one.kind for one in runs.ledger(three, 2)] == ["BOARD", "DEPLOY"]
