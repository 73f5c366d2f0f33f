"""Accounts and wallets that are changed while another session changes the same ones: each change is
made as if it came before or after the other, and nobody waits without need."""

import httpx
import psycopg
import pytest

from hedge import database
from tests import PROJECT
from tests.in_process import Site
from tests.in_process.players import Player, a_wallet, link, refusal, wallets
from tests.in_process.test_proven_wallets import Key
from tests.support import Beside, executes

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("changes_of_accounts_at_once")

RATE_LIMIT = (PROJECT / "api" / "sql" / "rate_limit.sql").read_text()
LINK = "insert into app.wallet_links (cluster_id, address) values (%s, %s)"


def leave(player: httpx.Client) -> Beside[httpx.Response]:
    """Delete an account, up to where that waits."""
    return Beside(lambda _: player.delete("/api/me"), of_service=True)


def player_of(player: httpx.Client, rows: psycopg.Connection) -> int:
    """The number of a player, who is made by signing in."""
    assert player.get("/api/me").status_code == 200
    number: int = database.value(rows, "select max(player_id) from app.players")
    return number


def test_a_deletion_waits_for_a_run_that_settles_rewards_before_it_locks_the_account(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    """The run locks clusters after that."""
    cluster = link(player, a_wallet())
    account = "cluster_id = %s for update skip locked"
    with database.connect(autocommit=False) as run:
        run.execute("select pg_advisory_xact_lock(hashtext('app.rewards'))")
        leaving = leave(player)
        assert leaving.waits
        for rows_of in (
            "app.wallet_clusters",
            "app.players join app.wallet_clusters using (player_id)",
        ):
            free = run.execute(f"select from {rows_of} where {account}", [cluster]).fetchall()
            assert len(free) == 1
        run.commit()
    assert leaving.result().status_code == 204


@pytest.mark.parametrize("is_first", [True, False])
def test_a_wallet_that_is_being_linked_goes_with_the_account(
    rows: psycopg.Connection, player: httpx.Client, is_first: bool
) -> None:
    number = player_of(player, rows)
    if not is_first:
        link(player, a_wallet())
    with database.connect(autocommit=False) as linking:
        # as api/sql/cluster_get_or_create.sql
        cluster = database.value(
            linking,
            "insert into app.wallet_clusters (cluster_id, player_id) values ('first', %s)"
            " on conflict (player_id) do update set player_id = excluded.player_id"
            " returning cluster_id",
            [number],
        )
        linking.execute(LINK, [cluster, a_wallet()])
        leaving = leave(player)
        assert leaving.waits
        linking.commit()
    assert leaving.result().status_code == 204
    for table in ("wallet_links", "wallet_clusters"):
        found = rows.execute(f"select from app.{table} where cluster_id = %s", [cluster])
        assert found.fetchall() == []


def test_a_wallet_that_is_being_linked_becomes_the_primary_one_when_an_admin_takes_the_other(
    site: Site, admin: str, rows: psycopg.Connection, player: httpx.Client
) -> None:
    first, second = a_wallet(), a_wallet()
    cluster = link(player, first)
    staff = site.program(admin)
    with database.connect(autocommit=False) as linking:
        linking.execute(
            "select from app.wallet_clusters where cluster_id = %s for no key update", [cluster]
        )
        linking.execute(LINK, [cluster, second])
        taking = Beside(lambda _: staff.delete(f"/admin/wallets/{first}"), of_service=True)
        assert taking.waits
        linking.commit()
    assert wallets(taking.result()) == [(second, True)]


def test_a_wallet_that_its_holder_is_proving_is_not_moved_to_another_player(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    key, holder = Key(), new_player()
    cluster = link(holder, key.wallet)
    proof = key.proof(player)
    with database.connect(autocommit=False) as proving:
        proving.execute(
            "update app.wallet_links set verified_at = now() where address = %s", [key.wallet]
        )
        verifying = Beside(lambda _: player.post(f"{key.path}/verify", json=proof), of_service=True)
        assert verifying.waits
        proving.commit()
    assert refusal(verifying.result()) == (
        409,
        f"another player has proven to hold the wallet {key.wallet}",
    )
    held = "select cluster_id from app.wallet_links where address = %s and unlinked_at is null"
    assert rows.execute(held, [key.wallet]).fetchall() == [(cluster,)]


def test_a_request_does_not_wait_for_another_one_that_removes_what_expired(
    rows: psycopg.Connection,
) -> None:
    rows.execute(
        "delete from app.rate_limits;"
        "insert into app.rate_limits (subject_hash, counted_since, requests)"
        " values ('old', now() - interval '2 minutes', 1)"
    )
    with database.connect(autocommit=False) as other:
        other.execute(RATE_LIMIT, {"subject_hash": "other"})
        assert database.value(rows, "select count(*) from app.rate_limits") == 1
        request = Beside(executes(RATE_LIMIT, {"subject_hash": "mine"}))
        assert not request.waits
        other.commit()
    assert request.result()[0][0] == 1
    left = rows.execute("select subject_hash from app.rate_limits order by 1")
    assert left.fetchall() == [(b"mine",), (b"other",)]
