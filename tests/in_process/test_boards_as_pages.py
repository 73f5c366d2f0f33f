"""The page of a board: what its keys mean, how ranks have moved, the periods beside, past winners,
the search in it, and how many have a worse rank."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.queries import found
from tests.in_process.rows import AS_OF, name_player, put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("boards_as_pages")

MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 7)]
#: A month without a run lies between the second and the third of these.
JANUARY, FEBRUARY, APRIL = (0, 1), (1, 2), (3, 4)


def span(months: tuple[int, int]) -> dict[str, datetime]:
    """The columns of a run after the end of a month."""
    begin, end = (MONTHS[month] for month in months)
    return {"period_start": begin, "period_end": end, "as_of": end}


def text_of(page: str) -> str:
    """What a reader reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


@pytest.fixture(scope="module", autouse=True)
def league(rows: psycopg.Connection) -> dict[str, int]:
    """A board of months: two runs of the first, one of the second, none of the third, one of the
    fourth; the runs of the second and the fourth by their months."""
    put_board(rows, "league", time_window="MONTHLY", fallback_metric_key="best_win_streak")
    for number, cluster in enumerate(("ada", "bob", "cyd", "dan", "eve", "eva")):
        add_cluster(rows, cluster, f"0x{number + 94001:040x}")
    name_player(rows, "ada", "Zoë Frost", shown=True)
    name_player(rows, "bob", "Zoltan", shown=False)
    put_board_run(rows, "league", [(1, "dan", 3, 0)], **span(JANUARY) | {"as_of": MONTHS[1]})
    later = span(JANUARY) | {"as_of": MONTHS[2]}
    first = put_board_run(rows, "league", [(1, "cyd", 3, 0), (2, "dan", 2, 0)], **later)
    entries = [(1, "bob", 8, 2), (2, "cyd", 7, 1), (3, "dan", 6, 1), (4, "ada", 5, 1)]
    second = put_board_run(rows, "league", entries, **span(FEBRUARY))
    entries = [(1, "ada", 9, 3), (2, "bob", 8, 2), (2, "cyd", 8, 2), (3, "eve", 1, 1)]
    third = put_board_run(rows, "league", entries, **span(APRIL))
    return {"january": first, "february": second, "april": third}


def rows_of(page: str) -> dict[str, str]:
    """What stands in the cell of the rank, by cluster."""
    listed = re.findall(r'<tr.*?<td class="rank.*?>(.*?)</td>.*?href="/clusters/(\w+)"', page, re.S)
    return {cluster: re.sub(r"<[^>]*>", "", cell) for cell, cluster in listed}


def test_ranks_have_moved_since_the_period_before(site: Site, league: dict[str, int]) -> None:
    page = site.browser().get("/boards/league").text
    assert rows_of(page) == {
        "ada": "1▲up 3",
        "bob": "2= shared▼down 1",
        "cyd": "2= shared·unchanged",
        "eve": "3new",
    }
    assert "Arrows compare with February 2026." in text_of(page)
    # the first run of January does not count
    february = site.browser().get(f"/boards/league?run={league['february']}").text
    assert rows_of(february) == {
        "bob": "1new",
        "cyd": "2▼down 1",
        "dan": "3▼down 1",
        "ada": "4new",
    }
    # there is nothing before the first period
    january = site.browser().get(f"/boards/league?run={league['january']}").text
    assert rows_of(january) == {"cyd": "1", "dan": "2"}
    assert "Arrows" not in january


def test_the_periods_beside_are_links(site: Site, league: dict[str, int]) -> None:
    def beside(run: str) -> dict[str, str]:
        page = site.browser().get(f"/boards/league{run}").text
        (nav,) = re.findall(r'<nav class="periods".*?</nav>', page, re.S)
        return {
            rel: f"{query} {text_of(name).strip()}"
            for query, rel, name in re.findall(r'\?([^"]*)" rel="(\w+)">(.*?)</a>', nav)
        }

    before = f"run={league['february']} ← The period before: February 2026"
    assert beside("") == {"prev": before}
    asked = f"?run={league['february']}&clusterId=cyd"
    assert beside(asked) == {
        "prev": f"run={league['january']}&amp;clusterId=cyd ← The period before: January 2026",
        "next": f"run={league['april']}&amp;clusterId=cyd The period after: April 2026 →",
    }
    assert beside(f"?run={league['january']}") == {
        "next": f"run={league['february']} The period after: February 2026 →"
    }


