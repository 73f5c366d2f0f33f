"""The page of a player: what is near, what is shown, in which order, and how it is passed on."""

import re
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.queries import DAY, found, pick
from tests.in_process.rows import AS_OF, name_player, put, put_progress, put_unlock
from tests.support import add_cluster

# one site for all of them, so one process
pytestmark = pytest.mark.xdist_group("a_profile")

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def standings(connection: psycopg.Connection, sort: str = "category") -> list[dict[str, Any]]:
    return found(connection, "page_profile", cluster="busy", sort=sort)


@pytest.mark.parametrize(
    ("value", "is_begun", "is_near", "is_done"),
    [
        (0, False, False, False),
        (-1, False, False, False),
        (2, True, False, False),
        # Elite at 50: three quarters are 37.5
        ("37.499999", True, False, False),
        ("37.5", True, True, False),
        (49, True, True, False),
        (50, True, False, False),
        (149, True, True, False),
        (150, False, False, True),
        (999, False, False, True),
    ],
)
def test_near_is_three_quarters_of_the_way_to_the_next_tier(
    connection: psycopg.Connection, value: Any, is_begun: bool, is_near: bool, is_done: bool
) -> None:
    put_progress(connection, "busy", "arena_victor", value)
    put_progress(connection, "rival", "arena_victor", 2)
    (row,) = standings(connection)
    shown = (is_begun, is_near, is_done)
    assert pick(row, "is_begun", "is_near", "is_done") == shown
    assert row["near_place"] == (1 if is_begun else None)


def test_the_nearest_have_the_greatest_share_of_the_way(connection: psycopg.Connection) -> None:
    for key, value in (
        ("hero_riser", 30),  # of 100
        ("hunters_triumph", 0),
        ("arena_victor", 9),  # of 15
        ("win_streak", 3),  # of 5: as near, and behind it in the catalogue
        ("flawless_victory", 0),  # a feat
        ("shell_jackpot", 1),  # one that is done
    ):
        put_progress(connection, "busy", key, value)
    for key, at in (("hero_riser", AS_OF), ("shell_jackpot", AS_OF + DAY)):
        put_unlock(connection, "busy", key, "BASIC", unlocked_at=at)
    for order, keys in (
        ("near", ["arena_victor", "win_streak", "hero_riser"]),
        ("recent", ["shell_jackpot", "hero_riser"]),
        ("category", ["hero_riser", "hunters_triumph", "arena_victor", "win_streak"]),
        ("name", ["arena_victor", "flawless_victory", "hero_riser", "hunters_triumph"]),
    ):
        assert [one["key"] for one in standings(connection, order)][: len(keys)] == keys
    places = {one["key"]: one["near_place"] for one in standings(connection)}
    assert {key: place for key, place in places.items() if place} == {
        "arena_victor": 1,
        "win_streak": 2,
        "hero_riser": 3,
    }


def test_the_latest_tier_is_by_the_event_and_not_of_one_that_is_revoked(
    connection: psycopg.Connection,
) -> None:
    for key in ("arena_victor", "win_streak", "hero_riser"):
        put_progress(connection, "busy", key, 7)
    put_unlock(connection, "busy", "arena_victor", "BASIC", reached_at=AS_OF - 9 * DAY)
    put_unlock(connection, "busy", "win_streak", "BASIC", unlocked_at=AS_OF - DAY)
    put_unlock(connection, "busy", "hero_riser", "BASIC", revoked_at=AS_OF + DAY)
    put_unlock(connection, "busy", "hero_riser", "BASIC", kind="FOUNDERS_MARK")
    rows = standings(connection, "recent")
    assert [pick(one, "key", "latest_unlock") for one in rows] == [
        ("win_streak", AS_OF - DAY),
        ("arena_victor", AS_OF - 9 * DAY),
        ("hero_riser", None),
    ]


def put_rarity(connection: psycopg.Connection, challenge: str, **shares: str) -> None:
    """Write the shares of clusters that have reached some tiers of a challenge."""
    connection.execute("delete from app.tier_rarity where challenge_key = %s", [challenge])
    for tier, share in shares.items():
        counts = {"clusters": 1, "share": share, "as_of": AS_OF}
        put(connection, "app.tier_rarity", challenge_key=challenge, tier_code=tier, **counts)


