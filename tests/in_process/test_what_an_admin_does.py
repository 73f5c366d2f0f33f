"""What an admin changes and requests, by the API and by forms, and what is refused."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from hedge import boards, seasons
from tests.in_process import HTML, Site
from tests.in_process.rows import put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("what_an_admin_does")

BEGIN, END = datetime(2035, 12, 1, tzinfo=UTC), datetime(2036, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def known(rows: psycopg.Connection) -> None:
    """A board, a season and a cluster."""
    put_board(rows, "wins")
    put_board(rows, "private", is_public=False)
    put_board(rows, "inactive", is_active=False)
    add_cluster(rows, "busy", "0x" + "a1" * 20)
    seasons.add(rows, seasons.Season("winter", "Winter", BEGIN, END, False, "SEASON"))


@pytest.fixture
def ruler(site: Site, admin: str) -> httpx.Client:
    """A program of an admin."""
    return site.program(admin)


@pytest.fixture
def browser(site: Site, admin: str) -> httpx.Client:
    """A browser in which an admin is signed in."""
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": admin})
    return browser


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and sentence of an error."""
    return answer.status_code, answer.json()["detail"]


def submit(browser: httpx.Client, path: str, back: str, **fields: str) -> str:
    """Send a form and follow the redirect; the notice that the page shows, and shows once."""
    answer = browser.post(path, data=fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, back), answer.text
    notice = r'<p class="notice( wrong)?" role="(status|alert)">.*?<span dir="auto">(.*?)</span>'
    found = re.search(notice, browser.get(back, headers=HTML).text)
    wrong, role, sentence = found.groups()
    assert role == ("alert" if wrong else "status")
    assert sentence not in browser.get(back, headers=HTML).text
    return ("! " if wrong else "") + sentence


def request_of(rows: psycopg.Connection, number: int) -> tuple:
    """What a request is for, and which request of the API has caused it."""
    return rows.execute(
        "select kind, cluster_id, caused_by from app.etl_requests where request_id = %s", [number]
    ).fetchone()


# -- requests ----------------------------------------------------------------------------


def test_a_run_is_requested_in_the_name_of_the_request(
    rows: psycopg.Connection, ruler: httpx.Client
) -> None:
    for path, body, wanted in (
        ("clusters/busy/run", None, ("CLUSTER", "busy")),
        ("run", {"kind": "FULL"}, ("FULL", None)),
        ("run", {"kind": "incremental"}, ("INCREMENTAL", None)),
    ):
        answer = ruler.post(f"/admin/etl/{path}", json=body)
        assert answer.status_code == 202
        assert answer.json()["lookAt"] == "/admin/etl/requests"
        name = answer.headers["X-Request-Id"]
        assert request_of(rows, answer.json()["requestId"]) == (*wanted, name)
    for kind in ("CLUSTER", "BOARD", ""):
        wrong = ruler.post("/admin/etl/run", json={"kind": kind})
        assert refusal(wrong) == (400, f"kind '{kind}' is not FULL or INCREMENTAL")
    unknown = ruler.post("/admin/etl/clusters/nobody/run")
    assert refusal(unknown) == (404, "no cluster nobody")


def test_a_parked_request_is_retried_at_once(
    rows: psycopg.Connection, ruler: httpx.Client, browser: httpx.Client
) -> None:
    def park() -> int:
        (number,) = rows.execute(
            "insert into app.etl_requests"
            " (kind, reason, attempts, parked_at, error, next_attempt_at)"
            " values ('FULL', 'a test', 5, now(), 'broken', now() + interval '1 day')"
            " returning request_id"
        ).fetchone()
        return number

    state = "select attempts, error, parked_at, next_attempt_at <= now() from app.etl_requests"
    number, other = park(), park()
    answer = ruler.post(f"/admin/etl/requests/{number}/retry")
    assert (answer.status_code, answer.json()["requestId"]) == (202, number)
    now = rows.execute(f"{state} where request_id = %s", [number]).fetchone()
    assert now == (0, None, None, True)
    (kept,) = rows.execute(f"{state} where request_id = %s", [other]).fetchmany()
    assert kept[:2] == (5, "broken")
    sentence = submit(browser, "/admin/requests/retry", "/admin", request=str(other))
    assert sentence == "The request is tried again."
    now = rows.execute(f"{state} where request_id = %s", [other]).fetchone()
    assert now == (0, None, None, True)
    unknown = ruler.post(f"/admin/etl/requests/{other + 1}/retry")
    assert refusal(unknown) == (404, f"no request {other + 1}")
    sentence = submit(browser, "/admin/requests/retry", "/admin", request="first")
    assert sentence == "! request &#39;first&#39; is not a whole number"


