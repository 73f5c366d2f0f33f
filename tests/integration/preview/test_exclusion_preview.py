"""A preview of an exclusion says exactly what the next run makes of it, and leaves nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hedge import boards, exclusions, rewards, runs, world
from hedge.analysis import exclusion_preview
from hedge.errors import UsageError
from hedge.exclusions import NewExclusion
from hedge.exclusions.moves import ExclusionPreview
from tests.integration.preview import checksums, leftovers
from tests.integration.preview.test_a_preview_equals_two_full_runs import MASTERS, OCTOBER

Rows = dict[tuple[Any, ...], tuple[Any, ...]]
#: Before the instant of every run of the demo world.
BEFORE = world.AS_OF - timedelta(days=365)


def marts(connection: psycopg.Connection) -> dict[str, Rows]:
    """Values and points, and the newest entries of boards, as the live marts have them."""
    statements = {
        "values": "select cluster_id, challenge_key, value, tier, rolling_value"
        " from analytics.challenge_progress",
        "points": "select season_id, cluster_id, points, level from analytics.season_progress",
        "ranks": "select leaderboard_key, cluster_id, rank, score"
        " from analytics.leaderboard_entries as entries"
        " inner join app.latest_board_runs as runs on entries.run_id = runs.id",
    }
    return {
        name: {row[:2]: row[2:] for row in connection.execute(statement).fetchall()}
        for name, statement in statements.items()
    }


def changes(before: Rows, after: Rows, absent: tuple[Any, ...]) -> dict[Any, Any]:
    """What differs between two states of a mart: the row before and after, by key."""
    return {
        key: (before.get(key, absent), after.get(key, absent))
        for key in before.keys() | after.keys()
        if before.get(key, absent) != after.get(key, absent)
    }


def compute_again(connection: psycopg.Connection) -> None:
    """A full run, and the newest period of each board, as of the instant of the demo world."""
    runs.full(world.AS_OF)
    # a run of dbt for those of the same period
    for start, end, keys in connection.execute(
        "select period_start, period_end, array_agg(leaderboard_key) from app.latest_board_runs"
        " group by period_start, period_end"
    ).fetchall():
        boards.run(keys, span=(start, end) if start else None, as_of=world.AS_OF)


def told(found: ExclusionPreview) -> dict[str, dict[Any, Any]]:
    """What a preview says, in the form of changes()."""
    return {
        "values": {
            (one.cluster_id, one.challenge_key): (
                (one.value_before, one.tier_before, one.rolling_before),
                (one.value_after, one.tier_after, one.rolling_after),
            )
            for one in found.values
        },
        "points": {
            (one.season_id, one.cluster_id): (
                (one.points_before, one.level_before),
                (one.points_after, one.level_after),
            )
            for one in found.points
        },
        "ranks": {
            (one.board, one.cluster_id): (
                (one.rank_before, one.score_before),
                (one.rank_after, one.score_after),
            )
            for one in found.ranks
        },
    }


def differences(before: dict[str, Rows], after: dict[str, Rows]) -> dict[str, dict[Any, Any]]:
    return {
        "values": changes(before["values"], after["values"], (0, "NONE", 0)),
        "points": changes(before["points"], after["points"], (0, 0)),
        "ranks": changes(before["ranks"], after["ranks"], (None, None)),
    }


def a_match(connection: psycopg.Connection) -> dict[str, Any]:
    """The key of a match against a stranger that demo-busy has won."""
    (key,) = connection.execute(
        "select jsonb_build_object('realm', realm, 'match_id', match_id,"
        " 'wallet_address', wallet_address) from raw.pvp_matches as matches"
        " inner join app.wallet_links as links on matches.wallet_address = links.address"
        " where links.cluster_id = 'demo-busy' and matches.outcome = 'WIN'"
        " and matches.opponent_wallet not in ("
        "   select own.address from app.wallet_links as own where own.cluster_id = 'demo-busy')"
        " and matched_at < %s order by matched_at desc limit 1",
        [world.AS_OF],
    ).fetchone()
    return dict(key)


@pytest.mark.parametrize(
    ("given", "moves"),
    [
        pytest.param(
            {"cluster_id": "demo-busy"},
            {"values", "points", "ranks"},
            id="everything",
            marks=pytest.mark.full,
        ),
        pytest.param({"wallet": 1}, {"values", "ranks"}, id="a wallet", marks=pytest.mark.full),
        pytest.param({"fact": 1}, {"values", "ranks"}, id="a fact", marks=pytest.mark.ci),
        pytest.param(
            {"cluster_id": "demo-busy", "metric": "onchain_pvp.wins"},
            {"values", "ranks"},
            id="a metric",
            marks=pytest.mark.ci,
        ),
        pytest.param(
            {"cluster_id": "demo-busy", "board_key": "lb_pvp_monthly_wins"},
            {"ranks"},
            id="a board",
            marks=pytest.mark.full,
        ),
        pytest.param(
            {"cluster_id": "demo-0023", "season_id": ""},
            {"points"},
            id="a season",
            marks=pytest.mark.ci,
        ),
    ],
)
def test_a_preview_equals_what_the_next_run_makes(
    live: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    moves: set[str],
) -> None:
    # of a source that reads the others, over a period that no standing window measures
    boards.add(live, MASTERS)
    boards.run(["masters"], span=OCTOBER, as_of=world.AS_OF)
    compute_again(live)
    if "wallet" in given:
        (address,) = live.execute(
            "select address from app.wallet_links where cluster_id = 'demo-busy' limit 1"
        ).fetchone()
        given = {"wallet_address": address}
    elif "fact" in given:
        given = {"raw_table": "pvp_matches", "fact": a_match(live)}
    elif "season_id" in given:
        (season,) = live.execute("select min(season_id) from analytics.season_progress").fetchone()
        given = given | {"season_id": season}
    wanted = NewExclusion("unfair {{ 1 }}", **given)
    before, untouched = marts(live), checksums(live)
    monkeypatch.setattr(exclusion_preview, "LISTED", 100_000)

    found = exclusion_preview.of_new(wanted)
    assert checksums(live) == untouched
    assert leftovers(live) == []
    assert {name for name, rows in told(found).items() if rows} >= moves

    number = exclusions.add(live, NewExclusion("unfair", starts_at=BEFORE, **given), "ada")
    compute_again(live)
    after = marts(live)
    assert told(found) == differences(before, after)
    assert found.values_changed == len(found.values)

    ending = exclusion_preview.of_end(number)
    assert told(ending) == differences(after, before)
    assert (ending.is_end, ending.subject) == (True, found.subject)


def test_ranks_that_no_run_computes_again_do_not_move(
    live: psycopg.Connection,
) -> None:
    wanted = NewExclusion("unfair", cluster_id="demo-busy", board_key="lb_pvp_monthly_wins")
    assert exclusion_preview.of_new(wanted).ranks_changed > 0
    # October is over, so that its ranks are final from now on
    live.execute(
        "update app.leaderboard_defs set is_frozen = true where key = 'lb_pvp_monthly_wins'"
    )
    assert exclusion_preview.of_new(wanted).ranks_changed == 0


@pytest.mark.ci
def test_a_preview_of_several_clusters_is_of_all_of_them_at_once(
    live: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_again(live)
    before = marts(live)
    monkeypatch.setattr(exclusion_preview, "LISTED", 100_000)
    (other,) = live.execute(
        "select cluster_id from analytics.challenge_progress where challenge_key = 'arena_victor'"
        " and cluster_id <> 'demo-busy' order by value desc, cluster_id limit 1"
    ).fetchone()
    both = ["demo-busy", other]
    wanted = NewExclusion("unfair", cluster_id=both[0], metric="onchain_pvp.wins")
    found = exclusion_preview.of_new(wanted, clusters=both)
    assert found.subject == f"clusters demo-busy, {other}"
    assert {one.cluster_id for one in found.values} == set(both)
    for cluster in both:
        one = replace(wanted, cluster_id=cluster, starts_at=BEFORE)
        exclusions.add(live, one, "ada")
    compute_again(live)
    assert told(found) == differences(before, marts(live))
    with pytest.raises(UsageError, match="no cluster bussy"):
        exclusion_preview.of_new(wanted, clusters=["demo-busy", "bussy"])


def test_rewards_that_a_run_would_take_back_are_named(live: psycopg.Connection) -> None:
    season, cluster = live.execute(
        "select season_id, cluster_id from analytics.season_progress where level >= 2"
        " order by points desc limit 1"
    ).fetchone()
    reward: dict[str, str | None] = dict.fromkeys(rewards.COLUMNS)
    reward |= {"reward_key": "two", "name": "Hat", "quantity": "1", "kind": "LEVEL", "level": "2"}
    rewards.define(live, season, [reward])
    runs.full(world.AS_OF)
    (held,) = rewards.listed(live, cluster=cluster)
    untouched = checksums(live)
    found = exclusion_preview.of_new(NewExclusion("unfair", cluster_id=cluster, season_id=season))
    assert [(one.reward_id, one.name, one.state) for one in found.rewards] == [
        (held.reward_id, "Hat", "OPEN")
    ]
    assert found.rewards[0].reason == "excluded"
    board = NewExclusion("unfair", cluster_id=cluster, board_key="lb_hero_levels")
    assert exclusion_preview.of_new(board).rewards == []
    assert checksums(live) == untouched


def test_what_cannot_be_previewed_is_named(live: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="no cluster bussy"):
        exclusion_preview.of_new(NewExclusion("unfair", cluster_id="bussy"))
    with pytest.raises(UsageError, match="a wallet or a fact is excluded from everything"):
        exclusion_preview.of_new(
            NewExclusion("unfair", wallet_address="0x" + "12" * 20, board_key="lb_hero_levels")
        )
    with pytest.raises(UsageError, match="no exclusion 7"):
        exclusion_preview.of_end(7)


def test_points_of_a_season_that_no_run_computes_by_itself_move_as_well(
    live: psycopg.Connection,
) -> None:
    season, cluster, points = live.execute(
        "select season_id, cluster_id, points from analytics.season_progress"
        " order by points desc, cluster_id limit 1"
    ).fetchone()
    live.execute("update app.seasons set is_active = false")
    found = exclusion_preview.of_new(NewExclusion("unfair", cluster_id=cluster, season_id=season))
    (moved,) = [one for one in found.points if one.cluster_id == cluster]
    assert (moved.season_id, moved.points_before, moved.points_after) == (season, points, 0)