def test_the_rarest_tier_is_the_one_that_fewest_have_reached(
    connection: psycopg.Connection,
) -> None:
    for key in ("arena_victor", "win_streak", "hero_riser", "hunters_triumph"):
        put_progress(connection, "busy", key, 7)
    # not counted yet
    assert {one["rare_place"] for one in standings(connection, "rare")} == {None}
    connection.execute("delete from app.tier_rarity")
    put_rarity(connection, "arena_victor", BASIC="0.5", ADVANCED="0.050001", ELITE="0.01")
    put_rarity(connection, "win_streak", BASIC="0.4", ADVANCED="0.05")
    put_rarity(connection, "hunters_triumph", BASIC="0.0001")
    for key, tier in (
        ("arena_victor", "BASIC"),
        ("arena_victor", "ADVANCED"),
        ("win_streak", "ADVANCED"),
        ("hero_riser", "COMMON"),
    ):
        put_unlock(connection, "busy", key, tier)
    put_unlock(connection, "busy", "arena_victor", "ELITE", revoked_at=AS_OF)
    put_unlock(connection, "busy", "hunters_triumph", "BASIC", kind="FOUNDERS_MARK")
    put_unlock(connection, "rival", "hunters_triumph", "BASIC")
    rows = standings(connection, "rare")
    assert [
        pick(one, "key", "rare_tier", "rare_name", "is_rare", "rare_place") for one in rows
    ] == [
        ("win_streak", "ADVANCED", "Advanced", True, 1),
        ("arena_victor", "ADVANCED", "Advanced", False, 2),
        ("hero_riser", None, None, False, None),
        ("hunters_triumph", None, None, False, None),
    ]


@pytest.fixture(scope="module")
def played(rows: psycopg.Connection) -> str:
    """A cluster with challenges in three categories: one near, one in progress, one done."""
    add_cluster(rows, "played", "0x" + "d1" * 20)
    for key, value in (("arena_victor", 12), ("hero_riser", 3), ("flawless_victory", 1)):
        put_progress(rows, "played", key, value)
    put_unlock(rows, "played", "flawless_victory", "MYTHIC")
    put_rarity(rows, "flawless_victory", MYTHIC="0.042")
    return "/clusters/played"


def test_a_feat_is_done_and_no_tier_of_it_is_had(site: Site, rows: psycopg.Connection) -> None:
    add_cluster(rows, "featful", "0x" + "d7" * 20)
    put_progress(rows, "featful", "flawless_victory", 1, tier="MYTHIC")
    put_rarity(rows, "flawless_victory", MYTHIC="0.042")
    page = site.browser().get("/clusters/featful?show=done").text
    assert "4.2\N{NO-BREAK SPACE}% of players have done it" in page
    assert "have Unlocked" not in page


def cards(page: str) -> list[str]:
    """The challenges that are listed, by their keys."""
    return re.findall(
        r'<li class="card challenge[^>]*>\s*<h\d>.*?<a href="[^"]*/challenges/(\w+)"', page
    )


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("", ["hero_riser", "arena_victor", "flawless_victory"]),
        ("?show=begun", ["hero_riser", "arena_victor"]),
        ("?show=near", ["arena_victor"]),
        ("?show=done", ["flawless_victory"]),
        ("?show=rare", ["flawless_victory"]),
        ("?sort=rare", ["flawless_victory", "hero_riser", "arena_victor"]),
        ("?sort=near", ["arena_victor", "hero_riser", "flawless_victory"]),
        ("?show=begun&sort=near", ["arena_victor", "hero_riser"]),
        ("?sort=name", ["arena_victor", "flawless_victory", "hero_riser"]),
    ],
)
def test_links_keep_the_choice_and_have_one_address(
    site: Site, played: str, asked: str, keys: list[str]
) -> None:
    page = site.browser().get(played + asked, headers=HTML).text
    assert cards(page) == keys
    (canonical,) = re.findall(r'<link rel="canonical" href="([^"]*)"', page)
    assert canonical == (played + asked).replace("&", "&amp;")
    current = re.findall(r'<a href="([^"]*)#challenges" aria-current="true"', page)
    assert current == [canonical, canonical]
    counts = re.findall(r'(\w[\w ]*) <span class="count">(\d+)</span>', page)
    expected = {"All": "3", "In progress": "2", "Near": "1", "Rare": "1", "Done": "1"}
    assert dict(counts) == expected
    # every other link changes one choice, and keeps the other
    chosen = set(asked.removeprefix("?").split("&")) - {""}
    for group in re.findall(r'<nav class="chips".*?</nav>', page, re.DOTALL):
        for href in re.findall(r'href="([^"#]*)#challenges"', group):
            assert site.browser().get(href.replace("&amp;", "&")).status_code == 200
            named = set(href.replace("&amp;", "&").partition("?")[2].split("&")) - {""}
            changed = {one.partition("=")[0] for one in named ^ chosen}
            assert len(changed) <= 1


