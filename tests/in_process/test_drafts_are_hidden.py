"""A draft of a board or season is shown by no public route or page, and nothing is told of it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from tests import PROJECT
from tests.in_process import HTML, Site
from tests.in_process.players import a_discord_id, refusal
from tests.in_process.rows import put, put_board, put_board_run, put_metrics, put_points
from tests.in_process.strangers import CLUSTER, SEASON, questions, told_of
from tests.prepared_server import drop_database
from tests.settled_rewards import give, settle

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("drafts_are_hidden")

BOARD, DRAFT = "ghostboard", "ghostseason"
#: What no response says: names and ids of the drafts, and what they give.
OF_DRAFTS = re.compile("(?i)ghost|phantom")
#: What a question and its response name.
NAMES = r"ghostboard|nobodysboard|ghostseason|nobodysone|(?<=run )\d+"


@pytest.fixture(scope="module")
def module_database(
    server: str, demo_world_template: str, new_database: Callable[[str, str], str]
) -> Iterator[str]:
    """The URL of a copy of the demo world, whose season is over while an active draft goes on. Both
    drafts were computed, for the cluster of everybody's questions and first."""
    url = new_database("drafts_are_hidden", demo_world_template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "update app.seasons set ends_at = now() - interval '1 day' where id = %s", [SEASON]
        )
        (now,) = connection.execute("select now()").fetchone()
        put(
            connection,
            "app.seasons",
            id=DRAFT,
            name="Phantom Season",
            starts_at=now.replace(hour=0, minute=0, second=0, microsecond=0),
            ends_at=now.replace(year=now.year + 1),
            is_active=True,
            state="draft",
        )
        put(
            connection,
            "app.season_challenge_weights",
            season_id=DRAFT,
            challenge_code="arena_victor",
            weight=1,
        )
        put_points(connection, DRAFT, CLUSTER, 1000, 5)
        put_metrics(connection, CLUSTER, {}, f"season:{DRAFT}")
        put_metrics(connection, CLUSTER, {}, f"season:{DRAFT}:baseline")
        for key, season, kind in (("g", DRAFT, {"level": 1}), ("h", SEASON, {"rank_from": 1})):
            put(
                connection,
                "app.reward_definitions",
                season_id=season,
                reward_key=key,
                name="Phantom Prize",
                kind="LEVEL" if "level" in kind else "RANK",
                **kind if "level" in kind else kind | {"rank_to": 1, "leaderboard_key": BOARD},
            )
        put_board(connection, "front")
        put_board_run(connection, "front", [(1, CLUSTER, 9)])
        put_board(connection, BOARD, name="Phantom Board", state="draft")
        put_board_run(connection, BOARD, [(1, CLUSTER, 9), (2, "demo-idle", 8)])
        put_board(connection, "of-seasons", time_window="SEASON")
    yield url
    drop_database(server, "drafts_are_hidden")


@pytest.mark.ci
def test_no_route_says_that_there_is_a_draft(site: Site, rows: psycopg.Connection) -> None:
    """Whatever is asked, of anything else, by a stranger and by another player."""
    askers, asked = [site.browser(), site.player(a_discord_id())], 0
    for question in questions(site, rows):
        if question.method == "GET" or question.route == "/clusters/progress":
            for asker in askers:
                answer = question.ask(asker)
                assert answer.status_code < 500, (question, answer.text)
                told = answer.text + str(list(answer.headers.items()))
                assert not OF_DRAFTS.search(told), (question, told)
                asked += 1
    assert asked > 200


def test_who_asks_for_a_draft_gets_what_is_not_there(site: Site, rows: psycopg.Connection) -> None:
    """By its key, or by the number of its run: as for a name that nothing has."""
    stranger, asked = site.browser(), 0
    (run,) = rows.execute(
        "select max(id) from app.leaderboard_runs where leaderboard_key = %s", [BOARD]
    ).fetchone()
    drafts = questions(site, rows, BOARD, DRAFT)
    others = questions(site, rows, "nobodysboard", "nobodysone")
    for draft, other in zip(drafts, others, strict=True):
        if draft == other or draft.method != "GET":
            continue
        of_run = re.sub(r"(?<=/runs/)\d+", str(run), draft.path)
        first, second = (
            tuple(
                re.sub(rf"{NAMES}|(?<=/runs/)\d+", "?", str(part))
                for part in told_of(asked_for, "?")
            )
            for asked_for in (draft._replace(path=of_run).ask(stranger), other.ask(stranger))
        )
        assert first == second, draft
        asked += 1
    assert asked > 25


