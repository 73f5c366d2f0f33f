"""Two players side by side: who leads in the season, on boards and in challenges, and how players
are chosen."""

import re

import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.players import a_discord_id
from tests.in_process.queries import found
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
pytestmark = pytest.mark.xdist_group("two_players_compared")

DISCORD = a_discord_id()
#: The values of both in some challenges, and who leads.
VALUES = {
    "arena_victor": (5, 4, "a"),
    "win_streak": (3, "3.000001", "b"),
    "arena_challenger": (7, 7, "both"),
    "house_of_heroes": (0, 0, "nobody"),
    "hero_riser": (None, 2, "b"),
    "vendor_tycoon": (1, None, "a"),
    "pet_sanctuary": (0, None, "nobody"),
    "flawless_victory": (1, 0, "a"),
}


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """Two players with values, points and places on boards, and one who has nothing."""
    for number, cluster in enumerate(("ada", "bob", "idle")):
        discord = {"discord_id": DISCORD} if cluster == "ada" else {}
        add_cluster(rows, cluster, f"0x{number + 98001:040x}", **discord)
    name_player(rows, "ada", "Ada Frost", shown=True)
    name_player(rows, "bob", "Bobby", shown=False)
    for challenge, (a, b, _) in VALUES.items():
        for cluster, value in (("ada", a), ("bob", b)):
            if value is not None:
                put_progress(rows, cluster, challenge, value)
    rows.execute("update app.seasons set is_active = false")
    span = {"starts_at": "2025-01-01", "ends_at": "2125-01-01", "is_active": True}
    put(rows, "app.seasons", id="now", name="Season now", **span)
    put_points(rows, "now", "ada", 12, 1)
    put_points(rows, "now", "bob", 12.5, 2)
    put_board(rows, "most")
    put_board(rows, "least", metric_direction="asc")
    put_board(rows, "other")
    put_board(rows, "hidden", is_public=False)
    put_board_run(rows, "most", [(1, "ada", 9), (2, "bob", 8)])
    # the smallest value is first
    put_board_run(rows, "least", [(1, "bob", 1), (2, "ada", 2)])
    put_board_run(rows, "other", [(1, "idle", 1), (2, "bob", 2)])
    put_board_run(rows, "hidden", [(1, "ada", 1)])


def compare(site: Site, status: int = 200, **asked: str) -> str:
    """The page of a comparison."""
    answer = site.browser().get("/compare", params=asked, headers=HTML)
    assert answer.status_code == status, answer.text
    return answer.text