def test_the_nearest_are_at_the_top_with_what_is_missing(site: Site, played: str) -> None:
    page = site.browser().get(played).text
    near = page.partition('class="nearest"')[2].partition("</ol>")[0]
    assert re.findall(r'/challenges/(\w+)"', near) == ["arena_victor", "hero_riser"]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", near))
    assert "3 more matches to Advanced" in words


def test_the_rarest_are_at_the_top_with_how_many_have_them(site: Site, played: str) -> None:
    page = site.browser().get(played).text
    rare = page.partition('id="rarest"')[2].partition("</ol>")[0]
    assert re.findall(r'/challenges/(\w+)"', rare) == ["flawless_victory"]
    assert "4.2\N{NO-BREAK SPACE}% of players have it" in rare


def test_three_of_the_nearest_and_three_of_the_rarest_are_at_the_top(
    site: Site, rows: psycopg.Connection
) -> None:
    add_cluster(rows, "everywhere", "0x" + "d8" * 20)
    begun = {"arena_victor": 12, "hero_riser": 3, "win_streak": 3, "hunters_triumph": 1}
    for key, value in begun.items():
        put_progress(rows, "everywhere", key, value)
        tier = "COMMON" if key == "hero_riser" else "BASIC"
        put_unlock(rows, "everywhere", key, tier)
        put_rarity(rows, key, **{tier: "0.05"})
    page = site.browser().get("/clusters/everywhere").text
    for start in ('class="nearest"', 'id="rarest"'):
        listed = page.partition(start)[2].partition("</ol>")[0]
        keys = re.findall(r'/challenges/(\w+)"', listed)
        assert len(keys) == len(set(keys) & set(begun)) == 3


def test_what_is_asked_for_and_is_not_there_says_what_to_do(
    rows: psycopg.Connection, site: Site
) -> None:
    add_cluster(rows, "beginner", "0x" + "d2" * 20)
    put_progress(rows, "beginner", "arena_victor", 0)
    for show, words in (
        ("begun", "No challenge is in progress"),
        ("near", "No next tier is near"),
        ("done", "No challenge has its last tier yet"),
        ("rare", "No tier that is unlocked is rare"),
    ):
        page = site.browser().get(f"/clusters/beginner?show={show}&sort=name").text
        assert cards(page) == []
        assert words in page
        assert 'href="/clusters/beginner?sort=name#challenges">show all 1 challenges' in page
        # nothing is counted of this cluster's tiers: rarity is offered to whom asked for it
        assert ("show=rare" in page) == (show == "rare")
        assert ("sort=rare" in page) == (show == "rare")
    assert 'id="nearest"' not in page
    add_cluster(rows, "nothing", "0x" + "d3" * 20)
    assert 'id="challenges"' not in site.browser().get("/clusters/nothing").text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("show=neer", "show 'neer' is not all, begun, near, rare, done; did you mean near?"),
        ("sort=<b>", "sort '<b>' is not category, near, rare, recent, name"),
        ("open=half", "open 'half' is not all, none"),
        ("show=", "show '' is not all, begun, near, rare, done"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(
    site: Site, played: str, query: str, sentence: str
) -> None:
    answer = site.browser().get(f"{played}?{query}")
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)
    assert "<b>" not in site.browser().get(f"{played}?{query}", headers=HTML).text


