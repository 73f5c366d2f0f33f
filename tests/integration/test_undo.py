"""The way back: earlier definitions are live again, and what was granted wrongly is revoked."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hedge import boards, database, deploying, runs, world
from hedge.deploying import checks, going_live
from hedge.errors import HedgeError, UsageError
from hedge.project import files
from hedge.runs import kinds
from tests import PROJECT
from tests.support import (
    AS_OF,
    BUSY,
    DATA_TESTS,
    RIVAL,
    add_cluster,
    copy_project,
    days_ago,
    edit,
    fan_out,
    marts,
    put,
    pvp_match,
)
from tests.support.boards import WINS

# a world with other definitions live takes seconds to make, so one process
pytestmark = pytest.mark.xdist_group("undo")

HASH = files.definitions_hash(PROJECT)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, which commands read edits from."""
    folder = copy_project(tmp_path / "copy", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


def revoked(connection: psycopg.Connection) -> list[tuple]:
    """The unlocks that were revoked, with their reason and whether a run with the definitions of
    this repository granted them."""
    return connection.execute(
        "select cluster_id, challenge_key, tier_code, kind, revoked_reason, definitions = %s"
        " from analytics.tier_unlocks where revoked_at is not null order by 1, 2, 3, 4",
        [HASH],
    ).fetchall()


def deploy_and_compute(as_of: Any = world.AS_OF) -> None:
    runs.deploy()
    runs.full(as_of)


def unlocks_of(plan: runs.UndoPlan) -> dict[str, tuple[int, int]]:
    return {one.challenge_key: (one.tiers, one.founders_marks) for one in plan.unlocks}


@pytest.mark.ci
def test_a_fan_out_that_was_live_for_one_run_leaves_nothing(
    demo_world: psycopg.Connection, project: Path
) -> None:
    # without the windows of board runs
    runs.full(world.AS_OF)
    before = marts(demo_world)
    fan_out(project)
    deploy_and_compute()
    wrong = marts(demo_world)
    false = set(wrong["tier_unlocks"]) - set(before["tier_unlocks"])
    assert len(false) > 50
    marks = {key for key in false if "FOUNDERS_MARK" in key}
    assert marks
    plan = runs.plan_undo()
    assert plan.restored.definitions == HASH
    assert [one.definitions for one in plan.undone] == [files.definitions_hash(project)]
    counts = unlocks_of(plan)
    assert sum(tiers for tiers, _ in counts.values()) == len(false - marks)
    assert sum(count for _, count in counts.values()) == len(marks)
    done = deploying.undo(plan, world.AS_OF)
    assert done.revoked == len(false)
    assert marts(demo_world) == before
    assert {row[4:] for row in revoked(demo_world)} == {
        ("the definitions that granted it were undone", False)
    }
    assert {row[:4] for row in revoked(demo_world)} == {tuple(key[:4]) for key in false}
    # the ledger has it as a deploy and a full run
    full, deploy = runs.ledger(demo_world, 2)
    assert (deploy.kind, deploy.run_id, deploy.state) == ("DEPLOY", done.deploy_run, "SUCCESS")
    assert (full.kind, full.run_id) == ("FULL", done.full_run)
    assert runs.deployed_definitions(demo_world) == HASH
    # there is nothing further back
    with pytest.raises(HedgeError, match="there is nothing to go back to"):
        runs.plan_undo()


SWAPPED = "case cluster_id when 'rival' then 200 else 0 end::bigint as wins"


def swap(project: Path) -> None:
    """Edit a project, so that it takes the wins from the first and gives 200 to the second."""
    pvp = project / "models" / "metrics" / "onchain_pvp.sql"
    edit(pvp, "sum(wins)::bigint as wins", SWAPPED)


@pytest.fixture(scope="module")
def swapped_template(
    template: str,
    new_database: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of the database that `swapped` copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", new_database("swapped", template))
        folder = copy_project(tmp_path_factory.mktemp("swapped") / "copy", DATA_TESTS)
        patch.setenv("HEDGE_PROJECT", str(folder))
        swap(folder)
        with database.connect() as connection:
            add_cluster(connection, "busy", BUSY)
            add_cluster(connection, "rival", RIVAL)
            put(connection, *(pvp_match(BUSY, at=days_ago(1)) for _ in range(160)))
            put(connection, *(pvp_match(RIVAL, at=days_ago(1)) for _ in range(10)))
            boards.add(connection, WINS)
        deploy_and_compute(AS_OF)
        boards.run(mode="DUE", as_of=AS_OF)
    return "swapped"


@pytest.fixture
def swapped(
    swapped_template: str, own_database: Callable[[str], str], project: Path
) -> Iterator[psycopg.Connection]:
    """Two clusters, of which one has won 160 matches in the last days and the other 10; definitions
    that take the wins from the first and give 200 to the second were live for a full run and a
    board, and are those of the project."""
    swap(project)
    own_database(swapped_template)
    with database.connect() as connection:
        yield connection


def standing(connection: psycopg.Connection) -> set[tuple[str, str, str]]:
    """The unlocks of Arena Victor that stand."""
    return set(
        connection.execute(
            "select cluster_id, tier_code, kind from analytics.tier_unlocks"
            " where revoked_at is null and challenge_key = 'arena_victor'"
        )
    )


def ladder(cluster: str, *tiers: str) -> set[tuple[str, str, str]]:
    return {(cluster, tier, "TIER") for tier in tiers}


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Patches that a test takes back, and not those of the fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


EVERY_TIER = ("BASIC", "ADVANCED", "ELITE", "EXALTED")


@pytest.mark.ci
def test_what_was_given_to_the_wrong_one_goes_to_the_right_one_though_the_undo_is_interrupted(
    swapped: psycopg.Connection, patch: pytest.MonkeyPatch
) -> None:
    edited = runs.deployed_definitions(swapped)
    mark = ("EXALTED", "FOUNDERS_MARK")
    assert standing(swapped) == ladder("rival", *EVERY_TIER) | {("rival", *mark)}
    first = runs.plan_undo()
    assert not first.goes_on
    assert unlocks_of(first)["arena_victor"] == (4, 1)
    assert first.boards == 1

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    patch.setattr(going_live, "go_live", dies)
    with pytest.raises(KeyboardInterrupt):
        deploying.undo(first, AS_OF)
    patch.undo()
    assert runs.deployed_definitions(swapped) == edited
    second = runs.plan_undo()
    assert second.goes_on
    patch.setattr(kinds, "full", dies)
    with pytest.raises(KeyboardInterrupt):
        deploying.undo(second, AS_OF)
    # or the full run leaves something out: what was kept would be taken for the truth
    (newest,) = runs.ledger(swapped, 1)
    partial = replace(newest, state="PARTIAL", error="onchain_pvp cannot be computed")
    patch.setattr(kinds, "full", lambda *_: partial)
    with pytest.raises(HedgeError, match="nothing was revoked: onchain_pvp cannot be computed"):
        deploying.undo(second, AS_OF)
    patch.undo()
    assert runs.deployed_definitions(swapped) == HASH
    # dead between the deploy and the record of it
    swapped.execute("update app.undos set deploy_run = null")
    third = runs.plan_undo()
    assert third.goes_on
    assert (third.restored, third.unlocks) == (first.restored, first.unlocks)
    with pytest.raises(UsageError, match="its rows would stay"):
        deploying.undo(third, AS_OF - timedelta(microseconds=1))
    deploys = "select count(*) from app.etl_runs where kind = 'DEPLOY' and state = 'SUCCESS'"
    before = swapped.execute(deploys).fetchone()
    done = deploying.undo(third, AS_OF)
    # what is deployed is not deployed once more
    assert swapped.execute(deploys).fetchone() == before
    assert standing(swapped) == ladder("busy", *EVERY_TIER) | ladder("rival", "BASIC") | {
        ("busy", *mark)
    }
    # the score of PvP, too
    assert done.revoked == len(revoked(swapped)) >= 4
    stale = swapped.execute("select stale_since is not null from app.leaderboard_runs")
    assert (stale.fetchall(), done.boards) == ([(True,)], 1)
    boards.run(mode="DUE", as_of=AS_OF)
    entries = "select cluster_id, score from app.latest_board_runs as runs inner join"
    assert swapped.execute(
        f"{entries} analytics.leaderboard_entries as entries on runs.id = entries.run_id"
        " order by rank"
    ).fetchall() == [("busy", 160), ("rival", 10)]
    finished = swapped.execute(
        "select finished_at is not null, full_run, revoked, undone from app.undos"
    ).fetchall()
    assert finished == [(True, done.full_run, done.revoked, [edited])]
    # forward again: nothing was granted since that does not stand
    forward = runs.plan_undo(edited)
    assert (forward.goes_on, forward.restored.definitions) == (False, edited)
    assert [one.definitions for one in forward.undone] == [HASH]


@pytest.mark.ci
def test_another_deploy_before_the_full_run_of_an_undo_ends_it_without_revoking(
    swapped: psycopg.Connection, patch: pytest.MonkeyPatch
) -> None:
    real = kinds.full

    def after_another_deploy(*arguments: Any) -> runs.Run:
        runs.deploy()
        return real(*arguments)

    patch.setattr(kinds, "full", after_another_deploy)
    plan = runs.plan_undo()
    with pytest.raises(HedgeError, match="something else was deployed before the full run"):
        deploying.undo(plan, AS_OF)
    assert revoked(swapped) == []
    stale = swapped.execute("select stale_since from app.leaderboard_runs")
    assert stale.fetchall() == [(None,)]
    patch.undo()
    with pytest.raises(HedgeError, match="what is live has changed since the undo was listed"):
        deploying.undo(plan, AS_OF)


@pytest.mark.ci
def test_definitions_that_a_check_refuses_stay_undone_unless_told(
    swapped: psycopg.Connection, patch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise HedgeError("a.sql:1: onchain_pvp cannot be computed")

    edited = runs.deployed_definitions(swapped)
    views = "select relname, oid from pg_class where relkind = 'v' and relname ~ '^(stg|onchain)'"
    before = sorted(swapped.execute(views).fetchall())
    patch.setattr(checks, "build_and_check", refuse)
    with pytest.raises(HedgeError, match="onchain_pvp cannot be computed"):
        deploying.undo(runs.plan_undo(), AS_OF)
    assert runs.deployed_definitions(swapped) == edited
    assert swapped.execute("select count(*) from app.undos").fetchone() == (0,)
    done = deploying.undo(runs.plan_undo(), AS_OF, compute=False)
    assert runs.deployed_definitions(swapped) == done.restored == HASH
    (_, deploy) = runs.ledger(swapped, 2)
    assert deploy.note == "not computed before it went live (--no-compute)"
    # what is replaced keeps its identity, so that nobody who reads it is in the way
    assert sorted(swapped.execute(views).fetchall()) == before


@pytest.mark.ci
def test_an_undo_does_not_take_the_metric_by_which_a_board_ranks(
    swapped: psycopg.Connection, project: Path
) -> None:
    pvp = project / "models" / "metrics" / "onchain_pvp"
    edit(
        pvp.with_suffix(".sql"), "max(wins) as best", "min(wins) as worst_streak, max(wins) as best"
    )
    edit(
        pvp.with_suffix(".yml"),
        "      - name: best_win_streak\n",
        "      - name: worst_streak\n        data_type: bigint\n        description: The least.\n"
        "      - name: best_win_streak\n",
    )
    edit(
        project / "seeds" / "metrics.csv",
        "onchain_pvp,best_win_streak",
        "onchain_pvp,worst_streak,streak,in the window,matches,The shortest\n"
        "onchain_pvp,best_win_streak",
    )
    runs.deploy()
    swapped.execute("update app.leaderboard_defs set metric_key = 'worst_streak'")
    live = runs.deployed_definitions(swapped)
    with pytest.raises(
        HedgeError,
        match=r"^board \w+ ranks by onchain_pvp.worst_streak, which the earlier definitions lack: "
        r"change the board \(hedge boards edit \w+ --metric SOURCE.METRIC\) or end it "
        r"\(hedge boards edit \w+ --inactive\), then undo the deploy$",
    ):
        deploying.undo(runs.plan_undo(), AS_OF)
    assert runs.deployed_definitions(swapped) == live
