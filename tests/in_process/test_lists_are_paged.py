"""Pages of a list, put together, are the whole list in its order, wherever they are cut."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from tests.in_process import HTML, Site
from tests.in_process.rows import put_board, put_board_run

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("lists_are_paged")

#: More than the default limit, 100, and no multiple of the lengths of pages that are tried.
MANY = 111
#: Rank and cluster of the entries of the board of many: three share rank 2, two share rank 8.
PLACES = [
    (1, "c-first"),
    (2, "b-equal"),
    (2, "d-equal"),
    (2, "e-equal"),
    (5, "a-fifth"),
    (6, "z-sixth"),
    (7, "y-seventh"),
    (8, "w-last"),
    (8, "x-last"),
]


@pytest.fixture(scope="module", autouse=True)
def many(rows: psycopg.Connection) -> None:
    """Many boards, runs of a board and of the pipeline, and requests; some that are no readers'
    business between them."""
    # not in their order
    for number in reversed(range(MANY)):
        put_board(rows, f"b{number:03}")
    for number in range(0, MANY, 10):
        put_board(rows, f"b{number:03}-inactive", is_active=False)
        put_board(rows, f"b{number:03}-private", is_public=False)
    rows.execute(
        """
        insert into app.etl_runs (invocation_id, kind, as_of, state, finished_at)
        select 'run ' || number, 'CLUSTER', now(), 'SUCCESS', now()
        from generate_series(1, %(many)s) as number
        """,
        {"many": MANY},
    )
    rows.execute(
        "insert into app.etl_requests (kind, reason)"
        " select 'FULL', 'a test' from generate_series(1, %s)",
        [MANY],
    )
    # a run of another board and one that failed before every tenth
    rows.execute(
        """
        insert into app.leaderboard_runs
            (leaderboard_key, status, as_of, finished_at, row_count, error)
        select
            case when part = 2 then 'b001' else 'b000' end,
            case when part = 1 then 'FAILED' else 'COMPLETE' end,
            now(), now(), 0, case when part = 1 then 'a test' end
        from generate_series(1, %(many)s) as number
        cross join generate_series(1, 3) as part
        where part = 3 or number %% 10 = 0
        order by number, part
        """,
        {"many": MANY},
    )
    entries = [(rank, cluster, 100 - rank) for rank, cluster in PLACES]
    # in no order
    put_board_run(rows, "b002", entries[::2] + entries[1::2])
    put_board_run(rows, "b003", [(place, f"c{place:03}", 0) for place in range(1, MANY + 1)])


class List(NamedTuple):
    """A list of the API: the name of its cursor, the key of an element, and all of its keys."""

    path: str
    cursor: str
    key: str
    every: Callable[[psycopg.Connection], list[Any]]


def column(query: str) -> Callable[[psycopg.Connection], list[Any]]:
    """Reads the only column of a query."""
    return lambda connection: [value for (value,) in connection.execute(query)]


LISTS = [
    List("/leaderboards", "after", "key", lambda _: [f"b{number:03}" for number in range(MANY)]),
    List(
        "/leaderboards/b000/runs",
        "before",
        "id",
        column(
            "select id from app.leaderboard_runs"
            " where leaderboard_key = 'b000' and status = 'COMPLETE' order by id desc"
        ),
    ),
    List(
        "/admin/etl/runs",
        "before",
        "runId",
        column("select run_id from app.etl_runs order by run_id desc"),
    ),
    List(
        "/admin/etl/requests",
        "after",
        "requestId",
        column("select request_id from app.etl_requests order by request_id"),
    ),
]


@pytest.fixture
def reader(site: Site, admin: str) -> httpx.Client:
    """A program of an admin, who reads every list."""
    return site.program(admin)


def keys(reader: httpx.Client, listed: List, **parameters: Any) -> list[Any]:
    """The keys of a page."""
    answer = reader.get(listed.path, params=parameters)
    assert answer.status_code == 200, answer.text
    return [one[listed.key] for one in answer.json()]


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.path)
def test_the_pages_of_a_list_are_the_list(
    reader: httpx.Client, rows: psycopg.Connection, listed: List
) -> None:
    every = listed.every(rows)
    assert len(every) >= MANY
    assert keys(reader, listed) == every[:100]
    for limit in (1, 37, 1000):
        found: list[Any] = []
        cursor: dict[str, Any] = {}
        while page := keys(reader, listed, limit=limit, **cursor):
            assert len(page) <= limit
            found += page
            cursor = {listed.cursor: page[-1]}
            if limit == 1 and len(found) == 3:
                break
        assert found == (every[:3] if limit == 1 else every)
    # behind the last there is nothing, and before the last there is the last
    assert keys(reader, listed, **{listed.cursor: every[-1]}) == []
    assert keys(reader, listed, **{listed.cursor: every[-2]}) == every[-1:]


@pytest.mark.parametrize(
    "path",
    [
        *(listed.path for listed in LISTS),
        "/leaderboards/b002/latest",
        "/leaderboards/b002/runs/{run}",
        "/clusters/nobody/progress/arena_victor",
    ],
)
def test_a_limit_is_1_to_1000(reader: httpx.Client, rows: psycopg.Connection, path: str) -> None:
    (run,) = column("select id from app.leaderboard_runs where leaderboard_key = 'b002'")(rows)
    path = path.format(run=run)
    found = 404 if "nobody" in path else 200
    for limit, status in ((0, 400), (1, found), (1000, found), (1001, 400), (-1, 400), ("x", 400)):
        answer = reader.get(path, params={"limit": limit})
        assert answer.status_code == status, limit
        if status == 400:
            assert answer.json()["detail"].startswith("limit: ")


# -- entries of boards -------------------------------------------------------------------


def clusters(answer: httpx.Response) -> list[tuple[int, str]]:
    """Rank and cluster of the entries of a response."""
    assert answer.status_code == 200, answer.text
    return [(one["rank"], one["clusterId"]) for one in answer.json()["entries"]]


@pytest.mark.parametrize("kind", ["latest", "run"])
def test_entries_are_by_rank_and_equals_by_cluster(
    reader: httpx.Client, rows: psycopg.Connection, kind: str
) -> None:
    paths = {}
    for board in ("b002", "b003"):
        run = column(f"select id from app.leaderboard_runs where leaderboard_key = '{board}'")
        last = "latest" if kind == "latest" else f"runs/{run(rows)[0]}"
        paths[board] = f"/leaderboards/{board}/{last}"
    assert clusters(reader.get(paths["b002"])) == PLACES
    for limit in (1, 3, 8, 9, 10):
        assert clusters(reader.get(paths["b002"], params={"limit": limit})) == PLACES[:limit]
    assert len(clusters(reader.get(paths["b003"]))) == 100
    assert len(clusters(reader.get(paths["b003"], params={"limit": 1000}))) == MANY


@pytest.mark.parametrize("neighbours", [0, 1, 2, 3, 8, 100])
def test_around_a_cluster_are_as_many_on_each_side(reader: httpx.Client, neighbours: int) -> None:
    """By place and not by rank, and fewer at both ends."""
    for place, (_, cluster) in enumerate(PLACES):
        answer = reader.get(
            "/leaderboards/b002/around", params={"clusterId": cluster, "neighbours": neighbours}
        )
        wanted = PLACES[max(place - neighbours, 0) : place + neighbours + 1]
        assert clusters(answer) == wanted, cluster


def test_around_a_cluster_are_five_unless_told(reader: httpx.Client) -> None:
    def around(**parameters: Any) -> httpx.Response:
        return reader.get("/leaderboards/b003/around", params={"clusterId": "c050"} | parameters)

    assert [place for place, _ in clusters(around())] == list(range(45, 56))
    assert len(clusters(around(neighbours=100))) == MANY
    for neighbours in (-1, 101):
        answer = around(neighbours=neighbours)
        assert (answer.status_code, answer.json()["detail"][:10]) == (400, "neighbours")
    assert around(clusterId="nobody").status_code == 404
    assert reader.get("/leaderboards/b003/around").status_code == 400


# -- pages -------------------------------------------------------------------------------


def shown(page: str, part: str) -> list[tuple[int, str]]:
    """Rank and cluster of the rows of a table on the page of a board."""
    table = re.search(rf'id="{part}".*?</section>', page, re.DOTALL)
    rank = r'<td class="rank(?: shared)?">(\d+).*?<bdi>(.*?)</bdi>'
    return [(int(one), name) for one, name in re.findall(rank, table[0], re.DOTALL)]


def links(page: str) -> dict[str, str]:
    """The links to other places, by their words."""
    pager = re.search(r'<nav class="pager".*?</nav>', page, re.DOTALL)
    return {
        words: href.replace("&amp;", "&")
        for href, words in re.findall(r'<a href="(.*?)">(.*?)</a>', pager[0] if pager else "")
    }


def test_the_pages_of_a_board_lead_through_all_places_and_back(site: Site) -> None:
    browser = site.browser()

    def get(query: str) -> str:
        answer = browser.get(f"/boards/b003{query}", headers=HTML)
        assert answer.status_code == 200
        return answer.text

    found, query, turned = [], "", []
    while True:
        page = get(query)
        found.append([place for place, _ in shown(page, "all")])
        forward = [href for words, href in links(page).items() if words.startswith("Next")]
        turned.append(links(page).get("Previous 50"))
        if not forward:
            break
        (query,) = forward
    assert found == [list(range(1, 51)), list(range(51, 101)), list(range(101, 112))]
    assert turned == [None, "?from=1", "?from=51"]
    # from any place, and never to a place before the first
    assert [place for place, _ in shown(get("?from=30"), "all")] == list(range(30, 80))
    assert links(get("?from=30")) == {"Previous 50": "?from=1", "Next 32": "?from=80"}
    assert list(links(get("?from=61"))) == ["Previous 50", "Next 1"]
    assert list(links(get("?from=62"))) == ["Previous 50"]
    assert "There are no entries here" in get("?from=112")
    assert browser.get("/boards/b003?from=0").status_code == 400


def test_the_page_of_a_board_marks_a_cluster_or_shows_three_on_each_side(site: Site) -> None:
    browser = site.browser()
    for rank, cluster in PLACES:
        page = browser.get("/boards/b002", params={"clusterId": cluster}, headers=HTML).text
        assert f'<a href="#near"><bdi>{cluster}</bdi></a> has rank {rank}, in the list' in page
        assert 'id="around"' not in page
        assert shown(page, "all") == PLACES
    for place in (55, 80, 110):
        page = browser.get("/boards/b003", params={"clusterId": f"c{place:03}"}, headers=HTML).text
        near = [(one, f"c{one:03}") for one in range(place - 3, min(place + 3, MANY) + 1)]
        assert shown(page, "around") == near
    page = browser.get("/boards/b002", params={"clusterId": "nobody"}, headers=HTML).text
    assert "<bdi>nobody</bdi> is not on this board" in page


def test_the_page_of_a_board_keeps_run_and_cluster_and_lists_the_newest_runs(
    site: Site, rows: psycopg.Connection
) -> None:
    browser = site.browser()
    (run,) = column("select id from app.leaderboard_runs where leaderboard_key = 'b003'")(rows)
    page = browser.get(f"/boards/b003?run={run}&clusterId=c+1", headers=HTML).text
    assert links(page) == {"Next 50": f"?from=51&run={run}&clusterId=c%201"}
    newest = LISTS[1].every(rows)[:24]
    page = browser.get("/boards/b000", headers=HTML).text
    assert [int(one) for one in re.findall(r"/boards/b000\?run=(\d+)", page)] == newest
    # a run of another board, or one that is not complete, is none
    failed = column("select id from app.leaderboard_runs where status = 'FAILED'")(rows)[0]
    for other in (run, failed, -1, 2**63 - 1, 2**63):
        assert browser.get(f"/boards/b000?run={other}").status_code == 404, other
        answer = browser.get(f"/leaderboards/b000/runs/{other}")
        assert answer.status_code == 404, other


def test_the_page_of_runs_shows_the_newest_25(
    site: Site, rows: psycopg.Connection, admin: str
) -> None:
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": admin})
    page = browser.get("/admin", headers=HTML).text
    newest = LISTS[2].every(rows)[:25]
    assert [int(run) for run in re.findall(r'href="/admin/runs/(\d+)"', page)] == newest
    assert f"<h1>Run {newest[3]}</h1>" in browser.get(f"/admin/runs/{newest[3]}").text
    for run in (0, newest[0] + 1, 2**63, 10**30):
        assert browser.get(f"/admin/runs/{run}", headers=HTML).status_code == 404, run


def test_the_page_of_a_run_that_failed_has_its_sentence_and_folds_the_rest(
    site: Site, rows: psycopg.Connection, admin: str
) -> None:
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": admin})
    (number,) = rows.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, state, finished_at, error)"
        " values ('failed', 'FULL', now(), 'FAILED', now(), %s) returning run_id",
        ["challenge_progress: division by zero\nCONTEXT:  SQL statement <1>"],
    ).fetchone()
    page = browser.get(f"/admin/runs/{number}", headers=HTML).text
    assert '<span class="long">challenge_progress: division by zero</span>' in page
    folded = page.partition("<details>")[2].partition("</details>")[0]
    assert '<pre class="scroll" tabindex="0">CONTEXT:  SQL statement &lt;1&gt;</pre>' in folded


def test_one_run_of_the_ledger_is_that_run(reader: httpx.Client, rows: psycopg.Connection) -> None:
    every = LISTS[2].every(rows)
    for run in (every[0], every[5], every[-1]):
        assert reader.get(f"/admin/etl/runs/{run}").json()["runId"] == run
    rows.execute("delete from app.etl_runs where run_id = %s", [every[7]])
    for run in (every[7], every[0] + 1, 0):
        answer = reader.get(f"/admin/etl/runs/{run}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"no run {run}")
