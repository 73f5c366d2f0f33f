"""An admin decides about a suspect in a browser: who moves is shown first, the player is told."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from hedge import boards, catalogue, database, runs
from tests.acceptance import layout
from tests.acceptance.browser import NEEDS_CHROMIUM, opened, sign_in, sign_in_admin
from tests.acceptance.conftest import Service
from tests.arranged_matches import put_in_turns
from tests.support import add_cluster, put, pvp_match

# one service for all of them, so one process
pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("exclusions_in_a_browser"),
    NEEDS_CHROMIUM,
]

BOARD = "lb_pvp_monthly_wins"
PLAYER = "400000000000000021"


@pytest.fixture(scope="module")
def told(service: Service) -> Service:
    """The service, with two clusters that win in turns, one with more wins, and a warm worker."""
    now = datetime.now(UTC)
    one, two, three = (f"0x{secrets.token_hex(20)}" for _ in range(3))
    with database.connect() as connection:
        add_cluster(connection, "turning", one, discord_id=PLAYER)
        add_cluster(connection, "turned", two)
        add_cluster(connection, "third", three)
        put(connection, *(pvp_match(three, at=now - timedelta(minutes=5)) for _ in range(5)))
        put_in_turns(connection, one, two)
        catalogue.install(connection)
    runs.full()
    boards.run([BOARD], mode="CURRENT")
    service.start_worker()
    return service


def rows(page: Page, heading: str) -> list[str]:
    """The rows of the table under a heading."""
    table = page.get_by_role("group", name=heading).get_by_role("row")
    return [" ".join(text.split()) for text in table.all_inner_texts()[1:]]


def test_a_suspect_is_previewed_excluded_told_and_given_back(
    told: Service, chromium: Browser
) -> None:
    # without script, from the suspects to the exclusion
    page, _ = opened(chromium, told, "phone", java_script_enabled=False)
    sign_in_admin(page, told)
    page.get_by_role("link", name="Suspects").click()
    page.get_by_role("heading", name="Alternating wins: turned, turning").wait_for()
    # of both at once, and of one alone
    page.get_by_role("button", name="Show who moves without all 2").click()
    page.get_by_role("button", name="Exclude all 2").wait_for(timeout=90_000)
    moved = rows(page, "Values and tiers")
    for cluster in ("turned", "turning"):
        assert any(row.startswith(f"{cluster} Arena Victor 6 0") for row in moved), moved
    page.get_by_role("link", name="Suspects").click()
    page.get_by_role("button", name="Show who moves without turning").click()
    page.get_by_role("heading", name="Values and tiers").wait_for(timeout=90_000)
    assert any(row.startswith("turning Arena Victor 6 0") for row in rows(page, "Values and tiers"))
    ranks = rows(page, "Ranks on boards")
    assert any("turning" in row and "not listed" in row for row in ranks), ranks
    with database.connect() as connection:
        assert connection.execute("select count(*) from app.exclusions").fetchone() == (0,)
    page.get_by_role("button", name="Exclude turning").click()
    page.get_by_text("Made: exclusion").wait_for()
    assert "cluster turning" in rows(page, "All exclusions")[0]
    page.get_by_role("link", name="Suspects").click()
    page.get_by_text("No rule proposes anything that nobody has decided.").wait_for()

    # the player reads it, and a stranger does not
    player, _ = opened(chromium, told)
    sign_in(player, told, PLAYER)
    said = player.get_by_role("region", name="Excluded").inner_text()
    assert "cluster turning is excluded from metric onchain_pvp.wins" in said
    assert "Reason: alternating wins: the winner changed 11 times in 12 matches" in said
    stranger, _ = opened(chromium, told)
    stranger.goto("/clusters/turning")
    assert "xcluded" not in stranger.locator("body").inner_text()
    assert stranger.goto("/admin/players/suspects").status == 401

    # with script, the end of it
    desk, errors_of_desk = opened(chromium, told)
    sign_in_admin(desk, told)
    errors_of_desk.clear()
    desk.get_by_role("link", name="Exclusions").click()
    desk.get_by_role("button", name="Show who moves").last.click()
    desk.evaluate("window.stayed = true")
    desk.get_by_role("status").filter(has_text="The preview is computed.").wait_for(timeout=90_000)
    assert desk.evaluate("window.stayed") is True
    desk.get_by_label("Why it is ended").fill("the player was right")
    desk.get_by_role("button", name="End the exclusion").click()
    desk.get_by_text("is ended; the next run follows it.").wait_for()
    player.reload()
    player.get_by_role("heading", name="Wallets").wait_for()
    assert player.get_by_role("region", name="Excluded").count() == 0
    assert errors_of_desk == []
    for one in (page, player, stranger, desk):
        one.context.close()


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("phone", "light"),
        ("desk", "dark"),
        pytest.param("phone", "dark", marks=pytest.mark.full),
        pytest.param("desk", "light", marks=pytest.mark.full),
    ],
)
def test_pages_fit_and_are_accessible(
    told: Service, chromium: Browser, size: str, scheme: str
) -> None:
    page, errors = opened(chromium, told, size, color_scheme=scheme)
    sign_in_admin(page, told)
    errors.clear()
    with database.connect() as connection:
        (number,) = connection.execute(
            "select max(preview_id) from app.exclusion_previews"
        ).fetchone()
    paths = ["/admin/players/exclusions", "/admin/players/suspects", "/admin/players/merges"]
    paths += [
        "/admin/players/merges?kept=turned&absorbed=third",
        "/admin/players/merges?kept=a&absorbed=b",
    ]
    if number:
        paths.append(f"/admin/players/exclusions/previews/{number}")
    for path in paths:
        page.goto(path)
        assert [*layout.faults(page), *layout.violations(page)] == [], path
    assert errors == []
    page.context.close()


def test_two_accounts_are_merged_and_parted(told: Service, chromium: Browser) -> None:
    page, _ = opened(chromium, told, "phone", java_script_enabled=False)
    sign_in_admin(page, told)
    page.get_by_role("link", name="Merges").click()
    page.get_by_label("The account that remains").fill("turned")
    page.get_by_label("The account that is merged into it").fill("third")
    page.get_by_role("button", name="Show what moves").click()
    page.get_by_role("heading", name="What moves from third to turned").wait_for()
    assert page.get_by_text("1 wallet:").count() == 1
    with database.connect() as connection:
        assert connection.execute("select count(*) from app.cluster_merges").fetchone() == (0,)
    page.get_by_role("button", name="Merge the accounts").click()
    page.get_by_text("third was merged into turned.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("third is an account of its own again.").wait_for()
    assert "undone" in rows(page, "Merges")[0]
    page.context.close()
