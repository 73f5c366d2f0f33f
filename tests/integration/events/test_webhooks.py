"""What is sent to webhooks: in which order, how often, and what a target that is down delays."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from hedge import webhooks
from hedge.errors import UsageError
from hedge.webhooks import delivering
from tests.integration.events import ids, put_progress, targets
from tests.integration.events.targets import Target

pytestmark = pytest.mark.xdist_group("webhooks")


@pytest.fixture
def rows(database_of_events: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A connection to the database of events, with no event and no webhook."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", database_of_events)
    monkeypatch.setenv("HEDGE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    with psycopg.connect(database_of_events, autocommit=True) as connection:
        connection.execute(
            "delete from app.webhooks; delete from app.events;"
            "delete from analytics.challenge_progress"
        )
        yield connection
        connection.execute("delete from app.webhooks")


@pytest.fixture
def target() -> Iterator[Target]:
    """A target that answers 204."""
    with targets.running() as running:
        yield running


def tell(connection: psycopg.Connection, *whom: str) -> None:
    """Tell an event for each: `busy 1` is challenge 1 of the cluster busy."""
    for one in whom:
        cluster, challenge = one.split()
        put_progress(connection, (cluster, challenge, 5, "NONE"))


def told(target: Target) -> list[str]:
    """What the target got, as tell() names it."""
    bodies = [json.loads(body) for _, body in target.got]
    return [f"{body['clusterId']} {body['details']['challengeKey']}" for body in bodies]


def work(until: Callable[[], bool], seconds: float = 5.0) -> None:
    """Let a worker deliver until something holds."""

    async def run() -> None:
        working = asyncio.create_task(delivering.deliver_repeatedly())
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(until):
            assert time.monotonic() < deadline, "it did not happen in time"
            assert not working.done(), working.result()
            await asyncio.sleep(0.02)
        working.cancel()

    asyncio.run(run())


def states(connection: psycopg.Connection, webhook: int) -> list[tuple]:
    """State, attempts and error of the deliveries of a webhook, oldest first."""
    found = webhooks.deliveries(connection, webhook)
    return [(one.state, one.attempts, one.error) for one in reversed(found)]


def test_what_was_told_before_a_webhook_is_not_sent_to_it(
    rows: psycopg.Connection, target: Target
) -> None:
    tell(rows, "busy 1", "busy 2")
    webhooks.create(rows, target.url)
    tell(rows, "busy 3")
    work(lambda: len(target.got) == 1)
    assert told(target) == ["busy 3"]


def test_an_event_is_sent_signed_and_once(rows: psycopg.Connection, target: Target) -> None:
    tell(rows, "busy before")
    number, secret = webhooks.create(rows, target.url + "/hook")
    tell(rows, "busy 1")
    # not until it is received: a worker that is stopped before it records that sends it again
    work(lambda: states(rows, number) == [("DELIVERED", 1, None)])
    ((headers, body),) = target.got
    event = ids(rows)["1"]
    assert headers["webhook-id"] == f"evt_{event}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"evt_{event}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["content-type"] == "application/json"
    assert (json.loads(body)["id"], json.loads(body)["type"]) == (event, "progress.changed")


def test_a_webhook_gets_the_types_that_it_wants(rows: psycopg.Connection, target: Target) -> None:
    wanting, _ = webhooks.create(rows, target.url, event_types=["progress.changed"])
    others, _ = webhooks.create(rows, target.url, event_types=["tier.reached", "tier.revoked"])
    tell(rows, "busy 1")
    work(lambda: states(rows, wanting) == [("DELIVERED", 1, None)])
    assert states(rows, others) == []
    assert len(target.got) == 1


def test_what_a_target_refuses_is_sent_again_and_delays_its_cluster_alone(
    rows: psycopg.Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LOOK", 0.05)
    monkeypatch.setattr(delivering, "RESTS", (0,))
    monkeypatch.setattr(delivering, "PAUSES", (0.3, 0.3, 0.3))
    refused: list[str] = []

    def answer(body: str) -> int:
        is_first = json.loads(body)["details"]["challengeKey"] == "first"
        if is_first and len(refused) < 2:
            refused.append(body)
            return 500 if len(refused) == 1 else 300
        return 200

    target.answer = answer
    number, _ = webhooks.create(rows, target.url)
    tell(rows, "busy first", "busy second", "idle first", "idle second")
    rows.execute(
        'update app.events set details = details || \'{"challengeKey": "other"}\''
        " where cluster_id = 'idle' and details ->> 'challengeKey' = 'first'"
    )
    work(lambda: [state for state, _, _ in states(rows, number)] == ["DELIVERED"] * 4)
    # the redirect was not followed, and counts as a refusal
    assert told(target).count("busy first") == 3
    busy = [one for one in told(target) if one.startswith("busy")]
    assert busy == ["busy first", "busy first", "busy first", "busy second"]
    idle = [one for one in told(target) if one.startswith("idle")]
    assert idle == ["idle other", "idle second"]
    # it did not wait for busy
    assert told(target).index("idle second") < told(target).index("busy second")


def test_a_delivery_is_given_up_after_the_last_pause_and_can_be_replayed(
    rows: psycopg.Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LOOK", 0.05)
    monkeypatch.setattr(delivering, "RESTS", (0,))
    monkeypatch.setattr(delivering, "PAUSES", (0, 0))
    target.answer = lambda body: 503 if "first" in body else 200
    number, _ = webhooks.create(rows, target.url)
    tell(rows, "busy first", "busy second")
    given_up = ("FAILED", 3, "it answered 503, not 2xx")
    work(lambda: states(rows, number) == [given_up, ("DELIVERED", 1, None)])
    (found,) = webhooks.listed(rows)
    assert (found.waiting, found.delivered, found.failed) == (0, 1, 1)
    assert found.last_error == "it answered 503, not 2xx"
    target.answer = lambda body: 200
    first, second = sorted(one.delivery_id for one in webhooks.deliveries(rows, number))
    assert webhooks.replay(rows, number) == [first]
    work(lambda: states(rows, number) == [("DELIVERED", 1, None)] * 2)
    # also what has arrived, under the id that it had
    assert webhooks.replay(rows, number, [second]) == [second]
    work(lambda: told(target).count("busy second") == 2)
    names = [headers["webhook-id"] for headers, body in target.got if "second" in body]
    assert len(set(names)) == 1
    with pytest.raises(UsageError, match=f"webhook {number} has no delivery 987654, 987655"):
        webhooks.replay(rows, number, [987655, first, 987654])
    assert states(rows, number)[0] == ("DELIVERED", 1, None)


def test_a_target_that_hangs_or_is_down_delays_nobody_else(
    rows: psycopg.Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LOOK", 0.05)
    monkeypatch.setattr(delivering, "LONGEST_ATTEMPT", 1.0)
    with targets.running() as hanging:
        hanging.held.clear()
        with targets.running() as down:
            pass
        slow, _ = webhooks.create(rows, hanging.url)
        away, _ = webhooks.create(rows, down.url)
        well, _ = webhooks.create(rows, target.url)
        tell(rows, *(f"busy {number}" for number in range(20)))
        began = time.monotonic()
        work(lambda: len(target.got) == 20)
        assert told(target) == [f"busy {number}" for number in range(20)]
        assert states(rows, slow) == [("WAITING", 0, None)] * 20
        assert time.monotonic() - began < 4
        work(lambda: states(rows, away)[0][:2] == ("WAITING", 1))
        assert "ConnectError" in (states(rows, away)[0][2] or "")
        work(lambda: states(rows, slow)[0] == ("WAITING", 1, "no answer within 1 s"))
        assert {state for state, _, _ in states(rows, well)} == {"DELIVERED"}


def test_what_concerns_everybody_waits_for_all_and_all_wait_for_it(
    rows: psycopg.Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LOOK", 0.05)
    number, _ = webhooks.create(rows, target.url)
    target.answer = lambda body: 500
    tell(rows, "busy 1")
    rows.execute(
        "insert into app.untold_events (event_type, details, is_first)"
        " values ('everything.changed', '{\"challengeKey\": \"all\"}', true)"
    )
    tell(rows, "idle 1")
    work(lambda: states(rows, number)[:1] == [("WAITING", 1, "it answered 500, not 2xx")])
    assert [attempts for _, attempts, _ in states(rows, number)] == [1, 0, 0]
    target.answer = lambda body: 200
    rows.execute("update app.webhook_deliveries set next_attempt_at = now()")
    work(lambda: len(target.got) == 4)
    assert told(target)[1:] == ["busy 1", "None all", "idle 1"]


def test_two_workers_send_nothing_twice(rows: psycopg.Connection, target: Target) -> None:
    webhooks.create(rows, target.url)
    expected = [f"busy {number}" for number in range(30)]
    tell(rows, *expected)

    async def both() -> None:
        workers = [asyncio.create_task(delivering.deliver_repeatedly()) for _ in range(2)]
        deadline = time.monotonic() + 5
        while len(target.got) < 30 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        for worker in workers:
            worker.cancel()

    asyncio.run(both())
    assert told(target) == expected


def test_a_name_that_leads_inside_is_not_called(
    rows: psycopg.Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = webhooks.create(rows, target.url.replace("127.0.0.1", "localhost"))
    monkeypatch.setenv("HEDGE_WEBHOOK_NETWORKS", "")
    tell(rows, "busy 1")
    work(lambda: [attempts for _, attempts, _ in states(rows, number)] == [1])
    assert "is called by https only" in (states(rows, number)[0][2] or "")
    assert target.got == []


def test_what_is_removed_or_unknown_is_said(rows: psycopg.Connection, target: Target) -> None:
    number, secret = webhooks.create(rows, target.url, "of ada")
    assert secret not in str(webhooks.listed(rows))
    tell(rows, "busy 1")
    work(lambda: bool(target.got))
    webhooks.remove(rows, number)
    assert webhooks.listed(rows) == []
    for call in (webhooks.remove, webhooks.deliveries, webhooks.replay):
        with pytest.raises(UsageError, match=f"no webhook {number}"):
            call(rows, number)
    with pytest.raises(UsageError, match=r"^no type of event '.*': one of progress.changed, "):
        webhooks.create(rows, target.url, event_types=["tier.lost"])
    assert webhooks.listed(rows) == []
