"""After any sequence of loads, links and runs, a full run as of the same instant changes nothing.

And whole runs, by the command line's functions or by plain dbt, equal a second implementation.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Collection
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hedge import buckets, copies, libpq_variables, runs, seasons
from hedge.seasons import Season
from tests import PROJECT, oracle, support
from tests.against_the_oracle import (
    CATALOGUE,
    LISTS,
    METRICS,
    assert_progress_equals_the_oracle,
    lively_worlds,
    scores_of,
)
from tests.oracle import Link, World, season_points, tier_unlocks
from tests.oracle.dice import Dice
from tests.oracle.instants import AS_OF, DAY
from tests.oracle.worlds import exclusions_of

LADDERS = {challenge.key: challenge for challenge in CATALOGUE.challenges}


def handful(examples: int) -> Callable:
    """So many worlds, the same ones each time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def unlocks_of(world: World, as_of: datetime) -> set[tuple[str, str, str, str]]:
    """Every reached tier, and the Founder's Marks: last tiers by the last 180 days."""
    all_time, rolling = scores_of(world, as_of)
    marks = {
        (cluster, key, tier)
        for cluster, key, tier in tier_unlocks(rolling, CATALOGUE)
        if not LADDERS[key].is_feat and tier == LADDERS[key].tiers[-1].tier_code
    }
    return {(*unlock, "TIER") for unlock in tier_unlocks(all_time, CATALOGUE)} | {
        (*mark, "FOUNDERS_MARK") for mark in marks
    }


@handful(4)
@given(world=lively_worlds())
def test_a_full_run_equals_the_oracle(connection: psycopg.Connection, world: World) -> None:
    support.forget_runs(connection)
    support.put_world(connection, world)
    runs.full(as_of=AS_OF)
    assert_progress_equals_the_oracle(connection, world, AS_OF, world.clusters)
    assert set(support.marts(connection)["tier_unlocks"]) == unlocks_of(world, AS_OF)


class Chronicle:
    """A world that arrives bit by bit in a database: what is there so far, and what is not."""

    def __init__(self, connection: psycopg.Connection, world: World) -> None:
        """Begin with the clusters, and with no facts or links."""
        self.connection = connection
        # chance, but the same each time the world is the same
        self.random = Random(repr(world))
        self.facts = [
            support.Fact(table, row) for table, rows in world.facts.items() for row in rows
        ]
        self.random.shuffle(self.facts)
        self.wallets = sorted({link.address for link in world.links})
        self.quests = count(10**9)
        self.known = World(discord_ids=world.discord_ids, clusters=world.clusters)
        support.put_world(connection, self.known)

    def load(self, number: int) -> None:
        """So many of the facts that are left arrive."""
        for _ in range(number):
            fact = self.facts.pop()
            support.put(self.connection, fact)
            self.known.facts.setdefault(fact.table, []).append(fact.row)

    def move(self, wallet: str) -> None:
        """A wallet is linked to some cluster, whoever has it now, or is unlinked."""
        self.known.links = [link for link in self.known.links if link.address != wallet]
        cluster = self.random.choice([*self.known.clusters, None])
        if cluster is None:
            support.unlink(self.connection, wallet)
        else:
            support.link(self.connection, cluster, wallet)
            self.known.links.append(Link(cluster, wallet))

    def exclude(self) -> None:
        """A cluster, a wallet or a fact is excluded, or an exclusion ends."""
        if self.known.exclusions and self.random.random() < 0.5:
            ended = self.known.exclusions.pop(self.random.randrange(len(self.known.exclusions)))
            support.end_exclusion(self.connection, self.known, ended)
            return
        dice = Dice(self.random.randbytes(24))
        for one in exclusions_of(dice, self.known, METRICS)[:1]:
            if one not in self.known.exclusions:
                support.put_exclusion(self.connection, self.known, one)
                self.known.exclusions.append(one)

    def go_on(self) -> None:
        """One to four facts arrive, a wallet moves, or an exclusion begins or ends: so little that
        most clusters stay."""
        chance = self.random.random()
        if chance < 0.3:
            self.move(self.random.choice(self.wallets))
        elif chance < 0.6:
            self.exclude()
        else:
            self.load(self.random.randint(1, 4))

    def touch(self, as_of: datetime) -> str:
        """A cluster finishes a quest before an instant, so that a run must compute it."""
        cluster = self.random.choice(self.known.clusters)
        wallet = next((one.address for one in self.known.links if one.cluster_id == cluster), None)
        if wallet is None:
            wallet = f"0x{self.random.randrange(2**64):040x}"
            support.link(self.connection, cluster, wallet)
            self.known.links.append(Link(cluster, wallet))
        # a number that no fact of the world has
        quest = support.quest(wallet, at=as_of - DAY, quest_id=next(self.quests))
        support.put(self.connection, quest)
        self.known.facts.setdefault(quest.table, []).append(quest.row)
        return cluster

    def some_clusters(self) -> list[str]:
        """One or more of the clusters."""
        clusters = self.known.clusters
        return self.random.sample(clusters, self.random.randint(1, len(clusters)))


WEIGHTS = {"hero_riser": "1", "long_road_home": "0.5", "arena_victor": "2", "lp_depth": "3"}


def put_season(connection: psycopg.Connection, starts_at: datetime) -> None:
    """The only season there is, in which state and events give points."""
    connection.execute("delete from app.seasons")
    seasons.add(connection, Season("spring", "Spring", starts_at, AS_OF + 9 * DAY, True, "SEASON"))
    weights = [{"challenge_key": key, "weight": weight} for key, weight in WEIGHTS.items()]
    seasons.put_weights(connection, "spring", weights)