def test_a_run_is_requested_with_a_form(rows: psycopg.Connection, browser: httpx.Client) -> None:
    newest = "select kind, cluster_id from app.etl_requests order by request_id desc limit 1"
    for fields, wanted in (
        ({"kind": "FULL"}, ("FULL", None)),
        ({"kind": "INCREMENTAL", "cluster": " "}, ("INCREMENTAL", None)),
        ({"kind": "FULL", "cluster": " busy "}, ("CLUSTER", "busy")),
    ):
        sentence = submit(browser, "/admin/requests", "/admin", **fields)
        assert sentence == "The run is requested."
        assert rows.execute(newest).fetchone() == wanted
    count = "select count(*) from app.etl_requests"
    before = rows.execute(count).fetchone()
    for fields, words in (
        ({"kind": "CLUSTER"}, "name the cluster"),
        ({"cluster": "nobody"}, "no cluster nobody"),
        ({"kind": "BOARD"}, "a run of kind &#39;BOARD&#39;"),
        ({}, "a run of kind &#39;&#39;"),
    ):
        sentence = submit(browser, "/admin/requests", "/admin", **fields)
        assert sentence.startswith(f"! {words}")
    assert rows.execute(count).fetchone() == before


# -- boards ------------------------------------------------------------------------------


def test_fields_of_a_board_are_changed_and_the_others_kept(
    rows: psycopg.Connection, ruler: httpx.Client
) -> None:
    before = boards.board(rows, "wins")
    answer = ruler.put("/admin/leaderboards/wins", json={"maxEntries": 7, "isPublic": False})
    assert (answer.status_code, answer.json()["maxEntries"]) == (200, 7)
    after = boards.board(rows, "wins")
    changed = {"max_entries": 7, "is_public": False}
    assert vars(after) == vars(before) | changed
    ruler.put("/admin/leaderboards/wins", json={"isPublic": True})
    empty = ruler.put("/admin/leaderboards/wins", json={})
    assert refusal(empty) == (400, "the body names nothing to change")
    unknown = ruler.put("/admin/leaderboards/none", json={"maxEntries": 7})
    assert refusal(unknown) == (404, "no board none")
    for wrong in ({"key": "other"}, {"name": ""}, {"unknown": 1}, {"maxEntries": 0}):
        assert ruler.put("/admin/leaderboards/wins", json=wrong).status_code == 400, wrong


def test_a_board_run_is_requested_for_a_period_or_for_now(
    rows: psycopg.Connection, ruler: httpx.Client, browser: httpx.Client
) -> None:
    put_board(rows, "monthly", time_window="MONTHLY")
    period = {"periodStart": "2026-01-01T00:00:00Z", "periodEnd": "2026-02-01T00:00:00Z"}
    answer = ruler.post("/admin/leaderboards/monthly/run", json=period)
    assert answer.status_code == 202
    number = answer.json()["requestId"]
    look_at = f"/admin/leaderboards/monthly/runs/{number}"
    assert answer.json()["lookAt"] == look_at
    found = ruler.get(look_at).json()
    assert (found["id"], found["status"]) == (number, "PENDING")
    assert {name: found[name] for name in period} == period
    current = ruler.post("/admin/leaderboards/monthly/run").json()
    start = datetime.fromisoformat(ruler.get(current["lookAt"]).json()["periodStart"])
    assert start.day == 1
    assert timedelta(0) <= datetime.now(UTC) - start < timedelta(days=31, minutes=1)
    for half in ("periodStart", "periodEnd"):
        wrong = ruler.post("/admin/leaderboards/monthly/run", json={half: period[half]})
        assert refusal(wrong) == (400, "a period has both periodStart and periodEnd")
    assert ruler.post("/admin/leaderboards/none/run").status_code == 404
    # a run belongs to its board
    assert ruler.get(f"/admin/leaderboards/wins/runs/{number}").status_code == 404
    assert ruler.get(f"/admin/leaderboards/none/runs/{number}").status_code == 404
    sentence = submit(browser, "/admin/boards/run", "/admin/boards", key="monthly")
    assert sentence == "A run of board monthly is requested."
    sentence = submit(browser, "/admin/boards/run", "/admin/boards", key="none")
    assert sentence == "! no board none"


@pytest.mark.parametrize("key", ["private", "inactive", "none"])
def test_readers_see_no_board_that_is_private_or_inactive(
    site: Site, rows: psycopg.Connection, key: str
) -> None:
    run = put_board_run(rows, key, [(1, "busy", 9)]) if key != "none" else 1
    reader = site.browser()
    for path in (
        f"/leaderboards/{key}/latest",
        f"/leaderboards/{key}/runs",
        f"/leaderboards/{key}/runs/{run}",
        f"/leaderboards/{key}/around?clusterId=busy",
        f"/boards/{key}",
        f"/boards/{key}?run={run}",
    ):
        answer = reader.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["detail"].startswith((f"no board {key}", f"board {key} has no"))
    assert key not in str(reader.get("/leaderboards").json())


