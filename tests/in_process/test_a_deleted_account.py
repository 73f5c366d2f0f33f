"""A deleted account leaves nothing: neither in the tables of the service nor in those of the marts,
after the run that the deletion requests."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from hedge import runs
from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal, requested
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
    put_unlock,
)
from tests.in_process.test_proven_wallets import Key
from tests.settled_rewards import give, settle
from tests.support import add_cluster, discord_interaction, pvp_match
from tests.support import put as put_facts

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("a_deleted_account")

DAY = timedelta(days=1)
#: Tables that may name a wallet of an account that was deleted, and why; nothing else of it.
WALLETS_STAY = {
    "raw.pvp_matches": "facts of the chain are public, and belong to no account",
    "app.change_notes": "a note about facts of a wallet is of the facts; the next run over all"
    " changes deletes it",
}


class Account(NamedTuple):
    """A player of the service with what the database holds of the account."""

    discord_id: str
    cluster: str
    wallets: tuple[str, ...]
    #: the number of a board run in which the account is second of three
    board_run: int

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What the account is known by."""
        return {
            "Discord": (self.discord_id,),
            "cluster": (self.cluster,),
            "wallet": self.wallets,
        }


def found(rows: psycopg.Connection, account: Account) -> set[tuple[str, str]]:
    """The tables in which a row names an account, by what: of every table of the database."""
    tables = rows.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' and table_schema !~ '^pg_|^information_schema$'"
    ).fetchall()
    assert {"app", "analytics", "raw"} <= {schema for schema, _ in tables}
    seen = set()
    for schema, table in tables:
        query = sql.SQL("select one::text from {} as one").format(sql.Identifier(schema, table))
        texts = "\n".join(text for (text,) in rows.execute(query))
        for what, names in account.names.items():
            if any(name in texts for name in names):
                seen.add((f"{schema}.{table}", what))
    return seen


@pytest.fixture(scope="module", autouse=True)
def board(rows: psycopg.Connection) -> str:
    """A board, a season that is over, and two clusters."""
    put_board(rows, "wins")
    put(rows, "app.seasons", id="past", name="P", starts_at=AS_OF - 9 * DAY, ends_at=AS_OF - DAY)
    put(rows, "app.final_standings", season_id="past", run_id=1, as_of=AS_OF)
    add_cluster(rows, "first")
    add_cluster(rows, "third")
    return "wins"


@pytest.fixture
def account(
    site: Site, rows: psycopg.Connection, board: str, request: pytest.FixtureRequest
) -> Account:
    """An account with a row in every table that names a cluster, a wallet or a Discord account."""
    number = abs(hash(request.node.name)) % 10**8
    discord_id, key, wallet = f"7770000{number:08d}", Key(), a_wallet()
    rows.execute("delete from app.change_notes")
    player = site.player(discord_id)
    cluster = link(player, wallet)
    assert key.verify(player).status_code == 200
    wallets = (wallet, key.wallet)
    put_facts(rows, pvp_match(wallet), discord_interaction(discord_id))
    for window in ("all_time", "rolling_180d"):
        put_metrics(rows, cluster, {"onchain_pvp": {"wins": 3}}, window)
    put_progress(rows, cluster, "arena_victor", 3)
    put_points(rows, "past", cluster, 8, 1)
    give(rows, f"reward{number}", "past", level=1)
    settle(rows, "CLUSTER", [cluster])
    rows.execute(
        "insert into app.final_entries (cluster_id, standing_id, rank, score)"
        " select %s, standing_id, 1, 1 from app.final_standings",
        [cluster],
    )
    put_unlock(rows, cluster, "arena_victor", "BASIC", fell_at=AS_OF)
    revoked = {"revoked_at": AS_OF, "revoked_reason": "facts were removed or corrected"}
    put_unlock(rows, cluster, "arena_victor", "ADVANCED", **revoked)
    run = put_board_run(rows, board, [(1, "first", 9), (2, cluster, 3), (3, "third", 1)])
    put(
        rows, "app.cluster_corrections", cluster_id=cluster, table_name="heroes", corrected_at=AS_OF
    )
    put(rows, "app.exclusions", cluster_id=cluster, board_key="x", reason="r", created_by="a")
    put(rows, "app.exclusion_previews", wanted=Jsonb({"cluster_id": cluster}), asked_by="a")
    about = {"cluster_ids": [cluster], "facts": 1, "last_at": AS_OF, "found_reason": "r"}
    put(
        rows,
        "app.suspect_decisions",
        **about,
        **{"proposal": "p", "rule": "r", "decision": "DISMISSED", "reason": "r", "decided_by": "a"},
    )
    put(rows, "app.cluster_buckets", cluster_id=cluster, bucket=1)
    put(rows, "app.past_ends", cluster_id=cluster, ends_at=AS_OF)
    put(rows, "app.etl_requests", kind="ENDS", cluster_id=cluster, reason="asked for")
    move = {"challenge_key": "arena_victor", "tier_code": "BASIC", "kind": "TIER"}
    put(rows, "app.wallet_moves", cluster_id=cluster, address=wallet, **move)
    failed = {"state": "FAIL", "failures": 1, "seconds": 0.1, "message": f"of {cluster}"}
    sample = Jsonb([{"cluster_id": cluster, "value": -1}])
    put(rows, "app.data_test_results", name=f"test {number}", reads=[], sample=sample, **failed)
    rejected = [("discord_interactions", discord_id)]
    rejected += [("wallets", one) for one in (discord_id, cluster, wallet.upper())]
    for line, (table, text) in enumerate(rejected):
        row = {"table_name": table, "file": f"{number}.csv", "line": line}
        put(rows, "raw.rejected_rows", **row, row_text=f"x,{text}", reason=f"{text} is wrong")
    return Account(discord_id, cluster, wallets, run)


