"""A name that does not exist is answered with the nearest one that does."""

import psycopg
import pytest

from hedge import boards, exclusions, known_names, merging, progress, rewards, runs, seasons
from hedge.analysis import calibration, explain
from hedge.errors import UsageError
from tests.support import BUSY, add_cluster

NO_CLUSTER = "no cluster busy_be; did you mean busy_bee?"


@pytest.fixture
def named(connection: psycopg.Connection) -> psycopg.Connection:
    """A database with a cluster, a board and a season."""
    add_cluster(connection, "busy_bee", BUSY)
    boards.add(
        connection,
        boards.Board(
            key="lb_wins",
            name="Wins",
            category_key="pvp_competition",
            metric_source="onchain_pvp",
            metric_key="wins",
            time_window="MONTHLY",
        ),
    )
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at)"
        " values ('spring', 'Spring', now(), now() + interval '1 day')"
    )
    return connection


def test_every_kind_of_name_has_a_suggestion(named: psycopg.Connection) -> None:
    def add(**fields: str) -> None:
        boards.edit(named, "lb_wins", **fields)

    for call, expected in (
        (lambda: boards.board(named, "lb_win"), "no board lb_win; did you mean lb_wins?"),
        (lambda: boards.run(["lb_win"]), "no board lb_win; did you mean lb_wins?"),
        (
            lambda: add(metric_key="winz"),
            "board lb_wins: no metric onchain_pvp.winz; did you mean onchain_pvp.wins?",
        ),
        (
            lambda: add(category_key="pvp_competitio"),
            "board lb_wins: no category pvp_competitio; did you mean pvp_competition?",
        ),
        (lambda: seasons.season(named, "sprng"), "no season sprng; did you mean spring?"),
        (
            lambda: seasons.put_weights(
                named, "spring", [{"challenge_key": "arena_victr", "weight": "1"}]
            ),
            "season spring: no challenge arena_victr; did you mean arena_victor?",
        ),
        (
            lambda: seasons.of_cluster(named, "spring", "busybee"),
            "no cluster busybee; did you mean busy_bee?",
        ),
        (
            lambda: progress.of_cluster(named, "busy_be"),
            "no cluster busy_be; did you mean busy_bee?",
        ),
        (
            lambda: explain.of_cluster(named, "busy_be", "arena_victor"),
            "no cluster busy_be; did you mean busy_bee?",
        ),
        (
            lambda: explain.of_cluster(named, "busy_bee", "arena_victr"),
            "no challenge arena_victr; did you mean arena_victor?",
        ),
        (
            lambda: calibration.ladder(named, "arena_victr"),
            "no challenge arena_victr; did you mean arena_victor?",
        ),
        (lambda: merging.merges(named, "busy_be"), NO_CLUSTER),
        (lambda: merging.merge(named, "busy_bee", "busy_be", "a test"), NO_CLUSTER),
        (lambda: merging.merge(named, "busy_be", "busy_bee", "a test"), NO_CLUSTER),
        (lambda: merging.split(named, "busy_be", "a test"), NO_CLUSTER),
        (lambda: exclusions.listed(named, cluster="busy_be"), NO_CLUSTER),
        (lambda: rewards.listed(named, cluster="busy_be"), NO_CLUSTER),
        (lambda: rewards.listed(named, "sprng"), "no season sprng; did you mean spring?"),
        (lambda: rewards.exported(named, "sprng"), "no season sprng; did you mean spring?"),
        (
            lambda: runs.cluster(["busy_bee", "busy_be"]),
            "no cluster busy_be: nothing was computed; did you mean busy_bee?",
        ),
    ):
        with pytest.raises(UsageError) as failure:
            call()
        assert str(failure.value) == expected


def test_a_name_that_is_like_no_other_has_none(named: psycopg.Connection) -> None:
    assert str(known_names.unknown(named, "board", "chess")) == "no board chess"
    # clusters are compared where they begin alike
    assert known_names.suggestion(named, "cluster", "xbusy_bee") == ""
    for sentence in ("no season is active at 2026", "the window is SEASON", "no board lb_win: x"):
        assert known_names.with_suggestion(named, sentence) == sentence


def test_before_a_deploy_no_challenge_is_known(named: psycopg.Connection) -> None:
    named.execute("drop schema analytics cascade")
    assert known_names.suggestion(named, "challenge", "arena_victr") == ""
    assert known_names.suggestion(named, "board", "lb_win") == "; did you mean lb_wins?"