def test_a_board_of_all_time_compares_with_the_day_before(
    site: Site, rows: psycopg.Connection
) -> None:
    put_board(rows, "ever")
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for at, entries in (
        (noon - timedelta(days=3), [(1, "bob", 1)]),
        (noon - timedelta(days=2, hours=2), [(1, "cyd", 2)]),
        (noon - timedelta(days=2), [(1, "cyd", 2), (2, "ada", 1)]),
        (noon - timedelta(hours=1), [(1, "eve", 2)]),
        (noon, [(1, "ada", 4), (2, "cyd", 2)]),
    ):
        put_board_run(rows, "ever", entries, as_of=at)
    page = site.browser().get("/boards/ever").text
    assert rows_of(page) == {"ada": "1▲up 1", "cyd": "2▼down 1"}
    assert "Arrows compare with 2026-05-30." in text_of(page)
    assert "Past winners" not in page
    assert "no periods that end" in site.browser().get("/boards/ever/winners").text
    assert "Ends in" not in page


def test_the_keys_of_a_board_are_explained(site: Site, rows: psycopg.Connection) -> None:
    text = text_of(site.browser().get("/boards/league").text)
    assert "Wins the most first Number of ranked PvP matches won." in text
    assert "Best win streak the most first, in matches Longest run of consecutive" in text
    assert "Who is equal in all shares a rank." in text
    put_board(rows, "least", metric_direction="asc", ranking="row", last_key="cluster_id")
    put_board_run(rows, "least", [(1, "ada", 1)], payload={"ranking": "row"})
    text = text_of(site.browser().get("/boards/least").text)
    assert "Wins the least first" in text
    assert "Each player has a rank of its own." in text
    keys = [{"metric": "onchain_hunting.wins", "unit": "hunts", "direction": "desc"}]
    put_board_run(
        rows, "least", [(1, "ada", 1)], payload={"keys": keys}, as_of=AS_OF + timedelta(days=1)
    )
    text = text_of(site.browser().get("/boards/least").text)
    assert "The shown run ranked by other values: Wins." in text


@pytest.mark.parametrize(
    ("cluster", "rank", "better"),
    [("ada", 1, "75"), ("bob", 2, "25"), ("cyd", 2, "25"), ("eve", 3, "0")],
)
def test_the_share_of_those_with_a_worse_rank(
    site: Site,
    rows: psycopg.Connection,
    league: dict[str, int],
    cluster: str,
    rank: int,
    better: str,
) -> None:
    asked: dict[str, Any] = {"run": league["april"], "previous": None, "cluster": cluster}
    (standing,) = found(rows, "page_board_standing", **asked)
    assert (standing["rank"], f"{standing['better_than']:.0f}") == (rank, better)
    text = text_of(site.browser().get(f"/boards/league?clusterId={cluster}").text)
    assert (f"Better than {better} % of 4 players." in text) == (better != "0")
    assert ("Nobody is ahead." in text) == (rank == 1)


def test_the_share_is_rounded_down(rows: psycopg.Connection) -> None:
    put_board(rows, "wide")
    run = put_board_run(rows, "wide", [(place, f"w{place}", 1) for place in range(1, 1205)])
    (standing,) = found(rows, "page_board_standing", run=run, previous=None, cluster="w1")
    assert (float(standing["better_than"]), standing["clusters"]) == (99.9, 1204)
    assert found(rows, "page_board_standing", run=run, previous=None, cluster="x") == []


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        ("ada", "?clusterId=ada#near"),
        # the beginning of a shown name that nobody else has, in any case
        (" ZOË f", "?clusterId=ada#near"),
        # a whole id, although another one begins with it
        ("eve", "?clusterId=eve#near"),
        ("bo", "?clusterId=bob#near"),
    ],
)
def test_a_search_leads_to_the_place(site: Site, typed: str, leads_to: str) -> None:
    answer = site.browser().get("/boards/league", params={"find": typed})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/boards/league{leads_to}")


def test_a_search_keeps_the_run_and_looks_in_it(site: Site, league: dict[str, int]) -> None:
    asked = {"find": "da", "run": league["february"]}
    answer = site.browser().get("/boards/league", params=asked)
    assert answer.headers["Location"] == (
        f"/boards/league?run={league['february']}&clusterId=dan#near"
    )
    # dan is not in the run of the latest period
    page = site.browser().get("/boards/league", params={"find": "da"}, headers=HTML)
    assert page.status_code == 200
    assert "No player on this board has a name or an id that begins with “da”." in text_of(
        page.text
    )
    assert 'href="/find?cluster=da"' in page.text


def test_a_search_shows_those_that_begin_alike(site: Site, rows: psycopg.Connection) -> None:
    put_board(rows, "crowd")
    entries = [(place, f"crowd-{place:02}", 1) for place in range(1, 26)]
    for number, (_, cluster, _) in enumerate(entries):
        add_cluster(rows, cluster, f"0x{number + 95001:040x}")
    put_board_run(rows, "crowd", entries)
    page = site.browser().get("/boards/crowd", params={"find": "crowd-"}).text
    (section,) = re.findall(r'<ul class="matches">.*?</ul>', page, re.S)
    assert re.findall(r"clusterId=([\w-]+)#near", section) == [
        f"crowd-{place:02}" for place in range(1, 21)
    ]
    assert "There are more than 20" in page
    few = site.browser().get("/boards/crowd", params={"find": "crowd-2"}).text
    assert few.count("#near") == 6
    assert "There are more" not in few


