"""What a front end asks of clusters, seasons and challenges: several at once, search, the places on
all boards, standings, and how many clusters are on each tier."""

from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from api import public
from tests.in_process import Site
from tests.in_process.players import a_discord_id, link, refusal
from tests.in_process.rows import (
    name_player,
    put,
    put_board,
    put_board_run,
    put_points,
    put_progress,
)
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("clusters_for_front_ends")

#: The progress of each cluster in two challenges; `fresh` has none yet.
VALUES = {"ada": (3, 0), "ada-2": (15, 1), "bob": (0, 2), "Eve": (149, 3), "fresh": None}
POINTS = {"ada": "50", "ada-2": "12.5", "bob": "50", "Eve": "9007199254740993.5", "fresh": "0"}


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """Clusters with progress and points, two boards with a run, and seasons."""
    seasons = {
        "past": ("2024-01-01", "2024-02-01", True),
        "now": ("2025-01-01", "2125-01-01", True),
        "later": ("2125-01-01", "2126-01-01", True),
        "draft": ("2027-01-01", "2027-02-01", False),
    }
    for season, (starts_at, ends_at, is_active) in seasons.items():
        span = {"starts_at": starts_at, "ends_at": ends_at, "is_active": is_active}
        put(rows, "app.seasons", id=season, name=f"Season {season}", **span)
    weight = {"season_id": "now", "challenge_code": "arena_victor", "weight": 2}
    put(rows, "app.season_challenge_weights", **weight)
    for number, (cluster, values) in enumerate(VALUES.items()):
        add_cluster(rows, cluster, f"0x{number + 91001:040x}", discord_id=a_discord_id())
        if values is not None:
            put_progress(rows, cluster, "arena_victor", values[0], tier=tier(values[0]))
            put_progress(rows, cluster, "hero_riser", values[1])
            put_points(rows, "now", cluster, Decimal(POINTS[cluster]), 1)
    name_player(rows, "bob", "Adamant", shown=True)
    name_player(rows, "Eve", "Adamite", shown=False)
    for key in ("wins", "losses", "unrun"):
        put_board(rows, key)
    put_board(rows, "private", is_public=False)
    put_board_run(rows, "wins", [(1, "Eve", 9), (2, "ada", 5), (2, "bob", 5), (3, "ada-2", 1)])
    put_board_run(rows, "losses", [(1, "Eve", 7)])
    put_board_run(rows, "private", [(1, "ada", 7)])


def tier(value: int) -> str:
    """The tier of arena_victor."""
    return "ELITE" if value > 49 else "ADVANCED" if value > 14 else "BASIC" if value > 2 else "NONE"


