"""What pages say of numbers, days and names: the sentences and cells that a reader sees."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site, open_site
from tests.in_process.queries import now
from tests.in_process.rows import (
    AS_OF,
    put,
    put_board,
    put_board_run,
    put_points,
    put_progress,
    put_unlock,
)
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster

# one site for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_pages_say")


def text_of(answer: httpx.Response) -> str:
    """What a reader reads of a page, without tags and line ends."""
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.text))


def rows_of(page: str) -> list[list[str]]:
    """The cells of all rows in bodies of tables, as text."""
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


@pytest.fixture(scope="module")
def long_board(rows: psycopg.Connection) -> int:
    """A board of 60 clusters with 30 ranks, c01 to c60, whose run does not name its keys."""
    tiebreak = {
        "fallback_metric_source": "onchain_staking",
        "fallback_metric_key": "stake_usd_value",
    }
    put_board(rows, "long", **tiebreak)
    entries = [(1 + place // 2, f"c{place + 1:02}", 30 - place // 2, 0) for place in range(60)]
    return put_board_run(rows, "long", entries)


@pytest.mark.parametrize(
    ("asked", "around", "sentence"),
    [
        # on the page: its row is marked there
        ("clusterId=c03", [], "c03 has rank 2, in the list below."),
        # its neighbours c50 and above are in the list
        ("clusterId=c52", ["c51", "c52", "c53", "c54", "c55"], "Around c52"),
        ("clusterId=c58", [f"c{place}" for place in range(55, 61)], "Around c58"),
        ("clusterId=c03&from=51", [f"c{place:02}" for place in range(1, 7)], "Around c03"),
        ("clusterId=nobody", [], "nobody is not on this board."),
    ],
)
def test_no_row_of_a_board_is_shown_twice(
    site: Site, long_board: int, asked: str, around: list[str], sentence: str
) -> None:
    answer = site.browser().get(f"/boards/long?{asked}")
    assert sentence in text_of(answer)
    # without the link that compares
    names = [cells[1].partition("vs")[0] for cells in rows_of(answer.text)]
    listed = range(51, 61) if "from=51" in asked else range(1, 51)
    assert names == [*around, *(f"c{place:02}" for place in listed)]
    # a stranger is marked, and nobody is called you
    assert answer.text.count('class="own" id="near"') == (asked != "clusterId=nobody")
    assert '"you"' not in answer.text


def test_only_the_player_is_called_you(rows: psycopg.Connection, site: Site) -> None:
    browser = site.player("700000000000000001")
    answer = browser.post("/me/wallets", data={"address": "0x" + "7a" * 20}, follow_redirects=True)
    assert "Its history is being computed." in answer.text
    again = browser.post("/me/wallets", data={"address": "0x" + "7a" * 20}, follow_redirects=True)
    assert f"0x{'7a' * 20} is linked to you already." in again.text
    assert "computed.</span>" not in again.text
    own = browser.get("/api/me").json()["clusterId"]
    put_board(rows, "small")
    put_board_run(rows, "small", [(1, "stranger", 9), (2, own, 8)])
    for asked, marked in (("", own), ("?clusterId=stranger", "stranger")):
        page = browser.get(f"/boards/small{asked}").text
        (of_player,) = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*>you<", page, re.DOTALL)
        assert f"/clusters/{own}" in of_player
        (row,) = re.findall(r'<tr class="own".*?</tr>', page, re.DOTALL)
        assert f"/clusters/{marked}" in row


def test_a_column_is_headed_by_its_metric_and_pages_by_their_places(
    site: Site, long_board: int
) -> None:
    page = site.browser().get("/boards/long").text
    assert ">Stake USD value</th>" in page
    assert "Tiebreak" not in page
    assert "1 to 50 of 60" in page
    assert ">Next 10</a>" in page
    further = site.browser().get("/boards/long?from=51").text
    # the ranks there are 26 to 30
    assert "51 to 60 of 60" in further
    assert ">Previous 50</a>" in further
    assert "place 51" not in further


def test_a_column_of_money_has_one_number_of_decimals(rows: psycopg.Connection, site: Site) -> None:
    money = {"metric_source": "onchain_lp", "metric_key": "lp_usd_value"}
    put_board(rows, "money", **money)
    entries = [(1, "m1", "100945.456"), (2, "m2", 25612), (3, "m3", "6012.5")]
    put_board_run(rows, "money", entries)
    page = site.browser().get("/boards/money").text
    assert [cells[2] for cells in rows_of(page)] == ["100,945.46", "25,612.00", "6,012.50"]
    assert ">USD</th>" in page
    home = site.browser().get("/").text
    for amount in ("100,945.46", "25,612.00", "6,012.50"):
        assert f'{amount} <span class="soft">USD</span>' in home


def test_a_season_ends_on_one_day(rows: psycopg.Connection, site: Site) -> None:
    instant = now(rows)
    end = instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end += timedelta(days=3)
    rows.execute("delete from app.seasons")
    span = {"starts_at": instant - timedelta(days=30), "ends_at": end}
    put(rows, "app.seasons", id="spring", name="Spring", is_active=True, **span)
    add_cluster(rows, "pointed", "0x" + "c4" * 20)
    put_points(rows, "spring", "pointed", 1, 1)
    text = text_of(site.browser().get("/"))
    last = f"{end - timedelta(days=1):%Y-%m-%d}"
    assert f"% is over{last} " in text
    assert f"It ends {last} 24:00 UTC." in text
    assert f"{end:%Y-%m-%d}" not in text
    assert "1 point, level 1" in text


def test_one_of_something_is_no_plural_and_a_feat_is_done_or_not(
    rows: psycopg.Connection, site: Site
) -> None:
    add_cluster(rows, "single", "0x" + "c2" * 20)
    for challenge, value in (
        ("house_of_heroes", 1),
        ("arena_victor", 1),
        ("diversified_nobody", 0),
        ("flawless_victory", 1),
        ("shell_jackpot", 0),
    ):
        if challenge != "diversified_nobody":
            put_progress(rows, "single", challenge, value)
    text = text_of(site.browser().get("/clusters/single"))
    assert "1 hero " in text
    assert "1 match " in text
    assert "1 heroes" not in text
    assert "Done" in text
    assert "Not yet" in text
    put_board(rows, "feats", metric_key="flawless_victory")
    put_board_run(rows, "feats", [(1, "single", 1)])
    for page in ("/", "/boards/feats", "/clusters/single/challenges/flawless_victory"):
        assert "true as 1" not in site.browser().get(page).text
    assert "All time · 1 player " in text_of(site.browser().get("/"))


def test_a_card_says_when_a_tier_was_reached_and_when_it_was_seen(
    rows: psycopg.Connection, site: Site
) -> None:
    add_cluster(rows, "reacher", "0x" + "c3" * 20)
    reached = datetime(2026, 5, 3, 23, 59, tzinfo=UTC)
    for challenge, at in (
        ("arena_victor", reached),
        ("arena_challenger", AS_OF),
        ("win_streak", None),
    ):
        put_progress(rows, "reacher", challenge, 7, tier="BASIC")
        put_unlock(rows, "reacher", challenge, "BASIC", reached_at=at)
    text = text_of(site.browser().get("/clusters/reacher"))
    seen = f"first seen {AS_OF:%Y-%m-%d}"
    assert f"Basic since 2026-05-03, {seen}" in text
    assert f"Basic since {AS_OF:%Y-%m-%d} " in text
    assert f"Basic {seen}" in text
    assert text.count(seen) == 2


def test_what_is_missing_is_named_once(site: Site) -> None:
    for path in ("/nothing/here", "/admin/nothing"):
        answer = site.browser().get(path, headers=HTML)
        assert answer.status_code == 404
        assert answer.text.count("Not Found") == 2  # the title of the window and the heading
        assert f"There is nothing at {path}." in answer.text
        assert site.browser().get(path).json()["detail"] == f"there is nothing at {path}"
    refused = site.browser().post("/boards/long")
    assert refused.status_code == 405
    assert refused.json()["detail"] == "POST is not possible at /boards/long"
    cluster = site.browser().get("/clusters/no-such", headers=HTML).text
    assert "No cluster no-such." in cluster
    # it leads on, also to what is no board
    missing = site.browser().get("/catalogue/none", headers=HTML).text
    for path in ("/", "/catalogue", "/find"):
        assert f'href="{path}">' in missing.partition("<main")[2]


def test_a_board_without_entries_says_so_and_no_more(rows: psycopg.Connection, site: Site) -> None:
    put_board(rows, "empty")
    put_board_run(rows, "empty")
    page = site.browser().get("/boards/empty").text
    assert "There are no entries here." in page
    assert "Arrows compare" not in page
    assert "entries.csv" not in page
    assert "Nobody is listed yet." in site.browser().get("/").text


def test_where_nobody_can_sign_in_nothing_leads_there(
    rows: psycopg.Connection, discord: StandInDiscord
) -> None:
    with open_site(discord, discord_client_id="") as alone:
        page = alone.browser().get("/me", headers=HTML).text
    assert "Nobody can sign in here yet" in page
    assert "/auth/discord" not in page


def test_browsers_find_the_icon(site: Site) -> None:
    answer = site.browser().get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/x-icon"
    # an icon with two pictures
    assert answer.content[:6] == b"\0\0\1\0\2\0"
    assert "max-age=86400" in answer.headers["Cache-Control"]
