"""Boards by one to four ordering keys over HTTP: how they are made, and what their entries show."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.players import a_discord_id, refusal
from tests.in_process.rows import put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("boards_of_several_keys")

KEYS = [
    {"metricSource": "onchain_pvp", "metricKey": "wins", "direction": "desc"},
    {"metricSource": "onchain_pvp", "metricKey": "best_win_streak", "direction": "desc"},
    {"metricSource": "onchain_hunting", "metricKey": "wins", "direction": "desc"},
    {"metricSource": "onchain_pvp", "metricKey": "matches_played", "direction": "asc"},
]
BOARD = {"name": "League", "categoryKey": "pvp_competition", "timeWindow": "MONTHLY"}
PAYLOAD = {
    "metric": "onchain_pvp.wins",
    "unit": "matches",
    "ranking": "standard",
    "keys": [
        {"metric": "onchain_pvp.wins", "unit": "matches", "direction": "desc"},
        {"metric": "onchain_pvp.best_win_streak", "unit": "wins", "direction": "desc"},
        {"metric": "onchain_hunting.wins", "unit": "hunts", "direction": "desc"},
        {"metric": "onchain_pvp.matches_played", "unit": "matches", "direction": "asc"},
    ],
}
#: Entries with standard ranks: two share the first, and the next one is third.
ENTRIES = [
    (1, "ada", 9, 3, 1, 12),
    (1, "bob", 9, 3, 1, 12),
    (3, "cyd", 9, 3, 0, "9007199254741993.000001"),
    (4, "dan", 5, 1, 0, 5),
]


@pytest.fixture
def ruler(site: Site, admin: str) -> httpx.Client:
    """A program of an admin."""
    return site.program(admin)


@pytest.fixture(scope="module", autouse=True)
def league(rows: psycopg.Connection) -> int:
    """A board of four keys with a run, and a board of today's form with a run of before."""
    for number, cluster in enumerate(("ada", "bob", "cyd", "dan")):
        add_cluster(rows, cluster, f"0x{number + 82001:040x}", discord_id=a_discord_id())
    put_board(
        rows,
        "league",
        time_window="MONTHLY",
        fallback_metric_key="best_win_streak",
        third_metric_source="onchain_hunting",
        third_metric_key="wins",
        fourth_metric_key="matches_played",
        fourth_direction="asc",
        ranking="standard",
    )
    put_board(rows, "older", fallback_metric_key="matches_played")
    put_board_run(
        rows,
        "older",
        [(1, "ada", 2, 7)],
        payload={"metric": "onchain_pvp.wins", "unit": "matches"},
    )
    may, june = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6))
    return put_board_run(
        rows, "league", ENTRIES, payload=PAYLOAD, period_start=may, period_end=june
    )


def test_a_definition_shows_all_keys_and_the_ranking(site: Site) -> None:
    found = site.browser().get("/leaderboards/league").json()
    units = ("matches", "wins", "hunts", "matches")
    assert [key | {"unit": None} for key in found["orderingKeys"]] == [
        key | {"unit": None} for key in KEYS
    ]
    assert all(key["unit"] for key in found["orderingKeys"]), units
    assert (found["ranking"], found["lastKey"]) == ("standard", None)
    assert (found["metricKey"], found["fallbackMetricKey"]) == ("wins", "best_win_streak")


def test_an_entry_shows_every_key_with_every_digit(site: Site, league: int) -> None:
    for path in ("latest", f"runs/{league}", "around?clusterId=cyd&neighbours=0"):
        found = site.browser().get(f"/leaderboards/league/{path}").json()["entries"]
        (cyd,) = [entry for entry in found if entry["clusterId"] == "cyd"]
        assert cyd["rank"] == 3
        assert (cyd["score"], cyd["tiebreaker"], cyd["tiebreakerText"]) == (9, 3, "3")
        assert [(key["metric"], key["direction"]) for key in cyd["keys"]] == [
            (f"{key['metricSource']}.{key['metricKey']}", key["direction"]) for key in KEYS
        ]
        assert [key["valueText"] for key in cyd["keys"]] == ["9", "3", "0", ENTRIES[2][5]]


def test_a_place_on_a_board_shows_what_the_entry_shows(site: Site) -> None:
    for board in ("league", "older"):
        for cluster in ("ada", "cyd"):
            listed = site.browser().get(f"/leaderboards/{board}/latest").json()["entries"]
            entry = next((one for one in listed if one["clusterId"] == cluster), {"keys": None})
            found = site.browser().get(f"/clusters/{cluster}/leaderboards").json()["leaderboards"]
            (place,) = [one for one in found if one["key"] == board]
            assert place["keys"] == entry["keys"]
            assert place["rank"] == entry.get("rank")


