"""The windows of a run, and what lies exactly on their edges: a window is half-open.

The views of the deployed project are read as of the instant of the stories, in a transaction that
is rolled back. The session's time zone has summer time, which must not matter.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from tests.house.test_the_rules_of_the_house import FOLDER
from tests.prepared_server import OpenTransaction
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    RIVAL,
    STRANGER,
    Fact,
    add_cluster,
    battle,
    discord_interaction,
    first_seen,
    genes,
    hero,
    hunt,
    hunt_drop,
    jeweler_move,
    lp_harvest,
    lp_move,
    patrol,
    pet,
    purchase,
    put,
    pvp_match,
    quest,
    raffle_entry,
    raffle_win,
    seasonal_action,
    set_as_of,
    shells,
    summon,
    tournament_entry,
    tournament_match,
    vote,
)

MICRO = timedelta(microseconds=1)
#: The rolling window is [START, AS_OF).
START = AS_OF - 180 * DAY


@pytest.fixture(scope="module")
def database_of_edges(module_database: str) -> str:
    """The URL of a database with two clusters and no facts."""
    with psycopg.connect(module_database, autocommit=True) as connection:
        add_cluster(connection, "busy", BUSY, discord_id="1")
        add_cluster(connection, "rival", RIVAL)
    return module_database


@pytest.fixture
def connection(
    database_of_edges: str, rolled_back: OpenTransaction
) -> Iterator[psycopg.Connection]:
    """A transaction as of the instant of the stories, which is rolled back."""
    with rolled_back(database_of_edges) as connection:
        set_as_of(connection, AS_OF)
        connection.execute("set local timezone to 'America/New_York'")
        yield connection


# -- which windows there are --------------------------------------------------------------


def windows(connection: psycopg.Connection, *named: str) -> dict[str, tuple[str, datetime]]:
    """Start and end of each window that a run computes that names these windows."""
    setting = "{" + ",".join(f'"{name}"' for name in named) + "}" if named else ""
    connection.execute("select set_config('hedge.windows', %s, true)", [setting])
    found = connection.execute(
        "select window_key, nullif(starts_at, '-infinity'), ends_at from analytics.windows"
    ).fetchall()
    assert len(found) == len({key for key, *_ in found})
    return {key: (starts_at, ends_at) for key, starts_at, ends_at in found}


DEFAULT = {"all_time": (None, AS_OF), "rolling_180d": (START, AS_OF)}


def add_season(
    connection: psycopg.Connection,
    starts_at: datetime,
    ends_at: datetime,
    is_active: bool = True,
    scoring: str = "SEASON",
) -> None:
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active, scoring)"
        " values ('spring', 'Spring', %s, %s, %s, %s)",
        [starts_at, ends_at, is_active, scoring],
    )


KEY, BASELINE = "season:spring", "season:spring:baseline"


def test_a_run_computes_all_time_and_180_days_of_24_hours(connection: psycopg.Connection) -> None:
    assert windows(connection) == DEFAULT
    assert windows(connection, "rolling_180d", "unknown") == {"rolling_180d": (START, AS_OF)}


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "window_ends_at"),
    [
        (AS_OF - 30 * DAY, AS_OF + DAY, AS_OF),
        (AS_OF - 30 * DAY, AS_OF, AS_OF),
        # its last facts may be loaded for a week
        (AS_OF - 30 * DAY, AS_OF - 7 * DAY + MICRO, AS_OF - 7 * DAY + MICRO),
        (AS_OF - 30 * DAY, AS_OF - 7 * DAY, None),
        # it has begun at its first instant
        (AS_OF, AS_OF + DAY, AS_OF),
        (AS_OF + MICRO, AS_OF + DAY, None),
    ],
)
def test_the_active_season_is_computed_from_its_start_until_a_week_after_its_end(
    connection: psycopg.Connection,
    starts_at: datetime,
    ends_at: datetime,
    window_ends_at: datetime | None,
) -> None:
    add_season(connection, starts_at, ends_at)
    expected = {KEY: (starts_at, window_ends_at), BASELINE: (starts_at, starts_at)}
    assert windows(connection) == DEFAULT | (expected if window_ends_at else {})


def test_a_season_that_is_over_or_not_active_is_computed_if_it_is_named(
    connection: psycopg.Connection,
) -> None:
    add_season(connection, AS_OF - 90 * DAY, AS_OF - 60 * DAY, is_active=False)
    assert windows(connection) == DEFAULT
    assert windows(connection, KEY, BASELINE) == {
        KEY: (AS_OF - 90 * DAY, AS_OF - 60 * DAY),
        BASELINE: (AS_OF - 90 * DAY, AS_OF - 90 * DAY),
    }


def test_a_season_of_lifetime_scoring_begins_with_all_time_and_has_no_baseline(
    connection: psycopg.Connection,
) -> None:
    add_season(connection, AS_OF - 9 * DAY, AS_OF + DAY, scoring="LIFETIME")
    assert windows(connection) == DEFAULT | {KEY: (None, AS_OF)}


def test_a_board_run_that_is_processing_has_the_window_of_its_period(
    connection: psycopg.Connection,
) -> None:
    expected = {}
    for number, (status, start, end) in enumerate(
        [
            ("PROCESSING", AS_OF - 7 * DAY, AS_OF),
            ("PROCESSING", AS_OF - 7 * DAY, AS_OF - DAY),
            # a period that is not over is ranked until the as-of instant
            ("PROCESSING", AS_OF - DAY, AS_OF + DAY),
            ("PROCESSING", None, None),
            ("PENDING", AS_OF - 7 * DAY, AS_OF),
            ("FAILED", AS_OF - 7 * DAY, AS_OF),
        ]
    ):
        connection.execute(
            "insert into app.leaderboard_defs"
            " (key, name, category_key, metric_source, metric_key, time_window)"
            " values (%s, 'A board', 'pvp', 'onchain_pvp', 'wins', 'DAILY')",
            [str(number)],
        )
        (run,) = connection.execute(
            "insert into app.leaderboard_runs"
            " (leaderboard_key, status, period_start, period_end, error)"
            " values (%s, %s, %s, %s, 'why') returning id",
            [str(number), status, start, end],
        ).fetchone()
        if status == "PROCESSING":
            expected[f"run:{run}"] = (start, min(end or AS_OF, AS_OF))
    assert windows(connection) == DEFAULT
    everything = [f"run:{run}" for run in range(100)]
    assert windows(connection, *everything) == expected


# -- what falls into a window -------------------------------------------------------------


def mutated(at: datetime, number: int) -> Fact:
    """A summon of a mutated hero; its parents are known."""
    return summon(100 + number, (1, 1), at=at, stat_genes=genes(class_=16))


#: How each activity model gets a fact of an instant; the number tells facts apart.
EVENTS: dict[str, Callable[[datetime, int], Fact]] = {
    "discord_interactions": lambda at, _: discord_interaction("1", at=at),
    "hunt_drops": lambda at, _: hunt_drop(at=at),
    "hunts": lambda at, _: hunt(at=at),
    "influence_votes": lambda at, number: vote(number, at=at),
    "jeweler_moves": lambda at, _: jeweler_move(1, at=at),
    "lp_harvests": lambda at, _: lp_harvest(at=at),
    "lp_moves": lambda at, _: lp_move(1, at=at),
    "patrols": lambda at, _: patrol(at=at),
    "player_actions": lambda at, _: quest(at=at),
    "pvp_matches": lambda at, _: pvp_match(at=at),
    "quests": lambda at, _: quest(at=at),
    "raffle_entries": lambda at, _: raffle_entry(at=at),
    "raffle_wins": lambda at, _: raffle_win(at=at),
    "league_placings": lambda at, number: tournament_entry(
        number, at=START - 9 * DAY, final_rank=1, ended_at=at
    ),
    # the votes are made long before
    "resolved_bets": lambda at, number: battle(number, at=at),
    "seasonal_actions": lambda at, _: seasonal_action(at=at),
    "shell_movements": lambda at, _: shells(1, at=at),
    "summoned_mutations": mutated,
    "summons": lambda at, number: summon(100 + number, at=at),
    "tournament_entries": lambda at, number: tournament_entry(number, at=at),
    # it ended at that instant
    "tournament_finishes": lambda at, number: tournament_entry(
        number, at=START - 9 * DAY, final_rank=1, ended_at=at
    ),
    "tournament_matches": lambda at, _: tournament_match(BUSY, STRANGER, at=at),
    "vendor_trades": lambda at, _: purchase(1, at=at),
}
#: States, which are read as of the end of a window.
STATES = {"first_transactions", "jewel_stakes", "lp_positions", "owned_heroes", "owned_pets"}
#: Just before the rolling window, its first and last instants, and the first one after it.
EDGES = (START - MICRO, START, AS_OF - MICRO, AS_OF)


def test_every_activity_model_has_a_story() -> None:
    models = {name for name, folder in FOLDER.items() if folder == "activity"}
    assert EVENTS.keys() | STATES == models


@pytest.mark.parametrize("model", EVENTS)
def test_a_fact_counts_from_the_first_instant_of_a_window_and_not_at_its_end(
    connection: psycopg.Connection, model: str
) -> None:
    put(connection, hero(1, STRANGER, at=START - 9 * DAY, stat_genes=genes()))
    if model == "resolved_bets":
        put(connection, *(vote(number, at=START - DAY) for number in range(4)))
    if model == "league_placings":
        connection.execute(
            "insert into analytics.leagues (key, aggregate, only_official)"
            " values ('a', 'SUM', true)"
        )
    put(connection, *(EVENTS[model](at, number) for number, at in enumerate(EDGES)))
    found = connection.execute(
        f"select window_key, cluster_id, occurred_at from analytics.{model}"
    ).fetchall()
    before, first, last, _ = EDGES
    assert sorted(found) == [
        *(("all_time", "busy", at) for at in (before, first, last)),
        *(("rolling_180d", "busy", at) for at in (first, last)),
    ]


@pytest.mark.parametrize("number", range(4))
def test_the_facts_of_an_empty_window_are_none(connection: psycopg.Connection, number: int) -> None:
    """No event falls into the baseline of a season."""
    add_season(connection, AS_OF - 30 * DAY, AS_OF + DAY)
    put(connection, quest(at=AS_OF - 30 * DAY + (number - 2) * MICRO))
    found = connection.execute("select window_key from analytics.quests").fetchall()
    in_season = {(KEY,)} if number >= 2 else set()
    assert set(found) == {("all_time",), ("rolling_180d",)} | in_season


# -- states as of the end of a window -----------------------------------------------------


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        ("owned_heroes", lambda owner, at: hero(7, owner, at=at)),
        ("owned_pets", lambda owner, at: pet(7, owner, at=at)),
    ],
    ids=["owned_heroes", "owned_pets"],
)
def test_what_is_owned_at_the_end_of_a_window_is_the_last_version_before_it(
    connection: psycopg.Connection, model: str, fact: Callable[[str, datetime], Fact]
) -> None:
    season = AS_OF - 30 * DAY
    add_season(connection, season, AS_OF + DAY)
    put(
        connection,
        # from the last instant before the season, and given away at its first
        fact(BUSY, season - MICRO),
        fact(RIVAL, season),
        # bought back at the last instant, and sold too late
        fact(BUSY, AS_OF - MICRO),
        fact(RIVAL, AS_OF),
    )
    found = connection.execute(f"select window_key, cluster_id from analytics.{model}").fetchall()
    assert sorted(found) == [
        ("all_time", "busy"),
        ("rolling_180d", "busy"),
        (KEY, "busy"),
        (BASELINE, "busy"),
    ]


def test_a_first_transaction_counts_in_every_window_that_ends_after_it(
    connection: psycopg.Connection,
) -> None:
    add_season(connection, AS_OF - 30 * DAY, AS_OF + DAY)
    for number, at in enumerate((AS_OF, AS_OF - MICRO, AS_OF - 30 * DAY, START - 9 * DAY)):
        put(connection, first_seen(at=at, chain=str(number)))
    found = connection.execute("select chain, window_key from analytics.first_transactions")
    standing = [("all_time"), ("rolling_180d"), (KEY)]
    assert sorted(found.fetchall()) == [
        *(("1", window) for window in standing),
        *(("2", window) for window in standing),
        *(("3", window) for window in [*standing, BASELINE]),
    ]


#: Deposits and withdrawals as (amount, instant), and the stretches of the rolling window.
POSITIONS = [
    # deposited at the last instant, or too late
    ([(5, AS_OF - MICRO)], [(5, AS_OF - MICRO, AS_OF, True)]),
    ([(5, AS_OF)], []),
    # withdrawn after the end, at the end, or just before it
    ([(5, START - DAY), (-5, AS_OF + DAY)], [(5, START, AS_OF, True)]),
    ([(5, START - DAY), (-5, AS_OF)], [(5, START, AS_OF, True)]),
    ([(5, START - DAY), (-5, AS_OF - MICRO)], [(5, START, AS_OF - MICRO, False)]),
    # withdrawn at the first instant of the window, or just after it
    ([(5, START - DAY), (-5, START)], []),
    ([(5, START - DAY), (-5, START + MICRO)], [(5, START, START + MICRO, False)]),
    # of several events at one instant only the last balance lasts
    ([(5, AS_OF - DAY), (-2, AS_OF - DAY)], [(3, AS_OF - DAY, AS_OF, True)]),
    ([(5, AS_OF - DAY), (-5, AS_OF - DAY)], []),
    # more and less of it, without a gap
    (
        [(5, AS_OF - 3 * DAY), (2, AS_OF - 2 * DAY), (-6, AS_OF - DAY)],
        [
            (5, AS_OF - 3 * DAY, AS_OF - 2 * DAY, False),
            (7, AS_OF - 2 * DAY, AS_OF - DAY, False),
            (1, AS_OF - DAY, AS_OF, True),
        ],
    ),
]


@pytest.mark.parametrize(
    ("model", "amount", "move"),
    [("lp_positions", "lp_amount", lp_move), ("jewel_stakes", "jewel_amount", jeweler_move)],
    ids=["lp_positions", "jewel_stakes"],
)
@pytest.mark.parametrize(("moves", "held"), POSITIONS)
def test_a_position_is_cut_to_the_window_and_held_at_its_end_if_nothing_ended_it_before(
    connection: psycopg.Connection,
    model: str,
    amount: str,
    move: Callable[..., Fact],
    moves: list[tuple[int, datetime]],
    held: list[tuple],
) -> None:
    put(connection, *(move(number, at=at) for number, at in moves))
    found = connection.execute(
        f"select {amount}, held_from, held_until, is_held_at_the_end, holding_number"
        f" from analytics.{model} where window_key = 'rolling_180d' order by held_from"
    ).fetchall()
    assert [row[:4] for row in found] == held
    assert len({number for *_, number in found}) <= 1


def test_a_gap_begins_another_holding(connection: psycopg.Connection) -> None:
    for number, amount in enumerate((5, -5, 5, -2)):
        put(connection, lp_move(amount, at=AS_OF - (4 - number) * DAY))
    found = connection.execute(
        "select lp_amount, holding_number from analytics.lp_positions"
        " where window_key = 'rolling_180d' order by held_from"
    ).fetchall()
    assert found == [(5, 0), (5, 1), (3, 1)]
