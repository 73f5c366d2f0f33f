"""Webhooks by the API: an admin makes, lists and removes them, and has events sent again."""

import psycopg
import pytest

from tests.in_process import Site
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("webhooks of the API")


def test_an_admin_makes_lists_and_removes_webhooks(
    site: Site, admin: str, rows: psycopg.Connection
) -> None:
    rows.execute("delete from app.webhooks")
    client = site.program(admin)
    url = "https://example.org/hook"
    made = client.post(
        "/admin/webhooks",
        json={"url": url, "description": "of ada", "eventTypes": ["tier.reached"]},
    )
    assert made.status_code == 201
    number = made.json()["webhookId"]
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert client.post("/admin/webhooks", json={"url": url}).status_code == 201
    first = client.get("/admin/webhooks", params={"limit": 1})
    assert secret not in first.text
    assert [(one["webhookId"], one["eventTypes"], one["waiting"]) for one in first.json()] == [
        (number, ["tier.reached"], 0)
    ]
    (second,) = client.get(first.links["next"]["url"]).json()
    assert second["eventTypes"] is None
    left = client.delete(f"/admin/webhooks/{number}")
    assert [one["webhookId"] for one in left.json()] == [second["webhookId"]]
    assert client.delete(f"/admin/webhooks/{number}").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"url": "http://example.org"}, "is not https"),
        ({"url": "https://127.0.0.1/"}, "no address of the internet"),
        ({"url": "https://a.b", "eventTypes": ["tier.lost"]}, "no type of event 'tier.lost'"),
        ({"url": "https://a.b", "eventTypes": []}, "no types of events are named"),
        ({"url": "https://a.b", "more": 1}, "more"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(
    site: Site, admin: str, body: dict, words: str
) -> None:
    answer = site.program(admin).post("/admin/webhooks", json=body)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["detail"]


def test_deliveries_are_listed_by_state_and_sent_again(
    site: Site, admin: str, rows: psycopg.Connection
) -> None:
    client = site.program(admin)
    add_cluster(rows, "busy")
    number = client.post("/admin/webhooks", json={"url": "https://example.org"}).json()["webhookId"]
    for state in ("DELIVERED", "FAILED", "FAILED"):
        rows.execute(
            "insert into app.untold_events (event_type, cluster_id, details, is_first)"
            " values ('tier.reached', 'busy', '{}', true)"
        )
        rows.execute(
            "insert into app.webhook_deliveries"
            " (webhook_id, event_id, state, attempts, http_status, error)"
            " select %s, max(event_id), %s, 10, 500, 'why' from app.events",
            [number, state],
        )
    path = f"/admin/webhooks/{number}/deliveries"
    newest = client.get(path, params={"limit": 1})
    older = client.get(newest.links["next"]["url"]).json()
    assert [one["state"] for one in (*newest.json(), *older)] == ["FAILED", "FAILED"]
    every = client.get(path).json()
    assert [one["state"] for one in every] == ["FAILED", "FAILED", "DELIVERED"]
    assert (every[0]["clusterId"], every[0]["eventType"], every[0]["httpStatus"]) == (
        *("busy", "tier.reached", 500),
    )
    assert [one["state"] for one in client.get(path, params={"state": "DELIVERED"}).json()] == [
        "DELIVERED"
    ]
    assert client.get(path, params={"state": "LOST"}).status_code == 400
    delivery = every[2]["deliveryId"]
    again = client.post(f"{path}/{delivery}/replay")
    assert (again.status_code, again.json()) == (202, {"deliveries": [delivery]})
    assert client.post(f"{path}/0/replay").status_code == 404
    again = client.post(f"/admin/webhooks/{number}/replay")
    assert sorted(again.json()["deliveries"]) == sorted(one["deliveryId"] for one in every[:2])
    assert {(one["state"], one["attempts"]) for one in client.get(path).json()} == {("WAITING", 0)}
    for path in (f"/admin/webhooks/{number + 9}/deliveries", "/admin/webhooks/999/replay"):
        method = "GET" if path.endswith("deliveries") else "POST"
        assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("of", ["nobody", "service"])
def test_nobody_else_reaches_webhooks(site: Site, bot: str, of: str) -> None:
    client = site.browser() if of == "nobody" else site.program(bot)
    for method, path in (("GET", "/admin/webhooks"), ("DELETE", "/admin/webhooks/1")):
        assert client.request(method, path).status_code in (401, 403)