def test_an_entry_of_a_run_that_recorded_one_metric(site: Site) -> None:
    (entry,) = site.browser().get("/leaderboards/older/latest").json()["entries"]
    assert [(key["metric"], key["value"], key["direction"]) for key in entry["keys"]] == [
        ("onchain_pvp.wins", 2, "desc"),
        (None, 7, "desc"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_have_every_entry_once_where_ranks_are_shared(site: Site, limit: int) -> None:
    found: list[tuple[int, str]] = []
    path = f"/leaderboards/league/latest?limit={limit}"
    while path:
        answer = site.browser().get(path)
        found += [(one["rank"], one["clusterId"]) for one in answer.json()["entries"]]
        path = answer.links.get("next", {}).get("url", "")
    assert found == [(rank, cluster) for rank, cluster, *_ in ENTRIES]


def test_the_page_of_a_board_has_a_column_for_each_key(site: Site) -> None:
    page = site.browser().get("/boards/league").text
    head = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert head[-3:] == ["Best win streak", "Wins", "Matches played"]
    (dan,) = [row for row in page.split("<tr") if "/clusters/dan" in row]
    assert re.findall(r'<td class="number[^>]*>([^<]*)<', dan) == ["5", "1", "0", "5"]


def test_keys_are_given_as_a_list_or_in_the_older_form(ruler: httpx.Client) -> None:
    made = ruler.post("/v1/admin/leaderboards", json=BOARD | {"key": "new", "orderingKeys": KEYS})
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["orderingKeys"] == KEYS
    older = ("metricSource", "metricKey", "fallbackMetricSource", "fallbackMetricKey")
    assert [shown[name] for name in older] == [
        "onchain_pvp",
        "wins",
        "onchain_pvp",
        "best_win_streak",
    ]
    path = "/admin/leaderboards/new"
    renamed = ruler.put(path, json={"name": "Renamed"}).json()
    assert (renamed["name"], renamed["orderingKeys"]) == ("Renamed", KEYS)
    changed = ruler.put(path, json={"metricKey": "matches_played"}).json()
    assert [key["metricKey"] for key in changed["orderingKeys"]][:2] == [
        "matches_played",
        "best_win_streak",
    ]
    one = ruler.put(
        path, json={"orderingKeys": KEYS[2:3], "ranking": "row", "lastKey": "cluster_id"}
    )
    assert one.json()["orderingKeys"] == KEYS[2:3]
    assert (one.json()["ranking"], one.json()["lastKey"]) == ("row", "cluster_id")
    listed = {board["key"]: board for board in ruler.get("/admin/leaderboards").json()}
    assert listed["new"]["orderingKeys"] == KEYS[2:3]
    old = ruler.post(
        "/v1/admin/leaderboards",
        json=BOARD | {"key": "old", "metricSource": "onchain_pvp", "metricKey": "wins"},
    )
    assert old.json()["orderingKeys"] == KEYS[:1]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"orderingKeys": []}, "a board has one to four ordering keys, not 0"),
        ({"orderingKeys": [*KEYS, KEYS[0]]}, "a board has one to four ordering keys, not 5"),
        ({}, "a board has orderingKeys, or metricSource and metricKey"),
        (
            {"orderingKeys": KEYS, "metricKey": "wins"},
            "orderingKeys name the metrics already: leave metricKey out",
        ),
        (
            {"orderingKeys": [KEYS[0], KEYS[1] | {"metricKey": "winz"}]},
            "board wrong: no metric onchain_pvp.winz",
        ),
        ({"orderingKeys": [KEYS[0] | {"direction": "up"}]}, "up"),
        ({"orderingKeys": KEYS, "ranking": "ordinal"}, "ordinal"),
        ({"orderingKeys": KEYS, "ranking": "row"}, "board wrong: the ranking row gives equals"),
        (
            {"orderingKeys": KEYS, "lastKey": "cluster_id"},
            "board wrong: the last key cluster_id is",
        ),
    ],
)
def test_keys_that_make_no_sense_are_refused_in_a_sentence(
    ruler: httpx.Client, fields: dict[str, Any], words: str
) -> None:
    answer = ruler.post("/v1/admin/leaderboards", json=BOARD | {"key": "wrong"} | fields)
    status, sentence = refusal(answer)
    assert status == 400
    assert words in sentence
    assert "wrong" not in [board["key"] for board in ruler.get("/admin/leaderboards").json()]
