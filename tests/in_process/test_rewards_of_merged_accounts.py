"""Rewards of accounts that are merged or excluded: nothing is given twice, and an undo gives it."""

import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.players import Player
from tests.in_process.test_proven_wallets import Key
from tests.settled_rewards import (
    claim_all,
    give,
    now,
    put_season,
    reach,
    require_sums,
    settle,
)

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("rewards_of_merged_accounts")


@pytest.fixture(scope="module", autouse=True)
def season(rows: psycopg.Connection) -> None:
    """A season that gives something for level 2."""
    put_season(rows)
    give(rows, "banner", level=2)


@pytest.fixture
def two(new_player: Player) -> tuple[str, str]:
    """The clusters of two accounts, each with a proven wallet."""
    clusters = []
    for _ in range(2):
        player = new_player()
        assert Key().verify(player).status_code == 200
        clusters.append(player.get("/api/me").json()["clusterId"])
    return clusters[0], clusters[1]


def state(rows: psycopg.Connection, cluster: str) -> list[str]:
    found = rows.execute(
        "select state from app.rewards where cluster_id = %s order by reward_id", [cluster]
    )
    return [one for (one,) in found]


def rewards(rows: psycopg.Connection, clusters: tuple[str, str]) -> dict[int, tuple[str, str]]:
    """The cluster and the state of each reward of two clusters, by its number."""
    found = rows.execute(
        "select reward_id, cluster_id, state from app.rewards where cluster_id = any(%s)",
        [list(clusters)],
    )
    return {number: (cluster, state) for number, cluster, state in found}


def merge(rows: psycopg.Connection, kept: str, absorbed: str) -> None:
    rows.execute(
        "select app.merge_clusters(%s, %s, interval '1 day', 'the player')", [kept, absorbed]
    )


def split(rows: psycopg.Connection, absorbed: str) -> None:
    rows.execute("select app.split_clusters(%s, 'the player')", [absorbed])


def decide(rows: psycopg.Connection, cluster: str, to: str) -> None:
    """Let a claimed reward be decided."""
    rows.execute(
        "update app.rewards set state = %s, fulfilled_at = case when %s = 'FULFILLED' then now()"
        " end, changed_by = 'admin', note = 'said so' where cluster_id = %s",
        [to, to, cluster],
    )


def told(rows: psycopg.Connection, cluster: str) -> list[str]:
    """The types of events of rewards that were told of a cluster, the oldest first."""
    found = rows.execute(
        "select event_type from (select event_id as place, event_type, cluster_id from app.events"
        " union all select 1e9 + row_number() over (), event_type, cluster_id"
        " from app.untold_events) as events where cluster_id = %s and event_type like 'reward.%%'"
        " order by place",
        [cluster],
    )
    return [one for (one,) in found]


def test_a_reward_goes_with_the_account_and_comes_back(
    rows: psycopg.Connection, two: tuple[str, str]
) -> None:
    kept, absorbed = two
    reach(rows, absorbed, 2)
    settle(rows, "CLUSTER", [absorbed])
    before = told(rows, absorbed)
    merge(rows, kept, absorbed)
    assert (state(rows, kept), state(rows, absorbed)) == (["OPEN"], [])
    # it has moved and is no other reward: nobody is told, and the audit has nothing new
    assert (told(rows, kept), told(rows, absorbed)) == ([], before)
    reach(rows, absorbed, 0)
    reach(rows, kept, 3)
    settle(rows)
    claim_all(rows)
    settle(rows)
    assert (state(rows, kept), state(rows, absorbed)) == (["CLAIMED"], [])
    split(rows, absorbed)
    assert (state(rows, kept), state(rows, absorbed)) == ([], ["CLAIMED"])
    # each has now what it reaches alone
    reach(rows, absorbed, 2)
    reach(rows, kept, 2)
    settle(rows)
    assert (state(rows, kept), state(rows, absorbed)) == (["OPEN"], ["CLAIMED"])
    require_sums(rows)


@pytest.mark.parametrize(
    ("of_kept", "of_absorbed", "left_of_kept", "left_of_absorbed"),
    [
        ("OPEN", "OPEN", ["OPEN"], ["TAKEN_BACK"]),
        ("CLAIMED", "OPEN", ["CLAIMED"], ["TAKEN_BACK"]),
        ("OPEN", "CLAIMED", ["TAKEN_BACK", "CLAIMED"], []),
        ("CLAIMED", "FULFILLED", ["TAKEN_BACK", "FULFILLED"], []),
        # what was handed out before the merge stays what it was
        ("FULFILLED", "FULFILLED", ["FULFILLED"], ["FULFILLED"]),
        # who was refused once is not given it by the other account
        ("OPEN", "REFUSED", ["TAKEN_BACK", "REFUSED"], []),
    ],
)
def test_of_two_rewards_for_one_thing_one_stays(
    site: Site,
    admin: str,
    rows: psycopg.Connection,
    two: tuple[str, str],
    of_kept: str,
    of_absorbed: str,
    left_of_kept: list[str],
    left_of_absorbed: list[str],
) -> None:
    for cluster, wanted in zip(two, (of_kept, of_absorbed), strict=True):
        reach(rows, cluster, 2)
        settle(rows, "CLUSTER", [cluster])
        if wanted != "OPEN":
            rows.execute(
                "update app.rewards set state = 'CLAIMED', claimed_at = now(),"
                " changed_by = 'the player' where cluster_id = %s",
                [cluster],
            )
        if wanted in ("FULFILLED", "REFUSED"):
            decide(rows, cluster, wanted)
    kept, absorbed = two
    before = rewards(rows, two)
    answer = site.program(admin).post(
        "/admin/merges/preview", json={"kept": kept, "absorbed": absorbed}
    )
    assert answer.status_code == 200, answer.text
    assert rewards(rows, two) == before
    merge(rows, kept, absorbed)
    # it has said of each reward that changes what became of it, and of no other
    assert {
        one["rewardId"]: (
            (one["clusterBefore"], one["stateBefore"]),
            (one["clusterAfter"], one["stateAfter"]),
        )
        for one in answer.json()["rewards"]
    } == {
        number: (before[number], after)
        for number, after in rewards(rows, two).items()
        if after != before[number]
    }
    reach(rows, absorbed, 0)
    for _ in range(2):
        assert (state(rows, kept), state(rows, absorbed)) == (left_of_kept, left_of_absorbed)
        settle(rows)
    require_sums(rows)


