"""What a run leaves out, and what it keeps instead: the macros over a few rows."""

from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.rendering import Relation, render
from tests.support import AS_OF, BUSY, DAY, IDLE, add_cluster, set_as_of

EARLIER, LATER = AS_OF - 2 * DAY, AS_OF - DAY
SOURCES = ["onchain_pvp", "onchain_gold", "epic_feats", "meta_profile"]
MARTS = {"this": Relation("cluster_metrics")}


def left_out(**sources: list[str] | None) -> dict[str, Any]:
    """The variable left_out: metric sources with the clusters for which they fail."""
    return {
        "left_out": [
            {"metric_source": source, "clusters": clusters, "why": "why"}
            for source, clusters in sources.items()
        ]
    }


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        (left_out(), [[], [], [], []]),
        # a derived source has metrics that do not rest on it, and is computed
        (left_out(onchain_pvp=["b", "a"]), [["a", "b"], [], [], []]),
        (left_out(onchain_pvp=None), [None, [], [], []]),
        (left_out(onchain_pvp=["b"], onchain_gold=["a", "b"]), [["b"], ["a", "b"], [], []]),
        (left_out(onchain_pvp=["b"], onchain_gold=None), [["b"], None, [], []]),
        # but it may read the derived ones before it
        (left_out(epic_feats=["a"]), [[], [], ["a"], ["a"]]),
        (left_out(meta_profile=["a"]), [[], [], [], ["a"]]),
    ],
)
def test_what_rests_on_a_source_is_left_out_with_it(
    variables: dict[str, Any], found: list[list[str] | None]
) -> None:
    told: list[Any] = []
    for source in SOURCES:
        render(f"{{% do tell(left_out_clusters('{source}')) %}}", variables, tell=told.append)
    assert told == found


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """Two clusters with the metrics of two windows, in a transaction that is rolled back."""
    set_as_of(transaction, AS_OF)
    add_cluster(transaction, "busy", BUSY)
    add_cluster(transaction, "idle", IDLE)
    for cluster, window, metrics, at, marker in (
        ("busy", "all_time", '{"onchain_pvp": {"wins": 1}}', EARLIER, None),
        ("busy", "rolling_180d", '{"onchain_pvp": {"wins": 2}}', LATER, None),
        ("busy", "run:7", '{"onchain_pvp": {"wins": 3}}', LATER, None),
        ("idle", "all_time", '{"onchain_gold": {"spent": 4}}', LATER, EARLIER),
    ):
        transaction.execute(
            "insert into analytics.cluster_metrics"
            " (cluster_id, window_key, metrics, last_computed_at, left_out)"
            " values (%s, %s, %s, %s, jsonb_build_object('onchain_pvp', %s::timestamptz))",
            [cluster, window, metrics, at, marker],
        )
    transaction.execute(
        "update analytics.cluster_metrics set left_out = null where cluster_id = 'busy'"
    )
    return transaction


def kept(connection: psycopg.Connection, of: str, **variables: Any) -> list[tuple]:
    text = render(f"{{{{ kept_metrics('onchain_pvp', {of}) }}}}", variables, **MARTS)
    return sorted(
        (cluster, window, metrics["wins"])
        for cluster, window, _, metrics in connection.execute(text)
    )


def test_the_metrics_of_a_source_are_kept_where_there_are_some(
    connection: psycopg.Connection,
) -> None:
    """In the windows and for the clusters of the run."""
    of_busy = [("busy", "all_time", 1), ("busy", "rolling_180d", 2)]
    assert kept(connection, "none") == of_busy
    assert kept(connection, "['busy']") == of_busy
    assert kept(connection, "['idle']") == []
    assert kept(connection, "none", clusters=["idle"]) == []


def marker(
    connection: psycopg.Connection, row: tuple[str, str], variables: dict[str, Any]
) -> dict[str, datetime | None] | None:
    text = render(
        "select {{ sources_left_out('found') }} from (values (%s, %s)) as found"
        " (cluster_id, window_key)",
        variables,
        **MARTS,
    )
    (found,) = connection.execute(text, row).fetchone()
    return found and {
        source: instant and datetime.fromisoformat(instant) for source, instant in found.items()
    }