def test_a_board_that_was_not_computed_says_so(site: Site, rows: psycopg.Connection) -> None:
    put_board(rows, "new")
    reader = site.browser()
    for path in ("latest", "around?clusterId=busy"):
        answer = reader.get(f"/leaderboards/new/{path}")
        assert refusal(answer) == (404, "board new was not computed yet")
    assert reader.get("/leaderboards/new/runs").json() == []
    assert "no complete run yet" in reader.get("/boards/new", headers=HTML).text
    run = put_board_run(rows, "new")
    answer = reader.get("/leaderboards/new/around?clusterId=busy")
    assert refusal(answer) == (404, "cluster busy is not on board new")
    found = reader.get(f"/leaderboards/new/runs/{run}").json()
    assert (found["leaderboard"], found["entries"]) == (
        {"key": "new", "name": "Board new", "periodStart": None, "periodEnd": None},
        [],
    )


# -- seasons -----------------------------------------------------------------------------


SPAN = {"startsAt": BEGIN.isoformat(), "endsAt": END.isoformat(), "scoring": "SEASON"}
METRIC = {"metricSource": "onchain_pvp", "metricKey": "wins", "timeWindow": "ALL_TIME"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/seasons", {"id": "twice"} | SPAN),
        ("/admin/leaderboards", {"key": "twice", "categoryKey": "pvp_competition"} | METRIC),
    ],
)
def test_what_is_sent_again_is_replaced(ruler: httpx.Client, path: str, body: dict) -> None:
    for name in ("Once", "Twice"):
        answer = ruler.post(path, json=body | {"name": name, "isActive": False})
        assert answer.status_code == 200, answer.text
        assert name in {one["name"] for one in ruler.get(path).json()}
    assert "Once" not in {one["name"] for one in ruler.get(path).json()}


