"""The id of a request of the API is in the run that it causes: in the row of the ledger, and in the
lines that the worker writes about it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.acceptance.conftest import Service
from tests.acceptance.pages import BOARD

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("request_ids")]

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def logged(service: Service, is_so: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The lines of the log of server and worker for which something is so."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if is_so(line)]


def logged_soon(service: Service, is_so: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Those lines, of which there is one soon: a line is written after the answer is sent."""
    service.wait_for(lambda: logged(service, is_so))
    return logged(service, is_so)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("path", "body", "kind", "event", "task"),
    [
        ("/admin/etl/clusters/rival/run", None, "CLUSTER", "clusters computed", None),
        ("/admin/etl/run", {"kind": "INCREMENTAL"}, "INCREMENTAL", "run done", "INCREMENTAL"),
        (f"/admin/leaderboards/{BOARD}/run", {}, "BOARD", "run done", "PENDING_BOARDS"),
    ],
)
def test_the_id_of_a_request_is_in_the_run_that_it_causes(
    told: Service,
    rows: psycopg.Connection,
    path: str,
    body: dict[str, str] | None,
    kind: str,
    event: str,
    task: str | None,
) -> None:
    program = told.with_token(told.admin, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    answer: httpx.Response = program.post(path, json=body)
    assert answer.status_code == 202, answer.text
    name = answer.headers["X-Request-Id"]
    (line,) = logged_soon(told, lambda one: one.get("request_id") == name)
    assert (line["event"], line["path"], line["trace_id"]) == ("request", path, TRACE)

    def run() -> tuple[str, str] | None:
        return rows.execute(
            "select kind, state from app.etl_runs where %s = any(caused_by) and state <> 'RUNNING'",
            [name],
        ).fetchone()

    told.wait_for(run)
    assert run() == (kind, "SUCCESS")
    about = lambda one: name in one.get("caused_by", ()) and one["event"] == event  # noqa: E731
    (line,) = logged_soon(told, about)
    assert (line["level"], line["caused_by"], line.get("task")) == ("info", [name], task)


def test_a_trace_that_is_none_is_not_logged(told: Service) -> None:
    for value in ("", "00-0-0-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE}"):
        answer = httpx.get(f"{told.url}/healthz", headers={"traceparent": value})
        name = answer.headers["X-Request-Id"]
        (line,) = logged_soon(told, lambda one, name=name: one.get("request_id") == name)
        assert "trace_id" not in line
    # nor is the value of another header
    answer = httpx.get(f"{told.url}/healthz", headers={"a": f"00-{TRACE}-00f067aa0ba902b7-01"})
    name = answer.headers["X-Request-Id"]
    (line,) = logged_soon(told, lambda one: one.get("request_id") == name)
    assert "trace_id" not in line
