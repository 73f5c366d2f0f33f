"""Rewards by real runs: a level, the final run of a season, ranks, and an undo."""

from datetime import timedelta

import psycopg
import pytest

from hedge import rewards, runs, seasons
from hedge.errors import UsageError
from hedge.seasons import Season
from tests.support import (
    AS_OF,
    BUSY,
    DAY,
    RIVAL,
    STRANGER,
    add_cluster,
    days_ago,
    hunt,
    put,
    pvp_match,
)

WEIGHTS = [
    {"challenge_key": "hunters_triumph", "weight": "20"},
    {"challenge_key": "arena_victor", "weight": "1"},
]


@pytest.mark.ci
def test_a_season_pays_from_its_first_level_to_its_final_ranks(
    connection: psycopg.Connection,
) -> None:
    for cluster, wallet in (("busy", BUSY), ("rival", RIVAL)):
        add_cluster(connection, cluster, wallet)
    put(connection, *(hunt(at=days_ago(2)) for _ in range(8)))
    put(connection, pvp_match(RIVAL, at=days_ago(2)))
    # without a point it has no rank
    add_cluster(connection, "idle", STRANGER)
    # an hour after the as-of instant it ends
    end = AS_OF + timedelta(hours=1)
    seasons.add(connection, Season("s", "S", AS_OF - 9 * DAY, end, is_active=True))
    seasons.put_weights(connection, "s", WEIGHTS)
    given: dict[str, str | None] = dict.fromkeys(rewards.COLUMNS)
    given |= {"quantity": "1", "name": "N"}
    rewards.define(
        connection,
        "s",
        [
            given | {"reward_key": "third", "kind": "LEVEL", "level": "3"},
            given | {"reward_key": "top", "kind": "RANK", "rank_from": "1", "rank_to": "1"},
            given | {"reward_key": "both", "kind": "RANK", "rank_from": "1", "rank_to": "3"},
        ],
    )

    def held() -> list[tuple[str, str, str]]:
        found = rewards.listed(connection)
        return sorted((one.reward_key, one.cluster_id, one.state) for one in found)

    first = runs.full(AS_OF)
    # 8 hunts give 160 points and level 3, a match gives 1
    assert held() == [("third", "busy", "OPEN")]
    assert rewards.listed(connection)[0].run_id == first.run_id
    runs.incremental(AS_OF + timedelta(seconds=1))
    runs.cluster(["busy"], AS_OF + timedelta(seconds=2))
    assert len(held()) == 1

    assert seasons.due(connection, end + 7 * DAY - timedelta(seconds=1)) == []
    final = end + 7 * DAY
    assert seasons.due(connection, final) == ["s"]
    _, run = seasons.run("s", final)
    assert (seasons.final_run(connection, "s"), seasons.due(connection, final)) == (
        (run.run_id, final),
        [],
    )
    assert held() == [
        ("both", "busy", "OPEN"),
        ("both", "rival", "OPEN"),
        ("third", "busy", "OPEN"),
        ("top", "busy", "OPEN"),
    ]
    with pytest.raises(UsageError, match=f"season s is final: run {run.run_id} froze its standin"):
        seasons.run("s", final + DAY)
    with pytest.raises(UsageError, match="season s: its standings are final"):
        seasons.edit(connection, "s", ends_at=final)
    with pytest.raises(UsageError, match="the rewards of season s: "):
        rewards.define(
            connection,
            "s",
            [given | {"reward_key": "x", "kind": "LEVEL", "level": "1"}],
            only=True,
        )
    (sums,) = rewards.sums(connection)
    assert (sums.entitled, sums.open) == (4, 4)


def test_a_run_of_a_season_freezes_no_other_season(transaction: psycopg.Connection) -> None:
    transaction.execute(
        """
        insert into app.seasons (id, name, starts_at, ends_at)
        values ('one', 'One', '2025-01-01', '2025-02-01'),
            ('other', 'Other', '2025-03-01', '2025-04-01');
        insert into app.etl_runs (invocation_id, kind, state, as_of, windows, finished_at)
        values ('of one', 'SEASON', 'SUCCESS', now(), '{season:one}', now());
        select app.freeze_standings(runs)
        from app.etl_runs as runs where runs.invocation_id = 'of one';
        """
    )
    frozen = transaction.execute("select season_id from app.final_standings").fetchall()
    assert frozen == [("one",)]
