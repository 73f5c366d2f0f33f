"""What a front end asks of a board: its definition and periods, the period of an instant, some
clusters only, the caller's own entry, and the ranks of the period before."""

from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import FRONT_END, Site
from tests.in_process.players import a_discord_id, link, refusal
from tests.in_process.rows import name_player, put, put_board, put_board_run
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("boards_for_front_ends")

PLAYER = a_discord_id()


def month(number: int) -> dict[str, datetime]:
    """The period of a month of 2026."""
    return {
        "period_start": datetime(2026, number, 1, tzinfo=UTC),
        "period_end": datetime(2026, number + 1, 1, tzinfo=UTC),
    }


@pytest.fixture(scope="module", autouse=True)
def runs(rows: psycopg.Connection) -> dict[str, int]:
    """A monthly board of March, May (twice) and June; one of all time; some that are not shown.
    There is no account of eve any more."""
    for number, cluster in enumerate(("ada", "bob", "cyd")):
        discord_id = PLAYER if cluster == "bob" else a_discord_id()
        add_cluster(rows, cluster, f"0x{number + 81001:040x}", discord_id=discord_id)
    name_player(rows, "bob", "Bob", shown=True)
    put_board(rows, "monthly", time_window="MONTHLY", fallback_metric_key="losses")
    put_board(rows, "ever", max_entries=2, verified_only=True)
    put_board(rows, "season", time_window="SEASON")
    put_board(rows, "private", is_public=False)
    put_board(rows, "inactive", is_active=False)
    late = {"as_of": datetime(2026, 8, 1, tzinfo=UTC)}
    march = [(1, "ada", 9), (2, "bob", 8)]
    return {
        "march": put_board_run(rows, "monthly", march, **month(3)),
        "may, later": put_board_run(rows, "monthly", [(1, "bob", 7)], **month(5), **late),
        "may": put_board_run(rows, "monthly", [(1, "cyd", 7)], **month(5)),
        "june": put_board_run(
            rows, "monthly", [(1, "cyd", 5), (2, "bob", 4), (2, "eve", 4)], **month(6)
        ),
        "failed": put_board_run(rows, "monthly", **month(7), status="FAILED", error="a test"),
        "other": put_board_run(rows, "private", march, **month(5)),
        "ever": put_board_run(rows, "ever", [(1, "ada", 3), (2, "eve", 2)]),
    }


