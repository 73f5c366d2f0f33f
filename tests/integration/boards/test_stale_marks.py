"""Which board runs are marked stale when a run over all changes takes change notes.

Functions are called in a transaction that is rolled back.
"""

from datetime import datetime
from typing import Any

import psycopg
import pytest

from hedge import boards, runs, seasons
from hedge.seasons import Season
from tests.integration.boards import MAY, MICROSECOND, a_board
from tests.rendering import graph
from tests.support import (
    BUSY,
    DAY,
    IDLE,
    RIVAL,
    Fact,
    add_cluster,
    battle,
    hero,
    link,
    lp_price,
    put,
    pvp_match,
    quest,
    summon,
    tournament_entry,
    vote,
)

START, END = MAY
CLOSED = END + DAY
Period = tuple[datetime | None, datetime | None]
ALL_TIME = (None, None)


@pytest.fixture
def settled(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a deployed database with a cluster and no change notes."""
    add_cluster(transaction, "busy", BUSY)
    transaction.execute("delete from app.change_notes")
    return transaction


def add(connection: psycopg.Connection, metric: str = "onchain_pvp.wins", **fields: Any) -> None:
    boards.add(connection, a_board(metric, **fields))


def see(connection: psycopg.Connection) -> int:
    """What board runs do that begin."""
    (number,) = connection.execute("select app.see_changes()").fetchone()
    return number


def board_run(
    connection: psycopg.Connection,
    key: str = "wins",
    period: Period = MAY,
    as_of: datetime | None = CLOSED,
    **columns: Any,
) -> int:
    """A run of a board that has seen the changes until now; complete unless told otherwise."""
    row = {
        "leaderboard_key": key,
        "period_start": period[0],
        "period_end": period[1],
        "status": "COMPLETE",
        "as_of": as_of,
        "row_count": 0,
    } | columns
    row.setdefault("changes_seen", see(connection))
    (number,) = connection.execute(
        f"insert into app.leaderboard_runs ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))}) returning id",
        list(row.values()),
    ).fetchone()
    return number


def take(connection: psycopg.Connection) -> str:
    """What a run over all changes does that begins."""
    taken_by = runs.take_changes(connection)
    assert taken_by is not None
    return taken_by


def succeed(connection: psycopg.Connection, taken_by: str) -> None:
    """What it does that ends."""
    connection.execute("select app.delete_taken_changes(%s, null)", [taken_by])


def marked(connection: psycopg.Connection) -> set[int]:
    """The runs that are marked."""
    found = connection.execute("select id from app.leaderboard_runs where stale_since is not null")
    return {number for (number,) in found}


def is_stale(connection: psycopg.Connection, fact: Fact, metric: str, **fields: Any) -> bool:
    """Whether a fact that comes after the run for May makes it stale."""
    add(connection, metric, **fields)
    run = board_run(connection)
    put(connection, fact)
    take(connection)
    return marked(connection) == {run}


LEVELS = "onchain_heroes.total_levels"
WINS = "onchain_pvp.wins"
ROYAL = "onchain_summoning.royal_lineage_count"


@pytest.mark.parametrize(
    ("metric", "fact", "stale"),
    [
        (WINS, pvp_match(BUSY, at=START), True),
        (WINS, pvp_match(BUSY, at=END - MICROSECOND), True),
        (WINS, pvp_match(BUSY, at=START - MICROSECOND), False),
        (WINS, pvp_match(BUSY, at=END), False),
        # another table
        (WINS, quest(BUSY, at=START), False),
        (WINS, hero(1, BUSY, at=START), False),
        # state at the end of the period depends on all that was before
        (LEVELS, hero(1, BUSY, at=START - 300 * DAY), True),
        (LEVELS, hero(1, BUSY, at=END - MICROSECOND), True),
        (LEVELS, hero(1, BUSY, at=END), False),
        (LEVELS, pvp_match(BUSY, at=START), False),
        ("onchain_staking.stake_duration_days", pvp_match(BUSY, at=START), False),
        ("onchain_lp.active_days", lp_price(2, day=(START - DAY).date()), True),
        ("onchain_lp.active_days", lp_price(2, day=END.date()), False),
        # what happened before the period decides about what happens in it
        ("onchain_influence.bets_won", vote(1, at=START - DAY), True),
        ("onchain_influence.bets_won", battle(1, at=START - DAY), False),
        ("onchain_influence.bets_won", vote(1, at=END), False),
        (ROYAL, summon(7, at=START - DAY), True),
        (ROYAL, summon(7, at=END), False),
        (ROYAL, hero(7, BUSY, at=START - DAY), True),
        (ROYAL, hero(7, BUSY, at=END), False),
        ("onchain_tournaments.wins", tournament_entry(1, at=START - DAY), True),
        ("onchain_tournaments.wins", tournament_entry(1, at=END), False),
        # what a source derives reads all that its inputs read
        ("meta_profile.pvp_mastery_score", pvp_match(BUSY, at=START), True),
        ("meta_profile.pvp_mastery_score", quest(BUSY, at=START), True),
        ("epic_feats.worldforged_summoner_unlocked", summon(7, at=START), True),
        ("epic_feats.worldforged_summoner_unlocked", quest(BUSY, at=END), False),
    ],
)
def test_a_fact_of_the_period_that_the_board_reads_makes_its_run_stale(
    settled: psycopg.Connection, metric: str, fact: Fact, stale: bool
) -> None:
    assert is_stale(settled, fact, metric) == stale


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_tables_of_every_ordering_key_count(settled: psycopg.Connection, count: int) -> None:
    places = ("fallback", "third", "fourth")[: count - 1]
    later = {f"{place}_metric_key": "best_win_streak" for place in places} | {
        f"{places[-1]}_metric_source": "onchain_quests",
        f"{places[-1]}_metric_key": "mining_quests",
    }
    assert is_stale(settled, quest(BUSY, at=START), WINS, **later)


def test_the_tiebreaker_of_the_same_source_has_no_source_of_its_own(
    settled: psycopg.Connection,
) -> None:
    """best_win_streak of the window and wins: neither reads what was before."""
    fields = {"fallback_metric_key": "best_win_streak"}
    assert not is_stale(settled, pvp_match(BUSY, at=START - DAY), WINS, **fields)


@pytest.mark.parametrize(("metric", "stale"), [(ROYAL, True), (LEVELS, False)])
def test_a_corrected_version_after_the_period_counts_for_genes_and_not_for_state(
    settled: psycopg.Connection, metric: str, stale: bool
) -> None:
    put(settled, hero(7, BUSY, at=END + DAY))
    add(settled, metric)
    run = board_run(settled)
    settled.execute("update raw.heroes set stat_genes = 1")
    take(settled)
    assert marked(settled) == ({run} if stale else set())


CORRECTIONS = [
    "delete from raw.pvp_matches where wallet_address = %s",
    "update raw.pvp_matches set outcome = 'LOSS' where wallet_address = %s",
]


@pytest.mark.parametrize("correction", CORRECTIONS, ids=["delete", "update"])
def test_a_corrected_fact_makes_stale_what_counted_it(
    settled: psycopg.Connection, correction: str
) -> None:
    add(settled)
    put(settled, pvp_match(BUSY, at=START + DAY), pvp_match(RIVAL, at=END + DAY))
    may, june = board_run(settled), board_run(settled, period=(END, END + 30 * DAY))
    all_time = board_run(settled, period=ALL_TIME)
    settled.execute(correction, [RIVAL])
    take(settled)
    # neither May nor anything that was computed before that fact's time
    assert marked(settled) == set()
    settled.execute(correction, [BUSY])
    take(settled)
    assert marked(settled) == {may, all_time}
    assert june not in marked(settled)


def test_new_facts_do_not_make_a_period_stale_that_goes_on(settled: psycopg.Connection) -> None:
    """Its board is due each day, and new facts arrive all the time."""
    add(settled)
    middle = START + 10 * DAY
    going_on = [
        board_run(settled, as_of=middle),
        board_run(settled, period=ALL_TIME, as_of=middle),
    ]
    closed = board_run(settled, period=(START, middle), as_of=middle)
    put(settled, pvp_match(BUSY, at=START))
    succeed(settled, take(settled))
    assert marked(settled) == {closed}
    settled.execute("delete from raw.pvp_matches")
    take(settled)
    assert marked(settled) == {closed, *going_on}


def test_a_note_that_a_run_has_seen_does_not_make_it_stale(settled: psycopg.Connection) -> None:
    add(settled)
    before = board_run(settled)
    put(settled, pvp_match(BUSY, at=START))
    after = board_run(settled, period=(START, END + DAY))
    again = board_run(settled, period=(START, END + MICROSECOND))
    taken_by = take(settled)
    assert marked(settled) == {before}
    # a failed run leaves the notes to the next one
    take(settled)
    assert marked(settled) == {before}
    succeed(settled, taken_by)
    put(settled, pvp_match(IDLE, at=START))
    take(settled)
    assert marked(settled) == {before, after, again}


def test_what_a_transaction_commits_late_was_not_seen(deployed: psycopg.Connection) -> None:
    """The run has read the facts before, however early the note was written."""
    add_cluster(deployed, "busy", BUSY)
    add(deployed)
    take(deployed)
    with psycopg.connect(deployed.info.dsn) as writer:
        put(writer, pvp_match(BUSY, at=START))
        run = board_run(deployed)
        take(deployed)
        assert marked(deployed) == set()
        writer.commit()
    seen = board_run(deployed, period=(START, END + DAY))
    take(deployed)
    assert marked(deployed) == {run}
    assert seen not in marked(deployed)


def test_a_run_that_is_being_computed_is_marked(settled: psycopg.Connection) -> None:
    """The notes are deleted before it is complete."""
    add(settled)
    computed = board_run(settled, status="PROCESSING", as_of=None, row_count=None)
    pending = {"status": "PENDING", "as_of": None, "row_count": None, "changes_seen": None}
    waits = board_run(settled, **pending)
    put(settled, pvp_match(BUSY, at=START))
    take(settled)
    assert marked(settled) == {computed}
    assert waits not in marked(settled)


def test_the_run_that_counts_for_a_period_is_marked_once(settled: psycopg.Connection) -> None:
    add(settled)
    board_run(settled, as_of=CLOSED + DAY)
    counts = board_run(settled, as_of=CLOSED + 2 * DAY)
    board_run(settled, as_of=CLOSED)
    board_run(settled, status="FAILED", as_of=None, row_count=None, error="why")
    put(settled, pvp_match(BUSY, at=START))
    take(settled)
    assert marked(settled) == {counts}
    since = "select stale_since from app.leaderboard_runs where id = %s"
    (first,) = settled.execute(since, [counts]).fetchone()
    put(settled, pvp_match(IDLE, at=START))
    take(settled)
    assert settled.execute(since, [counts]).fetchone() == (first,)


def test_a_truncated_table_touches_every_period(settled: psycopg.Connection) -> None:
    add(settled)
    add(settled, LEVELS, key="levels")
    wins = {
        board_run(settled),
        board_run(settled, period=ALL_TIME),
        board_run(settled, period=(START, START + DAY), changes_seen=None),
    }
    board_run(settled, "levels")
    settled.execute("truncate raw.pvp_matches")
    take(settled)
    assert marked(settled) == wins


def test_changes_that_were_not_noted_make_stale_what_was_computed_since_notes_exist(
    settled: psycopg.Connection,
) -> None:
    """As when a deploy creates triggers that somebody has dropped. Of runs from before the first
    notes nothing is known."""
    add(settled)
    run = board_run(settled)
    board_run(settled, period=(START, START + DAY), changes_seen=None)
    settled.execute(
        "insert into app.change_notes (table_name, operation, kind, key)"
        " values ('pvp_matches', 'INSERT', 'everything', '')"
    )
    take(settled)
    assert marked(settled) == {run}


def test_links_accounts_and_seasons_do_not_make_a_run_stale(settled: psycopg.Connection) -> None:
    add(settled)
    board_run(settled)
    add_cluster(settled, "rival", RIVAL)
    link(settled, "busy", IDLE)
    seasons.add(settled, Season("may", "May", START, END, True, "SEASON"))
    take(settled)
    assert marked(settled) == set()


def test_a_board_of_a_mart_is_stale_once_the_mart_shows_the_change(
    settled: psycopg.Connection,
) -> None:
    """Whatever it has seen: season points are computed by runs over all changes."""
    seasons.add(settled, Season("may", "May", START, END, True, "SEASON"))
    add(settled, "season_progress.may", window="SEASON")
    settled.execute("delete from app.change_notes")
    put(settled, pvp_match(BUSY, at=START), quest(BUSY, at=END))
    run = board_run(settled)
    taken_by = take(settled)
    assert marked(settled) == set()
    succeed(settled, taken_by)
    assert marked(settled) == {run}
    later = board_run(settled, as_of=CLOSED + DAY)
    put(settled, quest(BUSY, at=END))
    succeed(settled, take(settled))
    assert later not in marked(settled)


def test_a_deploy_stores_which_raw_tables_each_source_reads(settled: psycopg.Connection) -> None:
    stored = settled.execute(
        "select metric_source, array_agg(table_name), array_agg(counts_in)"
        " from app.metric_source_tables group by metric_source"
    ).fetchall()
    tables = {source: dict(zip(names, counts, strict=True)) for source, names, counts in stored}
    assert tables["onchain_pvp"] == {"pvp_matches": "its window"}
    assert tables["onchain_influence"] == {
        "influence_predictions": "later windows",
        "metis_battles": "its window",
    }
    assert tables["onchain_summoning"] == {
        "hero_summons": "later windows",
        "heroes": "every window",
    }
    raw = {
        source["identifier"] for source in graph()["sources"].values() if source["schema"] == "raw"
    }
    assert set(tables["season_progress"]) == set(tables["challenge_progress"]) == raw
