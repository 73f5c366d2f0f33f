"""Environments as people use them who know dbt: plain dbt in a copy of the project, with a role
that cannot write what is live."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hedge import boards, database, environments, libpq_variables, runs
from tests import Hedge
from tests.integration.preview import checksums
from tests.support import DATA_TESTS, copy_project, edit

#: The wallet of demo-busy in the demo world.
BUSY = "select address from app.wallet_links where cluster_id = 'demo-busy' order by 1 limit 1"
WINS = (
    "select value from analytics.challenge_progress"
    " where cluster_id = 'demo-busy' and challenge_key = 'arena_victor'"
)
#: The same of all facts that are loaded.
FACTS = (
    "select wins from analytics.onchain_pvp"
    " where cluster_id = 'demo-busy' and window_key = 'all_time'"
)
#: A board in the catalogue ranks by this metric over all time.
TOTAL_LEVELS = ("sum(level)::bigint as total_levels", "sum(level)::bigint * 2 as total_levels")


class Analyst:
    """A person with a folder of the project and the rights to read what is live."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.schema = name, f"dev_{name}"
        self.project = copy_project(folder / name, DATA_TESTS)
        (self.project / "profiles.yml").write_text(
            (self.project / "profiles.example.yml").read_text()
        )

    def dbt(self, *arguments: str, target: str = "dev") -> subprocess.CompletedProcess[str]:
        """Call dbt in the project; `dbt` is the first that stands beside this Python."""
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                *arguments,
                *("--target", target),
            ],
            cwd=self.project,
            env=os.environ | libpq_variables.variables() | {"PGUSER": "analyst", "USER": self.name},
            text=True,
            capture_output=True,
            check=False,
        )

    def build(self, *arguments: str) -> str:
        """Build in the environment; returns what dbt printed."""
        done = self.dbt("build", *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def live(demo_world: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A demo world that the role `analyst` may read."""
    name = demo_world.info.dbname
    demo_world.execute(
        f"""
        create role analyst login;
        grant create on database {name} to analyst;
        grant usage on schema raw, app, analytics to analyst;
        grant select on all tables in schema raw, app, analytics to analyst
        """
    )
    yield demo_world
    for one in environments.listed(demo_world):
        environments.drop(demo_world, one.name)
    demo_world.execute("drop owned by analyst; drop role analyst")


def win_a_match(connection: psycopg.Connection, number: int) -> None:
    """Load a ranked match that demo-busy has won."""
    connection.execute(
        f"""
        insert into raw.pvp_matches
        (realm, match_id, wallet_address, is_ranked, outcome, matched_at)
        select 'environment', %s, ({BUSY}), true, 'WIN', now() - interval '1 hour'
        """,
        [str(number)],
    )


def value(connection: psycopg.Connection, query: str) -> object:
    found = connection.execute(query).fetchone()
    return found and found[0]


@pytest.mark.ci  # a build of the whole project: 20 seconds
def test_a_build_with_another_target_leaves_everything_live_as_it_was(
    live: psycopg.Connection, tmp_path: Path, hedge: Hedge
) -> None:
    ada = Analyst(tmp_path, "ada")
    edit(ada.project / "models" / "metrics" / "onchain_heroes.sql", *TOTAL_LEVELS)
    wins = value(live, WINS)
    # the note of this load is for the next live run
    win_a_match(live, 1)
    before = checksums(live)
    printed = ada.build("--vars", "sample: 40", "--exclude-resource-type", "unit_test")
    assert checksums(live) == before
    assert "ERROR=0" in printed

    # the environment is whole: its runs, its sample, its unlocks, its boards and seasons
    found = live.execute("select kind, state, scope_size from dev_ada_app.etl_runs").fetchall()
    assert found == [("FULL", "SUCCESS", 40)]
    own, same = live.execute(
        """
        select
            count(*) filter (where challenge_key = 'hero_riser' and own.value <> live.value),
            count(*) filter (where own.value = live.value) * 1.0 / count(*) > 0.9
        from dev_ada.challenge_progress as own
        inner join analytics.challenge_progress as live using (cluster_id, challenge_key)
        """
    ).fetchone()
    assert own > 10
    assert same
    sample = "select cluster_id from app.wallet_clusters order by md5(cluster_id) limit 40"
    for mart in ("cluster_metrics", "challenge_progress", "season_progress"):
        clusters = f"select distinct cluster_id from dev_ada.{mart}"
        assert value(live, f"select count(*) from ({clusters} intersect ({sample})) as found") == 40
        assert value(live, f"select count(*) from ({clusters}) as found") == 40
    unlocks = "select count(*), count(distinct run_id), min(run_id) from dev_ada.tier_unlocks"
    rows, run_ids, run = live.execute(unlocks).fetchone()
    assert (rows > 100, run_ids, run) == (True, 1, 1_000_000_000_001)
    doubled = value(
        live,
        """
        select count(*) from dev_ada.leaderboard_entries as own
        inner join dev_ada_app.leaderboard_runs as runs on own.run_id = runs.id
        inner join app.latest_board_runs as latest using (leaderboard_key)
        inner join analytics.leaderboard_entries as live
            on latest.id = live.run_id and own.cluster_id = live.cluster_id
        where leaderboard_key = 'lb_hero_levels' and own.score = 2 * live.score
        """,
    )
    assert doubled > 10
    statuses = live.execute(
        "select status, count(*) from dev_ada_app.leaderboard_runs group by 1"
    ).fetchall()
    assert statuses == [("COMPLETE", value(live, "select count(*) from app.leaderboard_defs"))]

    # live goes on as if nothing had been
    assert runs.incremental().state == "SUCCESS"
    assert value(live, WINS) == value(live, FACTS) > wins
    assert value(live, "select app.deployed_definitions() is not null")
    assert json.loads(hedge("env", "list", "--json")[1])[0]["clusters"] == 40
    assert hedge("env", "drop", "dev_ada")[:2] == (0, "dropped: dev_ada\n")
    schemas = "select count(*) from pg_namespace where nspname like 'dev\\_%'"
    assert value(live, schemas) == 0


class Worker(threading.Thread):
    """What goes on live meanwhile: loads, incremental runs, boards."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__()
        self.connection, self.stopped, self.rounds = connection, False, 0
        self.errors: list[Exception] = []

    def run(self) -> None:
        while not self.stopped:
            try:
                self.rounds += 1
                win_a_match(self.connection, self.rounds)
                runs.incremental()
                boards.run(["lb_pvp_daily_wins"])
            except Exception as error:
                self.errors.append(error)
                return
            time.sleep(1)


def at_once(*calls: Callable[[], object]) -> None:
    """Make calls at once; an error of one is raised."""
    errors: list[BaseException] = []

    def noting(call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=noting, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.full  # two people build twice while a worker computes: two minutes
def test_two_people_build_their_edits_while_runs_go_on(
    live: psycopg.Connection, tmp_path: Path
) -> None:
    ada, bob = Analyst(tmp_path, "ada"), Analyst(tmp_path, "bob")
    for one in (ada, bob):
        assert one.dbt("parse", "--target-path", "live", target="prod").returncode == 0
        assert "No nodes selected" in one.dbt("ls", *EDITED).stdout
    edit(ada.project / "models" / "metrics" / "onchain_heroes.sql", *TOTAL_LEVELS)
    tiers = bob.project / "seeds" / "challenge_tiers.csv"
    edit(tiers, "hero_riser,COMMON,Common,100,", "hero_riser,COMMON,Common,120,")
    wins, runs_before = value(live, WINS), value(live, "select max(run_id) from app.etl_runs")

    worker = Worker(live)
    worker.start()
    try:
        for _ in range(2):
            at_once(*(lambda one=one: one.build(*EDITED, *NO_UNIT_TESTS) for one in (ada, bob)))
    finally:
        worker.stopped = True
        worker.join()
    assert (worker.errors, worker.rounds > 2) == ([], True)

    # live: each load was computed by the run after it, and no run of theirs is there
    assert value(live, WINS) == value(live, FACTS) >= wins + worker.rounds
    kinds = live.execute(
        "select kind, count(*) from app.etl_runs where run_id > %s group by 1", [runs_before]
    ).fetchall()
    assert dict(kinds) == {"INCREMENTAL": worker.rounds, "BOARD": worker.rounds}
    assert value(live, "select count(*) from app.etl_runs where state <> 'SUCCESS'") == 0
    assert value(live, "select count(*) from app.change_notes") == 0
    before = checksums(live)

    # each has what the own edit changes, and reads the rest from the live schema
    both = "select count(*) from {}.challenge_progress as own inner join analytics" + (
        ".challenge_progress as live using (cluster_id, challenge_key) where {}"
    )
    levels = "challenge_key = 'hero_riser' and own.value = 2 * live.value and own.value > 0"
    assert value(live, both.format(ada.schema, levels)) > 10
    assert value(live, both.format(bob.schema, levels)) == 0
    tier = "challenge_key = 'hero_riser' and own.value >= 100 and own.value < 120"
    assert value(live, both.format(bob.schema, f"{tier} and own.tier <> 'NONE'")) == 0
    own = {one.name: one.models for one in environments.listed(live)}
    assert set(own) == {ada.schema, bob.schema}
    assert max(own.values()) < 40
    assert not database.exists(live, f"{ada.schema}.challenge_tiers")

    # a mended mistake, a run of named clusters, a larger sample, and what is refused
    heroes = ada.project / "models" / "metrics" / "onchain_heroes.sql"
    edit(heroes, TOTAL_LEVELS[1], "(sum(level) / (count(*) - count(*)))::bigint as total_levels")
    failed = ada.dbt("build", *EDITED, *NO_UNIT_TESTS)
    assert "division by zero" in failed.stdout
    edit(heroes, "(sum(level) / (count(*) - count(*)))::bigint", "3 * sum(level)::bigint")
    for arguments, sentence in (
        (["retry"], "dbt retry leaves out what was mended"),
        (["build", "--empty"], "--empty would leave views without rows"),
        (["run", "--sample", "3 days"], "--sample cuts facts off by their time"),
        (["clone", "--state", "live", "--full-refresh"], "dbt clone would make marts views"),
    ):
        refused = ada.dbt(*arguments)
        assert refused.returncode != 0
        assert sentence in refused.stdout
    ada.build(*EDITED, *NO_UNIT_TESTS, "--vars", "clusters: [demo-busy, demo-rival]")
    threefold = "challenge_key = 'hero_riser' and own.value = 3 * live.value and own.value > 0"
    assert value(live, both.format(ada.schema, threefold)) == 2
    ada.build(*EDITED, *NO_UNIT_TESTS, "--vars", "sample: null")
    clusters = "select count(distinct cluster_id) from {}.challenge_progress"
    assert value(live, clusters.format(ada.schema)) == value(live, clusters.format("analytics"))
    assert checksums(live) == before


EDITED = ("--select", "state:modified+", "--defer", "--state", "live")
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
