"""What an exclusion concerns: boards that become stale, metrics that rest on another, and the
player of a fact."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hedge import database, exclusions
from hedge.errors import UsageError
from hedge.exclusions import NewExclusion
from tests.in_process.rows import put_board, put_board_run
from tests.support import BUSY, RIVAL, add_cluster, discord_interaction, put, pvp_match

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
DISCORD = "100000000000000080"
MAY = {"period_start": NOW - 60 * DAY, "period_end": NOW - 30 * DAY, "as_of": NOW - 30 * DAY}
APRIL = {"period_start": NOW - 90 * DAY, "period_end": NOW - 60 * DAY, "as_of": NOW - 60 * DAY}
BOARDS = {
    "wins": ("onchain_pvp", "wins"),
    "hunts": ("onchain_hunting", "encounters_won"),
    "points": ("season_progress", "spring"),
    "total": ("challenge_progress", "total_score"),
    # of wins in patrols, among others
    "feat": ("epic_feats", "vangardian_unlocked"),
}


@pytest.fixture
def boards(transaction: psycopg.Connection) -> psycopg.Connection:
    """Boards of two periods, which list busy in both and rival in the first; and two accounts."""
    add_cluster(transaction, "busy", BUSY, discord_id=DISCORD)
    add_cluster(transaction, "rival", RIVAL)
    transaction.execute(
        "insert into app.seasons (id, name, starts_at, ends_at)"
        " values ('spring', 'Spring', now() - interval '90 days', now() + interval '1 day')"
    )
    for key, (source, metric) in BOARDS.items():
        put_board(transaction, key, metric_source=source, metric_key=metric)
        put_board_run(transaction, key, [(1, "busy", 5), (2, "rival", 3)], **APRIL)
        put_board_run(transaction, key, [(1, "busy", 5)], **MAY)
    return transaction


def stale(connection: psycopg.Connection) -> list[str]:
    """The stale board runs, as `board month`; they are made current again."""
    rows = connection.execute(
        "select leaderboard_key || case when as_of < now() - interval '45 days' then ' april'"
        " else ' may' end from app.leaderboard_runs where stale_since is not null order by 1"
    ).fetchall()
    connection.execute("update app.leaderboard_runs set stale_since = null")
    return [name for (name,) in rows]


BOTH = {key: [f"{key} april", f"{key} may"] for key in BOARDS}
ALL = sorted(name for names in BOTH.values() for name in names)
PATROLS = "onchain_metis_patrol.wins"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"cluster_id": "busy"}, ALL),
        ({"cluster_id": "rival"}, [name for name in ALL if name.endswith("april")]),
        ({"wallet_address": RIVAL}, [name for name in ALL if name.endswith("april")]),
        ({"cluster_id": "busy", "board_key": "hunts"}, BOTH["hunts"]),
        ({"cluster_id": "rival", "board_key": "hunts"}, ["hunts april"]),
        ({"cluster_id": "busy", "season_id": "spring"}, BOTH["points"]),
        (
            {"cluster_id": "busy", "metric": "onchain_pvp.wins"},
            sorted(BOTH["wins"] + BOTH["points"] + BOTH["total"]),
        ),
        (
            {"cluster_id": "busy", "metric": PATROLS},
            sorted(BOTH["feat"] + BOTH["points"] + BOTH["total"]),
        ),
        # it was over when it was made: no run has followed it, and none will
        ({"cluster_id": "busy", "starts_at": NOW - 9 * DAY, "ends_at": NOW - DAY}, []),
    ],
)
def test_boards_are_stale_that_an_exclusion_can_change(
    boards: psycopg.Connection, wanted: dict[str, str], expected: list[str]
) -> None:
    exclusions.add(boards, NewExclusion("unfair", **wanted), "ada")
    assert stale(boards) == expected


def test_the_end_of_an_exclusion_concerns_what_was_computed_since_it_began(
    boards: psycopg.Connection,
) -> None:
    wanted = NewExclusion("unfair", cluster_id="rival", starts_at=MAY["as_of"])
    number = exclusions.add(boards, wanted, "ada")
    stale(boards)
    exclusions.end(boards, number, "ada")
    # the run of may may have left it out, and that of april has not
    assert stale(boards) == [name for name in ALL if name.endswith("may")]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"cluster_id": "rival"}, [name for name in ALL if name.endswith("april")]),
        ({"cluster_id": "busy", "board_key": "hunts"}, BOTH["hunts"]),
        ({"wallet_address": BUSY}, ALL),
    ],
)
def test_what_lay_ahead_makes_boards_stale_when_the_first_run_follows_it(
    boards: psycopg.Connection, wanted: dict[str, str], expected: list[str]
) -> None:
    planned = {"starts_at": NOW + DAY, "ends_at": NOW + 3 * DAY}
    exclusions.add(boards, NewExclusion("unfair", **wanted, **planned), "ada")
    take = "select app.take_changes('a run', %s)"

    def first_run(at: datetime) -> list[str]:
        boards.execute(take, [at])
        found = stale(boards)
        boards.execute("delete from app.change_notes where taken_by = 'a run'")
        return found

    assert first_run(NOW + DAY - timedelta(seconds=1)) == []
    assert first_run(NOW + DAY) == expected
    # the next one finds nothing new, and the end gives the runs back that followed it
    assert first_run(NOW + 2 * DAY) == []
    boards.execute("update app.leaderboard_runs set as_of = %s", [NOW + 2 * DAY])
    assert len(first_run(NOW + 3 * DAY)) >= len(set(expected)) / 2 > 0
    assert first_run(NOW + 4 * DAY) == []


def test_what_lay_ahead_and_was_ended_before_makes_nothing_stale(
    boards: psycopg.Connection,
) -> None:
    wanted = NewExclusion("unfair", cluster_id="busy", starts_at=NOW + DAY)
    number = exclusions.add(boards, wanted, "ada")
    exclusions.end(boards, number, "ada")
    stale(boards)
    boards.execute("select app.take_changes('a run', %s)", [NOW + 2 * DAY])
    assert stale(boards) == []


def test_a_fact_that_begins_to_be_excluded_later_makes_its_period_stale(
    boards: psycopg.Connection,
) -> None:
    match = pvp_match(BUSY, at=NOW - 45 * DAY, match_id="1")
    put(boards, match)
    boards.execute("delete from app.change_notes")
    key = {name: match.row[name] for name in ("realm", "match_id", "wallet_address")}
    wanted = NewExclusion("a fault", raw_table="pvp_matches", fact=key, starts_at=NOW + DAY)
    exclusions.add(boards, wanted, "ada")
    boards.execute("select app.take_changes('a run', %s)", [NOW])
    assert stale(boards) == []
    boards.execute("select app.take_changes('a run', %s)", [NOW + DAY])
    # of the periods that have closed since it happened
    assert stale(boards) == ["feat may", "wins may"]


def test_a_board_that_is_being_computed_is_stale_when_it_is_there(
    boards: psycopg.Connection,
) -> None:
    put_board(boards, "now")
    boards.execute(
        "insert into app.leaderboard_runs (leaderboard_key, status, as_of)"
        " values ('now', 'PROCESSING', now())"
    )
    exclusions.add(boards, NewExclusion("unfair", cluster_id="rival", board_key="now"), "ada")
    assert stale(boards) == ["now may"]


def test_entries_of_a_merged_account_are_its_own(boards: psycopg.Connection) -> None:
    boards.execute("select app.merge_clusters('busy', 'rival', interval '1 day', 'a test')")
    boards.execute("delete from analytics.leaderboard_entries where cluster_id = 'busy'")
    stale(boards)
    exclusions.add(boards, NewExclusion("unfair", cluster_id="busy"), "ada")
    assert stale(boards) == [name for name in ALL if name.endswith("april")]


def test_a_derived_metric_falls_with_what_it_rests_on(boards: psycopg.Connection) -> None:
    exclusions.add(boards, NewExclusion("unfair", cluster_id="busy", metric=PATROLS), "ada")
    ask = "select app.is_excluded_from_metric('busy', %s, %s, %s)"
    for source, key, inputs, expected in (
        ("onchain_metis_patrol", "wins", [], True),
        ("onchain_metis_patrol", "elite_wins", [], False),
        ("epic_feats", "vangardian_unlocked", ["onchain_shells", "onchain_metis_patrol"], True),
        ("epic_feats", "crowned_jeweler_unlocked", ["onchain_staking"], False),
        ("another_derived_source", "sum", ["onchain_metis_patrol"], True),
        ("another_derived_source", "nobody_says", None, True),
    ):
        assert boards.execute(ask, [source, key, inputs]).fetchone() == (expected,), key


def test_facts_of_a_discord_account_are_told_to_its_player(boards: psycopg.Connection) -> None:
    put(boards, discord_interaction(DISCORD, interaction_id="1", at=NOW - DAY))
    fact = NewExclusion("a bot", raw_table="discord_interactions", fact={"interaction_id": "1"})
    number = exclusions.add(boards, fact, "ada")
    assert [one.exclusion_id for one in exclusions.of_cluster(boards, "busy")] == [number]
    assert exclusions.of_cluster(boards, "rival") == []
    # and of the account that it was merged into
    boards.execute("select app.merge_clusters('rival', 'busy', interval '1 day', 'a test')")
    assert [one.exclusion_id for one in exclusions.of_cluster(boards, "rival")] == [number]


def test_before_the_first_deploy_only_a_metric_cannot_be_named(
    own_database: Callable[[str], str],
) -> None:
    own_database("template0")
    database.migrate()
    with database.connect() as connection:
        add_cluster(connection, "busy", BUSY)
        with pytest.raises(UsageError, match=r"no metric a\.b: run hedge etl deploy first"):
            exclusions.add(connection, NewExclusion("x", cluster_id="busy", metric="a.b"), "ada")
        number = exclusions.add(connection, NewExclusion("unfair", cluster_id="busy"), "ada")
        exclusions.add(connection, NewExclusion("unfair", wallet_address=BUSY), "ada")
        assert connection.execute(
            "select app.excluded_clusters(), app.excluded_wallets()"
        ).fetchone() == (["busy"], [BUSY])
        exclusions.end(connection, number, "ada")
