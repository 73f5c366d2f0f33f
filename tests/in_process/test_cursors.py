"""Every list is read page by page through its Link headers; an unknown parameter is refused; every
path also begins with /v1."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.in_process import FRONT_END, HTML, Site
from tests.in_process.players import link
from tests.in_process.rows import put, put_board, put_board_run, put_progress
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("cursors")

#: Entries of the longest board: more than a page can have.
MANY = 1111
#: A wallet each of the player.
WALLETS = [f"0x{number:040x}" for number in range(70001, 70008)]
#: The lists of the API, with the key of an element, and of the list in the answer.
LISTS = [
    ("/leaderboards", "key", None),
    ("/leaderboards/many/runs", "id", None),
    ("/leaderboards/many/latest", "clusterId", "entries"),
    ("/leaderboards/many/runs/{run}", "clusterId", "entries"),
    ("/challenges", "key", None),
    ("/admin/leaderboards", "key", None),
    ("/admin/seasons", "id", None),
    ("/admin/seasons/s1/weights", "challengeKey", None),
    ("/admin/etl/runs", "runId", None),
    ("/admin/etl/requests", "requestId", None),
    ("/api/me/wallets", "address", "wallets"),
]


@pytest.fixture(scope="module", autouse=True)
def many(rows: psycopg.Connection) -> int:
    """Several of everything; the id of the newest run of the board `many`."""
    for key in ("b-1", "b.2", "many", "B3", "z", "y", "x"):
        put_board(rows, key, max_entries=2 * MANY)
    for month in range(1, 8):
        span = {
            "starts_at": datetime(2026, month, 1, tzinfo=UTC),
            "ends_at": datetime(2026, month + 1, 1, tzinfo=UTC),
        }
        put(rows, "app.seasons", id=f"s{month}", name=f"Season {month}", **span)
    rows.execute(
        "insert into app.season_challenge_weights (season_id, challenge_code, weight)"
        " select 's1', key, 1 from analytics.challenges limit 7"
    )
    rows.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, state, finished_at)"
        " select 'run ' || number, 'FULL', now(), 'SUCCESS', now() from generate_series(1, 7)"
        " as number"
    )
    rows.execute(
        "insert into app.etl_requests (kind, reason)"
        " select 'FULL', 'a test' from generate_series(1, 7)"
    )
    for _ in range(6):
        put_board_run(rows, "many")
    return put_many_entries(rows, MANY)


def put_many_entries(rows: psycopg.Connection, count: int) -> int:
    """A run of the board `many` in which three clusters share each rank; its id."""
    run = put_board_run(rows, "many", row_count=count)
    rows.execute(
        "insert into analytics.leaderboard_entries"
        " (run_id, cluster_id, rank, score, payload, created_at)"
        " select %s, 'c' || number, 1 + number / 3, 0, '{}', now()"
        " from generate_series(1, %s) as number order by random()",
        [run, count],
    )
    return run


@pytest.fixture
def reader(site: Site, admin: str) -> httpx.Client:
    """A program of an admin."""
    return site.program(admin)


def pages(client: httpx.Client, path: str, inside: str | None, limit: int) -> Iterator[list[Any]]:
    """The pages of a list, which are followed as a client does: by the header Link."""
    at: str | None = f"{path}?limit={limit}"
    while at:
        answer = client.get(at)
        assert answer.status_code == 200, answer.text
        following = answer.links.get("next", {}).get("url")
        if inside is not None:
            after = answer.json()["next"]
            assert (after is None) == (following is None)
            assert following is None or httpx.URL(following).params["after"] == after
        if following is not None:
            assert following.startswith(f"{path}?limit={limit}&after=")
        yield answer.json() if inside is None else answer.json()[inside]
        at = following


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(("path", "key", "inside"), LISTS)
def test_the_pages_of_a_list_are_the_list(
    site: Site,
    reader: httpx.Client,
    bot: str,
    many: int,
    path: str,
    key: str,
    inside: str | None,
    prefix: str,
) -> None:
    client = reader
    if path.startswith("/api/me"):
        client = site.program(bot, "4711")
        link(client, *WALLETS)
    path = prefix + path.format(run=many)
    step = 300 if "many/latest" in path or "many/runs/" in path else 3
    found = list(pages(client, path, inside, step))
    assert all(len(page) == step for page in found[:-1])
    assert 1 <= len(found[-1]) <= step
    put_together = [one[key] for page in found for one in page]
    assert len(set(put_together)) == len(put_together) > 2 * step or "challenges" in path
    whole = [one[key] for page in pages(client, path, inside, 1000) for one in page]
    assert put_together == whole


def test_entries_beyond_the_first_thousand_are_sent(reader: httpx.Client, many: int) -> None:
    for path in ("/leaderboards/many/latest", f"/leaderboards/many/runs/{many}"):
        first, second = pages(reader, path, "entries", 1000)
        places = [(one["rank"], one["clusterId"]) for one in first + second]
        assert len(second) == MANY - 1000
        assert places == sorted(places)
        assert len(set(places)) == MANY


def test_the_pages_of_a_board_stay_those_of_one_run(
    reader: httpx.Client, rows: psycopg.Connection, many: int
) -> None:
    """Also when a newer run appears, and from the cache."""
    first = reader.get("/leaderboards/many/latest?limit=700").json()
    newer = put_many_entries(rows, 3)
    try:
        for _ in range(2):
            second = reader.get(
                "/leaderboards/many/latest", params={"limit": 700, "after": first["next"]}
            )
            assert second.json()["run"]["id"] == first["run"]["id"] == many
            assert (len(second.json()["entries"]), second.json()["next"]) == (411, None)
        assert reader.get("/leaderboards/many/latest?limit=699").json()["run"]["id"] == newer
        rows.execute(
            "update app.leaderboard_runs set status = 'FAILED', error = 'x' where id = %s", [many]
        )
        gone = reader.get("/leaderboards/many/latest", params={"limit": 7, "after": first["next"]})
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_run")
    finally:
        rows.execute("delete from app.leaderboard_runs where id = %s", [newer])
        rows.execute(
            "update app.leaderboard_runs set status = 'COMPLETE', error = null where id = %s",
            [many],
        )


def of(*place: Any) -> str:
    """A cursor of a place."""
    return "~" + base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


@pytest.mark.parametrize(("path", "key", "inside"), LISTS)
def test_a_text_that_is_no_cursor_of_the_list_is_refused(
    site: Site, reader: httpx.Client, bot: str, many: int, path: str, key: str, inside: str | None
) -> None:
    client = site.program(bot, "4711") if path.startswith("/api/me") else reader
    for after in (
        *("~", "~x", "~W10", "~\u00fc", "~" + "A" * 9, "~!!!!", of(), of(1, 2), of([1])),
        *(of("a", "b", "c"), of(2**63), of("a\x00"), of(None), of(1.5), of(True), of({})),
        of("nobody") if key in ("id", "runId", "requestId", "clusterId") else of(1),
    ):
        answer = client.get(path.format(run=many), params={"after": after})
        assert answer.status_code == 400, (after, answer.text)
        assert answer.json()["code"] == "invalid_cursor"
        assert answer.json()["detail"].startswith("after: '~")
    # of another run than that of the path
    other = reader.get(f"/leaderboards/many/runs/{many}", params={"after": of(many + 1, 1, "c1")})
    assert other.json()["code"] == "invalid_cursor"


def operations(reader: httpx.Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every documented operation, with its path filled in."""
    for path, item in reader.get("/schema/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_an_unknown_parameter_is_refused_by_its_name(
    site: Site, reader: httpx.Client, bot: str
) -> None:
    seen = 0
    player = site.program(bot, "4711")
    for method, path, operation in operations(reader):
        client = player if path.startswith("/api/me") else reader
        numbers = r"{(run|number|webhook|delivery|reward|exclusion|preview)}"
        filled = re.sub(numbers, "1", path).replace("{key}", "many")
        for prefix in ("", "/v1"):
            answer = client.request(method, prefix + filled, params={"limt": "3"})
            if path in ("/auth/discord/callback", "/healthz", "/readyz"):
                assert answer.status_code in (200, 400)
                assert answer.json().get("code") != "unknown_parameter", path
                continue
            assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter"), path
            assert answer.json()["detail"].startswith("there is no parameter 'limt' here")
            for one in operation.get("parameters", []):
                assert one["in"] != "query" or one["name"] in answer.json()["detail"]
            seen += 1
    assert seen == 2 * (len(list(operations(reader))) - 3) > 70
    # pages are visited from links that others make
    assert site.browser().get("/?utm_source=x", headers=HTML).status_code == 200
    assert site.browser().get("/boards/many?fbclid=x", headers=HTML).status_code == 200


