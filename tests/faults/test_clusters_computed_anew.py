"""The clusters that the doctor computes anew, and the differences that it tells."""

from typing import Any

import psycopg
import pytest

from hedge import doctor, runs
from hedge.doctor import recomputing
from hedge.queries import query
from tests.support import AS_OF, BUSY, IDLE, RIVAL, STRANGER, add_cluster

LATER = AS_OF.replace(day=2)


def sample(connection: psycopg.Connection, size: int, *changed: str) -> tuple[Any, list[str]]:
    found = connection.execute(
        query("doctor_sample"), {"changed": list(changed), "sample": size}
    ).fetchone()
    return found or (None, [])


@pytest.fixture
def computed(transaction: psycopg.Connection) -> psycopg.Connection:
    """Four clusters: three as of one instant, one of them and the fourth as of a later one."""
    for cluster, wallet in (("a", BUSY), ("b", IDLE), ("c", RIVAL), ("d", STRANGER)):
        add_cluster(transaction, cluster, wallet)
    transaction.execute("delete from app.etl_requests")
    for cluster, all_time, rolling in (
        ("a", AS_OF, AS_OF),
        ("b", AS_OF, AS_OF),
        ("c", AS_OF, LATER),
        ("d", LATER, LATER),
        # it does not exist any more
        ("e", AS_OF, AS_OF),
    ):
        for window, instant in (("all_time", all_time), ("rolling_180d", rolling)):
            transaction.execute(
                "insert into analytics.cluster_metrics values (%s, %s, '{}', %s)",
                [cluster, window, instant],
            )
    return transaction


def test_a_sample_is_of_clusters_that_were_computed_as_of_the_instant_of_most(
    computed: psycopg.Connection,
) -> None:
    assert sample(computed, 20) == (AS_OF, ["a", "b"])
    instant, chosen = sample(computed, 1)
    assert (instant, len(chosen)) == (AS_OF, 1)
    # of two instants with as many, the later one
    assert sample(computed, 20, "b") == (LATER, ["d"])
    computed.execute("insert into app.etl_requests (reason, cluster_id) values ('', 'd')")
    assert sample(computed, 20, "b") == (AS_OF, ["a"])
    assert sample(computed, 20, "a", "b") == (None, [])


def test_what_a_board_computed_for_itself_is_no_reason_to_leave_a_cluster_out(
    computed: psycopg.Connection,
) -> None:
    computed.execute(
        "insert into analytics.cluster_metrics values ('a', 'run:1', '{}', %s)", [LATER]
    )
    assert sample(computed, 20) == (AS_OF, ["a", "b"])


def test_no_deploy_goes_live_while_clusters_are_computed_anew(
    computed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = (
        "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock'"
        " and pid = pg_backend_pid()"
    )
    meanwhile = []

    def choose(connection: psycopg.Connection) -> None:
        meanwhile.append(connection.execute(held).fetchone())

    monkeypatch.setattr(runs, "changed_clusters", choose)
    (result,) = doctor.examine(computed, ["marts"])
    assert result.state == "NOT CHECKED"
    assert (meanwhile, computed.execute(held).fetchone()) == ([(1,)], (0,))


# -- the differences ----------------------------------------------------------------------


@pytest.fixture
def compared(transaction: psycopg.Connection) -> psycopg.Connection:
    """Temporary tables of what is stored and of what was computed anew, which are equal."""
    transaction.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active) values"
        " ('now', 'N', now() - interval '1 day', now() + interval '1 day', true),"
        " ('over', 'O', '2025-01-01Z', '2025-02-01Z', false)"
    )
    for side in ("stored", "anew"):
        for mart in recomputing.MARTS:
            transaction.execute(f"create temp table {side}_{mart} (like analytics.{mart})")
        transaction.execute(
            f"""
            insert into {side}_cluster_metrics (cluster_id, window_key, metrics, last_computed_at)
            select 'c', key, '{{"pvp": {{"wins": 1}}, "gold": {{"spent": 2}}}}', now()
            from unnest(array['all_time', 'season:now', 'season:over']) as key;
            insert into {side}_challenge_progress
            values ('c', 'arena', 1.50, false, 'NONE', 1, 'NONE', now());
            insert into {side}_season_progress values
            ('now', 'c', 3, 1, '{{}}', now()), ('over', 'c', 4, 1, '{{}}', now())
            """
        )
    return transaction


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("", []),
        # instants of computing
        ("update anew_cluster_metrics set last_computed_at = '2026-01-01Z'", []),
        ("update anew_challenge_progress set last_computed_at = '2026-01-01Z'", []),
        ("update anew_season_progress set updated_at = '2026-01-01Z'", []),
        # windows and seasons that are over
        ("delete from anew_cluster_metrics where window_key = 'season:over'", []),
        ("update anew_season_progress set points = 5 where season_id = 'over'", []),
        (
            "delete from anew_cluster_metrics where window_key = 'all_time'",
            [
                'window all_time: the metrics of gold are {"spent": 2}, and anew missing',
                'window all_time: the metrics of pvp are {"wins": 1}, and anew missing',
            ],
        ),
        (
            "update stored_cluster_metrics set metrics = metrics - 'gold'"
            " where window_key = 'season:now'",
            ['window season:now: the metrics of gold are missing, and anew {"spent": 2}'],
        ),
        (
            "update anew_challenge_progress set rolling_tier = 'BASIC'",
            ["challenge arena: 1.5 (NONE), and anew 1.5 (NONE)"],
        ),
        (
            "delete from stored_challenge_progress",
            ["challenge arena: missing, and anew 1.5 (NONE)"],
        ),
        (
            "delete from anew_challenge_progress",
            ["challenge arena: 1.5 (NONE), and anew missing"],
        ),
        (
            "update anew_season_progress set points = 5 where season_id = 'now'",
            ["season now: 3 points, and anew 5"],
        ),
        (
            "delete from anew_season_progress where season_id = 'now'",
            ["season now: 3 points, and anew none"],
        ),
        (
            "delete from stored_season_progress where season_id = 'now'",
            ["season now: no points, and anew 3"],
        ),
    ],
)
def test_what_is_otherwise_than_computed_anew_is_told(
    compared: psycopg.Connection, change: str, found: list[str]
) -> None:
    if change:
        compared.execute(change)
    differences = compared.execute(query("doctor_differences")).fetchall()
    assert [sentence for (sentence,) in differences] == [f"cluster c, {each}" for each in found]
