"""Previews of links: what the head of a page says, and its picture."""

import asyncio
import struct
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api.pictures import painter
from api.pictures.cards import Card, Mark, Named
from tests.in_process import HTML, URL, Site, metas
from tests.in_process.rows import (
    AS_OF,
    name_player,
    put,
    put_board,
    put_board_run,
    put_metrics,
    put_points,
    put_progress,
)
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("previews_of_links")

NAME = "Ada & <Visible> שלום"
PAGES = [
    "/",
    "/catalogue",
    "/catalogue/arena_victor",
    "/catalogue/flawless_victory",
    "/clusters/ada",
    "/clusters/ada/challenges/arena_victor",
    "/clusters/ada/challenges/flawless_victory",
    "/boards/wins",
    "/boards/empty",
    "/season/spring",
]


@pytest.fixture(scope="module", autouse=True)
def story(rows: psycopg.Connection) -> None:
    """A player with a name, on a board and in a season."""
    add_cluster(rows, "ada", "0x" + "ad" * 20)
    for key, value in (("arena_victor", 5), ("flawless_victory", 1)):
        put_progress(rows, "ada", key, value, tier="BASIC")
    put_metrics(rows, "ada", {"onchain_pvp": {"wins": 5, "flawless_victory": 1}})
    rows.execute("delete from app.seasons")
    now = datetime.now(UTC)
    span = {"starts_at": now - timedelta(days=9), "ends_at": now + timedelta(days=9, hours=1)}
    put(rows, "app.seasons", id="spring", name="Spring", is_active=True, **span)
    put_points(rows, "spring", "ada", 60, 2)
    for board in ("wins", "empty"):
        put_board(rows, board, description='Who "wins" most')
    put_board_run(rows, "wins", [(1, "ada", 9)])
    name_player(rows, "ada", NAME, shown=True)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_its_picture_and_the_picture_is_there(site: Site, path: str) -> None:
    reader = site.browser()
    shown = metas(reader.get(path, headers=HTML).text)
    assert shown["og:url"] == f"{URL}{path}"
    picture = f"{path.removesuffix('/')}/preview.png"
    assert shown["og:image"] == shown["twitter:image"] == f"{URL}{picture}"
    assert shown["og:title"] == shown["twitter:title"]
    assert shown["description"] == shown["og:description"] == shown["twitter:description"]
    assert shown["twitter:card"] == "summary_large_image"
    answer = reader.get(picture)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    assert len(answer.content) < 200_000
    assert answer.headers["Cache-Control"] == "public, no-cache"
    tag = answer.headers["ETag"]
    kept = reader.get(picture, headers={"If-None-Match": tag})
    assert (kept.status_code, kept.content, kept.headers["ETag"]) == (304, b"", tag)
    other = reader.get(picture, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_the_words_are_those_of_the_page(site: Site) -> None:
    def words(path: str) -> tuple[str, str]:
        shown = metas(site.browser().get(path, headers=HTML).text)
        return shown["og:title"], shown["og:description"]

    title, sentence = words("/clusters/ada")
    assert title == NAME
    assert sentence.startswith("2 of 2 challenges have a tier, 60 points in Spring")
    title, sentence = words("/clusters/ada/challenges/arena_victor")
    assert title == f"Arena Victor of {NAME}"
    assert sentence.startswith("Basic: 5 matches, 10 more to Advanced.")
    assert words("/boards/wins") == ("Board wins", 'All time, 1 player. Who "wins" most')
    assert words("/boards/empty") == ("Board empty", 'Who "wins" most')
    assert words("/") == ("Who leads the realm", "2 boards, and Spring: 9 days left.")
    assert words("/catalogue")[0] == "Challenges"
    assert words("/catalogue/arena_victor") == ("Arena Victor", "Win ranked matches in the arena.")
    assert words("/season/spring") == ("Spring", "9 days left. 1 player has points.")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Card]:
    """The cards of the pictures that are asked for; none is drawn."""
    found = []

    async def undrawn(_: painter.Painter, card: Card) -> bytes:
        found.append(card)
        return b""

    monkeypatch.setattr(painter.Painter, "png", undrawn)
    return found


def test_a_challenge_says_how_rare_its_last_tier_is(
    site: Site, rows: psycopg.Connection, drawn: list[Card]
) -> None:
    rows.execute("delete from app.tier_rarity")
    rows.execute("delete from app.value_counts")
    site.browser().get("/catalogue/arena_victor/preview.png")
    assert (drawn[-1].figure, drawn[-1].beneath, drawn[-1].marks) == ("", "", [])
    for challenge, tier, share in (
        ("arena_victor", "BASIC", "0.5"),
        ("arena_victor", "EXALTED", "0.042"),
        ("flawless_victory", "MYTHIC", "0.01"),
    ):
        counts = {"clusters": 1, "share": share, "as_of": AS_OF}
        put(rows, "app.tier_rarity", challenge_key=challenge, tier_code=tier, **counts)
    site.browser().get("/catalogue/arena_victor/preview.png")
    space = "\N{NO-BREAK SPACE}"
    assert drawn[-1].title == Named("Arena Victor")
    assert (drawn[-1].figure, drawn[-1].unit) == (f"4.2{space}%", "of players have Exalted")
    assert drawn[-1].marks == [Mark("BASIC", f"Basic 50{space}%")]
    site.browser().get("/catalogue/flawless_victory/preview.png")
    assert (drawn[-1].figure, drawn[-1].unit) == (f"1{space}%", "of players have done it")
    # as its card says it, because nobody has a tier of a feat
    page = site.browser().get("/catalogue").text
    (card,) = (one for one in page.split("<li") if '"/catalogue/flawless_victory"' in one)
    assert f"1{space}% of players have done it" in card
    site.browser().get("/catalogue/preview.png")
    assert (drawn[-1].figure, drawn[-1].unit) == ("52", "challenges")
    rows.execute("delete from app.tier_rarity")


