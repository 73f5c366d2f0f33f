"""Transactions on a chain of a real virtual machine become facts, numbers and places on boards."""

import asyncio
import contextlib
import csv
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from hedge import boards, database, runs
from hedge.catalogue import installing
from hedge.chain import running
from hedge.queue import worker
from tests import PROJECT, prepared_server
from tests.contracts import ARTIFACT, compiling, contracts
from tests.faults.comparison import Computed
from tests.integration.chain import real_chains
from tests.integration.chain.real_chains import ALICE, BOB, CAROL, DFK, METIS
from tests.support import add_cluster, plain_facts, progress
from tests.support.chains import NodeOfChain, Served
from tests.support.evm import EvmChain

#: The month of the stories, and boards that rank what happens in them.
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
MONTHLY = ("lb_tournament_monthly_wins", "lb_pvp_monthly_wins")


@dataclass
class Chains:
    """Two chains, each behind a node on loopback that is set."""

    metis: EvmChain
    dfk: EvmChain

    def follow(self) -> None:
        """Follow both until their heads: load, decode, and wake a run."""
        for chain in (METIS, DFK):
            running.follow(chain, threading.Event(), start=0, until_head=True)

    def facts(self) -> dict[str, list[tuple[Any, ...]]]:
        """What plain Python reads of both."""
        found = [
            plain_facts.facts(number, chain.blocks, chain.addresses)
            for number, chain in ((METIS, self.metis), (DFK, self.dfk))
        ]
        return {table: sorted(found[0][table] + found[1][table], key=str) for table in found[0]}


@pytest.fixture
def chains(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chains]:
    """The chains, without any transaction."""
    found = Chains(*(EvmChain(number, real_chains.BEGINNING) for number in (METIS, DFK)))
    with contextlib.ExitStack() as stack:
        for number, chain in ((METIS, found.metis), (DFK, found.dfk)):
            served = stack.enter_context(Served(NodeOfChain(chain, number)))
            monkeypatch.setenv(f"HEDGE_CHAIN_URL_{number}", served.url)
        yield found


def test_the_contracts_emit_the_events_of_the_seed() -> None:
    """What the compiler of Solidity made of the declarations says the same as the seed."""
    with (PROJECT / "seeds/chain_events.csv").open(newline="") as lines:
        declared = {
            (row["contract"], row["event"]): row["signature"] for row in csv.DictReader(lines)
        }
    compiled = {
        (name, event["name"]): contract.signature(event["name"])
        for name, contract in contracts().items()
        for event in contract.events
    }
    assert len(compiled) > 60
    assert compiled == {key: declared[key] for key in compiled}


@pytest.mark.full
def test_the_code_of_the_contracts_is_that_of_their_source() -> None:
    if shutil.which("npm") is None:
        pytest.skip("no npm in PATH, which has the compiler")
    assert compiling.text_of(compiling.compiled()) == ARTIFACT.read_text()


def test_transactions_become_facts(connection: psycopg.Connection, chains: Chains) -> None:
    real_chains.play_on_dfk_chain(chains.dfk)
    real_chains.play_on_metis(chains.metis)
    real_chains.play_what_is_lost(chains.metis)
    chains.follow()
    facts = chains.facts()
    assert [table for table, rows in facts.items() if not rows] == []
    assert plain_facts.stored(connection) == facts
    assert connection.execute("select * from raw.undecoded_logs").fetchall() == []
    # whether a battle is ranked is in no log
    waiting = connection.execute(
        "select table_name, missing, count(distinct key ->> 'match_id'), count(*)"
        " from raw.pending_facts group by 1, 2"
    ).fetchall()
    battles = {(row[0], row[1]) for row in facts["metis_battles"]}
    assert waiting == [("pvp_matches", ["is_ranked"], len(battles), 2 * len(battles))]


