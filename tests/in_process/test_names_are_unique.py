"""A display name is one player's: no other one has it, in any spelling that looks like it."""

import threading
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.players import Player, a_wallet, link, refusal
from tests.in_process.rows import put_board

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("names_are_unique")


def name(player: httpx.Client, given: str | None) -> httpx.Response:
    return player.patch("/api/me", json={"displayName": given})


@pytest.mark.parametrize("other", ["ILLIA", "lllia", "\U0001d4d8llia", "Il\u217cia"])
def test_a_name_that_looks_like_that_of_another_player_is_taken(
    new_player: Player, other: str
) -> None:
    first, second = new_player(), new_player()
    assert name(first, "Illia").status_code == 200
    answer = name(second, other)
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert "is taken, or looks like a name or id that is: choose another" in answer.text
    assert second.get("/api/me").json()["displayName"] is None
    # a player keeps the own name, in another spelling too
    assert name(first, other).status_code == 200
    assert first.delete("/api/me").status_code == 204
    assert name(second, other).status_code == 200
    assert name(second, None).status_code == 200


def test_a_refused_name_leaves_the_one_before_and_the_consent(new_player: Player) -> None:
    first, second = new_player(), new_player()
    name(first, "Grace")
    second.patch("/api/me", json={"displayName": "Hopper", "showOnBoards": True})
    refused = second.patch("/api/me", json={"displayName": "grace", "showOnBoards": False})
    assert refused.status_code == 409
    found = second.get("/api/me").json()
    assert (found["displayName"], found["showOnBoards"]) == ("Hopper", True)
    # and nobody else takes it meanwhile
    assert name(first, "hopper").status_code == 409
    assert name(first, "Grace H").status_code == 200
    assert name(second, "Grace").status_code == 200


def test_a_page_says_why_a_name_is_refused(site: Site, new_player: Player) -> None:
    first, second = new_player(), site.player("2000000052")
    name(first, "Only One")
    for given, sentence in (("only one", "choose another"), ("adm1n", "who run this service")):
        form = {"displayName": given}
        answer = second.post("/me/account", data=form, headers=HTML, follow_redirects=True)
        assert sentence in answer.text


def test_the_id_of_a_cluster_is_the_name_of_nobody_else(
    new_player: Player, rows: psycopg.Connection
) -> None:
    rows.execute(
        "with player as (insert into app.players default values returning player_id)"
        " insert into app.wallet_clusters (cluster_id, player_id)"
        " select 'Guild-9', player_id from player"
    )
    player = new_player()
    own = link(player, a_wallet())
    assert name(player, "guild-9").status_code == 409
    assert name(player, "guild-90").status_code == 200
    looks_like_an_id = f"displayName '{own}' looks like the id of a cluster: choose another name"
    assert refusal(name(player, own)) == (400, looks_like_an_id)


def test_of_two_players_at_once_one_gets_a_name(new_player: Player) -> None:
    players = [new_player() for _ in range(4)]
    answers: list[int] = []
    barrier = threading.Barrier(len(players))

    def ask(player: httpx.Client) -> None:
        barrier.wait()
        answers.append(name(player, "Everybody").status_code)

    threads = [threading.Thread(target=ask, args=[player]) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]


def test_names_are_found_by_their_folded_beginning(new_player: Player, site: Site) -> None:
    player = new_player()
    cluster = link(player, a_wallet())
    player.patch("/api/me", json={"displayName": "Straße Ⅸ", "showOnBoards": True})

    def found(text: str) -> list[str]:
        answer = site.browser().get("/clusters/search", params={"q": text})
        return [one["clusterId"] for one in answer.json()["clusters"]]

    for text in ("Str", "STRASSE", "straße ix", "\uff53\uff54\uff52"):
        assert found(text) == [cluster], text
    assert found("strase") == []
    name(player, "Other Street")
    assert (found("straße"), found("OTHER s")) == ([], [cluster])
    player.patch("/api/me", json={"showOnBoards": False})
    assert found("other s") == []


