"""Wallets that move, accounts that are deleted and runs that meet: no reward is given twice, and
one is taken back by its rule."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from hedge import database
from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal
from tests.in_process.rows import put_board, put_board_run
from tests.in_process.test_proven_wallets import Key
from tests.settled_rewards import (
    DAY,
    SEASON,
    give,
    now,
    put_season,
    reach,
    require_sums,
    rewards,
    settle,
)
from tests.support import Beside

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("rewards_that_move")


@pytest.fixture(scope="module", autouse=True)
def season(rows: psycopg.Connection) -> None:
    """A season that gives something for level 2."""
    put_season(rows)
    give(rows, "banner", level=2)


def states(rows: psycopg.Connection, cluster: str) -> list[str]:
    """The states of the rewards of a cluster, the oldest first."""
    found = rows.execute(
        "select state from app.rewards where cluster_id = %s order by reward_id", [cluster]
    )
    return [state for (state,) in found]


def claimed(player: httpx.Client) -> int:
    """Claim the one reward of a player; its number."""
    (one,) = player.get("/api/me/rewards").json()["rewards"]
    answer = player.post(f"/api/me/rewards/{one['rewardId']}/claim")
    assert answer.status_code == 200, answer.text
    number: int = one["rewardId"]
    return number


@pytest.mark.parametrize("decided", [False, True])
def test_a_wallet_that_moves_to_its_owner_takes_the_reward_along(
    site: Site, admin: str, rows: psycopg.Connection, new_player: Player, decided: bool
) -> None:
    key, thief, owner, staff = Key(), new_player(), new_player(), site.program(admin)
    first = link(thief, key.wallet)
    reach(rows, first, 2)
    settle(rows, "CLUSTER", [first])
    number = claimed(thief)
    if decided:
        assert staff.post(f"/admin/rewards/{number}/fulfil", json={}).status_code == 200
    assert key.verify(owner).status_code == 200
    second = owner.get("/api/me").json()["clusterId"]
    # between the proof and the run nothing is handed out
    refused = staff.post(f"/admin/rewards/{number}/fulfil", json={})
    if decided:
        assert refused.status_code == 200
    else:
        assert refusal(refused) == (
            409,
            f"reward {number} cannot be fulfilled: another player has verified a wallet that it "
            "rests on, and the next run decides",
        )
    reach(rows, first, 0)
    reach(rows, second, 2)
    # the run of the owner alone does not know what is left of the other
    settle(rows, "CLUSTER", [second])
    assert (states(rows, first)[0] == "TAKEN_BACK", states(rows, second)) == (False, [])
    # one that left something out takes nothing back
    settle(rows, "CLUSTER", [first], state="PARTIAL")
    assert states(rows, first) == ["FULFILLED" if decided else "CLAIMED"]
    settle(rows, "CLUSTER", [first])
    assert states(rows, first) == ["TAKEN_BACK"]
    (shown,) = thief.get("/api/me/rewards").json()["rewards"]
    assert (shown["state"], shown["note"]) == (
        "TAKEN_BACK",
        "a wallet was verified by another player",
    )
    settle(rows)
    assert states(rows, second) == ["OPEN"]
    claimed(owner)

    # reached again with a wallet of the own: not where it was handed out
    link(thief, a_wallet())
    reach(rows, first, 4)
    settle(rows, "CLUSTER", [first])
    assert states(rows, first) == (["TAKEN_BACK"] if decided else ["TAKEN_BACK", "OPEN"])
    require_sums(rows)


def test_a_reward_stays_that_is_reached_without_the_wallet(
    rows: psycopg.Connection, new_player: Player
) -> None:
    key, player, owner = Key(), new_player(), new_player()
    first = link(player, key.wallet, a_wallet())
    reach(rows, first, 2)
    settle(rows, "CLUSTER", [first])
    assert key.verify(owner).status_code == 200
    second = owner.get("/api/me").json()["clusterId"]
    (shown,) = player.get("/api/me/rewards").json()["rewards"]
    refused = player.post(f"/api/me/rewards/{shown['rewardId']}/claim")
    assert refused.status_code == 409
    assert "another player has verified a wallet" in refused.json()["detail"]
    reach(rows, first, 3)
    reach(rows, second, 2)
    # the run that finds out entitles the owner as well
    settle(rows, "CLUSTER", [first])
    assert (states(rows, first), states(rows, second)) == (["OPEN"], ["OPEN"])
    claimed(player)
    claimed(owner)


def test_a_wallet_that_is_linked_elsewhere_gives_nothing_twice(
    rows: psycopg.Connection, new_player: Player
) -> None:
    wallet, player, friend = a_wallet(), new_player(), new_player()
    first = link(player, wallet)
    reach(rows, first, 2)
    # unlinked before the run ends: it was counted
    assert player.delete(f"/api/me/wallets/{wallet}").status_code == 200
    settle(rows, "CLUSTER", [first])
    claimed(player)
    second = link(friend, wallet)
    reach(rows, second, 2)
    settle(rows, "CLUSTER", [second])
    assert states(rows, second) == []
    # what the friend earns with another wallet alone is his
    friend.delete(f"/api/me/wallets/{wallet}")
    link(friend, a_wallet())
    reach(rows, second, 2)
    settle(rows, "CLUSTER", [second])
    assert states(rows, second) == ["OPEN"]


@pytest.mark.parametrize(("does_claim", "again"), [(True, []), (False, ["OPEN"])])
def test_a_deleted_account_leaves_a_hash_of_what_it_claimed(
    rows: psycopg.Connection, new_player: Player, does_claim: bool, again: list[str]
) -> None:
    wallet, player, other = a_wallet(), new_player(), new_player()
    first = link(player, wallet)
    reach(rows, first, 2)
    settle(rows, "CLUSTER", [first])
    if does_claim:
        claimed(player)
    assert player.delete("/api/me").status_code == 204
    assert states(rows, first) == []
    kept = rows.execute("select count(*) from app.reward_wallets where address = %s", [wallet])
    assert kept.fetchone() == (0,)
    second = link(other, wallet)
    reach(rows, second, 2)
    settle(rows, "CLUSTER", [second])
    assert states(rows, second) == again
    require_sums(rows)


def test_runs_that_end_at_once_entitle_once(
    rows: psycopg.Connection, module_database: str, new_player: Player
) -> None:
    clusters = [link(new_player(), a_wallet()) for _ in range(5)]
    for cluster in clusters:
        reach(rows, cluster, 2)

    def end(_: int) -> None:
        with database.connect() as connection:
            settle(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(end, range(12)))
    assert [states(rows, cluster) for cluster in clusters] == [["OPEN"]] * 5


def test_a_run_that_ends_waits_for_another_one_that_settles_rewards(
    rows: psycopg.Connection, new_player: Player
) -> None:
    cluster = link(new_player(), a_wallet())
    reach(rows, cluster, 2)
    with database.connect(autocommit=False) as first:
        settle(first)
        second = Beside(settle)
        assert second.waits
        first.commit()
    second.result()
    assert states(rows, cluster) == ["OPEN"]


def test_ranks_entitle_when_they_are_final(rows: psycopg.Connection, new_player: Player) -> None:
    clusters = sorted(link(new_player(), a_wallet()) for _ in range(4))
    put_season(rows, "past", begin=-40, end=-8)
    starts_at, ends_at = rows.execute(
        "select starts_at, ends_at from app.seasons where id = 'past'"
    ).fetchone()
    give(rows, "podium", "past", rank_from=1, rank_to=2)
    give(rows, "arena", "past", rank_from=1, rank_to=1, leaderboard_key="cup")
    put_board(rows, "cup", time_window="SEASON", corrected_for_days=9)
    period = {"period_start": starts_at, "period_end": ends_at}
    put_board_run(rows, "cup", [(1, clusters[3], 9)], as_of=ends_at - DAY, **period)
    for cluster, points in zip(clusters, (50, 50, 40, 30), strict=True):
        reach(rows, cluster, 0, points, "past")
    # neither a run over all changes nor one that left something out freezes
    settle(rows)
    settle(rows, "SEASON", state="PARTIAL", windows=["season:past", "season:past:baseline"])
    settle(rows, "SEASON", as_of=ends_at + 6 * DAY, windows=["season:past"])
    assert rewards(rows, "past") == []
    run = settle(rows, "SEASON", windows=["season:past", "season:past:baseline"])
    podium = [(cluster, "podium", "OPEN") for cluster in clusters[:3]]
    assert rewards(rows, "past") == podium
    frozen = rows.execute(
        "select standings.run_id, entries.cluster_id, entries.rank, entries.score"
        " from app.final_standings as standings"
        " join app.final_entries as entries using (standing_id) order by 2"
    ).fetchall()
    assert frozen == [
        (run, cluster, rank, score)
        for cluster, rank, score in zip(clusters, (1, 1, 2, 3), (50, 50, 40, 30), strict=True)
    ]
    # what is computed later changes nothing of it, and the season keeps its dates
    reach(rows, clusters[3], 0, 90, "past")
    settle(rows, "SEASON", windows=["season:past"])
    assert rewards(rows, "past") == podium
    with pytest.raises(psycopg.errors.CheckViolation, match="its standings are final"):
        rows.execute("update app.seasons set ends_at = now() where id = 'past'")

    # a board whose period can still be corrected entitles nobody
    put_board_run(
        rows, "cup", [(1, clusters[2], 9), (2, clusters[0], 8)], as_of=now(rows), **period
    )
    settle(rows, "BOARD")
    assert rewards(rows, "past") == podium
    settle(rows, "BOARD", as_of=ends_at + 9 * DAY)
    assert rewards(rows, "past") == sorted([*podium, (clusters[2], "arena", "OPEN")])
    # a further run of the period corrects nothing that was given
    put_board_run(rows, "cup", [(1, clusters[0], 9)], as_of=now(rows) + DAY, **period)
    settle(rows, "BOARD", as_of=ends_at + 10 * DAY)
    assert len(rewards(rows, "past")) == 4
    require_sums(rows)


def test_a_definition_that_changes_keeps_what_was_promised(
    rows: psycopg.Connection, new_player: Player
) -> None:
    cluster = link(new_player(), a_wallet())
    reach(rows, cluster, 2)
    settle(rows, "CLUSTER", [cluster])
    rows.execute(
        "update app.reward_definitions set name = 'Less', level = 9 where season_id = %s", [SEASON]
    )
    settle(rows, "CLUSTER", [cluster])
    found = rows.execute(
        "select name, level, state from app.rewards where cluster_id = %s", [cluster]
    )
    assert found.fetchall() == [("The banner", 2, "OPEN")]
    rows.execute(
        "update app.reward_definitions set name = 'The banner', level = 2 where season_id = %s",
        [SEASON],
    )