@pytest.mark.parametrize("typed", ["Zolt", "zoltan", "%", "_", "x" * 101, "0x"])
def test_a_search_finds_nobody_by_what_is_hidden(site: Site, typed: str) -> None:
    page = site.browser().get("/boards/league", params={"find": typed}).text
    assert "Nobody found" in page


def test_the_winners_of_past_periods(
    site: Site, rows: psycopg.Connection, league: dict[str, int]
) -> None:
    page = site.browser().get("/boards/league/winners").text
    cards = page.split('<li class="card">')[1:]
    shown = [
        (re.search(r"<h2><a [^>]*>(.*?)</a>", card)[1], re.findall(r"/clusters/(\w+)", card))
        for card in cards
    ]
    assert shown == [
        ("April 2026", ["ada", "bob", "cyd"]),
        ("February 2026", ["bob", "cyd", "dan"]),
        ("January 2026", ["cyd", "dan"]),
    ]
    assert "<bdi>Zoë Frost</bdi>" in page
    # a run from before the end of its period has no winners
    may = span((4, 5)) | {"as_of": MONTHS[5] - timedelta(days=1)}
    early = put_board_run(rows, "league", [(1, "eva", 1)], **may)
    assert "May 2026" not in site.browser().get("/boards/league/winners").text
    assert "May 2026" in site.browser().get(f"/boards/league?run={early}").text
    rows.execute("delete from app.leaderboard_runs where id = %s", [early])
    # of each period, who came first stands beside the board
    beside = text_of(site.browser().get("/boards/league").text).partition("Past winners")[2]
    assert beside.startswith(" April 2026 Zoë Frost February 2026 bob January 2026 cyd ")
    older = site.browser().get("/boards/league/winners", params={"before": "2026-03-01"}).text
    assert older.count('<li class="card">') == 1
    wrong = site.browser().get("/boards/league/winners", params={"before": "soon"})
    assert (wrong.status_code, "before 'soon' is not a time" in wrong.text) == (400, True)
    assert site.browser().get("/boards/none/winners").status_code == 404


def test_winners_are_paged(site: Site, rows: psycopg.Connection) -> None:
    put_board(rows, "daily", time_window="DAILY")
    day = timedelta(days=1)
    for number in range(26):
        begin = AS_OF.replace(hour=0) - number * day
        columns = {"period_start": begin, "period_end": begin + day, "as_of": begin + day}
        put_board_run(rows, "daily", [(1, "ada", 1)], **columns)
    days, path = [], "/boards/daily/winners"
    for _ in range(2):
        page = site.browser().get(path).text
        days += re.findall(r'<h2><a [^>]*><span class="day">([\d-]*)</span></a>', page)
        later = re.search(r'href="(\?before=[^"]*)">Earlier', page)
        path = f"/boards/daily/winners{later[1]}" if later else ""
    assert (len(days), len(set(days)), path) == (26, 26, "")


def test_a_period_says_when_it_ends(site: Site, rows: psycopg.Connection) -> None:
    now = datetime.now(UTC)
    put_board(rows, "week", time_window="WEEKLY")
    begin = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    week = timedelta(days=7)
    past = {"period_start": begin - week, "period_end": begin, "as_of": begin}
    put_board_run(rows, "week", [(1, "ada", 1)], **past)
    text = text_of(site.browser().get("/boards/week").text)
    assert f"It ended {begin - timedelta(days=1):%Y-%m-%d} 24:00 UTC." in text
    assert re.search(r"goes on: Ends in ([\d,]+ |less than)", text)
    put_board_run(
        rows, "week", [(1, "ada", 1)], period_start=begin, period_end=begin + week, as_of=now
    )
    text = text_of(site.browser().get("/boards/week").text)
    assert "It ended" not in text
    assert re.search(
        rf"Ends in [\w ]+, {begin + week - timedelta(days=1):%Y-%m-%d} 24:00 UTC", text
    )
    home = site.browser().get("/").text
    (card,) = [one for one in home.split("<li class") if "/boards/week" in one]
    assert re.search(r'<time class="clock" datetime="[^"]+" data-local="no"><span>Ends in', card)


def test_others_of_a_board_can_be_compared(site: Site) -> None:
    page = site.browser().get("/boards/league?clusterId=bob").text
    assert re.findall(r'class="versus" href="([^"]*)"', page) == [
        f"/compare?a=bob&amp;b={other}" for other in ("ada", "cyd", "eve")
    ]
    # with nobody, and with somebody who may not exist, there is nothing to compare
    for asked in ("", "?clusterId=nobody"):
        assert 'class="versus"' not in site.browser().get(f"/boards/league{asked}").text
