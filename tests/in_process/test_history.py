"""The history of a cluster: what changed, page by page, with the tiers unlocked meanwhile."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.in_process import Site
from tests.in_process.rows import put
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("history")

PATH = "/clusters/busy/history"
CHANGES = [
    ("arena_victor", 1, "5.5", "NONE"),
    ("arena_victor", 3, "9007199254741993.001", "BASIC"),
    ("hero_riser", 3, "7", "NONE"),
    ("arena_victor", 5, "0", "NONE"),
]


def day(number: int) -> datetime:
    return datetime(2026, 6, number, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """A cluster with changes on three days, and unlocks, one of which was revoked."""
    for cluster in ("busy", "idle"):
        add_cluster(rows, cluster)
    for challenge, number, value, tier in CHANGES:
        put(
            rows,
            "analytics.progress_history",
            cluster_id="busy",
            challenge_key=challenge,
            as_of=day(number),
            value=value,
            tier=tier,
            run_id=7,
        )
    put(
        rows,
        "analytics.progress_history",
        cluster_id="busy",
        challenge_key="gone",
        as_of=day(2),
        value=1,
        tier="NONE",
    )
    for challenge, number, revoked in (
        ("arena_victor", 3, None),
        ("arena_victor", 2, day(4)),
        ("hero_riser", 1, None),
    ):
        put(
            rows,
            "analytics.tier_unlocks",
            cluster_id="busy",
            challenge_key=challenge,
            tier_code="BASIC",
            kind="TIER",
            unlocked_at=day(number),
            revoked_at=revoked,
        )


def changes(body: dict[str, Any]) -> list[tuple]:
    return [(one["challengeKey"], one["asOf"][8:10]) for one in body["changes"]]


def unlocks(body: dict[str, Any]) -> list[tuple]:
    return [(one["challengeKey"], one["unlockedAt"][8:10]) for one in body["unlocks"]]


def test_changes_are_listed_newest_first_with_every_digit(site: Site) -> None:
    answer = site.browser().get(PATH)
    assert answer.status_code == 200
    body = answer.json()
    assert changes(body) == [
        *(("arena_victor", "05"), ("hero_riser", "03"), ("arena_victor", "03")),
        ("arena_victor", "01"),
    ]
    assert "9007199254741993.001" in answer.text
    assert body["changes"][2]["valueText"] == "9007199254741993.001"
    assert body["changes"][2]["tier"] == "BASIC"
    # what was revoked is shown nowhere
    assert unlocks(body) == [("arena_victor", "03"), ("hero_riser", "01")]
    assert (body["clusterId"], body["next"]) == ("busy", None)


def test_pages_share_the_unlocks_among_them(site: Site) -> None:
    browser = site.browser()
    url, pages = f"{PATH}?limit=1", []
    while url:
        answer = browser.get(url)
        pages.append(answer.json())
        url = answer.links.get("next", {}).get("url")
    assert [changes(page) for page in pages] == [
        *([("arena_victor", "05")], [("hero_riser", "03")], [("arena_victor", "03")]),
        [("arena_victor", "01")],
    ]
    assert [unlocks(page) for page in pages] == [
        [],
        [("arena_victor", "03")],
        [],
        [("hero_riser", "01")],
    ]


def test_one_challenge_of_a_cluster(site: Site) -> None:
    body = site.browser().get(PATH, params={"challenge": "hero_riser"}).json()
    assert (changes(body), unlocks(body)) == ([("hero_riser", "03")], [("hero_riser", "01")])
    body = site.browser().get("/clusters/idle/history").json()
    assert (body["changes"], body["unlocks"], body["next"]) == ([], [], None)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/clusters/nobody/history", 404, "unknown_cluster"),
        (f"{PATH}?challenge=nothing", 404, "unknown_challenge"),
        (f"{PATH}?after=x", 400, "invalid_cursor"),
        # a cursor of another list, one that is no instant, and one without a zone
        (f"{PATH}?after=~WzFd", 400, "invalid_cursor"),
        (f"{PATH}?after=~WyJ4IiwieCJd", 400, "invalid_cursor"),
        (f"{PATH}?after=~WyIyMDI2LTA2LTAxIiwieCJd", 400, "invalid_cursor"),
    ],
)
def test_what_is_unknown_is_refused(site: Site, path: str, status: int, code: str) -> None:
    answer = site.browser().get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