def get(client: httpx.Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# -- clusters ----------------------------------------------------------------------------


def test_some_clusters_by_id(site: Site) -> None:
    found = get(site.browser(), "/clusters", ids="nobody,fresh,bob,,Eve,bob")
    assert found == {
        "clusters": [
            {"clusterId": "Eve", "displayName": None, "asOf": "2026-06-01T12:00:00Z"},
            {"clusterId": "bob", "displayName": "Adamant", "asOf": "2026-06-01T12:00:00Z"},
            {"clusterId": "fresh", "displayName": None, "asOf": None},
        ],
        "unknown": ["nobody"],
    }
    many = ",".join(f"c{number}" for number in range(101))
    for ids, number in ((many, 101), ("", 0)):
        answer = site.browser().get("/clusters", params={"ids": ids})
        assert refusal(answer) == (400, f"ids names {number} clusters, not 1 to 100")
    assert site.browser().get("/clusters").status_code == 400


def test_the_progress_of_some_clusters(site: Site) -> None:
    def ask(*ids: str) -> httpx.Response:
        return site.browser().post("/clusters/progress", json={"clusterIds": ids})

    answer = ask("fresh", "nobody", "ada", "bob", "ada")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [one["clusterId"] for one in found["clusters"]] == ["ada", "bob", "fresh"]
    assert found["unknown"] == ["nobody"]
    # each as its own route has it
    for one in found["clusters"]:
        assert one == get(site.browser(), f"/clusters/{one['clusterId']}/progress")
    nothing = {"asOf": None, "completeTo": [], "challenges": []}
    assert found["clusters"][2] == {"clusterId": "fresh"} | nothing
    assert ask(*(f"c{number}" for number in range(100))).status_code == 200
    for ids in ((), [f"c{number}" for number in range(101)]):
        assert ask(*ids).status_code == 400
    assert refusal(site.browser().get("/clusters/nobody/progress")) == (404, "no cluster nobody")


def test_a_challenge_is_out_of_date_by_its_own_cluster(
    site: Site, rows: psycopg.Connection
) -> None:
    rows.execute(
        "update analytics.challenge_progress set last_computed_at = last_computed_at"
        " - interval '1 day' where cluster_id = 'ada-2'"
    )
    answer = site.browser().post("/clusters/progress", json={"clusterIds": ["ada", "ada-2"]})
    late = [
        one["isOutOfDate"] for cluster in answer.json()["clusters"] for one in cluster["challenges"]
    ]
    assert late == [False] * 4


def found_by(client: httpx.Client, q: str, **parameters: Any) -> list[str]:
    """The ids of the clusters that are found."""
    page = get(client, "/clusters/search", q=q, **parameters)
    return [one["clusterId"] for one in page["clusters"]]


def test_the_progress_of_several_clusters_is_of_one_instant(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written after the first of them was read is not seen."""
    ask, asked = public.rows, []

    async def writing(connection: Any, row: type, name: str, **parameters: Any) -> Any:
        found = await ask(connection, row, name, **parameters)
        if not asked:
            rows.execute(
                "update analytics.challenge_progress set value = value + 1"
                " where challenge_key = 'hero_riser'"
            )
        asked.append(parameters["cluster"])
        return found

    monkeypatch.setattr(public, "rows", writing)
    answer = site.browser().post("/clusters/progress", json={"clusterIds": ["ada", "bob"]})
    rows.execute(
        "update analytics.challenge_progress set value = value - 1"
        " where challenge_key = 'hero_riser'"
    )
    assert asked == ["ada", "bob"]
    values = {
        (cluster["clusterId"], one["challengeKey"]): one["value"]
        for cluster in answer.json()["clusters"]
        for one in cluster["challenges"]
    }
    assert values["ada", "hero_riser"] == VALUES["ada"][1]
    assert values["bob", "hero_riser"] == VALUES["bob"][1]


def test_a_cluster_is_found_by_the_beginning_of_its_id_or_its_shown_name(
    site: Site, rows: psycopg.Connection
) -> None:
    browser = site.browser()
    assert found_by(browser, "ada") == ["ada", "ada-2", "bob"]
    assert found_by(browser, " ADA ") == ["bob"]
    assert found_by(browser, "adaman") == ["bob"]
    assert found_by(browser, "adamite") == found_by(browser, "da") == found_by(browser, "a%") == []
    assert found_by(browser, "Ev") == ["Eve"]
    assert found_by(browser, "ev") == found_by(browser, "a" * 100) == []
    (shown,) = get(browser, "/clusters/search", q="bob")["clusters"]
    assert shown["displayName"] == "Adamant"
    for q, number in (("a", 1), ("  a  ", 1), ("", 0), ("a" * 101, 101)):
        answer = browser.get("/clusters/search", params={"q": q})
        assert refusal(answer) == (400, f"q has {number} characters, not 2 to 100")
    # page by page
    first = get(browser, "/clusters/search", q="ada", limit=2)
    assert [one["clusterId"] for one in first["clusters"]] == ["ada", "ada-2"]
    assert found_by(browser, "ada", limit=2, after=first["next"]) == ["bob"]
    name_player(rows, "bob", "Adamant", shown=False)
    assert found_by(browser, "adaman") == []
    name_player(rows, "bob", "Adamant", shown=True)


def test_a_wallet_is_found_only_whole_and_where_its_player_shows_wallets(
    site: Site, bot: str
) -> None:
    player, wallet = site.program(bot, a_discord_id()), "0x" + "ab" * 20
    cluster = link(player, wallet)
    browser = site.browser()
    assert player.get("/api/me").json()["showWallets"] is False
    assert found_by(browser, wallet) == []
    changed = player.patch("/api/me", json={"showWallets": True}).json()
    assert (changed["showWallets"], changed["showOnBoards"]) == (True, False)
    assert found_by(browser, wallet) == found_by(browser, wallet.upper()) == [cluster]
    assert found_by(browser, wallet[:-1]) == []
    player.patch("/api/me", json={"displayName": "Zoe"})
    assert found_by(browser, wallet) == [cluster]
    player.delete(f"/api/me/wallets/{wallet}")
    assert found_by(browser, wallet) == []
    link(player, wallet)
    player.patch("/api/me", json={"showWallets": False})
    assert found_by(browser, wallet) == []


def test_the_places_of_a_cluster_on_all_boards(site: Site) -> None:
    def places(cluster: str) -> list[tuple]:
        found = get(site.browser(), f"/clusters/{cluster}/leaderboards")
        assert (found["clusterId"], found["next"]) == (cluster, None)
        names = ("key", "rank", "score", "clusters", "clustersAbove", "shareAboveText")
        return [tuple(one[name] for name in names) for one in found["leaderboards"]]

    assert places("ada") == [
        ("losses", None, None, 1, None, None),
        ("wins", 2, 5, 4, 1, "0.25"),
    ]
    assert places("ada-2")[1] == ("wins", 3, 1, 4, 3, "0.75")
    assert places("Eve") == [("losses", 1, 7, 1, 0, "0"), ("wins", 1, 9, 4, 0, "0")]
    assert [one[1] for one in places("fresh")] == [None, None]
    first = get(site.browser(), "/clusters/ada/leaderboards", limit=1)
    second = get(site.browser(), "/clusters/ada/leaderboards", limit=1, after=first["next"])
    assert [one["key"] for one in second["leaderboards"]] == ["wins"]
    answer = site.browser().get("/clusters/nobody/leaderboards")
    assert refusal(answer) == (404, "no cluster nobody")
    assert answer.json()["code"] == "unknown_cluster"


# -- seasons -----------------------------------------------------------------------------


def test_the_seasons(site: Site) -> None:
    found = get(site.browser(), "/seasons")
    assert [(one["id"], one["isCurrent"]) for one in found["seasons"]] == [
        ("later", False),
        ("now", True),
        ("past", False),
    ]
    first = get(site.browser(), "/seasons", limit=2)
    second = get(site.browser(), "/seasons", limit=2, after=first["next"])
    assert [one["id"] for one in second["seasons"]] == ["past"]
    one = get(site.browser(), "/seasons/now")
    assert (one["name"], one["scoring"], one["isCurrent"]) == ("Season now", "SEASON", True)
    (weight,) = one["weights"]
    assert (weight["challengeKey"], weight["unit"], weight["weightText"]) == (
        "arena_victor",
        "matches",
        "2",
    )
    assert [(each["level"], each["pointsRequired"]) for each in one["levels"]][:2] == [
        (1, 0),
        (2, 50),
    ]
    for path in ("/seasons/draft", "/seasons/none", "/seasons/none/standings"):
        answer = site.browser().get(path)
        assert refusal(answer) == (404, f"no season {path.split('/')[2]}")
        assert answer.json()["code"] == "unknown_season"


def test_the_standings_of_a_season(site: Site) -> None:
    """Equal points share a rank; pages are cut between them, and every digit counts."""
    wanted = [
        (1, "Eve", "9007199254740993.5", None),
        (2, "ada", "50", None),
        (2, "bob", "50", "Adamant"),
        (3, "ada-2", "12.5", None),
    ]
    for limit in (1, 2, 3, 4, 5):
        found: list[tuple] = []
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            page = get(site.browser(), "/seasons/now/standings", limit=limit, after=page["next"])
            assert page["season"]["id"] == "now"
            found += [
                (one["rank"], one["clusterId"], one["pointsText"], one["displayName"])
                for one in page["entries"]
            ]
        assert found == wanted
    assert get(site.browser(), "/seasons/past/standings")["entries"] == []
    # a text that is no number of points
    answer = site.browser().get("/seasons/now/standings", params={"after": "~WyJ4IiwieSJd"})
    assert answer.json()["code"] == "invalid_cursor"


def test_a_cluster_without_points_has_zeros(site: Site) -> None:
    for season, cluster in (("now", "fresh"), ("past", "ada"), ("draft", "ada")):
        found = get(site.browser(), f"/seasons/{season}/progress", clusterId=cluster)
        assert (found["points"], found["pointsText"], found["level"]) == (0, "0", 1)
        assert (found["nextLevelThreshold"], found["asOf"]) == (50, None)
    found = get(site.browser(), "/seasons/now/progress", clusterId="ada")
    assert (found["points"], found["level"], found["nextLevelThreshold"]) == (50, 2, 150)
    for season, cluster, sentence, code in (
        ("none", "ada", "no season none", "unknown_season"),
        ("none", "nobody", "no season none", "unknown_season"),
        ("now", "nobody", "no cluster nobody", "unknown_cluster"),
    ):
        answer = site.browser().get(f"/seasons/{season}/progress", params={"clusterId": cluster})
        assert (refusal(answer), answer.json()["code"]) == ((404, sentence), code)


# -- challenges --------------------------------------------------------------------------


def test_how_many_clusters_are_on_each_tier(site: Site, rows: psycopg.Connection) -> None:
    # as runs count them (macros/runs/count_progress.sql)
    rows.execute(
        "insert into app.value_counts"
        " select challenge_key, tier, value, value + 1, count(*)"
        " from analytics.challenge_progress group by challenge_key, tier, value"
    )
    found = get(site.browser(), "/challenges/arena_victor")
    assert (found["categoryKey"], found["unit"], found["metricKey"]) == (
        "pvp_competition",
        "matches",
        "wins",
    )
    assert (found["clusters"], found["withoutTier"], found["withoutTierShareText"]) == (
        4,
        1,
        "0.25",
    )
    ladder = [(one["tierCode"], one["clusters"], one["shareText"]) for one in found["ladder"]]
    assert ladder == [
        ("BASIC", 1, "0.25"),
        ("ADVANCED", 1, "0.25"),
        ("ELITE", 1, "0.25"),
        ("EXALTED", 0, "0"),
    ]
    assert [one["threshold"] for one in found["ladder"]] == [3, 15, 50, 150]
    # a challenge of which there is no value yet
    found = get(site.browser(), "/challenges/mad_boar_slayer")
    assert (found["clusters"], found["withoutTier"], found["withoutTierShare"]) == (0, 0, 0)
    answer = site.browser().get("/challenges/none")
    assert refusal(answer) == (404, "no challenge none")
    assert answer.json()["code"] == "unknown_challenge"
