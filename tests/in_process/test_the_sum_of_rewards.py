"""What was entitled is the sum of what is open, claimed, fulfilled, refused, lapsed and taken back,
at every instant: over random sequences with merges that are undone, exclusions that end, wallets
that move, a season that is a draft for a while, and standings that become final."""

import os
from collections import Counter
from random import Random

import psycopg

from tests.settled_rewards import SEASON, give, put_season, reach, require_sums, settle
from tests.support import add_cluster

CLUSTERS = ["ann", "bob", "cyd", "dee", "eve"]
WALLETS = [f"0x{number:040x}" for number in range(0xFEED01, 0xFEED08)]
WORLDS, STEPS = 8, 60
#: The step at whose end the season is frozen.
END = 40
ACTS = {
    "link": 2,
    "reach": 4,
    "claim": 4,
    "decide": 3,
    "merge": 2,
    "split": 2,
    "exclude": 2,
    "include": 2,
    "lapse": 1,
    "draft": 1,
    "settle": 4,
}


class World:
    """Rewards in the database, and what was counted of them after the act before."""

    def __init__(self, connection: psycopg.Connection, random: Random) -> None:
        self.connection, self.random = connection, random
        self.done: Counter[str] = Counter()
        self.known: dict[int, str] = {}
        for cluster in CLUSTERS:
            add_cluster(connection, cluster)
        put_season(connection)
        give(connection, "low", level=1)
        give(connection, "high", level=3)
        give(connection, "podium", rank_from=1, rank_to=2)

    def act(self, name: str) -> None:
        """One thing that happens; what is refused changes nothing."""
        try:
            with self.connection.transaction():
                changed = getattr(self, f"_{name}")()
        except psycopg.errors.RaiseException:
            return
        self.done[name] += bool(changed)

    def _run(self, statement: str, *values: object) -> int:
        return self.connection.execute(statement, values).rowcount

    def _link(self) -> int:
        wallet, cluster = self.random.choice(WALLETS), self.random.choice(CLUSTERS)
        self._run(
            "update app.wallet_links set unlinked_at = clock_timestamp(), is_primary = false"
            " where address = %s and unlinked_at is null",
            wallet,
        )
        return self._run(
            "insert into app.wallet_links (cluster_id, address, chain, linked_at, verified_at)"
            " values (app.remaining_cluster(%s), %s, 'DFKCHAIN', clock_timestamp(),"
            " case when %s then clock_timestamp() end)",
            *(cluster, wallet, self.random.random() < 0.5),
        )

    def _reach(self) -> bool:
        level = self.random.randint(0, 4)
        reach(self.connection, self.random.choice(CLUSTERS), level, level * 10)
        return True

    def _some(self, state: str) -> int | None:
        found = [number for number, one in sorted(self.known.items()) if one == state]
        return self.random.choice(found) if found else None

    def _claim(self) -> int:
        return self._run(
            "update app.rewards set state = 'CLAIMED', claimed_at = clock_timestamp(),"
            " changed_by = 'the player' where reward_id = %s and not app.is_disputed(reward_id)",
            self._some("OPEN"),
        )

    def _decide(self) -> int:
        state = self.random.choice(["FULFILLED", "REFUSED"])
        return self._run(
            "update app.rewards set state = %s, changed_by = 'admin', note = 'x',"
            " fulfilled_at = case when %s then clock_timestamp() end where reward_id = %s",
            *(state, state == "FULFILLED", self._some("CLAIMED")),
        )

    def _merge(self) -> bool:
        kept, absorbed = self.random.sample(CLUSTERS, 2)
        self._run("select app.merge_clusters(%s, %s, interval '1 day', 'a test')", kept, absorbed)
        return True

    def _split(self) -> bool:
        self._run("select app.split_clusters(%s, 'a test')", self.random.choice(CLUSTERS))
        return True

    def _exclude(self) -> int:
        return self._run(
            "insert into app.exclusions (cluster_id, season_id, reason, created_by, starts_at)"
            " values (%s, %s, 'unfair', 'a test', clock_timestamp())",
            *(self.random.choice(CLUSTERS), self.random.choice([None, SEASON])),
        )

    def _include(self) -> int:
        return self._run(
            "update app.exclusions set ended_at = clock_timestamp(), ended_by = 'a test',"
            " end_reason = 'x' where exclusion_id = ("
            " select min(exclusion_id) from app.exclusions where ended_at is null)"
        )

    def _lapse(self) -> int:
        return self._run(
            "update app.rewards set valid_until = clock_timestamp() where reward_id = %s",
            self._some("OPEN"),
        )

    def _draft(self) -> int:
        """The season is a draft for a while, as an admin could make it by SQL."""
        return self._run(
            "update app.seasons set state = case state when 'draft' then 'live' else 'draft' end"
            " where id = %s",
            SEASON,
        )

    def _settle(self) -> bool:
        settle(self.connection)
        return True

    def end(self) -> None:
        """The season becomes final."""
        self._run(
            "update app.seasons set starts_at = now() - interval '30 days', state = 'live',"
            " ends_at = now() - interval '8 days' where id = %s",
            SEASON,
        )
        settle(self.connection, "SEASON", windows=[f"season:{SEASON}"])

    def require_the_sum(self) -> None:
        """Each reward that was there is there, and nothing is entitled while it is a draft."""
        found = dict(self.connection.execute("select reward_id, state from app.rewards").fetchall())
        assert self.known.keys() <= found.keys()
        assert require_sums(self.connection) == len(found)
        entitled = self.connection.execute(
            "select count(*) from app.reward_changes where previous_state is null"
        ).fetchone()
        assert entitled == (len(found),)
        is_draft = self.connection.execute(
            "select state = 'draft' from app.seasons where id = %s", [SEASON]
        ).fetchone()
        if is_draft == (True,):
            assert found.keys() == self.known.keys()
        self.known = found


def test_the_sum_of_rewards_is_equal_at_every_instant(transaction: psycopg.Connection) -> None:
    seed = os.environ.get("HEDGE_ORACLE_SEED", "the sum of rewards")
    seen: set[str] = set()
    done: Counter[str] = Counter()
    for number in range(WORLDS):
        print("HEDGE_ORACLE_SEED", seed, "world", number)
        with transaction.transaction(force_rollback=True):
            random = Random(f"{seed} {number}")
            world = World(transaction, random)
            for step in range(STEPS):
                world.act(*random.choices(list(ACTS), list(ACTS.values())))
                world.require_the_sum()
                seen |= set(world.known.values())
                if step == END:
                    world.end()
                    world.require_the_sum()
            done += world.done
    # the worlds are not tame
    assert seen == {"OPEN", "CLAIMED", "FULFILLED", "REFUSED", "LAPSED", "TAKEN_BACK"}
    assert all(done[name] > 5 for name in ACTS), done