def test_a_path_under_v1_is_the_path(
    site: Site, reader: httpx.Client, rows: psycopg.Connection
) -> None:
    add_cluster(rows, "v1", "0x" + "f1" * 20)
    put_progress(rows, "v1", "arena_victor", 5)
    for path in (
        *("/leaderboards", "/leaderboards/many/latest?limit=3", "/challenges", "/admin/seasons"),
        *("/clusters/v1/progress", "/clusters/v1/progress/arena_victor", "/healthz", "/readyz"),
        "/leaderboards/many/around?clusterId=c7",
    ):
        for headers in ({}, {"Origin": FRONT_END}):
            without, under = (reader.get(one + path, headers=headers) for one in ("", "/v1"))
            assert without.status_code in (200, 404), without.text
            assert under.status_code == without.status_code
            if without.status_code == 200:
                assert under.json() == without.json(), path
    assert reader.get("/v1/leaderboards/none/latest").json()["code"] == "unknown_board"
    # what is not of the API, and what is not at all
    for path in ("/", "/boards/many", "/find", "/me", "/v1/leaderboards", "/nowhere"):
        answer = site.browser().get("/v1" + path)
        assert answer.status_code == 404, path


def test_a_deprecated_parameter_still_works_and_says_so(reader: httpx.Client) -> None:
    for path, key in (("/leaderboards/many/runs", "id"), ("/admin/etl/runs", "runId")):
        first = reader.get(path)
        assert "Deprecation" not in first.headers
        ids = [one[key] for one in first.json()]
        answer = reader.get(path, params={"before": ids[2]})
        assert [one[key] for one in answer.json()] == ids[3:]
        assert int(answer.headers["Deprecation"].removeprefix("@")) > 1_700_000_000
    # the cursors that older clients send
    listed = [one["key"] for one in reader.get("/leaderboards").json()]
    answer = reader.get("/leaderboards", params={"after": listed[1]})
    assert [one["key"] for one in answer.json()] == listed[2:]
    numbers = [one["requestId"] for one in reader.get("/admin/etl/requests").json()]
    answer = reader.get("/admin/etl/requests", params={"after": numbers[1]})
    assert [one["requestId"] for one in answer.json()] == numbers[2:]
