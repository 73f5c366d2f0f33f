"""The facts that a value can rest on are those before its instant, of every raw table."""

import re
from datetime import timedelta

import psycopg

from hedge.queries import query
from tests import PROJECT
from tests.rendering import graph, render
from tests.support import (
    AS_OF,
    BUSY,
    IDLE,
    RIVAL,
    add_cluster,
    hero,
    jeweler_move,
    lp_move,
    lp_price,
    put,
    pvp_match,
    token_price,
)

LISTED = """
    select raw_table, occurred_at from analytics.supporting_facts
    where cluster_id = 'busy' and not is_price order by 1, 2
"""


def test_what_happens_from_the_instant_on_supports_nothing(transaction: psycopg.Connection) -> None:
    """Also where it is over by now."""
    before = AS_OF - timedelta(microseconds=1)
    add_cluster(transaction, "busy", BUSY)
    put(transaction, *(pvp_match(BUSY, at=at) for at in (before, AS_OF, AS_OF + timedelta(days=1))))
    put(transaction, *(hero(number, at=at) for number, at in enumerate((before, AS_OF), 1)))
    transaction.execute("select set_config('hedge.as_of', %s, true)", [AS_OF.isoformat()])
    assert transaction.execute(LISTED).fetchall() == [("heroes", before), ("pvp_matches", before)]


def test_prices_support_the_values_of_those_who_hold_what_they_are_of(
    transaction: psycopg.Connection,
) -> None:
    """The price of a pool those who have staked in it, that of JEWEL those who have locked it."""
    put(transaction, lp_price(2, pool_id=1), lp_price(3, pool_id=2), token_price(4))
    holders = {"busy": (BUSY, lp_move(5)), "rival": (RIVAL, jeweler_move(6, RIVAL))}
    for cluster, (wallet, fact) in (holders | {"idle": (IDLE, pvp_match(IDLE))}).items():
        add_cluster(transaction, cluster, wallet)
        put(transaction, fact)
    transaction.execute("select set_config('hedge.as_of', %s, true)", [AS_OF.isoformat()])
    prices = transaction.execute(
        "select distinct cluster_id, raw_table, named ->> 'pool_id'"
        " from analytics.supporting_facts where is_price order by 1"
    )
    assert prices.fetchall() == [
        ("busy", "lp_prices_daily", "1"),
        ("rival", "token_prices_daily", None),
    ]


def test_every_raw_table_can_support_a_value(transaction: psycopg.Connection) -> None:
    read = transaction.execute(
        "select pg_get_viewdef('analytics.supporting_facts'::regclass)"
    ).fetchone()
    tables = {table for (table,) in transaction.execute(query("load_tables"))}
    assert set(re.findall(r"'(\w+)'(?:::text)? AS raw_table", read[0])) == tables


def test_a_raw_table_that_is_new_is_supported_by_its_source_alone() -> None:
    """Facts of a column with wallets support values, as the scaffold of a raw table says it."""
    model = (PROJECT / "models/scope/supporting_facts.sql").read_text()
    ponds = graph()["sources"]["source.hedge.raw.pvp_matches"]
    concerns = [{"wallet": ["digger", "owner"]}, {"pool": ["pond_id"]}]
    ponds = ponds | {"config": {"event_time": "dug_at", "meta": {"changes_concern": concerns}}}
    prices = ponds | {"config": {"event_time": "dug_at", "meta": {"changes_concern": concerns[1:]}}}
    more = {"source.hedge.raw.ponds": ponds, "source.hedge.raw.pond_prices": prices}
    text = render(model, {}, graph={**graph(), "sources": graph()["sources"] | more})
    conditions = re.findall(r"join raw\.ponds as facts on (.*)\n\s+where (.*)", text)
    assert conditions == [
        (f"wallets.wallet_address = facts.{wallet}", "facts.dug_at < app.as_of()")
        for wallet in ("digger", "owner")
    ]
    assert "pond_prices" not in text
    assert len(text) > len(render(model, {}))
