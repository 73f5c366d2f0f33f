"""Helpers of several tests: write facts to a database, run in other processes, read results."""

import contextlib
import functools
import itertools
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from multiprocessing import get_context
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from hedge import runs, wallets
from hedge.errors import HedgeError
from hedge.project import files
from hedge.runs import dbt as invocation
from hedge.runs.dbt_errors import paragraph
from tests import PROJECT
from tests.oracle import World
from tests.oracle.metrics import EXACT_DIGITS
from tests.oracle.scores import round_half_up


def put_world(connection: psycopg.Connection, world: World) -> None:
    """Replace all facts, wallet links, clusters and players by those of a world."""
    with connection.transaction():
        tables = [
            name
            for (name,) in connection.execute(
                "select tablename from pg_tables where schemaname = 'raw'"
            )
        ]
        for table in tables:
            connection.execute(sql.SQL("delete from raw.{}").format(sql.Identifier(table)))
        connection.execute("delete from app.wallet_links")
        connection.execute("delete from app.wallet_clusters")
        connection.execute("delete from app.players")
        for cluster in world.clusters:
            connection.execute(
                """
                with player as (
                    insert into app.players (discord_id) values (%s) returning player_id
                )
                insert into app.wallet_clusters (cluster_id, player_id)
                select %s, player_id from player
                """,
                [world.discord_ids.get(cluster), cluster],
            )
        for link in world.links:
            connection.execute(
                """
                insert into app.wallet_links (cluster_id, address, unlinked_at)
                values (%s, %s, case when not %s then now() end)
                """,
                [link.cluster_id, link.address, link.active],
            )
        for table, rows in world.facts.items():
            put_rows(connection, table, rows)


