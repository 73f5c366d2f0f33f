"""The expressions that models get from small macros: scopes, days, numbers, JSON."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from tests.rendering import render

QUOTED = "o'neil"


@pytest.fixture
def connection(server: str) -> Iterator[psycopg.Connection]:
    """A transaction on the server; no table is read."""
    with psycopg.connect(server) as connection:
        yield connection
        connection.rollback()


# -- the scope of a run -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clusters", "kept"),
    [
        (None, ["busy", "idle", QUOTED]),
        ([], []),
        (["idle", QUOTED, "nobody"], ["idle", QUOTED]),
    ],
    ids=["every cluster", "no cluster", "some clusters"],
)
def test_the_scope_keeps_its_clusters(
    connection: psycopg.Connection, clusters: list[str] | None, kept: list[str]
) -> None:
    condition = render("{{ in_scope('cluster_id') }}", {"clusters": clusters})
    found = connection.execute(
        f"select cluster_id from unnest(array['busy', 'idle', 'o''neil']) as cluster_id"
        f" where {condition}"
    )
    assert [cluster for (cluster,) in found] == kept


def value(connection: psycopg.Connection, macro: str, relation: str = "") -> Any:
    """The value of an expression that a call of a macro renders."""
    rendered = render(f"{{{{ {macro} }}}}", {})
    return connection.execute(f"select {rendered} {relation}").fetchone()[0]


def test_days_are_days_of_utc_and_an_exclusive_end_at_midnight_is_the_day_before(
    connection: psycopg.Connection,
) -> None:
    connection.execute("set local timezone to 'America/New_York'")
    midnight = "'2026-06-01T00:00:00Z'::timestamptz"
    just_after = f"({midnight} + interval '1 microsecond')"
    assert value(connection, f'utc_day("{midnight}")') == date(2026, 6, 1)
    assert value(connection, f'utc_day("{midnight}", just_before=true)') == date(2026, 5, 31)
    assert value(connection, f'utc_day("{just_after}", just_before=true)') == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("elapsed", "days"),
    [("24 hours", 1), ("23:59:59.999999", 0), ("47:59:59", 1), ("2 days", 2), (None, 0)],
)
def test_a_whole_day_is_24_hours(
    connection: psycopg.Connection, elapsed: str | None, days: int
) -> None:
    interval = f"interval '{elapsed}'" if elapsed else "null::interval"
    assert value(connection, f'whole_days("{interval}")') == days


@pytest.mark.parametrize(("first", "last", "days"), [(1, 1, 1), (1, 3, 3), (2, 1, None)])
def test_days_from_a_first_to_a_last_include_both(
    connection: psycopg.Connection, first: int, last: int, days: int | None
) -> None:
    of_may = (f"\"'2026-05-0{day}'::date\"" for day in (first, last))
    span = value(connection, f"days_from_to({', '.join(of_may)})")
    assert (span and (span.upper - span.lower).days) == days


@pytest.mark.parametrize(("json", "number"), [("true", 1), ("false", 0), ("2.5", 2.5), ("0", 0)])
def test_a_metric_is_a_number(connection: psycopg.Connection, json: str, number: float) -> None:
    assert value(connection, f"metric_number(\"'{json}'::jsonb\")") == number


@pytest.mark.parametrize(("key", "number"), [("wins", 3), ("flawless", 1), ("losses", 0)])
def test_a_missing_metric_of_a_cluster_is_zero(
    connection: psycopg.Connection, key: str, number: int
) -> None:
    row = """from (select '{"pvp": {"wins": 3, "flawless": true}}'::jsonb as metrics) as r"""
    assert value(connection, f"metric_value('pvp', '{key}')", row) == number


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("row_as_json('r')", {"wins": 1, "best": None}),
        ("metrics_as_json(['wins', 'best'])", {"wins": 1}),
        ("metrics_as_json(['wins'])", {"wins": 1}),
    ],
)
def test_a_row_of_metrics_as_json_has_no_keys_of_the_row(
    connection: psycopg.Connection, macro: str, expected: dict[str, int | None]
) -> None:
    row = "select 'a' as cluster_id, 'b' as window_key, 1 as wins, null::integer as best"
    assert value(connection, macro, f"from ({row}) as r") == expected


def test_a_relation_named_in_yaml_is_a_relation_of_the_project() -> None:
    condition = "item in (select item from {relic_items}) and {hunts} or {relic_items}"
    found = render("{{ resolve_relations(condition) }}", {}, condition=condition)
    assert found.strip() == (
        "item in (select item from analytics.relic_items) and analytics.hunts"
        " or analytics.relic_items"
    )
