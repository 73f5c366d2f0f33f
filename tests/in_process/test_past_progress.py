"""The progress of a cluster at the ends of past days, weeks and months: asked for, computed by a
worker, and asked for again where something has changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from hedge import runs, wallets
from hedge.errors import RunFailed
from hedge.queue import requests
from tests.in_process import Site, open_site
from tests.in_process.players import a_wallet
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster, discord_interaction, purchase, put, pvp_match

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("past_progress")

DAY = timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MARTS = "select * from analytics.cluster_metrics order by cluster_id, window_key"
DIGITS = "9007199254741993.001"


@pytest.fixture
def cluster(rows: psycopg.Connection, request: pytest.FixtureRequest) -> Iterator[str]:
    """A cluster that has won yesterday, a week ago and 40 days ago, and bought something then.
    Nothing is requested."""
    name = f"c{abs(hash(request.node.name)) % 10**9}"
    wallet = a_wallet()
    add_cluster(rows, name, wallet)
    for number in (1, 7, 40):
        put(rows, pvp_match(wallet, at=TODAY - number * DAY, match_id=f"{name}-{number}"))
    put(rows, purchase(DIGITS, wallet, at=TODAY - 40 * DAY))
    rows.execute("delete from app.etl_requests; delete from app.rate_limits")
    yield name
    rows.execute("delete from app.etl_requests")


@pytest.fixture
def browser(site: Site) -> httpx.Client:
    return site.browser()


def path(cluster: str, **parameters: str | int) -> str:
    return str(httpx.URL(f"/clusters/{cluster}/history/progress", params=parameters))


def serve(rows: psycopg.Connection) -> None:
    """A worker serves what is requested."""
    assert requests.serve_clusters(rows) == 1
    assert rows.execute("select count(*) from app.etl_requests").fetchone() == (0,)


def values(body: dict[str, Any], challenge: str = "arena_victor") -> dict[str, Any]:
    """The value of a challenge at each end by its day; None where it is not computed."""
    return {
        end["endsAt"][:10]: next(
            (one["value"] for one in end["challenges"] if one["challengeKey"] == challenge), None
        )
        for end in body["ends"]
    }


def day(number: int) -> str:
    """So many days before today."""
    return str((TODAY - number * DAY).date())


def test_ends_are_computed_where_somebody_asks(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    asked = path(cluster, ends="days", limit=3, challenge="arena_victor")
    first = browser.get(asked)
    assert (first.status_code, first.headers["Retry-After"]) == (202, "2")
    assert values(first.json()) == dict.fromkeys([day(0), day(1), day(2)])
    assert {(end["isCurrent"], end["asOf"]) for end in first.json()["ends"]} == {(False, None)}
    # whoever asks again requests nothing more
    assert browser.get(asked).status_code == 202
    requested = rows.execute("select kind, cluster_id, caused_by from app.etl_requests").fetchall()
    assert requested == [("ENDS", cluster, first.headers["X-Request-Id"])]
    marts = rows.execute(MARTS).fetchall()

    serve(rows)
    answer = browser.get(asked)
    assert (answer.status_code, "Retry-After" in answer.headers) == (200, False)
    # what happens at the first instant of a day is of that day
    assert values(answer.json()) == {day(0): 3, day(1): 2, day(2): 2}
    assert {end["isCurrent"] for end in answer.json()["ends"]} == {True}
    run = rows.execute(
        "select kind, state, caused_by, scope_size from app.etl_runs order by run_id desc limit 1"
    ).fetchone()
    assert run == ("ENDS", "SUCCESS", [first.headers["X-Request-Id"]], 1)
    assert rows.execute(MARTS).fetchall() == marts

    # of another page, what is known is shown at once
    more = browser.get(path(cluster, ends="days", limit=4, challenge="arena_victor"))
    assert more.status_code == 202
    assert values(more.json()) == {day(0): 3, day(1): 2, day(2): 2, day(3): None}


@pytest.mark.ci
def test_pages_of_weeks_and_months(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    monday = TODAY - TODAY.weekday() * DAY
    url, found = path(cluster, ends="weeks", limit=7), {}
    while url and len(found) < 10:
        assert browser.get(url).status_code == 202
        serve(rows)
        answer = browser.get(url)
        assert answer.status_code == 200
        found |= values(answer.json())
        url = answer.links.get("next", {}).get("url")
    wins = [TODAY - number * DAY for number in (1, 7, 40)]
    expected = {}
    for number in range(14):
        end = monday - 7 * number * DAY
        expected[str(end.date())] = sum(at < end for at in wins)
    assert found == expected
    # every digit, also beyond those of a double
    text = browser.get(path(cluster, ends="weeks", limit=1, challenge="vendor_tycoon")).text
    assert f'"value":{DIGITS},"valueText":"{DIGITS}"' in text

    url, seen = path(cluster, ends="months", limit=31), []
    while url:
        answer = browser.get(url)
        seen += [end["endsAt"] for end in answer.json()["ends"]]
        url = answer.links.get("next", {}).get("url")
    first = TODAY.replace(day=1)
    assert seen[0] == f"{first:%Y-%m-%dT%H:%M:%SZ}"
    assert seen == sorted(seen, reverse=True)
    year, month = divmod(12 * first.year + first.month - 1 - 59, 12)
    assert (len(seen), seen[-1]) == (60, f"{year}-{month + 1:02}-01T00:00:00Z")


@pytest.mark.ci
def test_changes_make_ends_out_of_date_from_their_time_on(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    asked = path(cluster, ends="days", limit=12, challenge="arena_victor")
    browser.get(asked)
    serve(rows)
    runs.incremental()
    assert browser.get(asked).status_code in (200, 202)
    requests.serve_clusters(rows)
    assert browser.get(asked).status_code == 200

    # a fact of nine days ago arrives late
    (wallet,) = rows.execute(
        "select address from app.wallet_links where cluster_id = %s", [cluster]
    ).fetchone()
    put(rows, pvp_match(wallet, at=TODAY - 9 * DAY, match_id=f"{cluster}-late"))
    runs.incremental()
    answer = browser.get(asked)
    assert answer.status_code == 202
    current = {end["endsAt"][:10]: end["isCurrent"] for end in answer.json()["ends"]}
    assert current == {day(number): number >= 9 for number in range(12)}
    # what was known is shown until then
    assert values(answer.json())[day(0)] == 3
    serve(rows)
    answer = browser.get(asked)
    assert answer.status_code == 200
    expected = {day(number): sum(at > number for at in (1, 7, 9, 40)) for number in range(12)}
    assert values(answer.json()) == expected

    # without the wallet nothing has ever happened, as soon as it is unlinked
    wallets.unlink(rows, wallet)
    answer = browser.get(asked)
    assert (answer.status_code, {end["isCurrent"] for end in answer.json()["ends"]}) == (
        202,
        {False},
    )
    # the other request is that of the link
    assert requests.serve_clusters(rows) == 2
    assert set(values(browser.get(asked).json()).values()) == {0}


def test_what_changes_during_a_run_leaves_the_end_out_of_date(
    rows: psycopg.Connection,
    browser: httpx.Client,
    cluster: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = path(cluster, ends="days", limit=1, challenge="arena_victor")
    browser.get(asked)
    begun: list[int] = []
    compute = runs.past_ends.run_dbt

    def meanwhile(*arguments: Any, **options: Any) -> runs.Run:
        begun.append(len(options["ends"]))
        if len(begun) == 1:
            rows.execute("update app.past_ends set changes = changes + 1")
        return compute(*arguments, **options)

    monkeypatch.setattr(runs.past_ends, "run_dbt", meanwhile)
    serve(rows)
    assert begun == [1, 1]
    assert browser.get(asked).status_code == 200


def test_other_definitions_make_every_end_out_of_date(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    asked = path(cluster, ends="months", limit=1)
    browser.get(asked)
    serve(rows)
    assert browser.get(asked).status_code == 200
    rows.execute("update app.past_ends set definitions = 'of before'")
    assert browser.get(asked).status_code == 202


@pytest.mark.ci
def test_single_days_do_not_tell_what_happened_on_discord(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    def keys(ends: str) -> set[str]:
        browser.get(path(cluster, ends=ends, limit=1))
        requests.serve_clusters(rows)
        (end,) = browser.get(path(cluster, ends=ends, limit=1)).json()["ends"]
        return {one["challengeKey"] for one in end["challenges"]}

    put(rows, discord_interaction(f"{abs(hash(cluster))}"))
    by_week, by_day = keys("weeks"), keys("days")
    counting = {
        key
        for (key,) in rows.execute(
            "select key from analytics.challenges where metric_source = 'behavior_events'"
            " and state = 'live'"
        )
    }
    assert counting
    assert by_week >= counting | by_day
    assert not by_day & counting
    assert "arena_victor" in by_day
    hidden = min(counting)
    answer = browser.get(path(cluster, ends="days", challenge=hidden))
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        f"challenge {hidden} counts what happened on Discord, of which single days are not shown:"
        " ask for ends=weeks or ends=months"
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "invalid_request"),
        ("ends=years", 400, "invalid_request"),
        ("ends=days&limit=32", 400, "invalid_request"),
        ("ends=days&challenge=nothing", 404, "unknown_challenge"),
        ("ends=days&after=x", 400, "invalid_cursor"),
        ("ends=days&after=~WyJ4Il0", 400, "invalid_cursor"),
    ],
)
def test_what_is_unknown_is_refused(
    browser: httpx.Client,
    rows: psycopg.Connection,
    cluster: str,
    query: str,
    status: int,
    code: str,
) -> None:
    answer = browser.get(f"/clusters/{cluster}/history/progress?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert browser.get(path("nobody", ends="days")).json()["code"] == "unknown_cluster"
    assert rows.execute("select count(*) from app.etl_requests").fetchone() == (0,)


@pytest.mark.ci
def test_who_has_much_computed_waits(
    rows: psycopg.Connection, discord: StandInDiscord, cluster: str
) -> None:
    with open_site(discord, past_ends_a_minute=2) as site:
        browser, other = site.browser(), site.browser("203.0.113.9")
        for ends in ("days", "weeks"):
            assert browser.get(path(cluster, ends=ends)).status_code == 202
            # what is requested is not counted again
            assert browser.get(path(cluster, ends=ends)).status_code == 202
        refused = browser.get(path(cluster, ends="months"))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert other.get(path(cluster, ends="months")).status_code == 202
        # three pages of ends, and one request
        assert rows.execute("select count(*) from app.etl_requests").fetchone() == (1,)
        serve(rows)
        for ends in ("days", "weeks", "months"):
            assert browser.get(path(cluster, ends=ends)).status_code == 200


def test_no_more_clusters_wait_than_the_queue_holds(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.past_ends.MOST_REQUESTS", 0)
    refused = browser.get(path(cluster, ends="days"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    assert rows.execute("select count(*) from app.etl_requests").fetchone() == (0,)


@pytest.mark.ci
def test_what_cannot_be_computed_is_said_and_tried_again_after_an_hour(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = path(cluster, ends="days", limit=1)
    browser.get(asked)

    def fail(*_: Any, **__: Any) -> None:
        raise RunFailed("the ends run failed: numeric field overflow", ["22003"])

    with monkeypatch.context() as patch:
        patch.setattr(runs, "ends", fail)
        for _ in range(requests.MOST_ATTEMPTS):
            rows.execute("update app.etl_requests set next_attempt_at = now()")
            assert requests.serve_clusters(rows) == 0
    refused = browser.get(asked)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "600")
    assert cluster in refused.json()["detail"]
    rows.execute("update app.etl_requests set parked_at = now() - interval '61 minutes'")
    assert browser.get(asked).status_code == 202
    serve(rows)
    assert browser.get(asked).status_code == 200


def test_ends_go_with_the_cluster_and_with_their_run(
    rows: psycopg.Connection, browser: httpx.Client, cluster: str
) -> None:
    def stored() -> int:
        query = "select count(*) from app.past_ends where cluster_id = %s"
        return rows.execute(query, [cluster]).fetchone()[0]

    browser.get(path(cluster, ends="days", limit=2))
    runs.prune(rows, 90)
    assert stored() == 2
    serve(rows)
    runs.prune(rows, 90)
    assert stored() == 2
    rows.execute("update app.past_ends set run_id = -1 where cluster_id = %s", [cluster])
    runs.prune(rows, 90)
    assert stored() == 0

    browser.get(path(cluster, ends="days", limit=2))
    assert stored() == 2
    for table in ("wallet_links", "wallet_clusters"):
        rows.execute(f"delete from app.{table} where cluster_id = %s", [cluster])
    assert stored() == 0
    kinds = rows.execute("select distinct kind from app.etl_requests").fetchall()
    assert kinds == [("CLUSTER",)]
    # a request that a worker has taken meanwhile computes nothing
    assert runs.ends(cluster) == 0
