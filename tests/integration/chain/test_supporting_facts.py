"""The facts that a value can rest on are those before its instant."""

from datetime import timedelta

import psycopg

from tests.support import AS_OF, BUSY, add_cluster, hero, put, pvp_match

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
