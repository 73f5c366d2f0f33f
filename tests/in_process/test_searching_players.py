"""The search field of all pages: a whole id leads to its page, a beginning to a list, and what
nobody has to what one can do."""

import re
from urllib.parse import quote

import psycopg
import pytest

from api.pages import search as searching
from tests.in_process import HTML, Site
from tests.in_process.rows import name_player, put_progress
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("searching_players")

WALLET = "0x" + "b7" * 20


@pytest.fixture(scope="module", autouse=True)
def players(rows: psycopg.Connection) -> None:
    """Players with and without shown names, and twenty-two whose ids begin alike."""
    wallets = iter(range(97001, 98000))
    for cluster in ("mira", "mira-2", "ada", "bob", "dots-._"):
        wallet = WALLET if cluster == "bob" else f"0x{next(wallets):040x}"
        add_cluster(rows, cluster, wallet)
    # before whom hundreds begin alike
    for number in range(250):
        add_cluster(rows, f"crowd-{number:03}", f"0x{next(wallets):040x}")
    add_cluster(rows, "crowd-west", f"0x{next(wallets):040x}")
    for number in range(22):
        add_cluster(rows, f"many-{number:02}", f"0x{next(wallets):040x}")
    name_player(rows, "ada", "Mirabelle", shown=True)
    name_player(rows, "bob", "Miranda", shown=False)
    put_progress(rows, "ada", "arena_victor", 5, tier="BASIC")
    put_progress(rows, "ada", "win_streak", 0)


def search(site: Site, typed: str) -> str:
    """The page that a search shows."""
    answer = site.browser().get("/find", params={"cluster": typed}, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert answer.text.count("<h1>Find a player</h1>") == 1
    return answer.text


def listed(page: str) -> list[str]:
    """The clusters of a list, in its order."""
    found = re.search(r'<ul class="found.*?</ul>', page, re.S)
    return re.findall(r'class="cluster" href="/clusters/([^"]*)"', found[0]) if found else []


@pytest.mark.parametrize("typed", [" mira ", "dots-._", "many-07"])
def test_a_whole_id_leads_to_its_page(site: Site, typed: str) -> None:
    """Also where others begin with it."""
    answer = site.browser().get("/find", params={"cluster": typed})
    path = f"/clusters/{quote(typed.strip(), safe='')}"
    assert (answer.status_code, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize(
    ("typed", "clusters"),
    [
        # names first, then ids
        ("mir", ["ada", "mira", "mira-2"]),
        ("MIRAB", ["ada"]),
        # ids are as they are written, and names in any case
        ("mira-", ["mira-2"]),
        ("Mira-", []),
        # the name is not shown
        ("Miran", []),
        ("mirabelle", ["ada"]),
        ("%", []),
        ("m_", []),
    ],
)
def test_players_are_found_by_the_beginning(site: Site, typed: str, clusters: list[str]) -> None:
    page = search(site, typed)
    assert listed(page) == clusters
    assert ("Nobody found" in page) == (not clusters)
    assert "Miranda" not in page


def test_a_list_says_what_it_knows_of_each(site: Site) -> None:
    page = search(site, "mir")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    assert "3 players for “mir”" in text
    assert "Mirabelle ada a tier in 1 of 2 challenges Compare with Mirabelle" in text
    assert "mira-2 not computed yet" in text
    assert 'href="/compare?b=ada"' in page


def test_a_list_ends_and_says_so(site: Site) -> None:
    page = search(site, "many")
    assert listed(page) == [f"many-{number:02}" for number in range(20)]
    assert "1 to 20, of more, for" in page
    assert 'rel="prev"' not in page
    (further,) = re.findall(r'rel="next" href="([^"]*)"', page)
    answer = site.browser().get(further.replace("&amp;", "&"), headers=HTML)
    assert listed(answer.text) == ["many-20", "many-21"]
    assert "21 to 22 for" in answer.text
    assert 'rel="next"' not in answer.text
    assert 'href="/find?cluster=many&amp;from=1"' in answer.text
    assert 'class="pager"' not in search(site, "many-1")
    behind = site.browser().get("/find?cluster=many&from=41", headers=HTML).text
    assert "There are no players from here on." in behind
    assert site.browser().get("/find?cluster=many&from=1001").status_code == 400


def test_the_last_page_of_a_long_list_says_how_to_find_the_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last place that can be asked for is 1,000; it is that of the second page here."""
    more = "There are more: type more of the name or of the id."
    monkeypatch.setattr(searching, "LAST", 21)
    page = search(site, "many")
    assert ('rel="next"' in page, more in page) == (True, False)
    monkeypatch.setattr(searching, "LAST", 20)
    page = search(site, "many")
    assert ('rel="next"' in page, more in page) == (False, True)


def test_pages_of_a_search_hold_everybody_once(site: Site, rows: psycopg.Connection) -> None:
    for place, cluster in enumerate(("many-21", "many-20", "many-03")):
        name_player(rows, cluster, f"Many {place}", shown=True)
    found: list[str] = []
    for first in (1, 21):
        asked = {"cluster": "many", "from": str(first)}
        found += listed(site.browser().get("/find", params=asked, headers=HTML).text)
    assert found[:3] == ["many-21", "many-20", "many-03"]
    assert sorted(found) == [f"many-{number:02}" for number in range(22)]
    for cluster in found[:3]:
        rows.execute(
            "update app.players set display_name = null where player_id ="
            " (select player_id from app.wallet_clusters where cluster_id = %s)",
            [cluster],
        )


def test_a_wallet_is_found_where_its_player_shows_wallets(
    site: Site, rows: psycopg.Connection
) -> None:
    shows = "update app.players set show_wallets = %s where display_name = 'Miranda'"
    rows.execute(shows, [True])
    assert listed(search(site, WALLET)) == ["bob"]
    assert listed(search(site, WALLET.upper().replace("X", "x"))) == ["bob"]
    assert listed(search(site, WALLET[:-1])) == []
    rows.execute(shows, [False])
    assert listed(search(site, WALLET)) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Mirabele", "ada"),
        ("mirabel frost", "ada"),
        ("many 03", "many-03"),
        # the name of another player, which is not shown
        ("Mirandda", None),
        ("crowd-wets", "crowd-west"),
        ("qqqqqq", None),
        ("x" * 64, None),
    ],
)
def test_what_nobody_has_says_what_one_can_do(site: Site, typed: str, meant: str | None) -> None:
    page = search(site, typed)
    assert "Names are found only where players show them." in page
    suggested = re.search(r'Did you mean <a href="/clusters/([^"]*)"', page)
    assert (suggested[1] if suggested else None) == meant
    assert "Miranda<" not in page


def test_nothing_and_too_much_are_answered(site: Site) -> None:
    for typed in ("", "   "):
        page = search(site, typed)
        assert "Type how a name or an id begins." in page
        assert "Nobody found" not in page
    assert "longer than 100 characters" in search(site, "y" * 101)
    nul = site.browser().get("/find", params={"cluster": "a\x00"})
    assert nul.status_code == 400
