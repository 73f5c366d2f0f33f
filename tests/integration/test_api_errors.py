"""Errors of the API: one sentence that names the field and the value."""

from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient

from api.app import create_app
from hedge import tokens

BOARD = {
    "key": "p",
    "name": "P",
    "categoryKey": "pvp_competition",
    "metricSource": "onchain_pvp",
    "metricKey": "wins",
    "timeWindow": "MONTHLY",
}
SEASON = {
    "id": "p",
    "name": "P",
    "startsAt": "2026-10-01T00:00:00Z",
    "endsAt": "2026-10-20T00:00:00Z",
}


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        (
            "leaderboards",
            BOARD | {"timeWindow": "monthly"},
            "timeWindow: 'monthly' is not DAILY, WEEKLY, MONTHLY, SEASON or ALL_TIME",
        ),
        ("leaderboards", BOARD | {"maxEntries": "many"}, "maxEntries: Expected `int`, got `str`"),
        ("leaderboards", BOARD | {"categoryKey": "chess"}, "board p: no category chess"),
        ("seasons", SEASON | {"scoring": "ALL"}, "scoring: 'ALL' is not LIFETIME or SEASON"),
    ],
)
def test_a_fault_in_a_body_names_the_field(
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    body: dict[str, Any],
    sentence: str,
) -> None:
    monkeypatch.setenv("HEDGE_SECRET_KEY", bytes(range(32)).hex())
    bearer = {"Authorization": f"Bearer {tokens.create(connection, 'admin', 'a test')[1]}"}
    with TestClient(create_app()) as client:
        answer = client.post(f"/admin/{path}", json=body, headers=bearer)
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)