def test_a_stream_of_a_draft_is_refused(site: Site) -> None:
    answer = site.browser().get("/events", params={"board": BOARD})
    assert refusal(answer) == (404, f"no board {BOARD}")


def test_nothing_is_told_of_a_draft_and_nobody_entitled(rows: psycopg.Connection) -> None:
    with rows.transaction(force_rollback=True):
        run = put_board_run(rows, BOARD, status="PROCESSING", as_of=None, row_count=None)
        done = (
            "update app.leaderboard_runs set status = 'COMPLETE', as_of = now(), row_count = 1"
            " where id = %s"
        )
        rows.execute(done, [run])
        rows.execute("update analytics.season_progress set level = 9 where season_id = %s", [DRAFT])
        give(rows, "gem", DRAFT, level=1)
        settle(rows)
        frozen = "insert into app.final_standings (season_id, leaderboard_key, run_id, as_of)"
        rows.execute(
            f"{frozen} values (%s, null, 1, now()), (%s, %s, 1, now())", [DRAFT, SEASON, BOARD]
        )
        rows.execute("set constraints all immediate")
        for table in ("app.rewards", "app.final_standings"):
            assert rows.execute(f"select count(*) from {table}").fetchone() == (0,), table
        told = "select count(*) from app.events where concat(details, leaderboard_key) ~ 'ghost'"
        assert rows.execute(told).fetchone() == (0,)

        # the same, live
        rows.execute("update app.leaderboard_defs set state = 'live' where key = %s", [BOARD])
        rows.execute("update app.seasons set state = 'live' where id = %s", [DRAFT])
        run = put_board_run(rows, BOARD, status="PROCESSING", as_of=None, row_count=None)
        rows.execute(done, [run])
        rows.execute(f"{frozen} values (%s, %s, 1, now())", [SEASON, BOARD])
        rows.execute(
            "update analytics.season_progress set level = 10 where season_id = %s", [DRAFT]
        )
        rows.execute("set constraints all immediate")
        found = rows.execute(
            "select event_type from app.events where event_type <> 'everything.changed'"
            " and (leaderboard_key = %s or details ->> 'seasonId' = %s) order by 1",
            [BOARD, DRAFT],
        ).fetchall()
        assert found == [("board.completed",), ("season.level_reached",)]
        assert rows.execute("select count(*) from app.final_standings").fetchone() == (1,)


def test_admins_see_drafts_and_check_them(site: Site, admin: str, bot: str) -> None:
    program = site.program(admin)
    listed = {one["key"]: one["state"] for one in program.get("/admin/leaderboards").json()}
    assert (listed[BOARD], listed["front"]) == ("draft", "live")
    listed = {one["id"]: one["state"] for one in program.get("/admin/seasons").json()}
    assert (listed[DRAFT], listed[SEASON]) == ("draft", "live")
    board = program.get(f"/admin/leaderboards/{BOARD}/check").json()
    assert (board["ranked"], board["first"][0]["clusterId"]) == (2, CLUSTER)
    season = program.get(f"/admin/seasons/{DRAFT}/check").json()
    assert (season["population"], season["first"][0]["valueText"]) == (1, "1000")
    assert [(one["rewardKey"], one["clusters"]) for one in season["rewards"]] == [("g", 1)]
    for path in (f"/admin/leaderboards/{BOARD}/check", f"/admin/seasons/{DRAFT}/check"):
        assert site.browser().get(path).status_code == 401
        assert site.program(bot).get(path).status_code == 403
        assert program.get(path.replace("ghost", "no")).status_code == 404


