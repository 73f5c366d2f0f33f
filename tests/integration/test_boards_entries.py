"""The model leaderboard_entries: which clusters are listed, in which order, and with what.

It is rendered without dbt and executed over season points and a few facts, in a transaction as of
the instant of the stories that is rolled back.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import PROJECT
from tests.prepared_server import OpenTransaction
from tests.rendering import render
from tests.support import AS_OF, DAY, add_cluster, hunt, put, pvp_match, set_as_of

CLUSTERS = ("ann", "bob", "cyd", "dan")
WALLETS = {name: f"0x{number:040x}" for number, name in enumerate(CLUSTERS, 1)}
MODEL = PROJECT / "models" / "leaderboards" / "leaderboard_entries.sql"


@pytest.fixture(scope="module")
def database_of_boards(module_database: str) -> str:
    """The URL of a database with four clusters of a wallet each."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        for cluster, wallet in WALLETS.items():
            add_cluster(connection, cluster, wallet)
    return module_database


@pytest.fixture
def connection(
    database_of_boards: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction in that database, in the session of a run; it is rolled back."""
    with rolled_back(database_of_boards) as connection:
        set_as_of(connection, AS_OF)
        yield connection


def add_board(
    connection: psycopg.Connection,
    metric: str = "season_progress.spring",
    fallback: str | None = None,
    days: int | None = None,
    status: str = "PROCESSING",
    **columns: Any,
) -> dict[str, Any]:
    """A board and its run, whose period begins so many days ago; returns what a caller passes."""
    source, key = metric.split(".")
    others = fallback.split(".") if fallback else (None, None)
    row = {
        "metric_source": source,
        "metric_key": key,
        "fallback_metric_source": others[0],
        "fallback_metric_key": others[1],
        "name": "A board",
        "category_key": "pvp",
        "time_window": "ALL_TIME",
    } | columns
    (number,) = connection.execute("select count(*) from app.leaderboard_defs").fetchone()
    connection.execute(
        f"insert into app.leaderboard_defs (key, {', '.join(row)})"
        f" values (%s, {', '.join(['%s'] * len(row))})",
        [f"board{number}", *row.values()],
    )
    (run,) = connection.execute(
        "insert into app.leaderboard_runs"
        " (leaderboard_key, status, period_start, period_end, error)"
        " values (%s, %s, %s, %s, 'why') returning id",
        [
            f"board{number}",
            status,
            None if days is None else AS_OF - days * DAY,
            None if days is None else AS_OF,
        ],
    ).fetchone()
    return {
        "run_id": run,
        "window_key": f"run:{run}",
        "metric_source": source,
        "metric_key": key,
        "fallback_metric_source": others[0],
        "fallback_metric_key": others[1],
    }


def put_points(connection: psycopg.Connection, season: str = "spring", **points: float) -> None:
    for cluster, number in points.items():
        connection.execute(
            "insert into analytics.season_progress values (%s, %s, %s, 1, '{}', %s)",
            [season, cluster, number, AS_OF],
        )


def computed(
    connection: psycopg.Connection, *boards: dict[str, Any], sources: list[dict] | None = None
) -> list[dict[str, Any]]:
    """The entries of boards, as the model selects them."""
    variables = {"boards": list(boards), "board_sources": sources or []}
    connection.execute(
        "select set_config('hedge.windows', %s, true)",
        ["{" + ",".join(board["window_key"] for board in boards) + "}"],
    )
    cursor = connection.execute(render(MODEL.read_text(), variables))
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor]
    assert all(entry["created_at"] == AS_OF for entry in found)
    return sorted(found, key=lambda entry: (entry["run_id"], entry["rank"], entry["cluster_id"]))


def ranks(
    connection: psycopg.Connection, *boards: dict[str, Any], sources: list[dict] | None = None
) -> list[tuple[str, int]]:
    found = computed(connection, *boards, sources=sources)
    return [(entry["cluster_id"], entry["rank"]) for entry in found]


@pytest.mark.parametrize(
    ("most", "listed"),
    [(1, "ann"), (2, "ann bob cyd"), (3, "ann bob cyd"), (4, "ann bob cyd dan")],
)
def test_equals_share_a_rank_and_all_who_share_the_last_one_are_listed(
    connection: psycopg.Connection, most: int, listed: str
) -> None:
    put_points(connection, ann=9, bob=7, cyd=7, dan=3)
    expected = {"ann": 1, "bob": 2, "cyd": 2, "dan": 3}
    board = add_board(connection, max_entries=most)
    assert ranks(connection, board) == [(name, expected[name]) for name in listed.split()]


def test_a_score_above_zero_is_listed(connection: psycopg.Connection) -> None:
    put_points(connection, ann=0.000001, bob=0, cyd=-1)
    put_points(connection, "autumn", dan=100)
    assert ranks(connection, add_board(connection)) == [("ann", 1)]


def test_the_tiebreaker_ranks_equal_scores_and_lists_nobody(
    connection: psycopg.Connection,
) -> None:
    put_points(connection, ann=7, bob=7, cyd=9)
    put_points(connection, "autumn", ann=1, bob=2, cyd=0, dan=100)
    with_tiebreaker = add_board(connection, fallback="season_progress.autumn")
    found = computed(connection, with_tiebreaker)
    assert [(entry["cluster_id"], entry["rank"], entry["tiebreaker"]) for entry in found] == [
        ("cyd", 1, 0),
        ("bob", 2, 2),
        ("ann", 3, 1),
    ]
    # a cluster without the metric has a tiebreaker of zero
    connection.execute("delete from analytics.season_progress where season_id = 'autumn'")
    found = computed(connection, with_tiebreaker)
    assert {(entry["tiebreaker"], entry["cluster_id"]) for entry in found} == {
        (0, name) for name in ("ann", "bob", "cyd")
    }
    without = add_board(connection)
    assert {entry["tiebreaker"] for entry in computed(connection, without)} == {None}


def test_a_board_of_verified_clusters_lists_those_whose_wallets_are_all_verified(
    connection: psycopg.Connection,
) -> None:
    put_points(connection, ann=9, bob=8, cyd=7, dan=6)
    for cluster, verified in (("ann", True), ("bob", False), ("cyd", True), ("dan", True)):
        connection.execute(
            "update app.wallet_links set verified_at = %s where cluster_id = %s",
            [AS_OF if verified else None, cluster],
        )
    # one of two wallets is not; a link that has ended does not matter
    connection.execute(
        f"insert into app.wallet_links (cluster_id, address, unlinked_at)"
        f" values ('cyd', '0x{'c' * 40}', null), ('dan', '0x{'d' * 40}', now())"
    )
    assert ranks(connection, add_board(connection, verified_only=True)) == [("ann", 1), ("dan", 2)]
    assert len(ranks(connection, add_board(connection))) == 4


def test_only_runs_that_are_processing_have_entries(connection: psycopg.Connection) -> None:
    put_points(connection, ann=9)
    boards = [add_board(connection, status=status) for status in ("PROCESSING", "FAILED")]
    assert [entry["run_id"] for entry in computed(connection, *boards)] == [boards[0]["run_id"]]
    assert computed(connection) == []


def without_keys(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without the keys, which are one key that says the same."""
    (key,) = payload["keys"]
    assert key == {"metric": payload["metric"], "unit": payload["unit"], "direction": "desc"}
    assert payload["ranking"] == "dense"
    return {name: value for name, value in payload.items() if name not in ("keys", "ranking")}


def test_an_entry_says_what_its_score_is_of(connection: psycopg.Connection) -> None:
    put_points(connection, ann=9)
    put(connection, pvp_match(WALLETS["ann"]))
    connection.execute(
        """
        insert into analytics.challenge_progress
        select 'ann', key, 1e9, true, 'NONE', 0, 'NONE', now() from analytics.challenges
        """
    )
    boards = [
        add_board(connection, days=7),
        add_board(connection, "challenge_progress.total_score"),
        add_board(connection, "onchain_pvp.wins"),
    ]
    sources = [
        {
            "metric_source": "onchain_pvp",
            "metric_keys": ["wins"],
            "window_keys": [boards[2]["window_key"]],
        }
    ]
    points, ladders, wins = (
        (entry["score"], without_keys(entry["payload"]))
        for entry in computed(connection, *boards, sources=sources)
    )
    assert points == (
        9,
        {
            "metric": "season_progress.spring",
            "unit": "points",
            "periodStart": "2026-05-25T12:00:00+00:00",
            "periodEnd": "2026-06-01T12:00:00+00:00",
        },
    )
    (number,) = connection.execute(
        "select count(*) from analytics.challenge_ladders where not is_feat"
    ).fetchone()
    of_all_time = {"periodStart": None, "periodEnd": None}
    # a feat is no ladder
    assert ladders == (
        number,
        {"metric": "challenge_progress.total_score", "unit": "ladders"} | of_all_time,
    )
    assert wins == (1, {"metric": "onchain_pvp.wins", "unit": "matches"} | of_all_time)


@pytest.mark.parametrize("several", [False, True], ids=["one source", "several sources"])
def test_boards_rank_by_what_happened_in_their_own_periods(
    connection: psycopg.Connection, several: bool
) -> None:
    """A single source is read through its view, several through their functions."""
    put(connection, pvp_match(WALLETS["ann"], at=AS_OF - 3 * DAY))
    put(connection, *(pvp_match(WALLETS["bob"], at=AS_OF - 9 * DAY) for _ in range(2)))
    put(connection, pvp_match(WALLETS["bob"], "LOSS"), pvp_match(WALLETS["cyd"], "LOSS"))
    put(connection, *(hunt(WALLETS["dan"], at=AS_OF - 2 * DAY) for _ in range(5)))
    # a season whose id is the key of the metric
    put_points(connection, "wins", dan=100)
    fallback = "onchain_hunting.wins" if several else "onchain_pvp.matches_played"
    week, month = (add_board(connection, "onchain_pvp.wins", fallback, days) for days in (7, 30))
    windows = [week["window_key"], month["window_key"]]
    keys = (
        {"onchain_pvp": ["wins"], "onchain_hunting": ["wins"]}
        if several
        else {"onchain_pvp": ["wins", "matches_played"]}
    )
    sources = [
        {"metric_source": source, "metric_keys": of_source, "window_keys": windows}
        for source, of_source in keys.items()
    ]
    found = computed(connection, week, month, sources=sources)
    assert [(e["run_id"], e["cluster_id"], e["score"], e["rank"]) for e in found] == [
        (week["run_id"], "ann", 1, 1),
        (month["run_id"], "bob", 2, 1),
        (month["run_id"], "ann", 1, 2),
    ]
    # one board alone reads its own windows
    for source in sources:
        source["window_keys"] = [week["window_key"]]
    assert ranks(connection, week, month, sources=sources) == [("ann", 1)]