BOARD: dict[str, Any] = {
    "categoryKey": "pvp_competition",
    "metricSource": "onchain_pvp",
    "metricKey": "wins",
    "timeWindow": "MONTHLY",
}
SEASON = {"startsAt": "2027-01-01T00:00:00Z", "endsAt": "2027-02-01T00:00:00Z"}


@pytest.fixture
def ruler(site: Site, admin: str) -> httpx.Client:
    """A program of an admin."""
    return site.program(admin)


@pytest.mark.parametrize(
    ("path", "key", "body"),
    [("/admin/leaderboards", "key", BOARD), ("/admin/seasons", "id", SEASON)],
    ids=["board", "season"],
)
def test_names_of_boards_and_seasons_are_clean_and_unique(
    ruler: httpx.Client, path: str, key: str, body: dict[str, Any]
) -> None:
    kind = "board" if key == "key" else "season"

    def make(identity: str, given: str) -> httpx.Response:
        return ruler.post(f"/v1{path}", json=body | {key: identity, "name": given})

    made = make("one", "  Arena   Ⅸ ")
    assert (made.status_code, made.json()["name"]) == (201, "Arena IX")
    taken = f"{kind} two: the {kind} one has the name 'Arena IX': choose another"
    assert refusal(make("two", "ARENA ix")) == (400, taken)
    for refused, sentence in (
        ("x" * 81, "is not 1 to 80 printable characters"),
        ("Ar\u0435na", "mixes letters of Latin"),
        ("Arena\u200b", "which nobody sees: leave it out"),
        ("🔥", "has no letter and no digit: write one"),
    ):
        status, told = refusal(make("two", refused))
        assert (status, told.startswith(f"{kind} two: the name '")) == (400, True)
        assert sentence in told
    assert make("two", "Arena X").status_code == 201
    again = make("two", "Arena X")
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    changed = ruler.put(f"{path}/two", json={"name": "arena ix"})
    assert refusal(changed) == (400, taken)
    assert ruler.put(f"{path}/two", json={"name": " Arena  X2"}).json()["name"] == "Arena X2"


def test_a_season_is_made_once_under_v1(ruler: httpx.Client) -> None:
    """Without /v1 a second one replaces the first, and says that this is deprecated."""
    body = SEASON | {"id": "made", "name": "Made"}
    assert ruler.post("/v1/admin/seasons", json=body).status_code == 201
    again = ruler.post("/v1/admin/seasons", json=body | {"name": "Made again"})
    assert refusal(again) == (409, "there is a season made already")
    first = ruler.post("/admin/seasons", json=body | {"id": "other", "name": "Other"})
    second = ruler.post("/admin/seasons", json=body | {"name": "Made again"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert ("Deprecation" in first.headers, "Deprecation" in second.headers) == (False, True)
    stored = {one["id"]: one["name"] for one in ruler.get("/admin/seasons").json()}
    assert (stored["made"], stored["other"]) == ("Made again", "Other")


def test_a_stored_name_is_kept_until_it_is_changed(
    ruler: httpx.Client, rows: psycopg.Connection
) -> None:
    long = "Long ago " * 20
    for key in ("old-1", "old-2"):
        put_board(rows, key)
        rows.execute("update app.leaderboard_defs set name = %s where key = %s", [long, key])
    assert ruler.put("/admin/leaderboards/old-1", json={"maxEntries": 5}).json()["name"] == long
    refused = ruler.put("/admin/leaderboards/old-1", json={"name": long + "!"})
    assert "is not 1 to 80" in refused.json()["detail"]


def test_no_season_is_hidden_by_a_path(ruler: httpx.Client) -> None:
    for word in ("active", "Active"):
        answer = ruler.post("/v1/admin/seasons", json=SEASON | {"id": word, "name": word})
        sentence = f"season {word}: the id is not active, a word of a path: choose another"
        assert refusal(answer) == (400, sentence)
    made = ruler.post("/v1/admin/seasons", json=SEASON | {"id": "active-2", "name": "Active 2"})
    assert made.status_code == 201
