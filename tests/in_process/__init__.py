"""The service in the process of the test: the real application and a real database, no server.

A Site is what `hedge serve` runs (cli/asgi.py). Its browsers keep cookies, and each has an address.
"""

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar import Litestar
from litestar._openapi.plugin import OpenAPIPlugin
from litestar.openapi.spec import OpenAPI
from litestar.types import ASGIApp

from api.app import create_app
from api.documentation import document_problems
from api.event_hub import EventHub
from api.response_cache import with_response_cache
from api.settings import Settings
from tests.stand_in_discord import StandInDiscord
from tests.support.http_clients import plain_client

URL = "https://hedge.example"
FRONT_END = "https://front-end.example"
#: The header of a browser that navigates.
HTML = {"Accept": "text/html,application/xhtml+xml"}


def metas(page: str) -> dict[str, str]:
    """The meta tags of a page with a content, by name or property."""
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)
    return {name: html.unescape(content) for name, content in found}


class Site:
    """The application with its response cache, connected to the database of the test. litestar is
    the application itself, which knows its routes."""

    def __init__(self, app: Litestar, portal: BlockingPortal, discord: StandInDiscord) -> None:
        """Made by open_site."""
        self.litestar, self.portal, self.discord = app, portal, discord
        self.hub: EventHub = app.state.events
        self.app = with_response_cache(app)
        self._elsewhere = plain_client()

    def browser(self, address: str = "198.51.100.1", **headers: str) -> httpx.Client:
        """A browser, or a program with the headers that it sends each time. It does not follow
        redirects."""
        return httpx.Client(
            transport=_Transport(self.app, self.portal, address),
            base_url=URL,
            headers={"Origin": URL} | headers,
        )

    def program(self, token: str, discord_id: str | None = None) -> httpx.Client:
        """A program with a token, which acts for a player where a Discord account is given."""
        client = self.browser(Authorization=f"Bearer {token}")
        del client.headers["Origin"]
        if discord_id is not None:
            client.headers["X-Discord-Id"] = discord_id
        return client

    def player(self, discord_id: str) -> httpx.Client:
        """A browser in which a player has signed in with Discord."""
        browser = self.browser()
        answer = browser.get(self.authorized(browser, discord_id))
        assert (answer.status_code, answer.headers["Location"]) == (302, "/me"), answer.text
        return browser

    def authorized(self, browser: httpx.Client, discord_id: str) -> str:
        """Begin a sign-in in a browser and authorize it at Discord; where Discord sends it."""
        begun = browser.get("/auth/discord", params={"returnTo": "/me"})
        assert begun.status_code == 302, begun.text
        self.discord.discord_id = discord_id
        return self.visit(begun.headers["Location"])

    def visit(self, discord: str) -> str:
        """Follow a link to Discord; where Discord sends the browser."""
        return self._elsewhere.get(discord).headers["Location"]


@contextmanager
def open_site(discord: StandInDiscord, **settings: Any) -> Iterator[Site]:
    """A Site, open for the block, with settings other than those of the tests."""
    given = {
        "public_url": URL,
        "is_production": True,
        "secret_key": b"\x5e" * 32,
        "discord_client_id": discord.client_id,
        "discord_client_secret": discord.client_secret,
        "discord_url": discord.url,
        "origins": (FRONT_END,),
        "sign_ins_a_minute": 100_000,
        "admin_sign_ins_a_minute": 100_000,
        "links_a_minute": 100_000,
    }
    app = created(Settings(**given | settings))
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        stack.enter_context(portal.wrap_async_context_manager(app.lifespan()))
        yield Site(app, portal, discord)


#: The document of the application, by its routes. Making it takes two thirds of making the
#: application, and each module makes one.
_documents: dict[frozenset[tuple[str, frozenset[str]]], OpenAPI] = {}


def created(settings: Settings) -> Litestar:
    """The application, which has the document of the first one in this process with its routes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.app.document_problems", _document)
        return create_app(settings)


def _document(app: Litestar) -> None:
    routes = frozenset((route.path_format, frozenset(route.methods)) for route in app.routes)
    if routes in _documents:
        app.plugins.get(OpenAPIPlugin)._openapi = _documents[routes]
    else:
        document_problems(app)
        _documents[routes] = app.openapi_schema


class _Transport(httpx.BaseTransport):
    """Sends requests to an application in another thread."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal, address: str) -> None:
        self._portal = portal
        self._transport = httpx.ASGITransport(app, client=(address, 4711))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._call, request)

    async def _call(self, request: httpx.Request) -> httpx.Response:
        request.stream = httpx.ByteStream(b"".join(request.stream))
        answer = await self._transport.handle_async_request(request)
        sent = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, content=sent)
