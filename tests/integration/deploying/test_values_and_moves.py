"""What a deploy finds wrong with values, and which moves it calls large, over a few rows.

The temporary tables that a deploy fills are written by hand.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hedge.deploying import facts, moves, sources
from hedge.deploying.sources import Source
from hedge.queries import query
from tests.support import BUSY, IDLE, RIVAL, add_cluster

CLUSTERS = {"busy": BUSY, "idle": IDLE, "rival": RIVAL}
SQL = """select
    sum(wins) as wins,
    max(best)
    as best, -- as wins
    wins
from matches
"""


@pytest.fixture
def clusters(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database with three clusters, which is rolled back."""
    for cluster, wallet in CLUSTERS.items():
        add_cluster(transaction, cluster, wallet)
    return transaction


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """The metric source arena of the schema pg_temp."""
    (tmp_path / "arena.sql").write_text(SQL)
    return Source("arena", "pg_temp", "arena.sql", ["wins", "best"], tmp_path)


def put_computed(connection: psycopg.Connection, *rows: tuple) -> None:
    """What was computed: cluster, window, wins and best."""
    connection.execute(
        "create temporary table computed (cluster_id text, window_key text, wins numeric,"
        " best float8)"
    )
    with connection.cursor() as cursor:
        cursor.executemany("insert into computed values (%s, %s, %s, %s)", rows)
    connection.execute(query("deploy_values"))
    connection.execute(query("deploy_windows"))


def test_the_place_of_a_metric_is_the_last_line_that_names_its_column(source: Source) -> None:
    assert source.place("wins") == "arena.sql:5"
    assert source.place("best") == "arena.sql:4"
    assert source.place("losses") == source.place(None) == "arena.sql"


LARGEST = 10**54


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("busy", "all_time", 0, 1), ("busy", "rolling_180d", 0, 1)], []),
        (
            [("busy", "all_time", 1, 1), ("busy", "all_time", 1, 1)],
            ["arena has 2 rows for cluster busy and window all_time"],
        ),
        (
            [(None, "all_time", 1, 1), ("busy", None, 1, 1)],
            ["arena has a row without a cluster or window (cluster None, window all_time)"],
        ),
        ([("ada", "all_time", 1, 1)], ["arena has a row for ada, which is no cluster"]),
        ([("busy", "run:7", 1, 1)], ["arena has a row for the window run:7, which was not"]),
        (
            [("busy", "all_time", 1, "NaN"), ("idle", "all_time", 1, "Infinity")],
            [
                "arena.best has NaN for cluster busy in the window all_time: a metric is a finite"
                " number (and 1 more such rows)"
            ],
        ),
        ([("busy", "all_time", LARGEST - 1, 1)], []),
        ([("busy", "all_time", LARGEST, 1)], ["arena.wins has 1.00e+54 for cluster busy"]),
        (
            [(cluster, "all_time", value, 1) for cluster, value in (("idle", -1), ("busy", -2))],
            [
                "arena.wins has -2 for cluster busy in the window all_time: a metric is never"
                " below zero (and 1 more such rows)"
            ],
        ),
        (
            [("busy", "all_time", None, 1), ("idle", "all_time", None, None)],
            ["arena.wins has no value for any cluster: all 2 rows are null"],
        ),
    ],
)
def test_a_fault_of_values_is_told_with_its_first_row(
    clusters: psycopg.Connection, source: Source, rows: list[tuple], found: list[str]
) -> None:
    put_computed(clusters, *rows)
    told = sources.value_faults(clusters, source, is_derived=False)
    said = [sentence.partition(": ")[2] for sentence in told]
    assert len(said) == len(found), said
    for sentence, expected in zip(said, found, strict=True):
        assert sentence.startswith(expected)
    # a derived source reads a mart, which has windows of board runs
    of_derived = sources.value_faults(clusters, source, is_derived=True)
    assert [one for one in told if "window run:7" not in one] == of_derived


# -- moves -------------------------------------------------------------------------------