@pytest.mark.parametrize(
    ("row", "variables", "found"),
    [
        (("busy", "all_time"), left_out(), None),
        # the instant of the values of that window
        (("busy", "all_time"), left_out(onchain_pvp=None), {"onchain_pvp": EARLIER}),
        (("busy", "rolling_180d"), left_out(onchain_pvp=["busy"]), {"onchain_pvp": LATER}),
        (("busy", "all_time"), left_out(onchain_pvp=["idle"]), None),
        # what an earlier run has left out, too, is as of the run before that
        (("idle", "all_time"), left_out(onchain_pvp=None), {"onchain_pvp": EARLIER}),
        (
            ("idle", "all_time"),
            left_out(onchain_pvp=None, onchain_gold=["idle", "busy"], onchain_lp=["busy"]),
            {"onchain_pvp": EARLIER, "onchain_gold": LATER},
        ),
        # nothing was computed before
        (("busy", "run:8"), left_out(onchain_pvp=None), {"onchain_pvp": None}),
    ],
)
def test_a_row_tells_as_of_when_the_sources_are_that_were_left_out(
    connection: psycopg.Connection,
    row: tuple[str, str],
    variables: dict[str, Any],
    found: dict[str, datetime | None] | None,
) -> None:
    assert marker(connection, row, variables) == found


@pytest.mark.parametrize(
    ("season", "cluster", "variables", "is_left_out"),
    [
        ("fights", "busy", left_out(onchain_pvp=None), True),
        ("fights", "busy", left_out(onchain_pvp=["busy"]), True),
        ("fights", "idle", left_out(onchain_pvp=["busy"]), False),
        ("hunts", "busy", left_out(onchain_pvp=None), False),
        ("fights", "busy", left_out(), False),
        # a feat rests on the sources of its goals
        ("feats", "busy", left_out(onchain_shells=["busy"]), True),
        ("feats", "busy", left_out(onchain_pvp=["busy"]), False),
    ],
)
def test_the_points_of_a_season_rest_on_the_sources_of_its_challenges(
    connection: psycopg.Connection,
    season: str,
    cluster: str,
    variables: dict[str, Any],
    is_left_out: bool,
) -> None:
    connection.execute(
        "insert into app.seasons (id, name, starts_at, ends_at) select id, id, %s, %s"
        " from unnest(array['fights', 'hunts', 'feats']) as id",
        [EARLIER, LATER],
    )
    connection.execute(
        "insert into app.season_challenge_weights values"
        " ('fights', 'arena_victor', 2), ('hunts', 'hunters_triumph', 2),"
        " ('feats', 'vangardian', 2)"
    )
    condition = f"""is_season_left_out("'{season}'", "'{cluster}'")"""
    text = render(f"select {{{{ {condition} }}}}", variables)
    assert connection.execute(text).fetchone() == (is_left_out,)


@pytest.mark.parametrize(
    ("metric", "cluster", "variables", "is_left_out"),
    [
        (("onchain_pvp", "wins"), "busy", left_out(), False),
        (("onchain_pvp", "wins"), "busy", left_out(onchain_pvp=["busy"]), True),
        (("onchain_pvp", "wins"), "idle", left_out(onchain_pvp=["busy"]), False),
        (("onchain_pvp", "wins"), "idle", left_out(onchain_pvp=None), True),
        (("onchain_gold", "spent"), "busy", left_out(onchain_pvp=None), False),
        # a derived metric rests on what it reads
        (("meta_profile", "pvp_mastery_score"), "busy", left_out(onchain_pvp=["busy"]), True),
        (("meta_profile", "pvp_mastery_score"), "busy", left_out(onchain_shells=["busy"]), False),
    ],
)
def test_a_metric_is_left_out_with_what_it_rests_on(
    connection: psycopg.Connection,
    metric: tuple[str, str],
    cluster: str,
    variables: dict[str, Any],
    is_left_out: bool,
) -> None:
    condition = f"""is_metric_left_out("'{cluster}'", "board")"""
    text = render(
        f"select {{{{ {condition} }}}} from (values (%s, %s)) as board (metric_source, metric_key)",
        variables,
        **MARTS,
    )
    assert connection.execute(text, metric).fetchone() == (is_left_out,)