def raw_rows(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the tables of facts, without the instants at which they were written."""
    found = {}
    for table in plain_facts.COLUMNS:
        rows = connection.execute(
            "select (to_jsonb(facts) - 'loaded_at' - 'decoded_at')::text as fact"
            f" from raw.{table} as facts order by fact"
        )
        found[table] = rows.fetchall()
    return found


def serve_what_was_woken(connection: psycopg.Connection) -> None:
    """Let a worker serve the run that new facts have woken, in a process of its own."""
    waiting = connection.execute("select kind, reason from app.etl_requests").fetchall()
    assert waiting == [("INCREMENTAL", "new facts of a chain")]
    asyncio.run(worker.serve_runs())
    assert connection.execute("select from app.etl_requests").fetchall() == []
    # the pause between two runs that facts wake
    connection.execute("update app.chain_wakes set woken_at = woken_at - interval '5 seconds'")


def add_players_and_boards(connection: psycopg.Connection) -> None:
    """The players, each with a wallet, and the boards and seasons of the catalogue."""
    for cluster, wallet in (("alice", ALICE), ("bob", BOB), ("carol", CAROL)):
        add_cluster(connection, cluster, wallet)
    installing.install(connection)
    for key in MONTHLY:
        # so that the month is not final for ten years
        boards.edit(connection, key, corrected_for_days=3650)
    # a run of the linked wallets, which would compute them before the run that facts wake
    connection.execute("delete from app.etl_requests")


def october(connection: psycopg.Connection, key: str) -> list[tuple[Any, ...]]:
    """The entries of a board for the month."""
    (run,) = connection.execute(
        "select id from app.latest_runs_of_periods"
        " where leaderboard_key = %s and (period_start, period_end) = (%s, %s)",
        [key, *OCTOBER],
    ).fetchone()
    return [
        (one.rank, one.cluster_id, one.score, one.tiebreaker)
        for one in boards.entries(connection, run)
    ]


@pytest.mark.ci
def test_a_reorganization_leaves_what_the_surviving_history_gives(
    connection: psycopg.Connection, chains: Chains, server: str, template: str
) -> None:
    add_players_and_boards(connection)
    real_chains.play_on_dfk_chain(chains.dfk)
    real_chains.play_on_metis(chains.metis)
    fork = chains.metis.snapshot()
    lost = real_chains.play_what_is_lost(chains.metis)
    chains.follow()
    serve_what_was_woken(connection)
    boards.run(MONTHLY, span=OCTOBER)
    assert plain_facts.stored(connection) == chains.facts()
    assert october(connection, "lb_tournament_monthly_wins") == [
        (1, "alice", 2, 1),
        (1, "bob", 2, 1),
    ]
    assert progress(connection, "bob")["patrol_warden"] == 1

    chains.metis.revert(fork)
    survived = real_chains.play_what_survives(chains.metis)
    # the same transaction is mined again, in another block
    assert survived == lost
    chains.follow()
    serve_what_was_woken(connection)
    assert boards.run(MONTHLY, mode="DUE")
    facts = chains.facts()
    assert plain_facts.stored(connection) == facts
    assert october(connection, "lb_tournament_monthly_wins") == [
        (1, "alice", 3, 1),
        (2, "carol", 1, 2),
    ]
    assert october(connection, "lb_pvp_monthly_wins") == [(1, "alice", 1, 1), (1, "bob", 1, 1)]
    (as_of,) = connection.execute(
        "select max(as_of) from app.etl_runs where kind = 'INCREMENTAL'"
    ).fetchone()
    found, rows = Computed.read(connection, as_of), raw_rows(connection)
    places = [october(connection, key) for key in MONTHLY]
    assert progress(connection, "bob")["patrol_warden"] == 1

    with another_database(server, template) as clean:
        add_players_and_boards(clean)
        chains.follow()
        runs.full(as_of=as_of)
        boards.run(MONTHLY, span=OCTOBER)
        # from December on, a later month is due as well
        boards.run(MONTHLY, mode="DUE")
        assert raw_rows(clean) == rows
        assert found.differences(Computed.read(clean, as_of)) == []
        assert [october(clean, key) for key in MONTHLY] == places


@contextlib.contextmanager
def another_database(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A database that has seen nothing, to which everything goes meanwhile."""
    url = prepared_server.create_database(server, "surviving", template)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HEDGE_DATABASE_URL", url)
            with database.connect() as clean:
                yield clean
    finally:
        prepared_server.drop_database(server, "surviving")