def assert_points_equal_the_oracle(
    connection: psycopg.Connection, world: World, season: Season, as_of: datetime
) -> None:
    weights = {key: Decimal(weight) for key, weight in WEIGHTS.items()}
    told = oracle.Season(season.id, season.starts_at, season.ends_at, season.scoring, weights)
    rows = connection.execute("select cluster_id, points from analytics.season_progress")
    assert dict(rows.fetchall()) == season_points(world, told, as_of, LISTS, CATALOGUE)


@pytest.mark.parametrize(
    ("days", "number", "has_copies"),
    [
        pytest.param(0, 1, False, marks=pytest.mark.ci, id="at one instant"),
        pytest.param(30, 1, False, id="as time goes by"),
        pytest.param(0, 3, False, marks=pytest.mark.ci, id="in buckets"),
        pytest.param(0, 3, True, marks=pytest.mark.ci, id="from copies of buckets"),
    ],
)
@handful(2)
@given(world=lively_worlds(veterans=False))
def test_a_full_run_equals_a_sequence_of_runs(
    connection: psycopg.Connection, days: int, number: int, has_copies: bool, world: World
) -> None:
    support.forget_runs(connection)
    buckets.divide(connection, number, print)
    if has_copies:
        copies.create(connection, copies.raw_tables(connection), citus=False)
    assert_a_sequence_of_runs_is_exact(connection, days, world)


def assert_a_sequence_of_runs_is_exact(
    connection: psycopg.Connection, days: int, world: World
) -> None:
    """Whatever of the world arrives and happens before each of several runs, so many days after
    each other: all that a run computes equals the oracle, and a full run changes nothing."""
    chronicle = Chronicle(connection, world)
    # as time goes by, it begins in the middle and goes on
    put_season(connection, AS_OF - 2.5 * days * DAY - DAY)

    def check(as_of: datetime, clusters: Collection[str]) -> None:
        assert_progress_equals_the_oracle(connection, chronicle.known, as_of, clusters)

    def computed_as_of(as_of: datetime) -> set[str]:
        computed = support.computed_at(connection)
        return {cluster for cluster, at in computed.items() if at == as_of}

    for wallet in chronicle.wallets:
        chronicle.move(wallet)
    chronicle.load(60)
    first = AS_OF - 4 * days * DAY
    runs.incremental(as_of=first)
    check(first, world.clusters)

    for step in (3, 2, 1):
        as_of = AS_OF - step * days * DAY
        touched = chronicle.touch(as_of)
        chronicle.go_on()
        named = chronicle.some_clusters()
        if step == 2:
            runs.cluster(named, as_of=as_of)
            check(as_of, named)
        chronicle.go_on()
        runs.incremental(as_of=as_of)
        computed = computed_as_of(as_of)
        assert touched in computed
        check(as_of, computed)

    chronicle.go_on()
    touched = chronicle.touch(AS_OF)
    runs.incremental(as_of=AS_OF)
    # at one instant, that is everybody; as time goes by, whoever something happened to
    current = computed_as_of(AS_OF)
    assert touched in current
    assert days or current == set(world.clusters)
    found = support.marts(connection)
    runs.full(as_of=AS_OF)
    everything = support.marts(connection)
    assert support.rows_of(everything, current) == support.rows_of(found, current)
    check(AS_OF, world.clusters)
    season = seasons.season(connection, "spring")
    assert_points_equal_the_oracle(connection, chronicle.known, season, AS_OF)


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """A folder with profiles.yml, made as the example says."""
    (tmp_path / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    return tmp_path


@handful(1)
@given(world=lively_worlds())
def test_plain_dbt_run_of_the_marts_gives_the_same_rows(
    connection: psycopg.Connection, world: World
) -> None:
    """Without the variables that a run of hedge passes, in the process of the test."""
    support.put_world(connection, world)
    runs.full(as_of=AS_OF)
    found = support.without_runs(support.marts(connection))
    assert all(found[mart] for mart in ("cluster_metrics", "challenge_progress", "tier_unlocks"))
    support.forget_runs(connection)
    done = support.dbt("run", "--select", *support.MARTS, "--vars", f"as_of: '{AS_OF.isoformat()}'")
    assert done.success
    assert support.without_runs(support.marts(connection)) == found


@pytest.mark.ci
@handful(1)
@given(world=lively_worlds())
def test_plain_dbt_build_gives_the_same_rows(
    connection: psycopg.Connection, profiles: Path, world: World
) -> None:
    support.put_world(connection, world)
    runs.full(as_of=AS_OF)
    found = support.without_runs(support.marts(connection))
    support.forget_runs(connection)

    subprocess.run(
        [
            *(Path(sys.executable).parent / "dbt", "--quiet", "--log-path", profiles / "logs"),
            *("build", "--vars", f"{{as_of: '{AS_OF.isoformat()}'}}"),
            # which pass in tests/integration/test_unit_tests_of_dbt.py
            *("--exclude-resource-type", "unit_test"),
            *("--profiles-dir", profiles, "--target-path", profiles / "target"),
        ],
        cwd=PROJECT,
        env=os.environ | libpq_variables.variables(),
        check=True,
    )
    assert support.without_runs(support.marts(connection)) == found
    newest = runs.ledger(connection)[0]
    assert (newest.kind, newest.state, newest.scope_size) == ("FULL", "SUCCESS", None)
    assert newest.as_of == AS_OF
    # two marts that depend on the same ones are computed in either order
    computed = [model.name for model in newest.models if model.name in support.MARTS]
    assert sorted(computed) == sorted(support.MARTS)
