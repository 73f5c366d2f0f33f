"""Everybody may ask why a value is what it is; what happened on Discord stays with the player."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from hedge import tokens
from hedge.chain.decoding import decode
from tests.in_process import HTML, Site
from tests.in_process.rows import AS_OF, put, put_metrics, put_progress
from tests.integration.chain.facts import METIS, put_block, put_log, tx
from tests.support import add_cluster, discord_interaction, pvp_match
from tests.support import put as put_facts

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("an_explanation")

PLAYER, OTHER = "100000000000000077", "100000000000000078"
WALLET = "0x" + "a1" * 20
DAY = timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def story(rows: psycopg.Connection) -> None:
    """A player with three wins and two commands on Discord, as if it were computed."""
    add_cluster(rows, "busy", WALLET, discord_id=PLAYER)
    add_cluster(rows, "waiting", "0x" + "a2" * 20, discord_id=OTHER)
    for days in (3, 1, 2):
        put_facts(rows, pvp_match(WALLET, at=AS_OF - days * DAY, match_id=f"{days} days ago"))
    put_facts(rows, pvp_match(WALLET, is_ranked=False))
    put_facts(rows, discord_interaction(PLAYER), discord_interaction(PLAYER, kind="MESSAGE"))
    span = {"starts_at": AS_OF - 2 * DAY, "ends_at": AS_OF + DAY}
    put(rows, "app.seasons", id="spring", name="Spring", **span)
    pvp, behavior = {"wins": 3}, {"discord_engagement_score": 1, "active_days": 4}
    for window in ("all_time", "rolling_180d", "season:spring", "season:spring:baseline"):
        put_metrics(rows, "busy", {"onchain_pvp": pvp, "behavior_events": behavior}, window)
    put_metrics(rows, "busy", {}, "run:1")
    for challenge, value in (("arena_victor", 3), ("loyal_follower", 1), ("kingdom_calls", 4)):
        put_progress(rows, "busy", challenge, value)


def ask(client: httpx.Client, challenge: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"/clusters/busy/progress/{challenge}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_stranger_sees_what_happened_on_the_chain(site: Site) -> None:
    found = ask(site.browser(), "arena_victor", limit=2)
    assert (found["value"], found["factCount"], found["contributed"]) == (3, 3, 3)
    # the newest
    assert [fact["naturalKey"] for fact in found["facts"]] == [
        {"realm": "DFK", "matchId": "1 days ago"},
        {"realm": "DFK", "matchId": "2 days ago"},
    ]
    assert found["facts"][0]["occurredAt"] == "2026-05-31T12:00:00Z"
    assert found["passedOver"] == [{"reason": "unranked", "rows": 1}]
    assert (found["isDescribed"], found["isComplete"], found["addsUp"]) == (True, True, True)
    assert (found["nextTier"], found["nextThreshold"], found["missing"]) == ("ADVANCED", 15, 12)
    reached = {tier["tier"]: tier["isReached"] for tier in found["ladder"]}
    assert reached == {"BASIC": True, "ADVANCED": False, "ELITE": False, "EXALTED": False}
    assert (found["window"], found["asOf"]) == ("all_time", "2026-06-01T12:00:00Z")
    assert len(ask(site.browser(), "arena_victor")["facts"]) == 3
    # within the season: two of them; the value is that of the row, which says three
    season = ask(site.browser(), "arena_victor", window="season:spring")
    assert (season["window"], season["factCount"], season["addsUp"]) == (
        "season:spring",
        2,
        False,
    )


def test_the_facts_come_page_by_page(site: Site) -> None:
    for limit, sizes in ((1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])):
        pages, after = [], ""
        while after is not None:
            found = ask(site.browser(), "arena_victor", limit=limit, after=after)
            assert (found["factCount"], found["contributed"]) == (3, 3)
            pages.append([fact["naturalKey"]["matchId"][0] for fact in found["facts"]])
            after = found["next"]
        assert [len(page) for page in pages] == sizes
        assert "".join(match for page in pages for match in page) == "123"
    # -1
    answer = site.browser().get("/clusters/busy/progress/arena_victor", params={"after": "~Wy0xXQ"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_tier_is_reached_at_its_threshold(site: Site) -> None:
    ladder = ask(site.browser(), "arena_victor")["ladder"]
    assert [(one["tier"], one["threshold"], one["isReached"]) for one in ladder][:2] == [
        ("BASIC", 3, True),
        ("ADVANCED", 15, False),
    ]


def test_only_the_player_and_an_admin_see_what_happened_on_discord(
    site: Site, admin: str, bot: str
) -> None:
    ruler = site.browser()
    ruler.post("/admin/sign-in", data={"token": admin})
    for client in (
        site.player(PLAYER),
        site.program(bot, PLAYER),
        site.program(admin),
        ruler,
    ):
        found = ask(client, "loyal_follower")
        assert (found["isComplete"], found["factCount"], found["contributed"]) == (True, 1, 1)
        assert set(found["facts"][0]["naturalKey"]) == {"interactionId"}
        assert found["passedOver"] == [{"reason": "of no weight", "rows": 1}]
        page = client.get("/clusters/busy/challenges/loyal_follower", headers=HTML).text
        assert ("interaction id" in page, "shown only to the player" in page) == (True, False)
    for client in (
        site.browser(),
        site.player(OTHER),
        site.program(bot),
        site.program(bot, OTHER),
    ):
        found = ask(client, "loyal_follower")
        assert (found["isComplete"], found["factCount"], found["addsUp"]) == (False, 0, True)
        assert (found["facts"], found["passedOver"]) == ([], [])
        day = ask(client, "kingdom_calls")
        assert "DISCORD" not in str(day)
        assert day["isComplete"] is False
        page = client.get("/clusters/busy/challenges/loyal_follower", headers=HTML).text
        assert ("interaction id" in page, "shown only to the player" in page) == (False, True)


def test_a_token_that_is_revoked_sees_no_more_than_a_stranger(
    site: Site, rows: psycopg.Connection
) -> None:
    number, token = tokens.create(rows, "admin", "for a minute")
    browser = site.browser()
    browser.post("/admin/sign-in", data={"token": token})
    assert ask(browser, "loyal_follower")["isComplete"] is True
    tokens.revoke(rows, number)
    assert ask(browser, "loyal_follower")["isComplete"] is False
    path = "/clusters/busy/progress/loyal_follower"
    assert site.program(token).get(path).status_code == 401


def test_a_cluster_whose_player_has_no_account_is_nobody_s_own(
    site: Site, rows: psycopg.Connection
) -> None:
    """A caller without a player is not the player of a cluster."""
    add_cluster(rows, "imported", "0x" + "a3" * 20)
    put_metrics(rows, "imported", {})
    answer = site.browser().get("/clusters/imported/progress/loyal_follower")
    assert answer.json()["factCount"] == 0


def test_a_cluster_that_was_not_computed_yet_has_no_challenges(site: Site) -> None:
    answer = site.browser().get("/clusters/waiting/progress")
    nothing = {"asOf": None, "completeTo": [], "challenges": []}
    assert answer.json() == {"clusterId": "waiting"} | nothing


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("nobody/progress", 404, "no cluster nobody"),
        ("nobody/progress/arena_victor", 404, "no cluster nobody"),
        ("busy/progress/chess", 404, "no challenge chess"),
        ("waiting/progress/arena_victor", 404, "waiting was not computed yet"),
        (
            "busy/progress/arena_victor?window=today",
            404,
            "'today' is not a window of busy: all_time, rolling_180d, season:spring,"
            " season:spring:baseline",
        ),
        ("busy/progress/arena_victor?window=run:1", 404, "'run:1' is not a window of busy"),
        ("busy/progress/arena_victor?limit=0", 400, "limit"),
        ("busy/progress/arena_victor?limit=1001", 400, "limit"),
        ("busy/progress/%00", 400, ""),
    ],
)
def test_what_does_not_exist_is_a_problem(site: Site, path: str, status: int, words: str) -> None:
    answer = site.browser().get(f"/clusters/{path}")
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]
    if "progress/%00" not in path and "1001" not in path:
        page = path.replace("/progress/", "/challenges/")
        assert site.browser().get(f"/clusters/{page}", headers=HTML).status_code == status


def test_the_page_shows_as_many_facts_as_are_asked_for(site: Site) -> None:
    path = "/clusters/busy/challenges/arena_victor"

    def page(**parameters: Any) -> str:
        answer = site.browser().get(path, params=parameters, headers=HTML)
        assert answer.status_code == 200
        return answer.text

    assert "<strong>3</strong> facts count and contribute 3." in page()
    assert "older than these" not in page(limit=3)
    short = page(limit=2)
    assert "1 of them older than these" in short
    assert 'href="?window=all_time&amp;limit=200#facts">show 200</a>' in short
    in_season = page(window="season:spring", limit=1)
    assert 'href="?window=season%3Aspring#facts" aria-current="page">In Spring</a>' in in_season
    assert "by the next run" not in in_season
    assert "the next run brings it up to date" in in_season
    assert in_season.count('aria-current="page"') == 1
    for limit in (0, 201):
        assert site.browser().get(path, params={"limit": limit}).status_code == 400
    # all facts of the cluster are known, but it has no value of another challenge
    other = site.browser().get("/clusters/busy/challenges/hero_riser", headers=HTML)
    assert other.status_code == 404
    assert "busy has no value of a challenge hero_riser" in other.text


def test_the_log_of_a_fact_is_told_to_the_player(rows: psycopg.Connection, site: Site) -> None:
    put_block(rows, METIS, 1)
    put_log(rows, "pvp_diamond", "PatrolCompleted", [7, WALLET], [2, True], block=1, index=3)
    decode(rows)
    (fact,) = ask(site.browser(), "patrol_warden")["facts"]
    assert (fact["origin"], fact["log"], fact["furtherLogs"]) == (None, None, 0)
    _, token = tokens.create(rows, "service", "of the player")
    service = {"Authorization": f"Bearer {token}", "X-Discord-Id": PLAYER}
    answer = site.browser().get("/clusters/busy/progress/patrol_warden", headers=service)
    (fact,) = answer.json()["facts"]
    url = f"https://andromeda-explorer.metis.io/tx/{tx(1)}"
    assert fact["log"] == {
        "chainId": METIS,
        "chain": "METIS",
        "blockNumber": 1,
        "txHash": tx(1),
        "logIndex": 3,
        "url": url,
    }
    assert (fact["origin"], fact["furtherLogs"]) == ("log", 0)
    put_progress(rows, "busy", "patrol_warden", 1)
    page = "/clusters/busy/challenges/patrol_warden"
    assert url not in site.browser().get(page, headers=HTML).text
    assert url in site.browser().get(page, headers=HTML | service).text
