"""A preview tells what a deploy and a full run would change: two full runs are compared with it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from hedge import boards, runs, world
from hedge.analysis import preview
from tests import PROJECT
from tests.integration.preview import double_the_wins, raise_a_threshold

#: The tiers and Founder's Marks of all clusters, from progress and ladders alone.
REACHED = """
select progress.cluster_id, progress.challenge_key, tiers.tier_code, kinds.kind
from analytics.challenge_progress as progress
inner join (
    select
        *,
        count(*) over (partition by challenge_key) as number,
        max(threshold_value) over (partition by challenge_key) as last_threshold
    from analytics.challenge_tiers
) as tiers on progress.challenge_key = tiers.challenge_key
cross join (values ('TIER'), ('FOUNDERS_MARK')) as kinds (kind)
where
    case kinds.kind
        when 'TIER' then progress.value >= tiers.threshold_value
        else
            progress.rolling_value >= tiers.threshold_value
            and tiers.threshold_value = tiers.last_threshold
            and tiers.number > 1
    end
"""
PROGRESS = """
select cluster_id, challenge_key, value, tier, rolling_value, rolling_tier
from analytics.challenge_progress
"""
POINTS = "select season_id, cluster_id, points, level from analytics.season_progress"
FIRST_TEN = """
select
    leaderboard_key,
    array_agg((rank, cluster_id, trim_scale(score))::text order by rank, cluster_id)
    filter (where place <= 10)
from (
    select
        runs.leaderboard_key,
        entries.*,
        row_number() over (partition by runs.id order by rank, cluster_id) as place
    from analytics.leaderboard_entries as entries
    inner join app.leaderboard_runs as runs on entries.run_id = runs.id
    where runs.id = any(%s)
) as places
group by leaderboard_key
"""


OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
MASTERS = boards.Board(
    key="masters",
    name="Masters of the month",
    description="",
    category_key="pvp_competition",
    metric_source="meta_profile",
    metric_key="pvp_mastery_score",
    fallback_metric_source=None,
    fallback_metric_key=None,
    time_window="MONTHLY",
    is_active=True,
    is_public=True,
    verified_only=False,
    max_entries=100,
)


def rows(connection: psycopg.Connection, query: str, *parameters: object) -> set[tuple]:
    return set(connection.execute(query, parameters or None).fetchall())


def computed(connection: psycopg.Connection) -> dict[str, set[tuple]]:
    """What a deploy and a full run leave, and the latest periods of all boards run again."""
    runs.deploy()
    runs.full(world.AS_OF)
    latest = connection.execute(
        "select period_start, period_end, array_agg(leaderboard_key) from ("
        "select distinct on (leaderboard_key) leaderboard_key, period_start, period_end"
        " from app.leaderboard_runs where status = 'COMPLETE'"
        " order by leaderboard_key, period_end desc, as_of desc, id desc"
        ") as latest group by period_start, period_end"
    ).fetchall()
    again = []
    for *span, keys in latest:
        found = boards.run(keys, span=tuple(span) if span[0] else None, as_of=world.AS_OF)
        again += [run.id for run in found]
    return {
        "progress": rows(connection, PROGRESS),
        "reached": rows(connection, REACHED),
        "unlocks": rows(
            connection,
            "select cluster_id, challenge_key, tier_code, kind from analytics.tier_unlocks",
        ),
        "points": rows(connection, POINTS),
        "boards": {(key, tuple(ten)) for key, ten in rows_of(connection, FIRST_TEN, again)},
    }


def rows_of(connection: psycopg.Connection, query: str, *parameters: object) -> list[tuple]:
    return connection.execute(query, parameters).fetchall()


@pytest.mark.ci
def test_a_preview_equals_a_comparison_of_two_full_runs(
    live: psycopg.Connection, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # of a source that reads the others, over a period that no standing window measures
    boards.add(live, MASTERS)
    boards.run(["masters"], span=OCTOBER, as_of=world.AS_OF)
    double_the_wins(copy)
    raise_a_threshold(copy)
    found = preview.make()
    monkeypatch.setenv("HEDGE_PROJECT", str(PROJECT))
    before = computed(live)
    monkeypatch.setenv("HEDGE_PROJECT", str(copy))
    after = computed(live)

    assert found.changed == ["challenge_tiers", "onchain_pvp"]
    was = {row[:2]: row[2:] for row in before["progress"]}
    moved = {row[:2]: row[2:] for row in after["progress"] - before["progress"]}
    assert found.totals.clusters_changed == len({cluster for cluster, _ in moved}) > 100
    assert found.totals.challenges_changed == len({key for _, key in moved}) >= 3
    assert found.totals.unlocks_won == len(after["unlocks"] - before["unlocks"]) > 0
    assert found.totals.unlocks_not_reached == len(before["reached"] - after["reached"]) > 0
    for challenge in found.challenges:
        key = challenge.challenge_key
        changes = {
            cluster: (was[cluster, key], row) for (cluster, of), row in moved.items() if of == key
        }
        values = {cluster: new[0] - old[0] for cluster, (old, new) in changes.items()}
        assert challenge.change == sum(values.values())
        assert challenge.values_changed == sum(value != 0 for value in values.values())
        assert challenge.largest_gain == max(0, *values.values())
        assert {
            (move.tier_before, move.tier_after): move.clusters for move in challenge.moves
        } == counted((old[1], new[1]) for old, new in changes.values() if old[1] != new[1])
        for mover in challenge.movers:
            old, new = changes[mover.cluster_id]
            assert (mover.value_before, mover.tier_before) == old[:2]
            assert (mover.value_after, mover.tier_after) == new[:2]
        largest = sorted((abs(value) for value in values.values()), reverse=True)
        assert [abs(mover.value_after - mover.value_before) for mover in challenge.movers] == [
            *largest[: len(challenge.movers)]
        ]
    boards_before, boards_after = dict(before["boards"]), dict(after["boards"])
    assert {board.board for board in found.boards} == {
        key for key in boards_after if boards_after[key] != boards_before[key]
    }
    assert len(found.boards) >= 5
    assert "masters" in {board.board for board in found.boards}
    for board in found.boards:
        for side, tens in (("before", boards_before), ("after", boards_after)):
            shown = tuple(
                f"({getattr(place, f'rank_{side}')},{getattr(place, f'cluster_{side}')},"
                f"{getattr(place, f'score_{side}'):f})"
                for place in board.places
            )
            assert shown == tens[board.board]
    points = {row[:2]: row[2] for row in before["points"]}
    differences = [row[2] - points[row[:2]] for row in after["points"]]
    assert sum(season.points_won for season in found.seasons) == sum(
        difference for difference in differences if difference > 0
    )
    assert found.totals.points_won > 0
    assert found.totals.points_lost == -sum(one for one in differences if one < 0)


def counted(items: Iterator[tuple]) -> dict[tuple, int]:
    found: dict[tuple, int] = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return found
