"""Pages in a real browser, Debian's Chromium, on a phone and on a desk, with and without script."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser

from hedge import boards, catalogue, database, runs, seasons, wallets
from hedge.signing import eth_account
from tests.acceptance import layout
from tests.acceptance.browser import NEEDS_CHROMIUM, SIZES, opened, sign_in, sign_in_admin
from tests.acceptance.conftest import Service
from tests.acceptance.pages import HOSTILE
from tests.settled_rewards import give
from tests.support import put, pvp_match

# one service for all of them, so one process
pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("pages_in_a_browser"),
    NEEDS_CHROMIUM,
]

BOARD = "lb_pvp_monthly_wins"
LONG = "W" * 64
#: The Discord account of the player who is signed in where pages are looked at.
RIVAL = "400000000000000001"
PATHS = [
    "/",
    "/boards",
    f"/boards/{BOARD}",
    f"/boards/{BOARD}?clusterId=somebody",
    f"/boards/{BOARD}?clusterId={LONG}",
    f"/boards/{BOARD}?find=some",
    f"/boards/{BOARD}?find=nobody",
    f"/boards/{BOARD}/winners",
    "/find",
    "/find?cluster=y",
    "/find?cluster=some",
    "/find?cluster=sonebody",
    f"/find?cluster={'W' * 101}",
    "/compare",
    "/compare?a=somebody&b=somebody",
    "/compare?a=somebody&b=sonebody",
    f"/compare?a=somebody&b={LONG}",
    "/compare?a=rival&b=equal",
    "/clusters",
    "/clusters/somebody",
    "/clusters/somebody?show=near&sort=near",
    "/clusters/rival?open=all",
    "/clusters/equal",
    f"/clusters/{LONG}",
    "/clusters/somebody/challenges/arena_victor",
    f"/clusters/{LONG}/challenges/arena_victor",
    "/clusters/rival/challenges/arena_victor/difference",
    "/season",
    "/season/spring?clusterId=somebody",
    f"/season/spring?clusterId={LONG}",
    "/catalogue",
    "/catalogue?category=pvp_competition",
    "/catalogue/arena_victor",
    "/catalogue/crowned_jeweler",
    "/search",
    "/me",
    "/admin",
    "/admin/runs/1",
    "/admin/tables",
    "/admin/chains",
    "/admin/boards",
    f"/admin/boards/edit?key={BOARD}",
    "/admin/boards/season?season=spring",
    "/admin/boards/rewards",
    "/admin/boards/rewards?state=OPEN",
    "/admin/calibration",
    "/admin/calibration?challenge=arena_victor",
]
#: The pages that axe looks at more than once: it takes most of the time of these tests.
OFTEN = PATHS[::4]
#: What says that there is no such page or player, or that an address lacks a part, is a page, too.
MISSING = ("/clusters", "/search", "/compare?a=somebody&b=sonebody")
PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
WIDTHS = (320, 390, 1280, 1920)
#: Names that attack: markup from left and right, wide letters and emojis without a space.
NAMES = {
    "rival": HOSTILE[:40],
    "equal": "\N{RIGHT-TO-LEFT OVERRIDE}<b>םולש</b> & “שלום”",
    "somebody": "🐉" * 20,
    LONG: "W" * 40,
}


@pytest.fixture(scope="module")
def told(service: Service) -> Service:
    """The service with a small story, computed, and a warm worker."""
    with database.connect() as connection:
        now = datetime.now(UTC)
        for name, wins in (("somebody", 5), ("rival", 3), ("equal", 3), (LONG, 4)):
            wallet = f"0x{secrets.token_hex(20)}"
            put(connection, *(pvp_match(wallet, at=now) for _ in range(wins)))
            wallets.link(connection, name, [wallet])
        # what the rules of names would refuse, written past them
        for cluster, name in NAMES.items():
            connection.execute(
                "update app.players set display_name = %s, show_on_boards = true where player_id ="
                " (select player_id from app.wallet_clusters where cluster_id = %s)",
                [name, cluster],
            )
        connection.execute(
            "update app.players set discord_id = %s where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'rival')",
            [RIVAL],
        )
        catalogue.install(connection)
        for season in seasons.all_seasons(connection):
            seasons.edit(connection, season.id, is_active=False)
        begin, end = now - timedelta(days=9), now + timedelta(days=9)
        seasons.add(connection, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        seasons.put_weights(
            connection, "spring", [{"challenge_key": "arena_victor", "weight": "1"}]
        )
        give(connection, "start", "spring", level=1, name=NAMES["rival"])
        give(connection, "end", "spring", rank_from=1, rank_to=3, name=NAMES[LONG])
    runs.full()
    boards.run([BOARD], mode="CURRENT")
    service.start_worker()
    return service


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
def test_every_page_fits_and_says_no_error(told: Service, chromium: Browser, scheme: str) -> None:
    page, errors = opened(chromium, told, color_scheme=scheme)
    sign_in(page, told, RIVAL)
    sign_in_admin(page, told)
    wrong: dict[str, object] = {}
    for path in PATHS:
        errors.clear()
        answer = page.goto(path)
        assert answer is not None
        assert (answer.status >= 400) == (path in MISSING), (path, answer.status)
        # the console notes a page that is answered with 404
        if (errors and path not in MISSING) or page.locator("main h1").count() != 1:
            wrong[path] = errors or "not one heading"
        # no name has become markup
        if page.locator("main :is(b, script)").count():
            wrong[path] = "markup in a name"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found: list[object] = [*layout.faults(page)]
            is_wide_too = width == WIDTHS[-1] and (scheme == "dark" or path in OFTEN)
            if width == WIDTHS[0] or is_wide_too:
                found += layout.violations(page)
            if found:
                wrong[f"{path} at {width}"] = found
    assert wrong == {}
    # with the keyboard alone, the content is one step away
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert "your time" in page.locator("time[datetime*='T']").first.inner_text()
    page.goto("/clusters/somebody")
    computed = page.locator(".facts time").first
    assert computed.inner_text().endswith(" ago")
    assert re.search(r"UTC \(.* your time\)$", computed.get_attribute("title"))
    page.context.close()


def test_every_page_fits_in_german(told: Service, chromium: Browser) -> None:
    """Its words are long."""
    page, errors = opened(chromium, told, locale="de-AT")
    sign_in(page, told, RIVAL, link="Mit Discord anmelden")
    wrong: dict[str, object] = {}
    for path in PATHS:
        if path.startswith("/admin"):
            continue
        errors.clear()
        page.goto(path)
        if page.evaluate("document.documentElement.lang") != "de":
            wrong[path] = "not in German"
        if errors and path not in MISSING:
            wrong[path] = list(errors)
        for width in WIDTHS[::2]:
            page.set_viewport_size({"width": width, "height": 800})
            found: list[object] = [*layout.faults(page)]
            if width == WIDTHS[0] and path in OFTEN:
                found += layout.violations(page)
            if found:
                wrong[f"{path} at {width}"] = found
    assert wrong == {}
    page.goto("/")
    assert page.locator("time[datetime*='T']").first.inner_text().endswith(" deiner Zeit)")
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_link_chooses_the_language(told: Service, chromium: Browser, size: str) -> None:
    """It needs no script."""
    page, _ = opened(chromium, told, size, locale="de-AT", java_script_enabled=False)
    page.goto("/catalogue?category=pvp_competition")
    page.get_by_role("navigation", name="Sprache").get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Arena Victor").wait_for()
    assert page.url.endswith("/catalogue?category=pvp_competition&lang=en")
    # the choice stays
    page.goto("/find")
    page.get_by_role("heading", name="Find a player").wait_for()
    page.context.close()


def test_linking_a_wallet_fills_in_progress_by_itself(told: Service, chromium: Browser) -> None:
    key = eth_account().Account.create()
    with database.connect() as connection:
        put(connection, *(pvp_match(key.address.lower()) for _ in range(6)))
    page, errors = opened(chromium, told, "phone")

    def sign(message: str) -> str:
        signable = eth_account().messages.encode_defunct(hexstr=message)
        return "0x" + key.sign_message(signable).signature.hex().removeprefix("0x")

    page.context.expose_function("signWithKey", sign)
    page.add_init_script(
        "window.ethereum = {request: async ({method, params}) => method === 'personal_sign'"
        f" ? await window.signWithKey(params[0]) : ['{key.address}']}}"
    )
    sign_in(page, told, "400000000000000002")
    page.get_by_label("Link a wallet").fill(key.address)
    page.get_by_role("button", name="Link", exact=True).click()
    # once, before the run: what comes after comes without a reload
    page.evaluate("window.stayed = true")
    page.get_by_text("9 more to Advanced at 15").first.wait_for(timeout=60_000)
    page.get_by_role("status").filter(has_text="Your progress is up to date.").wait_for()
    assert page.evaluate("window.stayed") is True

    page.get_by_role("button", name="Verify").click()
    page.get_by_role("button", name="Sign with my browser").click()
    page.get_by_text("is verified.").wait_for()
    assert page.locator("#wallets ~ ul .pill.good").inner_text().startswith("verified")
    assert errors == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
@pytest.mark.parametrize("cluster", ["somebody", LONG])
def test_a_profile_folds_on_a_phone(
    told: Service, chromium: Browser, cluster: str, scheme: str
) -> None:
    phone = {"is_mobile": True, "user_agent": PHONE, "java_script_enabled": False}
    page, errors = opened(chromium, told, "phone", color_scheme=scheme, **phone)
    page.goto(f"/clusters/{cluster}")
    folded = page.locator("html").bounding_box()
    assert (folded["width"], folded["height"] <= 3200) == (360, True), folded
    # a category opens by the keyboard alone
    card = page.locator(".challenge").filter(has_text="Arena Victor")
    assert not card.is_visible()
    page.locator("summary").filter(has_text="PvP Competition").focus()
    page.keyboard.press("Enter")
    card.get_by_text("more to Advanced at 15").wait_for()
    # a choice leads to an address that shows the same to somebody else
    page.get_by_role("link", name="In progress").click()
    page.get_by_role("link", name="Name", exact=True).click()
    assert page.url.endswith(f"/clusters/{cluster}?show=begun&sort=name#challenges")
    names = [name.strip() for name in page.locator(".cards .challenge h3").all_inner_texts()]
    assert "Arena Victor" in names
    assert names == sorted(names)
    assert errors == []
    page.context.close()


def test_an_admin_runs_a_board(told: Service, chromium: Browser) -> None:
    page, errors = opened(chromium, told, "desk")
    sign_in_admin(page, told)
    errors.clear()
    page.get_by_role("link", name="Boards and seasons").click()
    row = page.get_by_role("row").filter(has_text=BOARD)
    before = re.search(r"run \d+", row.inner_text())[0]
    row.get_by_role("button", name="Run").click()
    page.get_by_role("status").filter(has_text=f"A run of board {BOARD} is requested.").wait_for()

    def is_complete() -> bool:
        page.reload()
        shown = row.inner_text()
        return "complete" in shown and before not in shown

    told.wait_for(is_complete)
    page.goto(f"/boards/{BOARD}")
    assert NAMES["somebody"] in page.get_by_role("row").nth(1).inner_text()
    assert errors == []
    page.context.close()


def test_thresholds_are_dragged_over_the_histogram(told: Service, chromium: Browser) -> None:
    page, errors = opened(chromium, told, "desk")
    sign_in_admin(page, told)
    errors.clear()
    page.goto("/admin/calibration?challenge=arena_victor&at=1&at=2&at=3&at=5")
    # the columns end at 1, 2, 3, 5 and 7: the last line goes from 5 into the middle of the last
    chart = page.locator("svg.histogram").bounding_box()
    columns = len(page.locator("[data-histogram]").get_attribute("data-edges").split()) - 1
    above = chart["y"] + chart["height"] / 2
    page.mouse.move(chart["x"] + chart["width"] * (columns - 1) / columns, above)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] * (columns - 0.5) / columns, above, steps=5)
    assert page.get_by_label("Threshold to try for Exalted").input_value() == "6"
    page.mouse.up()
    page.wait_for_url("**at=1&at=2&at=3&at=6")
    assert page.get_by_label("Threshold to try for Exalted").input_value() == "6"
    # typed, they do the same; those that do not rise are refused, and stay to be mended
    page.get_by_label("Threshold to try for Basic").fill("9")
    page.get_by_role("button", name="Try these").click()
    page.get_by_role("alert").filter(has_text="do not rise at 2").wait_for()
    assert page.get_by_label("Threshold to try for Basic").input_value() == "9"
    assert errors == []
    page.context.close()


def test_without_a_script_forms_and_progress_work(told: Service, chromium: Browser) -> None:
    wallet = f"0x{secrets.token_hex(20)}"
    with database.connect() as connection:
        put(connection, *(pvp_match(wallet) for _ in range(6)))
    page, errors = opened(chromium, told, "phone", java_script_enabled=False)
    sign_in(page, told, "400000000000000003")
    page.get_by_label("Link a wallet").fill(wallet)
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_text("9 more to Advanced at 15").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("heading", name="Who leads the realm").wait_for()
    assert errors == []
    page.context.close()