def test_an_admin_makes_a_board_live_on_its_page(
    site: Site, admin: str, rows: psycopg.Connection
) -> None:
    ruler = site.browser()
    ruler.post("/admin/sign-in", data={"token": admin})
    put_board(rows, "spare", name="Spare", state="draft")
    page = ruler.get("/admin/boards/edit?key=spare", headers=HTML).text
    assert "State: draft" in page
    assert "Missing: no complete run: hedge boards run spare computes one" in page
    form = {"kind": "board", "key": "spare", "state": "live"}
    ruler.post("/admin/boards/state", data=form)
    state = "select state from app.leaderboard_defs where key = 'spare'"
    assert rows.execute(state).fetchone() == ("draft",)
    assert "board spare does not go live" in ruler.get("/admin/boards", headers=HTML).text
    answer = ruler.post("/admin/boards/state", data=form | {"unchecked": "on"})
    assert rows.execute(state).fetchone() == ("live",), answer.text
    assert "State: draft" in ruler.get(f"/admin/boards/season?season={DRAFT}", headers=HTML).text

    page = ruler.get("/admin/boards/changes?key=spare", headers=HTML).text
    assert "admin a test" in page
    assert re.search(r"<code>state</code>: <bdi>draft</bdi> → <bdi>live</bdi>", page)
    assert "spare" not in ruler.get("/admin/boards/changes?kind=season", headers=HTML).text
    (change, *_) = site.program(admin).get("/admin/audit", params={"key": "spare"}).json()
    assert (change["oldValues"], change["newValues"]) == ({"state": "draft"}, {"state": "live"})
    assert change["causedBy"] == answer.headers["X-Request-Id"]
    assert site.browser().get("/admin/audit").status_code == 401


def test_a_program_changes_a_state_by_its_checks(
    site: Site, admin: str, rows: psycopg.Connection
) -> None:
    program = site.program(admin)
    put_board(rows, "other", name="Other", state="draft")
    refused = program.put("/admin/leaderboards/other", json={"state": "live"})
    assert refused.status_code == 400
    assert "board other does not go live: no complete run" in refusal(refused)[1]
    path = "/admin/leaderboards/other?unchecked=true"
    assert program.put(path, json={"state": "live"}).json()["state"] == "live"
    stranger = site.browser()
    assert stranger.get("/leaderboards/other").status_code == 200
    put_board_run(rows, "other", [(1, CLUSTER, 1)])
    assert program.put("/admin/leaderboards/other", json={"state": "retired"}).status_code == 200
    # its page stays, and lists do not have it
    assert stranger.get("/leaderboards/other/latest").json()["entries"][0]["clusterId"] == CLUSTER
    definition = stranger.get("/leaderboards/other").json()
    (since,) = rows.execute("select app.retired_since('board', 'other')").fetchone()
    assert definition["state"] == "retired"
    assert datetime.fromisoformat(definition["retiredAt"]) == since
    assert "This board was retired" in stranger.get("/boards/other", headers=HTML).text
    assert "other" not in [one["key"] for one in stranger.get("/leaderboards").json()]
    assert "Other" not in stranger.get("/boards", headers=HTML).text
    refused = program.put("/admin/leaderboards/other", json={"state": "draft"})
    assert "cannot become a draft: players have seen its runs" in refusal(refused)[1]
    assert program.put("/admin/leaderboards/other", json={"state": "gone"}).status_code == 400
    changed = program.get("/admin/audit", params={"key": "other", "limit": 1}).json()
    assert changed[0]["changedBy"] == "admin a test"


def test_a_retired_season_says_since_when(site: Site, admin: str, rows: psycopg.Connection) -> None:
    rows.execute(
        "insert into app.seasons (id, name, starts_at, ends_at, is_active)"
        " values ('gone', 'Gone', '2025-01-01', '2025-02-01', true)"
    )
    stranger = site.browser()
    found = stranger.get("/seasons/gone").json()
    assert (found["state"], found["retiredAt"]) == ("live", None)
    assert "was retired" not in stranger.get("/season/gone", headers=HTML).text
    changed = site.program(admin).put("/admin/seasons/gone", json={"state": "retired"})
    assert changed.status_code == 200, changed.text
    found = stranger.get("/seasons/gone").json()
    (since,) = rows.execute("select app.retired_since('season', 'gone')").fetchone()
    assert found["state"] == "retired"
    assert datetime.fromisoformat(found["retiredAt"]) == since
    assert "This season was retired" in stranger.get("/season/gone", headers=HTML).text
    changed = site.program(admin).put("/admin/seasons/gone?unchecked=true", json={"state": "live"})
    assert changed.status_code == 200, changed.text
    assert stranger.get("/seasons/gone").json()["retiredAt"] is None


def test_public_queries_read_what_is_public() -> None:
    """Through the views, in which a draft is not."""
    for file in sorted((PROJECT / "api" / "sql").glob("*.sql")):
        found = re.search(r"app\.(leaderboard_defs|seasons)\b", file.read_text())
        assert found is None, f"{file.name} reads {found[0]}: a draft would be shown"