def test_the_account_has_a_row_in_every_table_that_names_accounts(
    rows: psycopg.Connection, account: Account
) -> None:
    """Else what follows would not look at them."""
    named = rows.execute(
        "select table_schema || '.' || table_name from information_schema.columns"
        " inner join information_schema.tables using (table_schema, table_name)"
        " where column_name = 'cluster_id' and table_type = 'BASE TABLE'"
        # empty as soon as the transaction commits that writes them
        " and table_name <> 'untold_events'"
    ).fetchall()
    seen = found(rows, account)
    assert {table for (table,) in named} <= {table for table, what in seen if what == "cluster"}
    assert {
        ("app.players", "Discord"),
        ("app.wallet_links", "wallet"),
        ("app.wallet_moves", "wallet"),
        ("app.wallet_challenges", "wallet"),
        ("app.change_notes", "cluster"),
        ("raw.rejected_rows", "Discord"),
        ("raw.discord_interactions", "Discord"),
    } <= seen


RUNS: dict[str, Callable[[str], runs.Run]] = {
    "cluster": lambda cluster: runs.cluster([cluster], allow_unknown=True),
    "incremental": lambda _: runs.incremental(),
    "full": lambda _: runs.full(),
}


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_left_after_the_run_that_a_deletion_requests(
    site: Site, rows: psycopg.Connection, account: Account, run: str
) -> None:
    # a run over all changes has succeeded, so that an incremental one computes what has changed
    rows.execute(
        "insert into app.etl_runs (invocation_id, kind, state, as_of, definitions, error)"
        " values (%s, 'FULL', 'SUCCESS', now(), app.deployed_definitions(), %s)",
        [run, f"hunts cannot be computed for cluster {account.cluster}: out of range"],
    )
    answer = site.player(account.discord_id).delete("/api/me")
    assert answer.status_code == 204
    assert requested(rows, answer) == {account.cluster: "account deleted"}
    # none but the full run looks at all clusters
    assert RUNS[run](account.cluster).scope_size == (None if run == "full" else 1)
    assert {
        (table, what)
        for table, what in found(rows, account)
        if not (what == "wallet" and table in WALLETS_STAY)
    } == set()
    # the other entries of the board run are what was published, and so is their number
    entries = rows.execute(
        "select cluster_id, rank from analytics.leaderboard_entries where run_id = %s order by 2",
        [account.board_run],
    ).fetchall()
    assert entries == [("first", 1), ("third", 3)]
    counts = "select row_count, removed_entries from app.leaderboard_runs where id = %s"
    assert rows.execute(counts, [account.board_run]).fetchone() == (3, 1)