def test_a_picture_counts_players(site: Site, rows: psycopg.Connection, drawn: list[Card]) -> None:
    site.browser().get("/boards/wins/preview.png")
    assert drawn[-1].about == Named("1 player, by matches")
    site.browser().get("/preview.png")
    assert drawn[-1].eyebrow == "SEASON · 2 BOARDS"
    assert [(one.rank, one.who.name, one.value) for one in drawn[-1].rows] == [(1, NAME, "60")]
    rows.execute("update app.seasons set is_active = false")
    site.browser().get("/preview.png")
    assert (drawn[-1].figure, drawn[-1].unit, drawn[-1].rows) == ("2", "boards", [])
    rows.execute("update app.seasons set is_active = true")


@pytest.mark.parametrize(
    "path", ["/clusters/nobody", "/boards/none", "/season/none", "/catalogue/none"]
)
def test_what_is_not_there_has_no_picture(site: Site, path: str) -> None:
    answer = site.browser().get(f"{path}/preview.png")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    path = "/clusters/ada/challenges/hero_riser/preview.png"
    assert site.browser().get(path).status_code == 404


@pytest.mark.usefixtures("drawn")
def test_a_hidden_name_is_in_no_picture(site: Site, rows: psycopg.Connection) -> None:
    """The tag is a hash of all that a picture shows: it is that of somebody without a name."""

    def tags() -> list[str]:
        # the others name nobody
        paths = [path for path in PAGES if path != "/boards/empty" and "catalogue" not in path]
        pictures = [f"{path.removesuffix('/')}/preview.png" for path in paths]
        return [site.browser().get(picture).headers["ETag"] for picture in pictures]

    shown = tags()
    name_player(rows, "ada", NAME, shown=False)
    hidden = tags()
    name_player(rows, "ada", None, shown=False)
    nameless = tags()
    name_player(rows, "ada", NAME, shown=True)
    assert hidden == nameless
    assert not set(shown) & set(hidden)
    assert tags() == shown


def test_a_picture_is_drawn_once_and_kept(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    ask = painter.Painter._ask

    async def counted(self: painter.Painter, card: bytes) -> bytes:
        asked.append(card)
        return await ask(self, card)

    monkeypatch.setattr(painter.Painter, "_ask", counted)
    rows.execute("update app.seasons set name = 'Another'")
    first, again = (site.browser().get("/season/spring/preview.png") for _ in range(2))
    assert first.content == again.content
    assert len(asked) == 1
    # where there is no room, nothing is kept and everything is drawn
    monkeypatch.setattr(painter, "MOST_KEPT", 0)
    for name in ("Third", "Third"):
        rows.execute("update app.seasons set name = %s", [name])
        assert site.browser().get("/season/spring/preview.png").status_code == 200
    assert len(asked) == 3
    rows.execute("update app.seasons set name = 'Spring'")


def test_under_load_who_comes_is_asked_to_come_again(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painter, "MOST_WAITING", 0)
    rows.execute("update app.seasons set name = 'Crowded'")
    answer = site.browser().get("/season/spring/preview.png")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["detail"] == "many pictures are being drawn: try again in a moment"
    # a client that has the picture needs none
    monkeypatch.undo()
    assert site.browser().get("/season/spring/preview.png").status_code == 200
    rows.execute("update app.seasons set name = 'Spring'")


def test_a_process_that_died_or_hangs_is_replaced(
    site: Site, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = site.litestar.state.painter

    def draw(name: str, refused: str | None = None) -> int:
        rows.execute("update app.seasons set name = %s", [name])
        answer = site.browser().get("/season/spring/preview.png")
        if refused is not None:
            assert answer.json()["detail"] == refused
        return answer.status_code

    assert draw("Before") == 200
    drawing._process.kill()
    assert draw("Died") == 200
    before = drawing._process.pid

    async def hang(_: painter.Painter, __: bytes) -> bytes:
        await asyncio.sleep(60)
        return b""

    with monkeypatch.context() as patch:
        patch.setattr(painter.Painter, "_ask", hang)
        patch.setattr(painter, "LONGEST", 0.05)
        assert draw("Hangs", "no picture can be drawn at present") == 503
    assert drawing._process is None

    async def draw_nothing(_: painter.Painter, __: bytes) -> bytes:
        return b""

    with monkeypatch.context() as patch:
        patch.setattr(painter.Painter, "_ask", draw_nothing)
        assert draw("Undrawn", "this picture cannot be drawn") == 503
    # what was not drawn is not kept
    assert draw("Undrawn") == 200
    assert draw("After") == 200
    assert drawing._process.pid != before
    rows.execute("update app.seasons set name = 'Spring'")
