"""Rewards in worlds whose players cheat: wallets that move, proofs, races of claims and decisions,
a season that ends in between, against a second implementation."""

import os
from random import Random

import psycopg

from tests.oracle.rewards import Held, Promise, World
from tests.settled_rewards import SEASON, give, put_season, reach, require_sums, settle
from tests.support import add_cluster

CLUSTERS = ["ann", "bob", "cyd", "dee"]
WALLETS = [f"0x{number:040x}" for number in range(0xBEEF01, 0xBEEF07)]
PROMISES = [
    Promise("low", level=1),
    Promise("high", level=3),
    Promise("late", level=2, valid_until=12),
    Promise("podium", ranks=(1, 2)),
]
ACTS = ["link", "unlink", "prove", "compute", "claim", "claim", "decide", "hop", "rob"]
WORLDS = 12
STEPS = 30
#: The step at whose end the season is frozen.
END = 20


class Stage:
    """A world in the database and beside it in Python. Time is that of the database: a promise that
    is valid until a step is set to have ended when that step comes."""

    def __init__(self, connection: psycopg.Connection, random: Random) -> None:
        self.connection, self.random = connection, random
        self.world = World(PROMISES)
        for cluster in CLUSTERS:
            add_cluster(connection, cluster)
            reach(connection, cluster, 0)
            self.world.compute(cluster, 0, 0)
        put_season(connection)
        for promise in PROMISES:
            first, last = promise.ranks or (None, None)
            columns = {"level": promise.level} if promise.level else {"rank_from": first}
            give(connection, promise.key, rank_to=last, **columns)

    def act(self, now: int) -> None:
        """One thing that happens."""
        random, world = self.random, self.world
        wallet, cluster = random.choice(WALLETS), random.choice(CLUSTERS)
        standing = world.held and random.choice(world.held)
        match random.choice(ACTS):
            case "link" if wallet not in world.links:
                self._link(wallet, cluster, verified=False)
            case "unlink" if wallet in world.links:
                self._unlink(wallet)
            case "prove" if not world.links.get(wallet, ("", False))[1]:
                self._take(wallet, cluster, verified=True)
            case "compute" if not world.is_over:
                self.compute(cluster)
            case "claim" if standing:
                self.connection.execute(
                    "update app.rewards set state = 'CLAIMED', claimed_at = clock_timestamp(),"
                    " changed_by = 'the player' where reward_id = %s and state = 'OPEN'"
                    " and coalesce(valid_until > clock_timestamp(), true)"
                    " and not app.is_disputed(reward_id)",
                    [self.number_of(standing)],
                )
                world.claim(standing, now)
            case "decide" if standing:
                self.decide(standing, random.choice(["FULFILLED", "FULFILLED", "REFUSED"]))
            case "hop" if not world.is_over:
                # a wallet counts for one, and then for another, before a run has ended
                first, second = random.sample(CLUSTERS, 2)
                self._take(wallet, first, verified=False)
                self.compute(first)
                self._take(wallet, second, verified=False)
                self.compute(second)
            case "rob" if standing and standing.wallets and not world.is_over:
                # who holds a wallet proves it, and what is left of the other is computed
                self._take(
                    random.choice(sorted(standing.wallets)),
                    random.choice([one for one in CLUSTERS if one != standing.cluster]),
                    verified=True,
                )
                self.compute(standing.cluster)

    def compute(self, cluster: str) -> None:
        level = self.random.randint(0, 4)
        points = level * 10 + self.random.randint(0, 2) if level else 0
        reach(self.connection, cluster, level, points)
        self.world.compute(cluster, points, level)

    def decide(self, standing: Held, state: str) -> None:
        self.connection.execute(
            "update app.rewards set state = %(state)s, changed_by = 'admin', note = 'x',"
            " fulfilled_at = case %(state)s when 'FULFILLED' then clock_timestamp() end"
            " where reward_id = %(reward)s and state = 'CLAIMED'"
            " and not app.is_disputed(reward_id)",
            {"state": state, "reward": self.number_of(standing)},
        )
        self.world.decide(standing, state)

    def number_of(self, standing: Held) -> int:
        """The number of a reward: that of the same place among those of its key and cluster."""
        alike = [
            one
            for one in self.world.held
            if (one.key, one.cluster) == (standing.key, standing.cluster)
        ]
        numbers = self.connection.execute(
            "select reward_id from app.rewards where reward_key = %s and cluster_id = %s"
            " order by reward_id",
            [standing.key, standing.cluster],
        ).fetchall()
        return int(numbers[[one is standing for one in alike].index(True)][0])

    def _take(self, wallet: str, cluster: str, *, verified: bool) -> None:
        if wallet in self.world.links:
            self._unlink(wallet)
        self._link(wallet, cluster, verified=verified)

    def _link(self, wallet: str, cluster: str, *, verified: bool) -> None:
        self.connection.execute(
            "insert into app.wallet_links (cluster_id, address, chain, linked_at, verified_at)"
            " values (%s, %s, 'DFKCHAIN', clock_timestamp(),"
            " case when %s then clock_timestamp() end)",
            [cluster, wallet, verified],
        )
        self.world.links[wallet] = (cluster, verified)

    def _unlink(self, wallet: str) -> None:
        self.connection.execute(
            "update app.wallet_links set unlinked_at = clock_timestamp(), is_primary = false"
            " where address = %s and unlinked_at is null",
            [wallet],
        )
        self.world.unlink(wallet)

    def begin(self, now: int) -> None:
        """Let pass what is valid until this step."""
        if now == 12:
            self.connection.execute(
                "update app.reward_definitions set valid_until = clock_timestamp()"
                " where reward_key = 'late'"
            )
            self.connection.execute(
                "update app.rewards set valid_until = clock_timestamp() where reward_key = 'late'"
            )

    def run(self, now: int) -> None:
        """The end of a run; of the one that freezes where the season ends in this step."""
        if now == END:
            self.connection.execute(
                "update app.seasons set starts_at = now() - interval '30 days',"
                " ends_at = now() - interval '8 days' where id = %s",
                [SEASON],
            )
            settle(self.connection, "SEASON", windows=[f"season:{SEASON}"])
            self.world.is_over = True
            self.world.freeze()
            self.world.settle(now, takes_back=False)
        else:
            settle(self.connection)
            self.world.settle(now)

    def require_equal(self) -> None:
        """Both have the same rewards in the same states, resting on the same wallets."""
        found = self.connection.execute(
            """
            select reward_key, cluster_id, state, array(
                select address from app.reward_wallets as wallets
                where wallets.reward_id = rewards.reward_id
                order by address
            )
            from app.rewards
            """
        ).fetchall()
        expected = [
            (one.key, one.cluster, one.state, sorted(one.wallets)) for one in self.world.held
        ]
        assert sorted(found) == sorted(expected)
        assert require_sums(self.connection) == len(expected)


def test_hostile_worlds_are_settled_as_by_hand(transaction: psycopg.Connection) -> None:
    seed = os.environ.get("HEDGE_ORACLE_SEED", "rewards")
    seen: set[str] = set()
    for number in range(WORLDS):
        print("HEDGE_ORACLE_SEED", seed, "world", number)
        with transaction.transaction(force_rollback=True):
            stage = Stage(transaction, Random(f"{seed} {number}"))
            for now in range(STEPS):
                stage.begin(now)
                for _ in range(stage.random.randint(1, 4)):
                    stage.act(now)
                    assert require_sums(transaction) == len(stage.world.held)
                stage.run(now)
                stage.require_equal()
            seen |= {state for one in stage.world.held for state in one.states}
            assert stage.world.final is not None
    # the worlds are not tame
    assert seen == {"OPEN", "CLAIMED", "FULFILLED", "REFUSED", "LAPSED", "TAKEN_BACK"}