def test_a_deletion_requests_a_run_whatever_links_there_were(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    """A run computes every cluster, also one without any link, and one whose links have ended: then
    its values are zero."""
    wallet = a_wallet()
    put_facts(rows, pvp_match(wallet))
    cluster = link(player, wallet)
    ended = player.delete(f"/api/me/wallets/{wallet}")
    assert requested(rows, ended) == {cluster: "wallet unlinked"}
    put_progress(rows, cluster, "arena_victor", 1)
    put_metrics(rows, cluster, {"onchain_pvp": {"wins": 1}})

    never_linked = new_player()
    never_linked.post(f"/api/me/wallets/{a_wallet()}/request-verification")
    other = never_linked.get("/api/me").json()["clusterId"]

    runs.cluster([cluster, other])
    values = "select cluster_id, sum(value) from analytics.challenge_progress where cluster_id"
    found = rows.execute(f"{values} = any(%s) group by cluster_id", [[cluster, other]]).fetchall()
    assert dict(found) == {cluster: 0, other: 0}

    for client, one in ((player, cluster), (never_linked, other)):
        assert requested(rows, client.delete("/api/me")) == {one: "account deleted"}
    runs.cluster([cluster, other], allow_unknown=True)
    assert rows.execute(f"{values} = any(%s) group by 1", [[cluster, other]]).fetchall() == []


def test_a_proven_wallet_of_a_deleted_account_is_proven_by_its_key_alone(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    """The wallet is free to be linked, as any wallet. A message that was signed before the deletion
    proves nothing any more, and neither does the key of another wallet."""
    key, other_key = Key(), Key()
    assert key.verify(player).status_code == 200
    left_over = key.proof(player)
    assert player.delete("/api/me").status_code == 204
    other = new_player()
    link(other, key.wallet)
    (wallet,) = other.get("/api/me/wallets").json()["wallets"]
    assert (wallet["isVerified"], wallet["verifiedAt"]) == (False, None)
    assert refusal(other.post(f"{key.path}/verify", json=left_over))[0] == 400
    asked = other.post(f"{key.path}/request-verification").json()["message"]
    assert refusal(other.post(f"{key.path}/verify", json=other_key.signed(asked)))[0] == 400
    assert not other.get("/api/me/wallets").json()["wallets"][0]["isVerified"]
    # whoever holds the key takes it, also the player who has come back
    assert key.verify(player).status_code == 200
    assert other.get("/api/me/wallets").json()["wallets"] == []


def test_a_run_removes_what_it_has_written_of_an_account_that_was_deleted_meanwhile(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    """It has read the cluster before the deletion, and writes the rows after the run that the
    deletion has requested."""
    cluster = link(player, a_wallet())
    assert player.delete("/api/me").status_code == 204
    notes = "select count(*) from app.change_notes where kind = 'cluster' and key = %s"
    with rows.transaction(force_rollback=True):
        # it goes on: the change notes stay for the run after it
        put(rows, "app.etl_runs", invocation_id="goes on", kind="FULL", as_of=AS_OF)
        rows.execute("select app.remove_deleted_clusters('analytics', %s)", [[cluster]])
        assert rows.execute(notes, [cluster]).fetchone()[0] > 0
        put_unlock(rows, cluster, "arena_victor", "BASIC")
        put_points(rows, "past", cluster, 8, 1)
        left = "select count(*) from analytics.tier_unlocks where cluster_id = %s"
        for scope, tables, number in (
            (["first"], None, 1),
            (None, ["leaderboard_entries"], 1),
            (None, None, 0),
        ):
            rows.execute("select app.remove_deleted_clusters('analytics', %s, %s)", [scope, tables])
            assert rows.execute(left, [cluster]).fetchone() == (number,)
    rows.execute("select app.remove_deleted_clusters('analytics', %s)", [[cluster, "first"]])
    assert rows.execute(notes, [cluster]).fetchone() == (0,)


def test_errors_of_runs_do_not_name_a_deleted_account(rows: psycopg.Connection) -> None:
    """Another cluster whose id contains the deleted one's keeps its name."""
    add_cluster(rows, "a.b")
    sentence = "hunts cannot be computed for cluster {0}, a.b-two, xa.b, aXb: no {0}."
    run = {"invocation_id": "e", "kind": "CLUSTER", "as_of": AS_OF, "state": "FAILED"}
    for table, columns in (
        ("app.etl_runs", run | {"definitions": "0"}),
        ("app.leaderboard_runs", {"leaderboard_key": "wins", "status": "FAILED"}),
    ):
        put(rows, table, **columns, error=sentence.format("a.b"))
    rows.execute("delete from app.wallet_clusters where cluster_id = 'a.b'")
    for table in ("etl_runs", "leaderboard_runs"):
        found = rows.execute(f"select error from app.{table} where error like 'hunts%'").fetchall()
        assert (sentence.format("that was deleted"),) in found


def test_an_environment_loses_the_rows_of_deleted_accounts_with_its_next_run(
    rows: psycopg.Connection,
) -> None:
    """Whatever its sample is, also the entries of its board runs; `first` is an account."""
    with rows.transaction(force_rollback=True):
        rows.execute(
            """
            select app.use_environment('ada', 'ada@host');
            create table ada.tier_unlocks (like analytics.tier_unlocks including all);
            create table ada.leaderboard_entries
            (like analytics.leaderboard_entries including all);
            insert into ada_app.leaderboard_runs (leaderboard_key) values ('wins')
            """
        )
        (run,) = rows.execute("select id from ada_app.leaderboard_runs").fetchone()
        for cluster in ("first", "deleted"):
            put_unlock(rows, cluster, "arena_victor", "BASIC")
            entry = {"rank": 1, "score": 1, "payload": {}, "created_at": AS_OF}
            put(rows, "ada.leaderboard_entries", run_id=run, cluster_id=cluster, **entry)
        rows.execute("insert into ada.tier_unlocks select * from analytics.tier_unlocks")
        rows.execute("select app.remove_deleted_clusters('ada', null)")
        for table in ("tier_unlocks", "leaderboard_entries"):
            left = rows.execute(
                f"select cluster_id from ada.{table} where cluster_id in ('first', 'deleted')"
            ).fetchall()
            assert left == [("first",)]
        removed = rows.execute("select removed_entries from ada_app.leaderboard_runs").fetchall()
        assert removed == [(1,)]
        # a run of an environment writes nothing elsewhere
        live = "select count(*) from analytics.tier_unlocks where cluster_id = 'deleted'"
        assert rows.execute(live).fetchone() == (1,)
