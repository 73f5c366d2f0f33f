"""What a visitor does who was sent a link, without JavaScript: from a board to a player, to a
challenge, to a comparison, to what the season gives, to the sign-in, a first linked wallet and a
reward. Every step is a link or a form of the page before."""

import secrets
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from hedge import database
from tests.acceptance.conftest import Service
from tests.acceptance.pages import BOARD, HTML, check
from tests.settled_rewards import give
from tests.support import put, pvp_match

# one service for all of them, so one process
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("a_visitors_walk")]


class Read(HTMLParser):
    """The links and forms of a page, as a browser without JavaScript reads them."""

    def __init__(self, page: str) -> None:
        """Reads the page."""
        super().__init__()
        #: what a link says, and where it leads
        self.links: list[tuple[str, str]] = []
        #: method, address and fields with their values
        self.forms: list[dict[str, Any]] = []
        self._link: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a link or a form, or note a field."""
        given = {name: value or "" for name, value in attributes}
        if tag == "a":
            self._link = [given["href"], ""]
        if tag == "form":
            self.forms.append({"method": "get"} | given | {"fields": {}})
        if tag in ("input", "textarea") and self.forms and "name" in given:
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        """Add to what the link says."""
        if self._link is not None:
            self._link[1] += data

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a" and self._link is not None:
            self.links.append((" ".join(self._link[1].split()), self._link[0]))
            self._link = None


class Visitor:
    """A browser that goes on only by what its page offers."""

    def __init__(self, service: Service) -> None:
        """A browser of the service, which shows nothing yet."""
        self.browser = service.browser()
        self.answer: httpx.Response

    def goes_to(self, path: str) -> None:
        """Open a link that somebody has sent."""
        self.shows(self.browser.get(path, headers=HTML))

    def shows(self, answer: httpx.Response) -> None:
        """A page is shown, which is no dead end: it leads to somewhere else."""
        self.answer = answer
        self.page = check(answer)
        self.read = Read(self.page)
        here = urlsplit(str(answer.url)).path
        main = Read(self.page.partition("<main")[2].partition("</main>")[0])
        elsewhere = [href for _, href in main.links if urlsplit(href).path not in ("", here)]
        assert elsewhere or main.forms, here

    def follows(self, words: str, within: str = "<main") -> None:
        """Follow the first link of the page, behind a text, that says these words."""
        links = Read(self.page[self.page.index(within) :]).links
        (href, *_) = [href for said, href in links if said == words] or [None]
        assert href is not None, (words, links)
        self.shows(self.browser.get(urljoin(str(self.answer.url), href), headers=HTML))

    def sends(self, action: str, **typed: str) -> None:
        """Send the form with an address, with what is typed into its fields."""
        (form,) = [one for one in self.read.forms if one["action"] == action][:1]
        assert typed.keys() <= form["fields"].keys(), form
        fields = form["fields"] | typed
        if form["method"] == "post":
            self.shows(self.browser.post(action, data=fields, headers=HTML))
        else:
            self.shows(self.browser.get(action, params=fields, headers=HTML))

    @property
    def path(self) -> str:
        """Where the visitor is."""
        return self.answer.url.path


def test_from_a_shared_link_to_a_first_wallet(told: Service, worker: None) -> None:
    visitor = Visitor(told)
    visitor.goes_to(f"/boards/{BOARD}?clusterId=equal")
    assert "The place of" in visitor.page
    # the search of the board leads to another player's place
    visitor.sends(f"/boards/{BOARD}", find="somebo")
    assert str(visitor.answer.url).endswith(f"/boards/{BOARD}?clusterId=somebody#near")
    visitor.follows("somebody", within='<table class="entries"')
    assert visitor.path == "/clusters/somebody"
    visitor.follows("Arena Victor")
    assert visitor.path == "/clusters/somebody/challenges/arena_victor"
    assert "Why the value is 5" in visitor.page
    visitor.follows("somebody")
    assert visitor.path == "/clusters/somebody"
    # each place on a board opens it around the player
    visitor.follows("Arena Victors (Monthly)", within='id="boards"')
    assert str(visitor.answer.url).endswith(f"/boards/{BOARD}?clusterId=somebody#near")
    visitor.follows("Profile")
    assert visitor.path == "/clusters/somebody"

    # compared with another one, whose name is mistyped first
    visitor.follows("Compare with another player")
    assert (visitor.path, visitor.read.forms[-1]["fields"]["b"]) == ("/compare", "somebody")
    mistyped = visitor.browser.get("/compare?a=equak&b=somebody", headers=HTML)
    assert "There is no player “<bdi>equak</bdi>”" in check(mistyped, 404)
    visitor.page, visitor.read = mistyped.text, Read(mistyped.text)
    visitor.follows("Compare with that one")
    assert dict(visitor.answer.url.params) == {"a": "equal", "b": "somebody"}
    assert "leads in" in visitor.page
    visitor.follows("Arena Victors (Monthly)")
    assert visitor.path == f"/boards/{BOARD}"

    # the address above that of a board is that of all boards
    visitor.goes_to("/boards")
    assert visitor.path == "/"
    # what the season gives is on its page, and who wants it signs in
    with database.connect() as connection:
        give(connection, "badge", "spring", level=1, name="Badge of spring")
    visitor.follows("Season", within="<nav")
    assert visitor.path == "/season/spring"
    (given,) = [href for said, href in visitor.read.links if said == "Rewards"]
    assert f'id="{given.removeprefix("#")}"' in visitor.page
    assert "Badge of spring" in visitor.page
    # signed in through Discord, with a wallet whose matches are there already
    wallet = f"0x{secrets.token_hex(20)}"
    with database.connect() as connection:
        put(connection, *(pvp_match(wallet) for _ in range(4)))
    told.discord.discord_id = "300000000000000077"
    visitor.follows("Sign in", within="<nav")
    assert visitor.path == "/me"
    visitor.follows("Sign in with Discord")
    assert visitor.path == "/me"
    visitor.sends("/me/wallets", address=wallet)
    assert "The wallet is linked." in visitor.page
    told.wait_for(lambda: "Arena Victor" in visitor.browser.get("/me", headers=HTML).text)
    own = visitor.browser.get("/api/me").json()["clusterId"]
    told.wait_for(lambda: "Badge of spring" in visitor.browser.get("/me", headers=HTML).text)
    visitor.goes_to("/me")
    visitor.sends("/me/rewards/claim")
    assert "Badge of spring is claimed." in visitor.page
    assert "to be claimed" not in visitor.page

    visitor.follows("all challenges")
    assert visitor.path == f"/clusters/{own}"

    # from now on, others are compared with oneself
    visitor.goes_to("/clusters/somebody")
    visitor.follows("Compare with me")
    assert visitor.path == "/compare"
    assert f'<bdi>{own}</bdi></a> <span class="you">you</span>' in visitor.page
    assert "somebody" in visitor.page


def test_from_the_search_field_to_a_comparison(told: Service) -> None:
    visitor = Visitor(told)
    visitor.goes_to("/")
    visitor.sends("/find", cluster="nobody at all")
    assert "Nobody found" in visitor.page
    visitor.sends("/find", cluster="some")
    visitor.follows("Compare with somebody")
    visitor.sends("/compare", a="rival")
    assert dict(visitor.answer.url.params) == {"a": "rival", "b": "somebody"}
    visitor.follows("somebody", within='<section aria-labelledby="challenges"')
    assert visitor.path == "/clusters/somebody"
    visitor.follows("Boards", within="<nav")
    visitor.follows("Arena Victors (Monthly)")
    assert visitor.path == f"/boards/{BOARD}"
