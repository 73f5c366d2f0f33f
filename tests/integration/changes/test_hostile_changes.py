"""Random changes of facts between incremental runs, the boards computed again that are stale.

After each run the marts and boards hold what a database computes that has never known other facts,
and what the oracle says.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import boards, database, runs
from tests import oracle
from tests.against_the_oracle import (
    CATALOGUE,
    LISTS,
    METRICS,
    assert_progress_equals_the_oracle,
    hostile,
    lively_worlds,
    put_season,
)
from tests.faults.comparison import Computed, computed_from_nothing, run_everything_due
from tests.integration.boards import a_board
from tests.integration.changes.hostile import CHANGES, Changes, raw_tables, stored_facts
from tests.oracle import Window, World, level, measure, rank, score, season_points
from tests.oracle.instants import AS_OF, DAY, TICK
from tests.support import forget_runs, put_world

#: The first run; each later one is a microsecond after the one before. No fact of a hostile world
#: lies so that this alone would change a number.
BEGIN = AS_OF + 2 * TICK
MARCH, APRIL, TODAY = (datetime(2026, *day, tzinfo=UTC) for day in ((3, 1), (4, 1), (6, 15)))
ENTRIES = 2
STEPS = 3


@pytest.fixture(scope="module")
def connection(module_database: str) -> Iterator[psycopg.Connection]:
    """A connection to a deployed database with a board for each metric."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", module_database)
        with database.connect() as connection:
            put_season(connection, season_of(random.Random()))
            put_boards(connection)
            yield connection


def put_boards(connection: psycopg.Connection) -> None:
    """A board for each metric, and one for the points of the season. Each third one ranks a day,
    a week and the season; of three of the same kind one has no tiebreaker."""
    windows = ("DAILY", "WEEKLY", "SEASON")
    for number, metric in enumerate(METRICS):
        fallback, window = METRICS[number - 1], windows[number % 3]
        has_fallback = number // 3 % 3 > 0
        board = a_board(
            ".".join(metric),
            window,
            key=f"board-{number}",
            fallback_metric_source=fallback[0] if has_fallback else None,
            fallback_metric_key=fallback[1] if has_fallback else None,
            max_entries=ENTRIES,
        )
        boards.add(connection, board)
    points = a_board("season_progress.spring", "SEASON", key="points", max_entries=ENTRIES)
    boards.add(connection, points)


def season_of(dice: random.Random) -> oracle.Season:
    """An active season, which goes on, or has ended and still gets points."""
    start = dice.choice([MARCH, APRIL, AS_OF - 180 * DAY])
    end = dice.choice([TODAY - DAY, TODAY, AS_OF + 30 * DAY])
    keys = [challenge.key for challenge in CATALOGUE.challenges]
    weights = {key: Decimal(dice.randint(1, 10**5)) / 100 for key in keys}
    return oracle.Season("spring", start, end, dice.choice(["LIFETIME", "SEASON"]), weights)


def assert_equals_the_oracle(
    connection: psycopg.Connection,
    found: Computed,
    world: World,
    season: oracle.Season,
    as_of: datetime,
) -> None:
    """Progress, season points and boards are those of a second implementation."""
    assert_progress_equals_the_oracle(connection, world, as_of, world.clusters)
    points = season_points(world, season, as_of, LISTS, CATALOGUE)
    assert {
        cluster: (row["points"], row["level"])
        for (_, cluster), row in found.marts["season_progress"].items()
    } == {
        cluster: (points[cluster], level(points[cluster], CATALOGUE.levels)) for cluster in points
    }

    by_metric = {(one.metric_source, one.metric_key): one.key for one in CATALOGUE.challenges}
    scores = {
        period: score(measure(world, Window("board", *period), LISTS), CATALOGUE)
        for period in connection.execute(
            "select distinct period_start, period_end from app.latest_board_runs"
        )
    }

    def values(period: tuple, source: str, key: str) -> dict[str, Decimal]:
        if source == "season_progress":
            return points
        return {
            cluster: ranked[by_metric[source, key]].value
            for cluster, ranked in scores[period].items()
        }

    for board in boards.all_boards(connection):
        if board.key in found.entries:
            run = boards.complete_run(connection, board.key)
            period = (run.period_start, run.period_end)
            tiebreakers = None
            if board.fallback_metric_source and board.fallback_metric_key:
                tiebreakers = values(
                    period, board.fallback_metric_source, board.fallback_metric_key
                )
            ranked_by = values(period, board.metric_source, board.metric_key)
            assert found.entries[board.key] == rank(ranked_by, tiebreakers, ENTRIES), board.key


def compare_after_changes(
    connection: psycopg.Connection,
    new_and_empty: Callable[[], str],
    folder: Path,
    world: World,
    news: World,
    seed: int,
) -> None:
    """Change the facts of a world a few times, and compare after each time."""
    dice = random.Random(seed)
    season = season_of(dice)
    connection.execute("delete from app.leaderboard_runs; delete from app.seasons")
    forget_runs(connection)
    put_world(connection, world)
    put_season(connection, season)
    connection.execute("delete from raw.removed_facts")
    tables = raw_tables(connection)
    run_everything_due(BEGIN, runs.full)
    told: list[str] = []
    for step in range(1, STEPS + 1):
        as_of = BEGIN + step * TICK
        changes = Changes(connection, dice, news, folder)
        for table in dice.sample(tables, dice.choice([1, 2, 8, len(tables)])):
            change = dice.choice(CHANGES)
            change(changes, table)
            told.append(f"{step}: {change.__name__} {table}")
        try:
            run_everything_due(as_of, runs.incremental)
            found = Computed.read(connection, as_of)
            stale = connection.execute(
                "select leaderboard_key from app.latest_board_runs"
                " where stale_since is not null and period_end <= %s",
                [as_of],
            )
            assert stale.fetchall() == []
            facts = {table: stored_facts(connection, table) for table in tables}
            known = World(facts, world.links, world.discord_ids, world.clusters)
            assert_equals_the_oracle(connection, found, known, season, as_of)
            expected = computed_from_nothing(connection, new_and_empty(), as_of)
            assert found.differences(expected) == []
            assert found.entries.keys() == expected.entries.keys()
        except BaseException as error:
            error.add_note("; ".join(told))
            raise


WORLDS = {"world": lively_worlds(huge=False), "news": lively_worlds(huge=False)}


@pytest.fixture
def new_and_empty(template: str, new_database: Callable[[str, str], str]) -> Callable[[], str]:
    """Makes a deployed database without facts, in place of the last one, and tells its URL."""
    return lambda: new_database("nothing", template)


@pytest.mark.ci
@hostile(2)
@given(**WORLDS, seed=st.integers(0, 2**32))
def test_runs_over_changes_equal_a_computation_from_nothing(
    connection: psycopg.Connection,
    new_and_empty: Callable[[], str],
    tmp_path: Path,
    world: World,
    news: World,
    seed: int,
) -> None:
    compare_after_changes(connection, new_and_empty, tmp_path, world, news, seed)


@pytest.mark.full
@hostile(30)
@given(**WORLDS, seed=st.integers(0, 2**32))
def test_so_they_do_in_many_worlds(
    connection: psycopg.Connection,
    new_and_empty: Callable[[], str],
    tmp_path: Path,
    world: World,
    news: World,
    seed: int,
) -> None:
    compare_after_changes(connection, new_and_empty, tmp_path, world, news, seed)
