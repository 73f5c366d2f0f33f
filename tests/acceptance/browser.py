"""Debian's Chromium: where it is, its pages, and how somebody signs in there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from tests.acceptance.conftest import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed (apt install chromium)"
)
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser of the machine, for a block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(
    chromium: Browser, service: "Service", size: str = "desk", **options: object
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


def sign_in(
    page: Page, service: "Service", discord_id: str, link: str = "Sign in with Discord"
) -> None:
    """Sign in as a player, through Discord, by the link as the language of the page has it."""
    service.discord.discord_id = discord_id
    page.goto("/me")
    page.get_by_role("link", name=link).click()
    page.wait_for_url("**/me")


def sign_in_admin(page: Page, service: "Service") -> None:
    """Sign in as an admin, with a token."""
    page.goto("/admin")
    page.get_by_label("An admin’s token").fill(service.admin)  # noqa: RUF001
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="The newest runs").wait_for()
