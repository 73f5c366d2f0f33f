"""A board that is removed is gone, and its key can be made again."""

import psycopg
import pytest

from hedge import boards
from tests import Hedge
from tests.support import AS_OF, add_cluster

ADD = (
    *("boards", "add", "wins", "--metric", "onchain_pvp.wins"),
    *("--window", "ALL_TIME", "--category", "pvp_competition"),
)


@pytest.fixture
def ranked(connection: psycopg.Connection, hedge: Hedge) -> psycopg.Connection:
    """Two boards with an entry each, of which one has a run that failed, too."""
    add_cluster(connection, "busy")
    assert hedge(*ADD)[0] == 0
    assert (
        hedge(*(word.replace("wins", "others") if word == "wins" else word for word in ADD))[0] == 0
    )
    for key in ("wins", "others"):
        connection.execute(
            "with run as (insert into app.leaderboard_runs (leaderboard_key, status, as_of,"
            " row_count, finished_at) values (%s, 'COMPLETE', %s, 1, now()) returning id)"
            " insert into analytics.leaderboard_entries"
            " (run_id, cluster_id, score, rank, payload, created_at)"
            " select id, 'busy', 7, 1, '{}', now() from run",
            [key, AS_OF],
        )
    connection.execute(
        "insert into app.leaderboard_runs (leaderboard_key, status, error)"
        " values ('wins', 'FAILED', 'broken')"
    )
    return connection


def test_a_key_that_is_made_again_begins_with_nothing(
    ranked: psycopg.Connection, hedge: Hedge
) -> None:
    assert hedge("boards", "remove", "wins") == (
        2,
        "",
        "hedge: board wins was not deleted: --yes deletes it without a question\n",
    )
    assert [one.key for one in boards.all_boards(ranked)] == ["others", "wins"]
    assert hedge("boards", "remove", "wins", "--yes") == (
        0,
        "board wins deleted, with 2 runs and 1 entry\n",
        "",
    )
    status, _, error = hedge("boards", "remove", "wins", "--yes")
    assert (status, error) == (2, "hedge: no board wins\n")
    # the other one is whole
    (left,) = boards.listed_boards(ranked)
    assert left.newest_run is not None
    assert [one.score for one in boards.entries(ranked, left.newest_run.id)] == [7]
    assert hedge(*ADD)[0] == 0
    status, _, error = hedge("boards", "show", "wins")
    assert (status, error) == (
        1,
        "hedge: board wins was not computed yet: run hedge boards run wins\n",
    )
