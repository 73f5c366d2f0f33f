"""hedge requests: what is listed, tried again and dropped."""

import json
from functools import partial

import psycopg
import pytest

from hedge.queue import requests
from tests import Hedge
from tests.integration.requests import ids, states


@pytest.fixture
def hedge(hedge: Hedge) -> Hedge:
    """Runs hedge requests."""
    return partial(hedge, "requests")


def test_requests_are_listed_with_their_errors(queue: psycopg.Connection, hedge: Hedge) -> None:
    assert hedge("list") == (0, "No request waits.\n", "")
    number = requests.create(queue, "CLUSTER", "busy")
    other = requests.create(queue, "FULL")
    requests.record_failure(queue, [number], "the cluster run failed: numeric field overflow")
    queue.execute("update app.etl_requests set parked_at = now() where cluster_id = 'busy'")
    status, out, _ = hedge("list")
    assert status == 0
    for words in ("PARKED", "WAITING", "busy", "numeric field overflow", str(number)):
        assert words in out
    first, second = json.loads(hedge("list", "--json")[1])
    assert (first["request_id"], first["state"], first["attempts"]) == (number, "PARKED", 1)
    assert (second["request_id"], second["kind"], second["error"]) == (other, "FULL", None)
    assert len(json.loads(hedge("list", "--json", "--limit", "1")[1])) == 1


def test_one_request_or_all_that_are_parked_are_tried_again(
    queue: psycopg.Connection, hedge: Hedge
) -> None:
    first, second = (requests.create(queue, "FULL") for _ in range(2))
    queue.execute("update app.etl_requests set parked_at = now()")
    assert hedge("retry", str(first)) == (0, f"request {first} is tried again\n", "")
    assert states(queue) == ["WAITING", "PARKED"]
    assert hedge("retry", "--all") == (0, "1 to be tried again\n", "")
    assert states(queue) == ["WAITING", "WAITING"]
    assert hedge("retry", "0") == (2, "", "hedge: no request 0\n")
    for arguments in ([], ["1", "--all"]):
        status, _, err = hedge("retry", *arguments)
        assert (status, err) == (
            2,
            "hedge: name one request, or all that are parked with --all\n",
        )
    assert ids(requests.unserved(queue)) == [first, second]


def test_a_request_is_dropped(queue: psycopg.Connection, hedge: Hedge) -> None:
    number = requests.create(queue, "FULL")
    assert hedge("drop", str(number)) == (0, f"request {number} is dropped\n", "")
    assert hedge("drop", str(number))[0] == 2
    assert requests.unserved(queue) == []
