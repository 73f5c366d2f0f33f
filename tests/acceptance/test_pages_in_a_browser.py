"""Pages in a real browser, Debian's Chromium, on a phone and on a desk, with and without script."""

import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from hedge import boards, catalogue, database, runs, seasons, wallets
from hedge.signing import eth_account
from tests.acceptance.conftest import Service
from tests.acceptance.pages import HOSTILE
from tests.support import put, pvp_match

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# one service for all of them, so one process
pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("pages_in_a_browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt install chromium)"),
]

BOARD = "lb_pvp_monthly_wins"
LONG = "y" * 64
PATHS = [
    "/",
    f"/boards/{BOARD}?clusterId=somebody",
    f"/boards/{BOARD}?find=some",
    f"/boards/{BOARD}?find=nobody",
    f"/boards/{BOARD}/winners",
    "/find?cluster=y",
    "/find?cluster=sonebody",
    "/compare?a=somebody&b=somebody",
    f"/compare?a=somebody&b={LONG}",
    "/compare?a=rival&b=equal",
    "/clusters/somebody",
    "/clusters/somebody?show=near&sort=near",
    f"/clusters/{LONG}",
    "/clusters/somebody/challenges/arena_victor",
    "/season/spring?clusterId=somebody",
    "/catalogue",
    "/catalogue/arena_victor",
    "/me",
    "/admin",
    "/admin/runs/1",
    "/admin/tables",
    "/admin/boards",
    f"/admin/boards/edit?key={BOARD}",
    "/admin/boards/season?season=spring",
    "/admin/calibration?challenge=arena_victor",
]
PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


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
        connection.execute(
            "update app.players set display_name = %s, show_on_boards = true where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = 'rival')",
            [HOSTILE[:40]],
        )
        catalogue.install(connection)
        for season in seasons.all_seasons(connection):
            seasons.edit(connection, season.id, is_active=False)
        begin, end = now - timedelta(days=9), now + timedelta(days=9)
        seasons.add(connection, seasons.Season("spring", "Spring", begin, end, True, "SEASON"))
        seasons.put_weights(
            connection, "spring", [{"challenge_key": "arena_victor", "weight": "1"}]
        )
    runs.full()
    boards.run([BOARD], mode="CURRENT")
    service.start_worker()
    return service


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser of the machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(
    chromium: Browser, service: Service, size: str = "desk", **options: object
) -> tuple[Page, list[str]]:
    """A new page of somebody, and what its console says as errors."""
    width, height = SIZES[size]
    context = chromium.new_context(
        base_url=service.url,
        viewport={"width": width, "height": height},
        timezone_id="Europe/Berlin",
        **options,
    )
    page, errors = context.new_page(), []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


def sign_in(page: Page, service: Service, discord_id: str) -> None:
    """Sign in as a player, through Discord."""
    service.discord.discord_id = discord_id
    page.goto("/me")
    page.get_by_role("link", name="Sign in with Discord").click()
    page.wait_for_url("**/me")


def sign_in_admin(page: Page, service: Service) -> None:
    """Sign in as an admin, with a token."""
    page.goto("/admin")
    page.get_by_label("An admin’s token").fill(service.admin)  # noqa: RUF001
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="The newest runs").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_says_no_error(
    told: Service, chromium: Browser, size: str, scheme: str
) -> None:
    page, errors = opened(chromium, told, size, color_scheme=scheme)
    sign_in(page, told, "400000000000000001")
    sign_in_admin(page, told)
    # the form for who is not signed in is answered with 401, which the console notes
    errors.clear()
    for path in PATHS:
        page.goto(path)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
        assert errors == [], path
        found = Axe().run(page).response["violations"]
        grave = [
            (one["id"], [node["html"] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], path
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


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_in_german(told: Service, chromium: Browser, size: str) -> None:
    """Its words are long. The language is chosen by a link, which needs no script."""
    page, errors = opened(chromium, told, size, locale="de-AT")
    for path in PATHS:
        if path.startswith("/admin"):
            continue
        page.goto(path)
        assert page.evaluate("document.documentElement.lang") == "de", path
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == [], path
    assert errors == []
    page.goto("/")
    assert page.locator("time[datetime*='T']").first.inner_text().endswith(" deiner Zeit)")
    page.context.close()
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
    assert page.locator(".pill.good").inner_text().startswith("verified")
    assert errors == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("cluster", ["somebody", LONG])
def test_a_profile_folds_on_a_phone(
    told: Service, chromium: Browser, cluster: str, scheme: str
) -> None:
    phone = {"is_mobile": True, "user_agent": PHONE, "java_script_enabled": False}
    page, errors = opened(chromium, told, "phone", color_scheme=scheme, **phone)
    page.goto(f"/clusters/{cluster}")
    folded = page.locator("html").bounding_box()
    assert (folded["width"], folded["height"] <= 3000) == (360, True), folded
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
    assert "somebody" in page.get_by_role("row").nth(1).inner_text()
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