@pytest.fixture
def aside(clusters: psycopg.Connection) -> Any:
    """What a deploy has computed aside, as far as the checks use it."""
    return SimpleNamespace(
        connection=clusters, relation=lambda name: sql.Identifier("pg_temp", name)
    )


@pytest.mark.parametrize(
    ("share", "up", "found"),
    [
        (33, 1, ["it rises for 1 of 3 clusters"]),
        (34, 1, []),
        # as many as allowed are not too many
        (100, 3, []),
        (0, 0, []),
    ],
)
def test_a_move_is_large_above_the_share(
    monkeypatch: pytest.MonkeyPatch, share: int, up: int, found: list[str]
) -> None:
    monkeypatch.setenv("HEDGE_LARGE_MOVE", str(share))
    assert moves._shares("it", up, 0, 3) == found
    assert moves._shares("it", 0, up, 3) == [one.replace("rises", "falls") for one in found]
    assert moves._shares("it", 0, 0, 0) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        # values over all time, of a metric that both have
        ([2, 2, 2], [2, 2, 2], []),
        ([2, 2, 2], [3, 3, 1], ["wins rises for 2 of 3 clusters"]),
        ([2, 2, None], [1, None, None], ["wins falls for 2 of 3 clusters"]),
        ([None, None, None], [1, 1, 0], ["wins rises for 2 of 3 clusters"]),
        ([0, 1, 0], [0, 0, 0], ["wins is above zero for 1 cluster now, and would be for none"]),
        ([0, 0, 0], [0, 0, 0], []),
    ],
)
def test_values_that_move_are_counted_by_cluster(
    aside: Any,
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
    before: list[int | None],
    after: list[int | None],
    found: list[str],
) -> None:
    connection = aside.connection
    monkeypatch.setenv("HEDGE_LARGE_MOVE", "50")
    connection.execute(
        "create table analytics.arena (cluster_id text, window_key text, wins numeric)"
    )
    for cluster, value in zip(CLUSTERS, before, strict=True):
        if value is not None:
            connection.execute(
                "insert into analytics.arena"
                " values (%(cluster)s, 'all_time', %(value)s), (%(cluster)s, 'run:1', 99)",
                {"cluster": cluster, "value": value},
            )
    put_computed(
        connection,
        *(
            (cluster, window, value if window == "all_time" else 99, 1)
            for cluster, value in zip(CLUSTERS, after, strict=True)
            if value is not None
            for window in ("all_time", "rolling_180d")
        ),
    )
    said = [sentence.partition(": arena.")[2] for sentence in moves.of_source(aside, source)]
    assert said == found


# -- facts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "value", "found"),
    [
        # three facts, each of which may be read in several rows
        (None, 3, None),
        (None, 3.000003, None),
        (None, 3.000004, "is 3.000004 for cluster busy, which has 3 facts of matches: a join"),
        # what a fact takes away does not lower what the others add
        ("facts.gold", 12, None),
        ("facts.gold", 13, "has 3 facts of matches that add up to 12: a join repeats rows"),
    ],
)
def test_a_metric_cannot_be_more_than_its_facts(
    aside: Any, source: Source, amount: str | None, value: float, found: str | None
) -> None:
    aside.connection.execute(
        "create temporary table matches"
        " (cluster_id text, window_key text, id integer, part integer, gold integer);"
        "insert into matches values ('busy', 'all_time', 1, 1, 5), ('busy', 'all_time', 1, 2, 5),"
        " ('busy', 'all_time', 2, 1, 7), ('busy', 'all_time', 3, 1, -4),"
        " ('busy', 'rolling_180d', 4, 1, 100), ('idle', 'all_time', 5, 1, 100)"
    )
    put_computed(aside.connection, ("busy", "all_time", value, 1), ("idle", "all_time", 0, 1))
    evidence = {"facts": "matches"} | ({"amount": amount} if amount else {})
    told = facts._of_metric(aside, source, "wins", evidence, "matches", {"key": ["id"]})
    assert [found in sentence for sentence in told] == ([True] if found else [])