def put_rows(connection: psycopg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows into a raw table."""
    for row in rows:
        connection.execute(
            sql.SQL("insert into raw.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            ),
            list(row.values()),
        )


def dbt(*arguments: str) -> Any:
    """Invoke dbt as a person does, without the variables of a run."""
    manifest = invocation.manifest(PROJECT, files.definitions_hash(PROJECT))
    return invocation.invoke(list(arguments), PROJECT, manifest)[0]


@functools.cache
def compiled(model: str, variables: str = "{}") -> str:
    """The SQL of a model as dbt compiles it for every cluster, with variables as JSON.

    The name of the database is removed, so that the SQL can be executed in any database.
    """
    result = dbt("compile", "--select", model, "--vars", variables)
    assert result.success, paragraph(result, PROJECT)
    (node,) = [found.node for found in result.result if found.node.name == model]
    return node.compiled_code.replace(f'"{node.database}".', "")


def set_as_of(connection: psycopg.Connection, as_of: datetime) -> None:
    """Set the as-of instant of the session."""
    connection.execute("select set_config('hedge.as_of', %s, false)", [as_of.isoformat()])


def nonzero(metrics: Mapping[Any, Any]) -> dict[Any, Decimal]:
    """The metrics that are not zero, as the marts store them: six places, true is 1."""
    with localcontext(prec=EXACT_DIGITS):
        numbers = {key: round_half_up(Decimal(value), 6) for key, value in metrics.items()}
    return {key: value for key, value in numbers.items() if value != 0}


# -- stories: clusters, wallets and facts whose metrics can be checked by hand -----------

#: The as-of instant of the stories. It must be in the past when the tests are run.
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YESTERDAY = date(2026, 5, 31)

#: Wallets of the clusters busy (two), idle and rival, and one that is not linked.
BUSY = "0x" + "b1" * 20
BUSY_TOO = "0x" + "b2" * 20
IDLE = "0x" + "1d" * 20
RIVAL = "0x" + "a1" * 20
STRANGER = "0x" + "ff" * 20

#: An item in the seed of relics.
RELIC = "0xde307e11c0000000000000000000000000000001"


def days_ago(days: float) -> datetime:
    """The instant `days` days before the as-of instant of the stories."""
    return AS_OF - timedelta(days=days)


def add_cluster(
    connection: psycopg.Connection, cluster: str, *addresses: str, discord_id: str | None = None
) -> None:
    """Create a cluster with its player and wallets."""
    connection.execute(
        """
        with player as (insert into app.players (discord_id) values (%s) returning player_id)
        insert into app.wallet_clusters (cluster_id, player_id) select %s, player_id from player
        """,
        [discord_id, cluster],
    )
    for address in addresses:
        link(connection, cluster, address)


def link(connection: psycopg.Connection, cluster: str, wallet: str) -> None:
    """Link a wallet to a cluster, after ending its link to another one."""
    with connection.transaction():
        unlink(connection, wallet)
        wallets.link(connection, cluster, [wallet])


def unlink(connection: psycopg.Connection, wallet: str) -> None:
    """End the link of a wallet, if it is linked."""
    with contextlib.suppress(HedgeError):
        wallets.unlink(connection, wallet)


def set_discord_id(connection: psycopg.Connection, cluster: str, discord_id: str | None) -> None:
    """Set the Discord account of a cluster's player."""
    connection.execute(
        "update app.players set discord_id = %s, changed_at = now() where player_id ="
        " (select player_id from app.wallet_clusters where cluster_id = %s)",
        [discord_id, cluster],
    )


def put(connection: psycopg.Connection, *facts: "Fact") -> None:
    """Insert facts, in this order."""
    for fact in facts:
        put_rows(connection, fact.table, [fact.row])


class Fact(NamedTuple):
    """A row of a raw table."""

    table: str
    row: dict[str, Any]


#: Numbers for natural keys that have no meaning in a story.
_numbers = itertools.count(1)


def _fact(table: str, row: dict[str, Any], columns: dict[str, Any]) -> Fact:
    return Fact(table, row | columns)


def _log() -> dict[str, Any]:
    """A new natural key of a log."""
    return {"tx_hash": f"0x{next(_numbers):064x}", "log_index": 0}


def pvp_match(
    wallet: str = BUSY, outcome: str = "WIN", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A ranked match against an unknown opponent."""
    row = {
        "realm": "DFK",
        "match_id": str(next(_numbers)),
        "wallet_address": wallet,
        "is_ranked": True,
        "outcome": outcome,
        "matched_at": at,
    }
    return _fact("pvp_matches", row, columns)


def hunt(wallet: str = BUSY, result: str = "WIN", at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A hunt of the Mad Boar."""
    row = {
        "chain_id": 53935,
        "hunt_id": next(_numbers),
        "wallet_address": wallet,
        "hunt_data_id": 1,
        "result": result,
        "encountered_at": at,
    }
    return _fact("hunting_encounters", row, columns)


def hunt_drop(wallet: str = BUSY, item: str = RELIC, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """One relic."""
    row = {
        **_log(),
        "chain_id": 53935,
        "hunt_id": 1,
        "wallet_address": wallet,
        "item_address": item,
        "amount": 1,
        "dropped_at": at,
    }
    return _fact("hunting_drops", row, columns)


def quest(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A finished foraging quest."""
    row = {
        "chain_id": 53935,
        "quest_id": next(_numbers),
        "wallet_address": wallet,
        "quest_instance_id": 2,
        "status": 2,
        "completed_at": at,
    }
    return _fact("quest_completions", row, columns)


def hero(hero_id: int, owner: str | None = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A version of a common Warrior of level 1, without genes."""
    row = {
        "hero_id": hero_id,
        "owner_wallet": owner,
        "main_class": "Warrior",
        "rarity": 0,
        "level": 1,
        "is_rented": False,
        "updated_at": at,
    }
    return _fact("heroes", row, columns)


def summon(
    hero_id: int,
    parents: tuple[int | None, int | None] = (None, None),
    wallet: str = BUSY,
    at: datetime = AS_OF - DAY,
    **columns,
) -> Fact:
    """The summon of a common hero that is all Warrior."""
    row = {
        "chain_id": 53935,
        "hero_id": hero_id,
        "summoner_wallet": wallet,
        "summoner_id": parents[0],
        "assistant_id": parents[1],
        "stat_genes": genes(),
        "rarity": 0,
        "summoned_at": at,
    }
    return _fact("hero_summons", row, columns)


def genes(class_: int = 0, subclass: int = 0, passive: int = 0, active: int = 0) -> int:
    """Stat genes with these dominant genes of class, subclass and the first skills.

    16 and more are mutations: 16 Paladin, 24 Dragoon, 25 Sage, 26 Spellbow, 28 DreadKnight.
    """
    places = {0: class_, 1: subclass, 3: passive, 5: active}
    return sum(gene * 32 ** (44 - 4 * position) for position, gene in places.items())


def pet(pet_id: int, owner: str | None = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A version of a common cat."""
    row = {
        "pet_id": pet_id,
        "chain_id": 53935,
        "owner_wallet": owner,
        "rarity": 0,
        "family": "cat",
        "variant": "NORMAL",
        "updated_at": at,
    }
    return _fact("pets", row, columns)


def lp_move(
    amount: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, pool_id: int = 1, **columns
) -> Fact:
    """A deposit into a pool of DFK Chain; a withdrawal when the amount is negative."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "chain_id": 53935,
        "pool_id": pool_id,
        "action": "DEPOSIT" if amount > 0 else "WITHDRAW",
        "lp_amount": abs(amount),
        "occurred_at": at,
    }
    return _fact("lp_stake_events", row, columns)


def lp_price(usd: int, day: date = YESTERDAY, pool_id: int = 1, **columns) -> Fact:
    """The USD price of an LP token of a pool from a day on."""
    row = {"price_date": day, "chain_id": 53935, "pool_id": pool_id, "usd_per_lp": usd}
    return _fact("lp_prices_daily", row, columns)


def lp_harvest(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A claim of liquidity rewards."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "chain_id": 53935,
        "pool_id": 1,
        "harvested_at": at,
    }
    return _fact("lp_harvest_events", row, columns)


def jeweler_move(amount: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A deposit of JEWEL for as much cJEWEL; a withdrawal when the amount is negative."""
    row = {
        **_log(),
        "wallet_address": wallet,
        "action": "DEPOSIT" if amount > 0 else "WITHDRAW",
        "jewel_amount": abs(amount),
        "cjewel_amount": abs(amount),
        "occurred_at": at,
    }
    return _fact("jeweler_events", row, columns)


def token_price(usd: int, day: date = YESTERDAY, token: str = "JEWEL", **columns) -> Fact:
    """The USD price of a token from a day on."""
    row = {"price_date": day, "token": token, "usd_price": usd}
    return _fact("token_prices_daily", row, columns)


def battle(battle_id: int, winner_side: int = 0, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A METIS battle that was completed."""
    row = {
        "chain_id": 1088,
        "battle_id": battle_id,
        "winner_side": winner_side,
        "completed_at": at,
    }
    return _fact("metis_battles", row, columns)


def vote(
    battle_id: int, wallet: str = BUSY, side: int = 0, at: datetime = AS_OF - 2 * DAY, **columns
) -> Fact:
    """A vote on a battle."""
    row = {
        **_log(),
        "battle_id": battle_id,
        "wallet_address": wallet,
        "action": "ADD",
        "side": side,
        "influence": 1,
        "voted_at": at,
    }
    return _fact("influence_predictions", row, columns)


def patrol(wallet: str = BUSY, result: str = "WIN", at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A METIS patrol of unknown difficulty."""
    row = {
        "chain_id": 1088,
        "patrol_id": next(_numbers),
        "wallet_address": wallet,
        "result": result,
        "completed_at": at,
    }
    return _fact("metis_patrol_events", row, columns)


def shells(
    amount: int, wallet: str = BUSY, event_type: str = "EARN", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """METIS shells that were earned, claimed or spent."""
    row = {
        **_log(),
        "chain_id": 1088,
        "wallet_address": wallet,
        "event_type": event_type,
        "shell_amount": amount,
        "occurred_at": at,
    }
    return _fact("shell_events", row, columns)


def raffle_entry(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """An entry into a shell raffle."""
    row = {**_log(), "raffle_id": 1, "wallet_address": wallet, "entered_at": at}
    return _fact("shell_raffle_entries", row, columns)


def raffle_win(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A winner of a shell raffle."""
    row = {"raffle_id": next(_numbers), "winner_wallet": wallet, "drawn_at": at}
    return _fact("shell_raffle_results", row, columns)


def tournament_entry(
    tournament_id: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A registration for an official tournament that has not ended."""
    row = {
        "chain_id": 1088,
        "tournament_id": tournament_id,
        "wallet_address": wallet,
        "is_official": True,
        "registered_at": at,
    }
    return _fact("tournament_entries", row, columns)


def tournament_match(
    winner: str = BUSY, loser: str | None = STRANGER, at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """A match of tournament 1; a bye without a loser."""
    row = {
        **_log(),
        "chain_id": 1088,
        "tournament_id": 1,
        "player_a": winner,
        "player_b": loser,
        "winner_wallet": winner,
        "completed_at": at,
    }
    return _fact("tournament_matches", row, columns)


def purchase(gold: int, wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """Gold spent with a vendor."""
    row = {
        **_log(),
        "chain_id": 53935,
        "wallet_address": wallet,
        "method": "buy",
        "gold_amount": gold,
        "direction": "SPEND",
        "occurred_at": at,
    }
    return _fact("vendor_transactions", row, columns)


def seasonal_action(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """A quest of a limited-time event."""
    row = {
        "event_key": "harvest",
        "wallet_address": wallet,
        "action_kind": "QUEST",
        "ref_id": str(next(_numbers)),
        "occurred_at": at,
    }
    return _fact("seasonal_event_actions", row, columns)


def discord_interaction(
    discord_id: str, kind: str = "COMMAND", at: datetime = AS_OF - DAY, **columns
) -> Fact:
    """An interaction of an account on Discord."""
    row = {
        "interaction_id": next(_numbers),
        "discord_id": discord_id,
        "kind": kind,
        "occurred_at": at,
    }
    return _fact("discord_interactions", row, columns)


def first_seen(wallet: str = BUSY, at: datetime = AS_OF - DAY, **columns) -> Fact:
    """The first transaction of a wallet."""
    row = {"chain": "dfk", "address": wallet, "first_tx_at": at}
    return _fact("wallet_first_seen", row, columns)


# -- results -----------------------------------------------------------------------------

#: The marts that all runs write, with their keys.
MARTS = {
    "cluster_metrics": ("cluster_id", "window_key"),
    "challenge_progress": ("cluster_id", "challenge_key"),
    "tier_unlocks": ("cluster_id", "challenge_key", "tier_code", "kind"),
    "season_progress": ("season_id", "cluster_id"),
}

#: Rows of the marts: mart to key to the whole row.
Marts = dict[str, dict[tuple, dict[str, Any]]]


def progress(connection: psycopg.Connection, cluster: str) -> dict[str, Decimal]:
    """The value of every challenge of a cluster."""
    rows = connection.execute(
        "select challenge_key, value from analytics.challenge_progress where cluster_id = %s",
        [cluster],
    )
    return dict(rows.fetchall())


def unlocked(connection: psycopg.Connection, cluster: str) -> set[str]:
    """The challenges of a cluster that are unlocked."""
    rows = connection.execute(
        "select challenge_key from analytics.challenge_progress where unlocked and cluster_id = %s",
        [cluster],
    )
    return {key for (key,) in rows}


def computed_at(connection: psycopg.Connection) -> dict[str, datetime]:
    """The as-of instant of each cluster in challenge_progress, the same in all of its rows."""
    found = connection.execute(
        "select cluster_id, array_agg(distinct last_computed_at)"
        " from analytics.challenge_progress group by cluster_id"
    ).fetchall()
    assert all(len(instants) == 1 for _, instants in found), found
    return {cluster: instant for cluster, (instant,) in found}


def marts(connection: psycopg.Connection) -> Marts:
    """Every row of the marts."""
    found = {}
    for mart, key in MARTS.items():
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute(sql.SQL("select * from analytics.{}").format(sql.Identifier(mart)))
        found[mart] = {tuple(row[part] for part in key): row for row in cursor}
    return found


def rows_of(found: Marts, clusters: Collection[str]) -> Marts:
    """The rows of some clusters in the marts."""
    return {
        mart: {key: row for key, row in rows.items() if row["cluster_id"] in clusters}
        for mart, rows in found.items()
    }


def without_instants(found: Marts) -> Marts:
    """The rows of the marts without the as-of instants of the runs that wrote them."""
    instants = {"last_computed_at", "unlocked_at", "updated_at"}
    return {
        mart: {
            key: {name: value for name, value in row.items() if name not in instants}
            for key, row in rows.items()
        }
        for mart, rows in found.items()
    }


def forget_runs(connection: psycopg.Connection) -> None:
    """Delete the rows of the marts, and all runs except deploys."""
    for mart in MARTS:
        connection.execute(sql.SQL("truncate analytics.{}").format(sql.Identifier(mart)))
    connection.execute("delete from app.etl_runs where kind <> 'DEPLOY'")


# -- runs in other processes ---------------------------------------------------------------


def add_crowd(connection: psycopg.Connection, size: int, matches: int) -> None:
    """Create `size` clusters, crowd00001 and on, each with a wallet that won matches in April."""
    connection.execute(
        """
        with crowd as (
            select number, 'crowd' || to_char(number, 'FM00000') as cluster_id
            from generate_series(1, %s) as number
        ),
        players as (
            insert into app.players (discord_id) select cluster_id from crowd
            returning player_id, discord_id
        ),
        clusters as (
            insert into app.wallet_clusters (cluster_id, player_id)
            select discord_id, player_id from players
            returning cluster_id
        )
        insert into app.wallet_links (cluster_id, address)
        select cluster_id, '0x' || repeat('c', 35) || right(cluster_id, 5)
        from clusters
        """,
        [size],
    )
    connection.execute(
        """
        insert into raw.pvp_matches
        (realm, match_id, wallet_address, is_ranked, outcome, matched_at)
        select
            'crowd', link_id || '-' || number, address, true, 'WIN',
            '2026-04-01Z'::timestamptz + number * interval '1 hour'
        from app.wallet_links
        cross join generate_series(1, %s) as number
        where cluster_id like 'crowd%%'
        """,
        [matches],
    )
    connection.execute("analyze")


class Process:
    """A second process, which calls functions one after the other and keeps dbt loaded."""

    def __init__(self) -> None:
        """Start the process."""
        self._executor = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
        self.pid = self._executor.submit(os.getpid).result()

    def start(self, run: str, *clusters: str, as_of: datetime) -> "Future[runs.Run]":
        """Start a full, incremental or cluster run in the database of this test."""
        return self.call(_run, run, clusters, as_of)

    def call(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Start a call of a module's function in the database of this test."""
        return self._executor.submit(_call, os.environ["HEDGE_DATABASE_URL"], function, arguments)

    def stop(self) -> None:
        """End the process after its last call."""
        self._executor.shutdown()


def _call(url: str, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    os.environ["HEDGE_DATABASE_URL"] = url
    return function(*arguments)


def _run(run: str, clusters: Sequence[str], as_of: datetime) -> runs.Run:
    arguments = [clusters] if clusters else []
    return getattr(runs, run)(*arguments, as_of=as_of)


def wait_until_held(connection: psycopg.Connection, sessions: int = 1) -> None:
    """Wait until a number of sessions of runs wait for a lock."""
    _wait_for_sessions(connection, "wait_event_type = 'Lock'", sessions)


def wait_until_no_session_is_left(connection: psycopg.Connection) -> None:
    """Wait until the server has closed the sessions of runs."""
    _wait_for_sessions(connection, "true", 0)


def _wait_for_sessions(connection: psycopg.Connection, condition: str, number: int) -> None:
    wait_for(
        connection,
        f"select count(*) = {number} from pg_stat_activity where datname = current_database()"
        f" and application_name = 'hedge-dbt' and {condition}",
    )


def wait_for(connection: psycopg.Connection, query: str) -> None:
    """Wait until a query returns true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if connection.execute(query).fetchone()[0]:
            return
        time.sleep(0.05)
    raise AssertionError(f"waited a minute for: {query}")
