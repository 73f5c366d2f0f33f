"""Edits of names of which nobody can tell what became of what players have."""

from pathlib import Path

import psycopg
import pytest

from hedge.analysis import renames
from hedge.analysis.renames import Rename
from hedge.errors import HedgeError
from tests.integration.lifecycle import rename_challenge, replace_in
from tests.support import AS_OF, copy_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "copy")


def unlock(connection: psycopg.Connection, challenge: str, tier: str, *clusters: str) -> None:
    """Let clusters have a tier."""
    for cluster in clusters:
        connection.execute(
            "insert into analytics.tier_unlocks"
            " (cluster_id, challenge_key, tier_code, kind, unlocked_at)"
            " values (%s, %s, %s, 'TIER', %s)",
            [cluster, challenge, tier, AS_OF],
        )


def record(connection: psycopg.Connection, *names: tuple[str, str, str]) -> None:
    """Let deploys have carried out renames."""
    for row in names:
        connection.execute(
            "insert into app.renames (kind, old_name, new_name) values (%s, %s, %s)", row
        )


def edit_seed(project: Path, seed: str, pattern: str, new: str) -> None:
    """Replace what matches in a seed."""
    replace_in(project / "seeds" / f"{seed}.csv", pattern, new)


def add_lines(project: Path, seed: str, *lines: str) -> None:
    with (project / "seeds" / f"{seed}.csv").open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def refused(connection: psycopg.Connection, project: Path) -> str:
    """The sentences by which an edit is refused."""
    with pytest.raises(HedgeError) as error:
        renames.of_edit(connection, project)
    return str(error.value)


CHALLENGE = Rename("challenge", "win_streak", "winning_streak")
#: A challenge on the metric of Win Streak.
ANOTHER = "another,pvp_competition,Another,Win.,STREAK,onchain_pvp,best_win_streak,live,9,,"


def test_what_is_not_edited_renames_nothing(transaction: psycopg.Connection, project: Path) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy")
    record(transaction, ("challenge", "a", "win_streak"))
    assert renames.of_edit(transaction, project) == []


def test_a_challenge_that_is_gone_with_its_unlocks_is_refused_with_both_ways(
    transaction: psycopg.Connection, project: Path
) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy", "rival")
    unlock(transaction, "win_streak", "ADVANCED", "busy")
    rename_challenge(project)
    told = refused(transaction, project)
    assert told == (
        "the challenge win_streak, of which 2 clusters have unlocks, is deleted from "
        "seeds/challenges.csv: give it the state retired, which keeps what they have, or add "
        "`challenge,win_streak,winning_streak` to seeds/renames.csv if that is its new name"
    )
    # an undo is not refused
    assert renames.of_edit(transaction, project, refuse=False) == []
    add_lines(project, "renames", "challenge,win_streak,winning_streak")
    assert renames.of_edit(transaction, project) == [CHALLENGE]


@pytest.mark.parametrize("revoked", [False, True])
def test_a_challenge_without_unlocks_may_be_deleted(
    transaction: psycopg.Connection, project: Path, revoked: bool
) -> None:
    if revoked:
        unlock(transaction, "win_streak", "BASIC", "busy")
        transaction.execute("update analytics.tier_unlocks set revoked_at = now()")
    for seed in ("challenges", "challenge_tiers"):
        edit_seed(project, seed, r"^win_streak,.*\n", "")
    assert renames.of_edit(transaction, project) == []


def test_a_challenge_that_is_gone_is_not_taken_for_one_on_another_metric(
    transaction: psycopg.Connection, project: Path
) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy")
    rename_challenge(project)
    edit_seed(project, "challenges", "STREAK,onchain_pvp,best_win_streak", "COUNT,onchain_pvp,wins")
    assert refused(transaction, project).endswith("retired, which keeps what they have")


def test_a_name_that_is_still_there_beside_the_new_one_is_refused(
    transaction: psycopg.Connection, project: Path
) -> None:
    add_lines(project, "challenges", ANOTHER)
    add_lines(project, "challenge_tiers", "another,BASIC,Basic,2,1,false")
    add_lines(project, "renames", "challenge,win_streak,another")
    assert refused(transaction, project) == (
        "seeds/renames.csv: the challenge win_streak cannot become another, because win_streak is "
        "still in its seed: delete it there, or delete the line"
    )


def test_two_that_are_live_do_not_become_one(
    transaction: psycopg.Connection, project: Path
) -> None:
    for seed in ("challenges", "challenge_tiers"):
        edit_seed(project, seed, r"^win_streak,.*\n", "")
    add_lines(project, "renames", "challenge,win_streak,arena_victor")
    assert "cannot become arena_victor, because arena_victor is live, too" in refused(
        transaction, project
    )


def test_two_do_not_become_the_same_new_one(transaction: psycopg.Connection, project: Path) -> None:
    rename_challenge(project)
    for seed in ("challenges", "challenge_tiers"):
        edit_seed(project, seed, r"^arena_victor,.*\n", "")
    add_lines(
        project,
        "renames",
        "challenge,win_streak,winning_streak",
        "challenge,arena_victor,winning_streak",
    )
    told = refused(transaction, project).splitlines()
    assert [line.split(":")[1] for line in told] == [
        " the challenge arena_victor cannot become winning_streak, because something else does",
        " the challenge win_streak cannot become winning_streak, because something else does",
    ]