def text_of(page: str) -> str:
    """What a reader reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def test_the_larger_value_leads_in_a_challenge(rows: psycopg.Connection) -> None:
    shown = {one["key"]: one for one in found(rows, "page_compare_challenges", a="ada", b="bob")}
    leaders = {key: one["leader"] for key, one in shown.items()}
    assert {key: leaders.pop(key) for key in VALUES} == {
        key: leader for key, (_, _, leader) in VALUES.items()
    }
    assert set(leaders.values()) == {"nobody"}
    sums = {(one["a_leads"], one["b_leads"], one["equal"]) for one in shown.values()}
    assert sums == {(3, 2, 1)}
    in_category = {key: shown[key]["a_leads_in_category"] for key in ("arena_victor", "hero_riser")}
    assert in_category == {"arena_victor": 2, "hero_riser": 0}
    assert [float(shown["arena_victor"][f"{side}_length"]) for side in "ab"] == [100, 80]
    # the other way round, the other side leads
    turned = {one["key"]: one for one in found(rows, "page_compare_challenges", a="bob", b="ada")}
    other = {"a": "b", "b": "a"}
    for key, (_, _, leader) in VALUES.items():
        assert turned[key]["leader"] == other.get(leader, leader)


def test_the_better_rank_leads_on_a_board_whatever_its_direction(rows: psycopg.Connection) -> None:
    shown = found(rows, "page_compare_boards", a="ada", b="bob")
    assert {one["key"]: (one["a_rank"], one["b_rank"], one["leader"]) for one in shown} == {
        "most": (1, 2, "a"),
        "least": (2, 1, "b"),
        "other": (None, 2, "b"),
    }
    put_board(rows, "tied")
    put_board_run(rows, "tied", [(1, "ada", 1), (1, "bob", 1)])
    (tied,) = [one for one in found(rows, "page_compare_boards", a="ada", b="bob")
               if one["key"] == "tied"]  # fmt: skip
    assert tied["leader"] == "both"
    rows.execute("update app.leaderboard_defs set is_active = false where key = 'tied'")


def test_more_points_lead_in_the_season(rows: psycopg.Connection) -> None:
    for a, b, leader, levels in (
        ("ada", "bob", "b", (1, 2)),
        ("bob", "ada", "a", (2, 1)),
        ("ada", "idle", "a", (1, 0)),
    ):
        (season,) = found(rows, "page_compare_season", a=a, b=b)
        assert (season["leader"], (season["a_level"], season["b_level"])) == (leader, levels)


def test_a_page_shows_both_and_who_leads(site: Site) -> None:
    page = compare(site, a="ada", b="bob")
    text = text_of(page)
    assert "Compare Ada Frost with bob" in text
    assert "Ada Frost leads in 3 challenges, the other in 2; they are equal in 1." in text
    (row,) = re.findall(r"<tr><th scope=\"row\"><a[^>]*>Arena Victor<.*?</tr>", page, re.S)
    assert re.findall(r'<td class="side( ahead)?">', row) == [" ahead", ""]
    assert re.findall(r"/clusters/(\w+)/challenges/arena_victor", row) == ["ada", "bob"]
    assert "▲leads" in text_of(row)
    assert re.search(r"Points ?12\.0 ?12\.5 ▲leads", text)
    assert re.search(r"Neither has begun \d+ challenges: .*House of Heroes", text)
    assert "Bobby" not in page
    equal = text_of(compare(site, a="idle", b="bob"))
    assert "bob leads in" in equal


@pytest.mark.parametrize(
    ("typed", "name"),
    [("ada", "Ada Frost"), ("  aDA fROST ", "Ada Frost"), ("idle", "idle")],
)
def test_a_player_is_named_by_id_or_shown_name(site: Site, typed: str, name: str) -> None:
    assert f"Compare bob with {name}" in text_of(compare(site, a="bob", b=typed))


@pytest.mark.parametrize(
    ("asked", "sentences"),
    [
        ({"a": "ada", "b": "nobody"}, ["There is no player “nobody”."]),
        ({"a": "adda", "b": "bob"}, ["There is no player “adda”.", "Did you mean ada?"]),
        ({"a": "<b>", "b": "x" * 101}, ["no player “&lt;b&gt;”", f"no player “{'x' * 100}”"]),
        # a name that is not shown names nobody
        ({"a": "ada", "b": "Bobby"}, ["There is no player “Bobby”."]),
    ],
)
def test_who_does_not_exist_is_named_in_one_sentence(
    site: Site, asked: dict[str, str], sentences: list[str]
) -> None:
    page = compare(site, 404, **asked)
    assert all(sentence in text_of(page) for sentence in sentences)
    assert page.count('role="alert"') == sum(one.startswith(("There", "no")) for one in sentences)
    # what was typed stays in the form
    for field, typed in asked.items():
        value = re.search(rf'name="{field}" value="([^"]*)"', page)[1]
        assert value == typed[:100].replace("<", "&lt;").replace(">", "&gt;")
    wrong = site.browser().get("/compare", params=asked)
    assert wrong.status_code == 404


def test_two_players_are_needed(site: Site) -> None:
    for asked in ({}, {"a": "ada"}, {"b": "ada"}, {"a": " "}):
        page = compare(site, **asked)
        assert page.count('role="alert"') == 0
        assert "Compare two players" in page
        is_named = "ada" in asked.values()
        assert ("Ada Frost is chosen. With whom?" in text_of(page)) == is_named
    page = compare(site, a="ada", b="Ada Frost")
    assert "Both are Ada Frost: choose another player." in text_of(page)


def test_who_is_signed_in_is_the_first(site: Site) -> None:
    browser = site.player(DISCORD)
    page = browser.get("/compare", params={"b": "bob"}, headers=HTML).text
    assert "Compare Ada Frost with bob" in text_of(page)
    assert page.count('class="you"') == 1
    turned = browser.get("/compare", params={"a": "bob"}, headers=HTML).text
    assert "Compare bob with Ada Frost" in text_of(turned)
    form = browser.get("/compare", headers=HTML).text
    assert re.search(r'name="a" value="ada"', form)
    assert ">You</label>" in form
    # with oneself nobody is compared
    assert "Both are" not in browser.get("/compare", params={"b": "ada"}, headers=HTML).text
    profile = browser.get("/clusters/bob", headers=HTML).text
    assert '<a href="/compare?b=bob">Compare with me</a>' in profile
    # others are named by themselves
    others = browser.get("/compare", params={"a": "bob", "b": "idle"}, headers=HTML).text
    assert "Compare bob with idle" in text_of(others)
