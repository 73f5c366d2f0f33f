"""The language of a page: how it is chosen and kept, and that nothing of it is left in English."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from babel.messages.catalog import Message

from api.pages import translating
from api.pages.languages import WORDS
from api.pages.profile import BEST
from tests.in_process import HTML, URL, Site, metas
from tests.in_process.players import a_discord_id
from tests.in_process.rows import (
    AS_OF,
    name_player,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
    put_unlock,
)
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("pages_in_german")

GERMAN = HTML | {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}
DISCORD = a_discord_id()
DASH, NO_BREAK = "\N{EN DASH}", "\N{NO-BREAK SPACE}"
PAGES = [
    "/",
    "/boards/monthly",
    "/boards/monthly?clusterId=ada",
    "/boards/monthly?clusterId=nobody&from=51",
    "/boards/monthly?find=a",
    "/boards/monthly?find=zz",
    "/boards/lb_overall_progression",
    "/boards/lb_overall_progression/winners",
    "/boards/monthly/winners",
    "/find",
    "/find?cluster=a",
    "/find?cluster=adda",
    "/compare",
    "/compare?a=ada&b=ada",
    "/compare?a=ada&b=adda",
    "/compare?a=ada&b=bob",
    "/clusters/ada",
    "/clusters/bob",
    "/clusters/ada?show=near",
    "/clusters/bob?show=rare",
    "/clusters/bob?show=done&sort=name",
    "/clusters/ada/challenges/arena_victor",
    "/clusters/ada/challenges/arena_victor?window=rolling_180d",
    "/clusters/ada/challenges/flawless_victory",
    "/clusters/ada/challenges/arena_victor/difference",
    "/season/season_1_awakening",
    "/season/season_1_awakening?clusterId=ada",
    "/season/season_1_awakening?clusterId=nobody&from=51",
    "/catalogue",
    "/catalogue?category=nonsense",
    "/catalogue/arena_victor",
    "/catalogue/flawless_victory",
    "/me",
    "/nowhere",
    "/boards/nothing",
    "/season/nothing",
    "/catalogue/nothing",
    "/clusters/nothing",
    "/clusters/ada?show=nonsense",
]


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """Two players with values, tiers, points and places, on a board with two periods."""
    for number, cluster in enumerate(("ada", "bob", "adb")):
        discord = {"discord_id": DISCORD} if cluster == "ada" else {}
        add_cluster(rows, cluster, f"0x{number + 0xDE:040x}", **discord)
    name_player(rows, "ada", "Ada", shown=True)
    for challenge, value, tier in (
        ("arena_victor", "1234567890123456789.25", "EXALTED"),
        ("win_streak", 4, "BASIC"),
        ("flawless_victory", 1, "PRESTIGE"),
        ("hero_riser", 1, "NONE"),
    ):
        put_progress(rows, "ada", challenge, value, tier=tier)
        if tier != "NONE":
            put_unlock(rows, "ada", challenge, tier, reached_at=AS_OF - timedelta(days=40))
    put_progress(rows, "bob", "arena_victor", 0)
    put_metrics(rows, "ada", {"onchain_pvp": {"wins": 5, "flawless_victory": 1}})
    rows.execute("delete from app.seasons")
    now = datetime.now(UTC)
    span = {"starts_at": now - timedelta(days=9), "ends_at": now + timedelta(days=9)}
    season = {
        "id": "season_1_awakening",
        "name": f"Season 1 {DASH} The Awakening",
        "is_active": True,
    }
    put(rows, "app.seasons", **season | span)
    put_points(rows, "season_1_awakening", "ada", 60.5, 2)
    tiebreak = {
        "fallback_metric_source": "onchain_pvp",
        "fallback_metric_key": "best_win_streak",
    }
    put_board(rows, "monthly", time_window="MONTHLY", name="Arena Victors (Monthly)", **tiebreak)
    for month in (3, 4):
        period = {
            "period_start": datetime(2026, month, 1, tzinfo=UTC),
            "period_end": datetime(2026, month + 1, 1, tzinfo=UTC),
        }
        put_board_run(rows, "monthly", [(1, "ada", 1234, 2), (2, "adb", 1, 1)], **period)
    score = {"metric_source": "challenge_progress", "metric_key": "total_score"}
    put_board(rows, "lb_overall_progression", name="Overall Progression (All Time)", **score)
    put_board_run(rows, "lb_overall_progression", [(1, "ada", 12)])
    # more places than a page shows at once
    for number in range(BEST):
        put_board(rows, f"extra{number}")
        put_board_run(rows, f"extra{number}", [(1, "adb", 2), (2, "ada", 1)])
    counts = {"clusters": 1, "share": "0.042", "as_of": AS_OF}
    for challenge, tier in (("arena_victor", "EXALTED"), ("flawless_victory", "MYTHIC")):
        put(rows, "app.tier_rarity", challenge_key=challenge, tier_code=tier, **counts)


def visible(page: str) -> str:
    """What a reader sees or hears of a page, but for names, codes, and what is said in English."""
    page = re.sub(r"<(\w+)[^>]* lang=\"en\"[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r"<(bdi|code|pre)\b[^>]*>.*?</\1>", "|", page, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|title|content|placeholder|data-[a-z-]+)="([^"]*)"', page)
    text = html.unescape("|".join([re.sub(r"<[^>]*>", "|", page), *said]))
    return re.sub(r"\s+", " ", text)


def pieces(one: Message) -> Iterator[str]:
    """The pieces of a text between tags and placeholders that another language has otherwise."""
    forms = [one.string] if isinstance(one.string, str) else list(one.string or ())
    translated = " ".join(forms)
    for text in [one.id] if isinstance(one.id, str) else one.id:
        for piece in re.split(r"<[^>]*>|%\(\w+\)s|%%s?|[“”]", text):
            piece = piece.strip(" .,:;()")
            if len(piece) > 3 and piece.lower() not in translated.lower():
                yield piece


@pytest.fixture(scope="module")
def english() -> list[re.Pattern[str]]:
    """The pieces of all texts. A piece of one word counts where it stands alone."""
    found = []
    for domain in (translating.PAGES, WORDS):
        for one in translating.read("de", domain):
            for piece in pieces(one) if one.id else ():
                alone = r"\| ?{} ?\|" if " " not in piece else r"\b{}\b"
                found.append(re.compile(alone.format(re.escape(piece))))
    assert len(found) > 700
    return found


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_left_in_english(site: Site, english: list[re.Pattern[str]], path: str) -> None:
    answer = site.browser().get(path, headers=GERMAN)
    assert answer.status_code < 500, answer.text
    assert '<html lang="de"' in answer.text
    text = visible(answer.text)
    assert not [one.pattern for one in english if one.search(text)]


def test_nothing_of_a_player_is_left_in_english(site: Site, english: list[re.Pattern[str]]) -> None:
    browser = site.player(DISCORD)
    for path in ("/me", "/me/progress", "/season/season_1_awakening", "/boards/monthly"):
        text = visible(browser.get(path, headers=GERMAN).text)
        assert not [one.pattern for one in english if one.search(text)], path
    address = "0x" + "de" * 20
    linked = browser.post(
        "/me/wallets", data={"address": address}, headers=GERMAN, follow_redirects=True
    ).text
    assert "Die Wallet ist verknüpft. Ihre Geschichte wird berechnet." in linked
    # what the API refuses is said in its words
    wrong = browser.post(
        "/me/wallets", data={"address": "no"}, headers=GERMAN, follow_redirects=True
    ).text
    assert re.search(r'<span dir="auto" lang="en">[^<]*no[^<]*</span>', wrong)
    verification = browser.post(
        "/me/wallets/verification", data={"address": address}, follow_redirects=True, headers=GERMAN
    ).text
    assert "Unterschreibe diese Nachricht" in verification
    text = visible(verification)
    assert not [one.pattern for one in english if one.search(text)]


def test_numbers_stay_exact(site: Site) -> None:
    page = site.browser().get("/clusters/ada/challenges/arena_victor", headers=GERMAN).text
    assert "<strong>1.234.567.890.123.456.789,25</strong> Kämpfe" in page
    board = site.browser().get("/boards/monthly", headers=GERMAN).text
    assert ">1.234</td>" in board
    assert "April 2026" in board
    assert ">März 2026<" in re.sub(r"</?span[^>]*>|← ", "", board).replace(
        "Der Zeitraum davor: ", ""
    )
    english = site.browser().get("/clusters/ada/challenges/arena_victor", headers=HTML).text
    assert "<strong>1,234,567,890,123,456,789.25</strong> matches" in english
    # the API has no language
    answer = site.browser().get("/challenges/arena_victor", headers={"Accept-Language": "de"})
    assert answer.json()["name"] == "Arena Victor"
    assert "Content-Language" not in answer.headers


def language_of(answer: httpx.Response) -> str:
    (found,) = re.findall(r'<html lang="([^"]+)"', answer.text)
    assert answer.headers["Content-Language"] == found
    assert answer.headers["Vary"].startswith("Accept-Language, Cookie")
    assert answer.headers["Cache-Control"] == "private, no-store"
    return found


def test_places_on_boards_and_previews_are_in_german(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/clusters/ada", headers=GERMAN).text
    assert re.search(r"Auf Ranglisten <span[^>]*>8 Plätze, die besten zuerst<", page)
    assert "<summary>2 weitere Ranglisten</summary>" in page
    assert re.search(r'von 2 Spielern · April 2026 · <span class="whole">1\.234 Kämpfe<', page)

    def preview(path: str) -> str:
        return metas(browser.get(path, headers=GERMAN).text)["description"]

    assert re.fullmatch(r"8 Ranglisten, und .*: noch \d Tage\.", preview("/"))
    share = f"4,2{NO_BREAK}% der Spieler haben"
    assert preview("/catalogue/arena_victor").endswith(f". {share} Erhaben.")
    assert preview("/catalogue/flawless_victory").endswith(f". {share} es geschafft.")


def test_a_unit_that_a_definition_names_is_not_said_again(site: Site) -> None:
    page = site.browser().get("/catalogue/arena_victor", headers=GERMAN).text
    counts = page[page.index('id="counts"') :]
    assert "Kämpfe" in counts
    assert "Einheit:" not in counts


def test_an_address_names_a_language_and_a_cookie_keeps_it(site: Site) -> None:
    browser = site.browser()
    assert language_of(browser.get("/", headers=HTML)) == "en"
    assert "hedge_language" not in browser.cookies
    chosen = browser.get("/?lang=de", headers=HTML)
    assert language_of(chosen) == "de"
    cookie = chosen.headers["Set-Cookie"]
    for part in ("hedge_language=de;", "HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Secure" in cookie
    assert language_of(browser.get("/catalogue", headers=HTML)) == "de"
    # the cookie is stronger than the browser, and the address than both
    english = HTML | {"Accept-Language": "en"}
    assert language_of(browser.get("/find", headers=english)) == "de"
    assert language_of(browser.get("/find?lang=en", headers=GERMAN)) == "en"
    assert language_of(browser.get("/find", headers=GERMAN)) == "en"


@pytest.mark.parametrize("tag", ["xx", "", "../de", "DE", "de" * 200, "d%00e", "%22%3E"])
def test_a_language_that_there_is_not_falls_back(site: Site, tag: str) -> None:
    answer = site.browser().get(f"/?lang={tag}", headers=GERMAN)
    assert language_of(answer) == "de"
    assert "Set-Cookie" not in answer.headers
    browser = site.browser()
    browser.cookies.set("hedge_language", "xx")
    assert language_of(browser.get("/", headers=HTML)) == "en"
    assert language_of(browser.get("/", headers=GERMAN)) == "de"


def test_a_page_leads_to_its_other_languages(site: Site) -> None:
    """Each address is that of the page in the language, with what else it names."""
    page = site.browser().get("/find?cluster=ad%26a&from=1&lang=en", headers=HTML).text
    heads = dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', page))
    query = "cluster=ad%26a&amp;from=1&amp;lang="
    assert heads == {tag: f"{URL}/find?{query}{tag}" for tag in ("en", "de")}
    footer = re.findall(
        r'<a href="([^"]+)" lang="(\w+)" hreflang="\w+"( aria-current="true")?>', page
    )
    assert footer == [(f"?{query}en", "en", ' aria-current="true"'), (f"?{query}de", "de", "")]
    assert ">Deutsch</a>" in page
    german = site.browser().get(html.unescape(heads["de"]), headers=HTML)
    assert language_of(german) == "de"
    assert "ad&amp;a" in german.text
    # what is passed on is in the language of its address
    cluster = site.browser().get("/clusters/ada?show=near&lang=de", headers=HTML).text
    assert '<link rel="canonical" href="/clusters/ada?show=near&amp;lang=de">' in cluster
    plain = site.browser().get("/clusters/ada?show=near", headers=GERMAN).text
    assert '<link rel="canonical" href="/clusters/ada?show=near">' in plain


def test_an_error_says_in_german_what_it_is_about(site: Site) -> None:
    answer = site.browser().get("/boards/nothing", headers=GERMAN)
    assert answer.status_code == 404
    assert "<h1>Nicht gefunden</h1>" in answer.text
    assert "<p>Diese Rangliste gibt es nicht.</p>" in answer.text
    assert re.search(r'<p class="long" dir="auto" lang="en">No board[^<]*nothing', answer.text)
    english = site.browser().get("/boards/nothing", headers=HTML).text
    assert "<h1>Not Found</h1>" in english
    assert "This board does not exist." not in english
    problem = site.browser().get("/boards/nothing", headers={"Accept-Language": "de"}).json()
    assert problem["title"] == "Not Found"


def test_pages_of_admins_are_english(site: Site, admin: str) -> None:
    browser = site.browser()
    assert language_of(browser.get("/admin", headers=GERMAN)) == "en"
    browser.post("/admin/sign-in", data={"token": admin})
    page = browser.get("/admin/boards", headers=GERMAN)
    assert language_of(page) == "en"
    assert "Boards and seasons" in page.text
    assert 'class="languages"' not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/catalogue",
        "/catalogue/arena_victor",
        "/clusters/ada",
        "/clusters/ada/challenges/arena_victor",
        "/boards/monthly",
        "/season/season_1_awakening",
    ],
)
def test_a_picture_is_the_same_for_all_who_see_a_link(site: Site, path: str) -> None:
    """Its tag is a hash of what it shows."""
    tags = {
        site.browser()
        .get(f"{path}/preview.png{query}", headers={"Accept-Language": language})
        .headers["ETag"]
        for language in ("en", "de")
        for query in ("", "?lang=de")
    }
    assert len(tags) == 1