@pytest.mark.parametrize("revoked", [False, True])
def test_a_name_under_which_players_have_unlocks_of_the_past_is_not_given(
    transaction: psycopg.Connection, project: Path, revoked: bool
) -> None:
    unlock(transaction, "winning_streak", "BASIC", "busy")
    if revoked:
        transaction.execute("update analytics.tier_unlocks set revoked_at = now()")
    rename_challenge(project)
    add_lines(project, "renames", "challenge,win_streak,winning_streak")
    if revoked:
        assert renames.of_edit(transaction, project) == [CHALLENGE]
    else:
        assert "unlocks of a former challenge of that name" in refused(transaction, project)


def test_a_tier_that_is_gone_beside_a_new_one_is_refused(
    transaction: psycopg.Connection, project: Path
) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy")
    unlock(transaction, "arena_victor", "BASIC", "busy")
    edit_seed(project, "challenge_tiers", "^win_streak,BASIC", "win_streak,STARTER")
    assert refused(transaction, project) == (
        "the tier win_streak.BASIC, which 1 cluster has unlocked, is gone and win_streak.STARTER "
        "is new: add `tier,win_streak.BASIC,win_streak.STARTER` to seeds/renames.csv if that is "
        "its new name; otherwise deploy the ladder without win_streak.BASIC first, and "
        "win_streak.STARTER after it"
    )
    add_lines(project, "renames", "tier,win_streak.BASIC,win_streak.STARTER")
    assert renames.of_edit(transaction, project) == [
        Rename("tier", "win_streak.BASIC", "win_streak.STARTER")
    ]
    # beside unlocks of a tier that had this name and was removed
    unlock(transaction, "win_streak", "STARTER", "rival")
    assert "unlocks of a former tier of that name" in refused(transaction, project)


def test_a_tier_that_is_removed_or_added_alone_is_not_ambiguous(
    transaction: psycopg.Connection, project: Path
) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy")
    edit_seed(project, "challenge_tiers", r"^win_streak,BASIC,.*\n", "")
    # a new tier of another ladder
    add_lines(project, "challenge_tiers", "arena_victor,MYTHIC,Mythic,9999,9,true")
    assert renames.of_edit(transaction, project) == []


def test_tiers_are_named_with_the_challenge_as_it_is_called_now(
    transaction: psycopg.Connection, project: Path
) -> None:
    unlock(transaction, "win_streak", "BASIC", "busy")
    rename_challenge(project)
    add_lines(project, "renames", "challenge,win_streak,winning_streak")
    assert renames.of_edit(transaction, project) == [CHALLENGE]
    edit_seed(project, "challenge_tiers", "^winning_streak,BASIC", "winning_streak,STARTER")
    assert "tier winning_streak.BASIC" in refused(transaction, project)
    tier = ("winning_streak.BASIC", "winning_streak.STARTER")
    add_lines(project, "renames", f"tier,{','.join(tier)}")
    assert renames.of_edit(transaction, project) == [CHALLENGE, Rename("tier", *tier)]


def test_the_way_back_leads_over_several_renames_and_to_the_last_name_that_is_there(
    transaction: psycopg.Connection, project: Path
) -> None:
    record(
        transaction,
        ("challenge", "winning_streak", "streak"),
        ("challenge", "streak", "win_streak"),
        ("tier", "win_streak.STARTER", "win_streak.BASIC"),
        ("metric", "onchain_pvp.streak", "onchain_pvp.best_win_streak"),
    )
    rename_challenge(project)
    edit_seed(project, "challenge_tiers", "^winning_streak,BASIC", "winning_streak,STARTER")
    edit_seed(project, "metrics", "best_win_streak", "streak")
    assert renames.of_edit(transaction, project) == [
        CHALLENGE,
        Rename("metric", "onchain_pvp.best_win_streak", "onchain_pvp.streak"),
        Rename("tier", "winning_streak.BASIC", "winning_streak.STARTER"),
    ]
    # what the project declares goes before what was recorded
    rename_challenge(project, "winning_streak", "declared")
    add_lines(project, "renames", "challenge,win_streak,declared")
    assert Rename("challenge", "win_streak", "declared") in renames.of_edit(transaction, project)


def test_boards_of_renamed_metrics_are_known_by_the_new_name_in_every_ordering_key() -> None:
    places = ("", "fallback_", "third_", "fourth_")
    row = dict.fromkeys(
        f"{place}{column}" for place in places for column in ("metric_source", "metric_key")
    )
    row |= {"metric_source": "onchain_pvp", "metric_key": "wins"}
    ranked = [
        row | {f"{place}metric_source": "onchain_pvp", f"{place}metric_key": "streak"}
        for place in places
    ]
    renamed = [
        Rename("metric", "onchain_pvp.streak", "pvp.run"),
        Rename("challenge", "onchain_pvp.wins", "onchain_pvp.won"),
    ]
    assert renames.renamed_boards([row, *ranked], renamed) == [
        row,
        *(row | {f"{place}metric_source": "pvp", f"{place}metric_key": "run"} for place in places),
    ]
