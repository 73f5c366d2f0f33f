"""The comparison of boards of two sides, and which boards are ranked again."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from hedge import boards, runs, seasons
from hedge.analysis import built_sides
from hedge.analysis.changes import (
    BoardChange,
    PlaceChange,
    Totals,
)
from hedge.analysis.renames import Rename
from hedge.boards import Board
from hedge.queries import query
from hedge.seasons import Season
from tests.integration.preview import compared, insert
from tests.support import AS_OF, DAY, days_ago


def a_board(
    connection: psycopg.Connection,
    key: str,
    *periods: tuple[datetime, datetime] | None,
    metric: str = "onchain_pvp.wins",
    **fields: Any,
) -> list[int]:
    """A board with complete runs; returns their ids."""
    source, metric_key = metric.split(".")
    boards.add(
        connection,
        Board(
            key=key,
            name=key.upper(),
            category_key="pvp_competition",
            metric_source=source,
            metric_key=metric_key,
            **{"time_window": "MONTHLY"} | fields,
        ),
    )
    return [
        connection.execute(
            "insert into app.leaderboard_runs"
            " (leaderboard_key, period_start, period_end, status, as_of, row_count)"
            " values (%s, %s, %s, 'COMPLETE', %s, 0) returning id",
            [key, *(period or (None, None)), AS_OF],
        ).fetchone()[0]
        for period in periods
    ]


MAY = (days_ago(30), days_ago(0))


def entries(
    connection: psycopg.Connection, side: str, run: int, *rows: tuple[int, str, float]
) -> None:
    for rank, cluster, score in rows:
        insert(
            connection,
            f"{side}_leaderboard_entries",
            run_id=run,
            rank=rank,
            cluster_id=cluster,
            score=score,
        )


TWELVE = [(number, f"c{number:02}", 100 - number) for number in range(1, 13)]


@pytest.mark.parametrize(
    ("place", "row", "is_changed"),
    [
        (1, (1, "other", 99), True),
        (10, (10, "c10", 90.5), True),
        (10, (9, "c10", 90), True),
        (11, (11, "other", 89), False),
        (12, (12, "c12", 1), False),
    ],
)
def test_a_board_changes_where_one_of_its_first_ten_places_does(
    sides: psycopg.Connection, place: int, row: tuple[int, str, float], is_changed: bool
) -> None:
    (run,) = a_board(sides, "wins", MAY)
    (same,) = a_board(sides, "same", MAY)
    after = [*TWELVE[: place - 1], row, *TWELVE[place:]]
    for side, rows in (("before", TWELVE), ("after", after)):
        entries(sides, side, same, *TWELVE)
        entries(sides, side, run, *rows)
    found = compared(sides)
    assert [board.board for board in found.boards] == (["wins"] if is_changed else [])
    assert found.totals == Totals(boards_changed=int(is_changed))
    for board in found.boards:
        assert len(board.places) == 10


def test_places_are_by_rank_and_then_by_cluster_and_a_side_can_have_fewer(
    sides: psycopg.Connection,
) -> None:
    (run,) = a_board(sides, "wins", MAY)
    entries(sides, "before", run, (2, "a", 1.5), (1, "b", 3), (1, "c", 3))
    entries(sides, "after", run, (1, "c", 3), (1, "b", 3))
    (ever,) = a_board(sides, "ever", None, time_window="ALL_TIME")
    entries(sides, "after", ever, (1, "a", 7))
    first, second = compared(sides).boards
    assert first == BoardChange(
        "ever", "EVER", None, None, [PlaceChange(None, None, None, 1, "a", 7)]
    )
    assert (second.board, second.period_start, second.period_end) == ("wins", *MAY)
    assert [place.cluster_before for place in second.places] == ["b", "c", "a"]
    assert [place.cluster_after for place in second.places] == ["b", "c", None]
    assert str(second.places[2].score_before) == "1.5"


def test_the_boards_that_are_ranked_again_are_the_active_ones_of_a_source(
    sides: psycopg.Connection,
) -> None:
    """Each by the run that readers see, in the window that runs compute anyway, if there is one."""
    april = (days_ago(61), days_ago(31))
    _, newest = a_board(sides, "wins", april, MAY)
    (by_tie,) = a_board(
        sides,
        "by_tie",
        None,
        metric="onchain_quests.mining_quests",
        fallback_metric_source="onchain_pvp",
        fallback_metric_key="wins",
        time_window="ALL_TIME",
    )
    (own_tie,) = a_board(sides, "own_tie", april, fallback_metric_key="matches_played")
    a_board(sides, "elsewhere", MAY, metric="onchain_quests.mining_quests")
    a_board(sides, "retired", MAY, is_active=False)
    a_board(sides, "never")

    def found() -> list[tuple]:
        rows = sides.execute(
            query("preview_boards"), {"sources": ["onchain_pvp"], "not_final_at": None}
        ).fetchall()
        return [(row[0], row[1], row[5], row[10], row[4]) for row in rows]

    others = [
        (by_tie, "by_tie", "wins", "all_time", "onchain_pvp"),
        (own_tie, "own_tie", "matches_played", f"run:{own_tie}", "onchain_pvp"),
    ]
    assert found() == [(newest, "wins", None, f"run:{newest}", None), *others]
    for name, starts_at, ends_at, scoring in (
        ("lifetime", *MAY, "LIFETIME"),
        ("longer", MAY[0], MAY[1] + DAY, "SEASON"),
    ):
        with sides.transaction(force_rollback=True):
            seasons.add(sides, Season(name, name, starts_at, ends_at, True, scoring))
            sides.execute("select set_config('hedge.as_of', %s, true)", [AS_OF.isoformat()])
            assert found()[0][3] == f"run:{newest}"
    seasons.add(sides, Season("may", "May", *MAY, True))
    sides.execute(
        "select set_config('hedge.as_of', %s, true)", [(AS_OF - timedelta(hours=1)).isoformat()]
    )
    assert found() == [(newest, "wins", None, "season:may", None), *others]


def test_boards_of_the_former_name_of_a_metric_are_affected(
    read_only: psycopg.Connection,
) -> None:
    """Which may be in a metric source that the edited project lacks."""
    project = runs.deployed_project(read_only)
    renamed = [Rename("metric", "onchain_pvp.wins", "onchain_duels.wins")]
    renamed += [Rename("challenge", "arena_victor", "arena_winner")]
    for names, sources in ((renamed, {"onchain_pvp"}), ([], set())):
        found = built_sides.affected_boards(read_only, project, set(), set(), names)
        assert {one["metric_source"] for one in found} == sources