def test_what_was_handed_out_to_an_absorbed_account_and_taken_back_is_not_given_again(
    rows: psycopg.Connection, two: tuple[str, str]
) -> None:
    kept, absorbed = two
    reach(rows, absorbed, 2)
    settle(rows, "CLUSTER", [absorbed])
    claim_all(rows)
    decide(rows, absorbed, "FULFILLED")
    rows.execute(
        "update app.rewards set state = 'TAKEN_BACK', changed_by = 'admin', note = 'a mistake'"
        " where cluster_id = %s",
        [absorbed],
    )
    merge(rows, kept, absorbed)
    reach(rows, absorbed, 0)
    reach(rows, kept, 2)
    settle(rows)
    assert (state(rows, kept), state(rows, absorbed)) == ([], ["TAKEN_BACK"])
    # alone again, the other account has handed nothing out
    split(rows, absorbed)
    settle(rows)
    assert (state(rows, kept), state(rows, absorbed)) == (["OPEN"], ["TAKEN_BACK"])
    require_sums(rows)


def test_the_final_rank_of_an_absorbed_account_is_given_once_to_the_one_that_is_kept(
    rows: psycopg.Connection, two: tuple[str, str]
) -> None:
    kept, absorbed = two
    put_season(rows, "over", -40, -9)
    give(rows, "cup", "over", rank_from=1, rank_to=3)
    reach(rows, kept, 1, points=5, season="over")
    reach(rows, absorbed, 2, points=9, season="over")
    merge(rows, kept, absorbed)
    settle(rows, "SEASON", as_of=now(rows), windows=["season:over"])
    settle(rows)
    found = rows.execute(
        "select cluster_id, rank, state from app.rewards where season_id = 'over'"
    ).fetchall()
    assert found == [(kept, 1, "OPEN")]
    require_sums(rows)


@pytest.mark.parametrize("scope", ["everything", "season", "board"])
def test_who_is_excluded_is_given_nothing_and_stays_so_when_merged(
    rows: psycopg.Connection, two: tuple[str, str], scope: str
) -> None:
    kept, absorbed = two
    season = f"excluded-{scope}"
    put_season(rows, season, -40, -9)
    give(rows, "cup", season, rank_from=1, rank_to=3)
    give(rows, "flag", season, level=1)
    reach(rows, kept, 1, points=5, season=season)
    reach(rows, absorbed, 1, points=9, season=season)
    settle(rows, "SEASON", as_of=now(rows), windows=[f"season:{season}"])
    settle(rows)

    def of_season(*clusters: str) -> list[tuple[str, str]]:
        return rows.execute(
            "select reward_key, state from app.rewards"
            " where season_id = %s and cluster_id = any(%s) order by reward_key, reward_id",
            [season, list(clusters)],
        ).fetchall()

    assert of_season(absorbed) == [("cup", "OPEN"), ("flag", "OPEN")]
    rows.execute(
        "insert into app.exclusions (cluster_id, season_id, board_key, reason, created_by)"
        " values (%s, %s, %s, 'two players', 'admin')",
        [absorbed, season if scope == "season" else None, "a board" if scope == "board" else None],
    )
    settle(rows)
    gone = scope != "board"
    taken = [("cup", "TAKEN_BACK"), ("flag", "TAKEN_BACK")]
    assert of_season(absorbed) == (taken if gone else [("cup", "OPEN"), ("flag", "OPEN")])
    # nothing is given again, however often runs look
    settle(rows)
    assert len(of_season(absorbed)) == 2
    assert of_season(kept) == [("cup", "OPEN"), ("flag", "OPEN")]
    merge(rows, kept, absorbed)
    settle(rows)
    if gone:
        assert of_season(kept) == taken
    # until it ends
    rows.execute(
        "update app.exclusions set ended_at = clock_timestamp(), ended_by = 'admin'"
        " where cluster_id = %s",
        [absorbed],
    )
    settle(rows)
    assert ("cup", "OPEN") in of_season(kept)
    require_sums(rows)