def get(client: httpx.Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def places(standing: dict[str, Any]) -> list[tuple[int, str, int | None]]:
    """Rank, cluster and previous rank of each entry."""
    return [(one["rank"], one["clusterId"], one["previousRank"]) for one in standing["entries"]]


def test_a_board_tells_what_it_ranks_and_when(site: Site, runs: dict[str, int]) -> None:
    found = get(site.browser(), "/leaderboards/monthly")
    own = ("metricSource", "metricKey", "fallbackMetricSource", "fallbackMetricKey", "unit")
    assert [found[one] for one in own] == ["onchain_pvp", "wins", None, "losses", "matches"]
    assert (found["timeWindow"], found["maxEntries"], found["verifiedOnly"]) == (
        "MONTHLY",
        1000,
        False,
    )
    assert (found["correctedForDays"], found["isFrozen"]) == (7, False)
    assert found["latestRun"]["id"] == runs["june"]
    assert [(one["runId"], one["periodStart"][:7]) for one in found["periods"]] == [
        (runs["june"], "2026-06"),
        (runs["may, later"], "2026-05"),
        (runs["march"], "2026-03"),
    ]
    now = datetime.now(UTC)
    current = found["currentPeriod"]
    begin, end = (datetime.fromisoformat(current[one]) for one in ("periodStart", "periodEnd"))
    assert begin <= now <= end
    assert (begin.day, end.day, begin.hour, (end - begin).days >= 28) == (1, 1, 0, True)


def test_a_board_without_a_period_or_a_run(site: Site, rows: psycopg.Connection) -> None:
    found = get(site.browser(), "/leaderboards/season")
    assert (found["currentPeriod"], found["latestRun"], found["periods"]) == (None, None, [])
    found = get(site.browser(), "/leaderboards/ever")
    assert found["currentPeriod"] == {"periodStart": None, "periodEnd": None}
    assert (found["maxEntries"], found["verifiedOnly"], len(found["periods"])) == (2, True, 1)
    span = {"starts_at": "2020-01-01", "ends_at": "2120-01-01", "is_active": True}
    put(rows, "app.seasons", id="now", name="Now", **span)
    found = get(site.browser(), "/leaderboards/season")
    assert found["currentPeriod"]["periodEnd"] == "2120-01-01T00:00:00Z"
    for key in ("private", "inactive", "nowhere"):
        answer = site.browser().get(f"/leaderboards/{key}")
        assert refusal(answer) == (404, f"no board {key}")
        assert answer.json()["code"] == "unknown_board"


@pytest.mark.parametrize(
    ("at", "run"),
    [
        ("2026-05-01T00:00:00Z", "may, later"),
        ("2026-05-01", "may, later"),
        ("2026-05-31T23:59:59.999999Z", "may, later"),
        ("2026-06-01T01:00:00+02:00", "may, later"),
        ("2026-06-01T00:00:00Z", "june"),
        ("2026-03-15T12:00", "march"),
        ("2026-04-30T23:59:59Z", None),
        ("2026-07-15", None),
        ("2026-02-28", None),
    ],
)
def test_an_instant_finds_the_run_of_its_period(
    site: Site, runs: dict[str, int], at: str, run: str | None
) -> None:
    answer = site.browser().get("/leaderboards/monthly/latest", params={"at": at})
    if run is None:
        assert answer.json()["code"] == "not_computed"
        assert refusal(answer) == (
            404,
            f"board monthly was not computed for a period that holds {at}",
        )
    else:
        assert answer.json()["run"]["id"] == runs[run]
    found = get(site.browser(), "/leaderboards/ever/latest", at=at)
    assert found["run"]["id"] == runs["ever"]


def test_an_instant_is_a_time_or_a_day(site: Site) -> None:
    for at in ("yesterday", "2026-13-01", "", "2026-05-01T99:00"):
        answer = site.browser().get("/leaderboards/monthly/latest", params={"at": at})
        assert (answer.status_code, answer.json()["detail"][:4]) == (400, "at '"), at
    for key in ("private", "nowhere"):
        answer = site.browser().get(f"/leaderboards/{key}/latest", params={"at": "2026-05-02"})
        assert refusal(answer) == (404, f"no board {key}")


def test_entries_tell_the_ranks_of_the_period_before(site: Site, runs: dict[str, int]) -> None:
    """Of the run that counts of the computed period before, also where a month is missing."""
    browser = site.browser()
    june = get(browser, "/leaderboards/monthly/latest")
    assert places(june) == [(1, "cyd", None), (2, "bob", 1), (2, "eve", None)]
    assert june["previous"]["runId"] == runs["may, later"]
    may = get(browser, f"/leaderboards/monthly/runs/{runs['may']}")
    assert (places(may), may["previous"]["runId"]) == ([(1, "cyd", None)], runs["march"])
    assert places(get(browser, "/leaderboards/monthly/latest", at="2026-05-02")) == [(1, "bob", 2)]
    around = get(browser, "/leaderboards/monthly/around", clusterId="bob", neighbours=1)
    assert places(around) == places(june)
    for path in ("/leaderboards/ever/latest", f"/leaderboards/monthly/runs/{runs['march']}"):
        found = get(browser, path)
        assert found["previous"] is None
        assert {previous for _, _, previous in places(found)} == {None}


def test_some_clusters_only(site: Site) -> None:
    """By rank, those that are listed, however often they are named; at most 100."""

    def found(ids: str, **parameters: Any) -> list[str]:
        standing = get(site.browser(), "/leaderboards/monthly/latest", clusterIds=ids, **parameters)
        return [one["clusterId"] for one in standing["entries"]]

    assert found("eve,nobody,cyd") == ["cyd", "eve"]
    assert found("bob,bob,,eve", limit=1) == ["bob"]
    assert found("nobody") == []
    assert found("ada", at="2026-03-01") == ["ada"]
    assert found(",".join(["eve", *(f"c{number}" for number in range(99))])) == ["eve"]
    for ids, number in ((",".join(f"c{number}" for number in range(101)), 101), ("", 0), (",", 0)):
        answer = site.browser().get("/leaderboards/monthly/latest", params={"clusterIds": ids})
        assert refusal(answer) == (400, f"clusterIds names {number} clusters, not 1 to 100")


def test_the_own_entry_is_in_the_answer_only_where_it_is_asked_for(
    site: Site, bot: str, admin: str
) -> None:
    path = "/leaderboards/monthly/latest"
    for client in (site.player(PLAYER), site.program(bot, PLAYER)):
        found = get(client, path, me="true", limit=1)
        assert [one["clusterId"] for one in found["entries"]] == ["cyd"]
        own = ("rank", "clusterId", "displayName", "previousRank")
        assert [found["me"][one] for one in own] == [2, "bob", "Bob", 1]
        assert get(client, path, me="true", at="2026-05-02")["me"]["rank"] == 1
        assert get(client, "/leaderboards/ever/latest", me="true")["me"] is None
        assert "me" not in get(client, path, me="false")
        assert "me" not in get(client, path)
    newcomer = site.program(bot, a_discord_id())
    assert get(newcomer, path, me="true")["me"] is None
    link(newcomer, f"0x{81999:040x}")
    assert get(newcomer, path, me="true")["me"] is None
    for client in (site.browser(), site.program(admin)):
        answer = client.get(path, params={"me": "true"})
        assert refusal(answer) == (401, "sign in first: me is your own entry")
    assert site.browser().get(path, params={"me": "perhaps"}).status_code == 400
    unknown = site.program("unknown").get(path, params={"me": "true"})
    assert (unknown.status_code, unknown.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert site.program("unknown").get(path).status_code == 200


def test_no_cache_keeps_an_answer_with_the_own_entry(site: Site, bot: str) -> None:
    player, path = site.player(PLAYER), "/leaderboards/monthly/latest?me=true&limit=2"
    for headers in ({}, {"Origin": FRONT_END}):
        answer = player.get(path, headers=headers)
        assert answer.json()["me"]["clusterId"] == "bob"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers
        assert answer.links["next"]["url"].startswith(path + "&after=")
        # the next one who asks
        assert site.browser().get(path, headers=headers).status_code == 401
        other = site.program(bot, a_discord_id()).get(path)
        assert other.json()["me"] is None
