"""What a player changes about the account, at each limit, and what leaves with a player."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.players import Player, a_wallet, link, refusal, requested, wallets
from tests.in_process.rows import put_board, put_board_run, put_progress
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("accounts")


@pytest.fixture(autouse=True)
def every_name_is_free(rows: psycopg.Connection) -> None:
    """Let players of one test have the names of players of another."""
    rows.execute("update app.players set display_name = null; delete from app.names_of_players")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("x", "x"),
        ("x" * 40, "x" * 40),
        (f"  {'x' * 40}\n", "x" * 40),
        ("שלום 🐉", "שלום 🐉"),
        (None, None),
        ("x" * 41, ...),
        ("", ...),
        ("   ", ...),
        ("a\tb", ...),
        ("a\u202eb", ...),
        (7, ...),
    ],
)
def test_a_display_name_is_1_to_40_printable_characters(
    player: httpx.Client, given: Any, stored: Any
) -> None:
    player.patch("/api/me", json={"displayName": "before", "showOnBoards": True})
    answer = player.patch("/api/me", json={"displayName": given})
    if stored is ...:
        assert answer.status_code == 400
        assert "displayName" in answer.json()["detail"]
        stored = "before"
    else:
        assert answer.json()["displayName"] == stored
    found = player.get("/api/me").json()
    assert (found["displayName"], found["showOnBoards"]) == (stored, True)


def test_a_name_is_hidden_until_its_player_shows_it_and_what_is_absent_stays(
    player: httpx.Client, new_player: Player
) -> None:
    def now() -> tuple[str | None, bool]:
        found = player.get("/api/me").json()
        return found["displayName"], found["showOnBoards"]

    other = new_player()
    other.patch("/api/me", json={"displayName": "other"})
    assert now() == (None, False)
    for change, result in (
        ({"displayName": "Ada"}, ("Ada", False)),
        ({"showOnBoards": True}, ("Ada", True)),
        ({}, ("Ada", True)),
        ({"displayName": "Eve"}, ("Eve", True)),
        ({"showOnBoards": False}, ("Eve", False)),
        ({"displayName": None, "showOnBoards": True}, (None, True)),
    ):
        answer = player.patch("/api/me", json=change).json()
        assert (answer["displayName"], answer["showOnBoards"]) == now() == result
    for wrong in ({"showOnBoards": None}, {"showOnBoards": "yes"}, {"clusterId": "x"}):
        assert player.patch("/api/me", json=wrong).status_code == 400
    assert other.get("/api/me").json()["displayName"] == "other"
    assert other.get("/api/me").json()["showOnBoards"] is False


def test_the_form_of_the_account_sets_all(site: Site) -> None:
    player = site.player("2000000001")
    for form, result in (
        ({"displayName": " Ada ", "showOnBoards": "on"}, ("Ada", True, False)),
        ({"displayName": "Ada", "showWallets": "on"}, ("Ada", False, True)),
        ({"displayName": " ", "showOnBoards": "on"}, (None, True, False)),
        ({"displayName": "x" * 41}, (None, True, False)),
        ({}, (None, False, False)),
    ):
        answer = player.post("/me/account", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
        found = player.get("/api/me").json()
        assert (found["displayName"], found["showOnBoards"], found["showWallets"]) == result
        boxes = [f'name="{box}" checked' for box in ("showOnBoards", "showWallets")]
        page = player.get("/me", headers=HTML).text
        assert tuple(box in page for box in boxes) == result[1:]


def test_the_form_to_leave_deletes_the_account(site: Site, rows: psycopg.Connection) -> None:
    """Where its box is ticked."""
    player = site.player("2000000002")
    cluster = link(player, a_wallet())
    known = "select count(*) from app.wallet_clusters where cluster_id = %s"
    for form, left, location in (({}, 1, "/me"), ({"sure": "on"}, 0, "/")):
        answer = player.post("/me/delete", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, location)
        assert rows.execute(known, [cluster]).fetchone() == (left,)
    assert player.get("/api/me").status_code == 401


def test_who_leaves_without_a_wallet_takes_what_is_published_along(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    """Progress of wallets that were unlinked before is in the marts until a run deletes it."""
    wallet = a_wallet()
    cluster = link(player, wallet)
    assert player.delete(f"/api/me/wallets/{wallet}").status_code == 200
    assert requested(rows, player.delete("/api/me")) == {cluster: "account deleted"}


def test_who_leaves_takes_cluster_and_links_and_nobody_else(
    rows: psycopg.Connection, player: httpx.Client, new_player: Player
) -> None:
    other = new_player()
    kept, cluster = link(other, a_wallet()), link(player, a_wallet(), a_wallet())
    player.post(f"/api/me/wallets/{a_wallet()}/request-verification")
    answer = player.delete("/api/me")
    assert (answer.status_code, answer.content) == (204, b"")
    assert requested(rows, answer) == {cluster: "account deleted"}
    for table in ("wallet_clusters", "wallet_links", "wallet_challenges"):
        found = rows.execute(
            f"select cluster_id from app.{table} where cluster_id = any(%s)", [[kept, cluster]]
        )
        assert {one for (one,) in found} <= {kept}
    # who comes back is new
    assert player.get("/api/me").json()["clusterId"] is None
    assert other.get("/api/me").json()["clusterId"] == kept
    assert len(wallets(other.get("/api/me/wallets"))) == 1


def test_progress_is_known_once_a_wallet_is_linked(
    rows: psycopg.Connection, player: httpx.Client
) -> None:
    assert refusal(player.get("/api/me/progress")) == (404, "no wallet was linked yet")
    cluster = link(player, a_wallet())
    waiting = player.get("/api/me/progress").json()
    nothing = {"asOf": None, "completeTo": [], "challenges": []}
    assert waiting == {"clusterId": cluster} | nothing
    put_progress(rows, cluster, "arena_victor", 5)
    assert player.get("/api/me/progress").json() == (
        player.get(f"/clusters/{cluster}/progress").json()
    )
    assert len(player.get("/api/me/progress").json()["challenges"]) == 1


def test_a_board_shows_players_where_they_stand(site: Site, rows: psycopg.Connection) -> None:
    """Who has signed in need not name the cluster."""
    player, stranger = site.player("2000000003"), site.player("2000000004")
    cluster = link(player, a_wallet())
    link(stranger, a_wallet())
    put_board(rows, "wins")
    put_board_run(rows, "wins", [(1, cluster, 9)])

    def said(browser: httpx.Client) -> tuple[bool, bool]:
        page = browser.get("/boards/wins", headers=HTML).text
        return f"<bdi>{cluster}</bdi></a> has rank 1" in page, "is not on this board" in page

    assert said(player) == (True, False)
    assert said(stranger) == (False, True)
    assert said(site.browser()) == (False, False)


def test_a_cluster_that_was_imported_belongs_to_the_account_of_its_player(
    site: Site, bot: str, rows: psycopg.Connection
) -> None:
    wallet = a_wallet()
    add_cluster(rows, "imported", wallet, discord_id="4000000001")
    player = site.program(bot, "4000000001")
    assert player.get("/api/me").json()["clusterId"] == "imported"
    assert [address for address, _ in wallets(player.get("/api/me/wallets"))] == [wallet]