@pytest.mark.parametrize(
    ("headers", "query", "is_open"),
    [
        ({"User-Agent": DESK}, "", True),
        ({"User-Agent": PHONE}, "", False),
        ({}, "", True),
        # what the browser says of itself counts more than its name
        ({"User-Agent": DESK, "Sec-CH-UA-Mobile": "?1"}, "", False),
        ({"User-Agent": PHONE, "Sec-CH-UA-Mobile": "?0"}, "", True),
        ({"User-Agent": PHONE}, "?open=all", True),
        ({"User-Agent": DESK}, "?open=none", False),
        # few challenges were asked for
        ({"User-Agent": PHONE}, "?show=begun", True),
        ({"User-Agent": DESK}, "?show=begun&open=none", False),
    ],
)
def test_categories_are_closed_on_a_phone(
    site: Site, played: str, headers: dict, query: str, is_open: bool
) -> None:
    page = site.browser(**{"User-Agent": "", **headers}).get(played + query).text
    categories = re.findall(r'<details class="category"( open)?>', page)
    assert len(categories) in (2, 3)
    assert set(categories) == {" open" if is_open else ""}


def test_a_name_that_attacks_breaks_nothing(
    rows: psycopg.Connection, site: Site, played: str
) -> None:
    name_player(rows, "played", "<b>Ra</b>🐉שלום", shown=True)
    page = site.browser().get(played).text
    assert "&lt;b&gt;Ra&lt;/b&gt;" in page
    assert "<bdi>&lt;b&gt;" in page
    wide = "W" * 64
    add_cluster(rows, wide, "0x" + "d4" * 20)
    assert (
        f'<h1 class="long lengthy"><bdi>{wide}</bdi>'
        in site.browser().get(f"/clusters/{wide}").text
    )
    assert site.browser().get(played).text.count('class="portrait"') == 1


def test_a_challenge_stands_between_two_others(connection: psycopg.Connection) -> None:
    for key in ("arena_victor", "flawless_victory", "hero_riser"):
        put_progress(connection, "busy", key, 1)
    put_progress(connection, "rival", "win_streak", 1)

    def beside(key: str) -> tuple | None:
        rows = found(connection, "page_challenges_beside", cluster="busy", challenge=key)
        return pick(rows[0], "previous_key", "next_key") if rows else None

    assert beside("hero_riser") == (None, "arena_victor")
    assert beside("arena_victor") == ("hero_riser", "flawless_victory")
    assert beside("flawless_victory") == ("arena_victor", None)
    assert beside("win_streak") is None
    connection.execute(
        "update analytics.challenges set state = 'retired' where key = 'arena_victor'"
    )
    assert beside("hero_riser") == (None, "flawless_victory")
    assert beside("arena_victor") is None


def text_of(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.text))


def test_who_has_nothing_sees_three_steps_and_where_they_stand(
    rows: psycopg.Connection, site: Site
) -> None:
    def current(answer: httpx.Response) -> list[str]:
        return re.findall(r'aria-current="step">.*?<h2>([^<]*)', answer.text, re.DOTALL)

    assert current(site.browser().get("/me")) == ["Sign in"]
    browser = site.player("700000000000000077")
    assert current(browser.get("/me")) == ["Link a wallet"]
    browser.post("/me/wallets", data={"address": "0x" + "7c" * 20})
    requested = browser.get("/me")
    assert current(requested) == ["See your progress"]
    assert "is requested, 1 second ago. It is computed as soon as" in text_of(requested)
    own = browser.get("/api/me").json()["clusterId"]
    request = "where kind = 'CLUSTER' and cluster_id = %s"
    rows.execute(f"update app.etl_requests set taken_by = 1, taken_since = now() {request}", [own])
    assert "is being computed. This page" in text_of(browser.get("/me"))
    rows.execute(f"delete from app.etl_requests {request}", [own])
    put_progress(rows, own, "arena_victor", 0, last_computed_at=AS_OF)
    nothing = browser.get("/me/progress")
    assert current(nothing) == []
    assert "No challenge has a value yet" in text_of(nothing)
    assert f"{AS_OF + timedelta():%Y-%m-%d %H:%M} UTC" in nothing.text
    rows.execute("update analytics.challenge_progress set value = 4 where cluster_id = %s", [own])
    assert cards(browser.get("/me").text) == ["arena_victor"]
    assert "todo" not in browser.get("/me").text