def test_fields_of_a_season_are_changed_and_the_others_kept(
    rows: psycopg.Connection, ruler: httpx.Client
) -> None:
    before = vars(seasons.season(rows, "winter"))
    answer = ruler.put("/admin/seasons/winter", json={"name": "Deep winter"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Deep winter")
    assert vars(seasons.season(rows, "winter")) == before | {"name": "Deep winter"}
    empty = ruler.put("/admin/seasons/winter", json={})
    assert refusal(empty) == (400, "the body names nothing to change")
    for method, path in (("PUT", ""), ("GET", "/weights"), ("POST", "/weights")):
        body: Any = [] if method == "POST" else {"name": "x"}
        answer = ruler.request(method, f"/admin/seasons/none{path}", json=body)
        assert refusal(answer) == (404, "no season none")
    assert ruler.put("/admin/seasons/winter", json={"id": "x"}).status_code == 400


def test_weights_are_given_one_by_one_to_six_places(
    rows: psycopg.Connection, ruler: httpx.Client, browser: httpx.Client
) -> None:
    def put(**weights: float) -> dict[str, float]:
        body = [{"challengeKey": key, "weight": weight} for key, weight in weights.items()]
        answer = ruler.post("/admin/seasons/winter/weights", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json() == ruler.get("/admin/seasons/winter/weights").json()
        return {one["challengeKey"]: one["weight"] for one in answer.json()}

    assert put(arena_victor=0.1234567) == {"arena_victor": 0.123457}
    assert put(hero_riser=2) == {"arena_victor": 0.123457, "hero_riser": 2}
    for weight, said in (("9e39", f"9{'0' * 39}.000000"), ("1e40", "1E+40")):
        body = f'[{{"challengeKey": "hero_riser", "weight": {weight}}}]'
        typed = {"content-type": "application/json"}
        answer = ruler.post("/admin/seasons/winter/weights", content=body, headers=typed)
        assert answer.status_code == 400
        assert f" is {said}, not a number" in answer.json()["detail"]
    form = {"season": "winter", "challenge": " arena_victor ", "weight": " 3.5 "}
    sentence = submit(browser, "/admin/boards/season/weight", "/admin/boards", **form)
    assert sentence == "The weight is saved."
    assert put() == {"arena_victor": 3.5, "hero_riser": 2}
    sentence = submit(
        browser, "/admin/boards/season/weight", "/admin/boards", **form | {"weight": "0"}
    )
    assert sentence.startswith("! season winter: ")
    page = browser.get("/admin/boards/season?season=winter", headers=HTML).text
    assert '<td class="number">3.5</td>' in page
    assert browser.get("/admin/boards/season?season=none", headers=HTML).status_code == 404


@pytest.mark.parametrize("is_active", [True, False])
def test_a_season_is_saved_as_the_form_says(
    rows: psycopg.Connection, browser: httpx.Client, is_active: bool
) -> None:
    rows.execute("delete from app.seasons where id = 'form'")
    form = {
        "id": "form",
        "name": " Form ",
        "startsAt": "2040-12-01T00:30",
        "endsAt": "2041-03-01T02:00+02:00",
        "scoring": "LIFETIME",
    } | ({"isActive": "on"} if is_active else {})
    path, back = "/admin/boards/season", "/admin/boards"
    assert submit(browser, path, back, **form | {"new": "1"}) == "Season form is saved."
    saved = seasons.season(rows, "form")
    assert (saved.name, saved.is_active, saved.scoring) == ("Form", is_active, "LIFETIME")
    assert saved.starts_at == datetime(2040, 12, 1, 0, 30, tzinfo=UTC)
    assert saved.ends_at == datetime(2041, 3, 1, tzinfo=UTC)
    again = submit(browser, path, back, **form | {"new": "1"})
    assert again == "! there is a season form already"
    assert submit(browser, path, back, **form | {"name": "Other"}) == "Season form is saved."
    assert seasons.season(rows, "form").name == "Other"
    for field, word in (("startsAt", "start"), ("endsAt", "end")):
        notice = submit(browser, path, back, **form | {field: "soon"})
        assert notice.startswith(f"! {word} &#39;soon&#39;")
    page = browser.get("/admin/boards/season?season=form", headers=HTML).text
    assert 'value="2040-12-01T00:30"' in page
    assert "<option selected>LIFETIME</option>" in page
    assert ('name="isActive" checked' in page) is is_active
    rows.execute("delete from app.seasons where id = 'form'")


# -- forms that lack something -----------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "boards", "reward"])
def test_a_state_is_of_a_board_or_a_season(
    rows: psycopg.Connection, browser: httpx.Client, kind: str
) -> None:
    given = {"kind": kind, "key": "wins", "state": "retired"}
    sentence = submit(browser, "/admin/boards/state", "/admin/boards", **given)
    assert sentence == f"! &#39;{kind}&#39; is no kind of a definition: board or season"
    assert boards.board(rows, "wins").state == "live"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "name what to exclude: a cluster, a wallet or a fact"),
        ({"name": " "}, "name what to exclude: a cluster, a wallet or a fact"),
        ({"name": "busy", "from": "board"}, "name the board that it is excluded from"),
        ({"name": "busy", "from": "season", "target": " "}, "name the season that it is"),
        ({"name": "busy", "from": "metric"}, "name the metric that it is excluded from"),
        (
            {"name": "busy", "target": "wins"},
            "&#39;wins&#39; is named, and it is excluded from everything",
        ),
        (
            {"name": "pvp_matches match_id", "what": "fact"},
            "&#39;match_id&#39; is not COLUMN=VALUE, such as match_id=1",
        ),
    ],
)
def test_an_exclusion_is_of_something_and_from_something(
    rows: psycopg.Connection, browser: httpx.Client, fields: dict[str, str], sentence: str
) -> None:
    count = "select count(*) from app.exclusion_previews"
    before = rows.execute(count).fetchone()
    path, back = "/admin/players/exclusions/previews", "/admin/players/exclusions"
    assert submit(browser, path, back, **fields).startswith(f"! {sentence}")
    assert rows.execute(count).fetchone() == before


def test_an_exclusion_is_made_from_a_preview_that_is_kept(
    rows: psycopg.Connection, ruler: httpx.Client, browser: httpx.Client
) -> None:
    add_cluster(rows, "kept", "0x" + "a2" * 20)
    asked = browser.post(
        "/admin/players/exclusions/previews", data={"name": "kept", "reason": "unfair"}
    )
    number = int(asked.headers["Location"].rpartition("/")[2])
    assert ruler.get(f"/admin/exclusion-previews/{number}").json()["previewId"] == number
    waiting = "as soon as a worker runs; none does now"
    assert waiting in browser.get(asked.headers["Location"], headers=HTML).text
    rows.execute(
        "insert into procrastinate.procrastinate_workers (last_heartbeat) values (now()), (now())"
    )
    page = browser.get(asked.headers["Location"], headers=HTML).text
    assert "Who moves is being computed. This page" in re.sub("<[^>]*>", "", page)
    rows.execute("delete from procrastinate.procrastinate_workers")
    gone = f"no preview {number + 1}: it is kept for a day, ask for another"
    assert refusal(ruler.get(f"/admin/exclusion-previews/{number + 1}")) == (404, gone)
    path, back = "/admin/players/exclusions/apply", "/admin/players/exclusions"
    assert submit(browser, path, back, preview=str(number + 1)) == f"! {gone}"
    assert submit(browser, path, back, preview="") == "! preview &#39;&#39; is not a whole number"
    made = submit(browser, path, back, preview=str(number))
    assert re.fullmatch(r"Made: exclusion \d+; the next run follows\.", made)
