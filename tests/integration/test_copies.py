"""Copies of buckets, from which metric sources are computed: runs write what they write without.

The copies are in the same database here, which needs no Citus. What only Citus can show is in
test_copies_on_citus.py; a sequence of loads, links, exclusions and runs is compared with the oracle
in test_a_full_run_equals_incremental_runs.py.
"""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge import buckets, copies, database, runs
from hedge.errors import HedgeError
from hedge.runs.dbt import parsed
from hedge.runs.deployed import project_of_runs
from tests import Hedge, support
from tests.integration.bucket_story import (
    BUYER,
    NOBODY,
    OTHER,
    SECOND,
    SELLER,
    compute,
    divide,
    put_story,
    tell,
)
from tests.integration.loading import Write
from tests.support import AS_OF, DAY, hero, hunt, pvp_match


def copy(connection: psycopg.Connection, number: int) -> None:
    """Divide the clusters among buckets, and make copies of these."""
    if buckets.have_copies(connection):
        copies.remove(connection)
    divide(connection, number)
    copies.create(connection, copies.raw_tables(connection), citus=False)


def exclude(connection: psycopg.Connection) -> None:
    """Exclude a wallet, and a fact whose key has an instant, which each session writes in its own
    time zone."""
    sold = {"hero_id": 1, "updated_at": (AS_OF - 10 * DAY).isoformat()}
    for column, values in (
        ("wallet_address", [SECOND]),
        ("raw_table, fact", ["heroes", Jsonb(sold)]),
    ):
        connection.execute(
            f"insert into app.exclusions ({column}, starts_at, created_by, reason)"
            f" select {', '.join(['%s'] * len(values))}, '2020-01-01', 'a test', 'a test'",
            values,
        )
    assert database.value(connection, "select cardinality(app.excluded_facts('heroes'))") == 1


def differing(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows of each place of facts and of its copy are not in both."""
    found = {}
    for facts, copied in connection.execute(
        "select places.facts, places.copies from app.copied_tables as tables"
        " cross join lateral app.places_of_copies(tables.table_name) as places"
    ).fetchall():
        found[copied] = database.value(
            connection,
            f"select count(*) from ((select * from {facts} except all select * from {copied})"
            f" union all (select * from {copied} except all select * from {facts})) as differing",
        )
    return {place: number for place, number in found.items() if number}


@pytest.mark.ci
def test_what_is_computed_from_copies_is_what_is_computed_without(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    exclude(connection)
    expected, ranked = compute(connection)
    for number in (2, 3):
        copy(connection, number)
        assert compute(connection) == (expected, ranked)
        assert differing(connection) == {}
        for table in ("windows", "cluster_wallets", "hedge_answers"):
            # no other session ever reads what one has written there
            assert connection.execute(f"select from bucket_1_copy.{table}").fetchall() == []
    copies.remove(connection)
    assert compute(connection) == (expected, ranked)
    left = "select nspname from pg_namespace where nspname like '%\\_copy'"
    assert connection.execute(left).fetchall() == []


@pytest.mark.ci
def test_what_reads_facts_reads_copies_alone(connection: psycopg.Connection) -> None:
    put_story(connection)
    copy(connection, 2)
    runs.full()
    manifest = parsed(*project_of_runs(connection)).manifest
    sources = set(manifest.nodes) & {
        f"model.hedge.{name}" for name in database.value(connection, SOURCES)
    }
    assert len(sources) == 15
    upstream = {manifest.nodes[key].identifier for key in manifest.upstream(sources)}
    read = connection.execute(
        "select distinct views.relname, read.oid::regclass::text from pg_rewrite as rules"
        " inner join pg_class as views on rules.ev_class = views.oid"
        " inner join pg_depend as uses on uses.objid = rules.oid"
        " and uses.classid = 'pg_rewrite'::regclass and uses.refclassid = 'pg_class'::regclass"
        " inner join pg_class as read on uses.refobjid = read.oid and read.oid <> views.oid"
        " where views.relnamespace = 'bucket_1'::regnamespace and views.relname = any(%s)",
        [[*upstream]],
    ).fetchall()
    places: dict[str, set[str]] = {}
    for view, place in read:
        places.setdefault(view, set()).add(place.partition(".")[0])
    with_copies = {view for view, found in places.items() if found - {"bucket_1", "app"}}
    assert {"stg_pvp_matches", "stg_heroes", "pvp_matches"} <= with_copies
    for view in with_copies & {view for view in upstream if view.startswith(("stg_", "onchain_"))}:
        assert places[view] <= {"bucket_1", "bucket_1_copy", "everybody_copy"}, view


#: The metric sources that read facts.
SOURCES = """
    select array_agg(distinct metric_source) from app.metric_source_tables
    where metric_source not in ('season_progress', 'challenge_progress', 'epic_feats',
        'meta_profile')
"""


@pytest.mark.ci
def test_a_copy_follows_every_change_of_a_fact(
    connection: psycopg.Connection, hedge: Hedge, write: Write
) -> None:
    put_story(connection)
    copy(connection, 3)
    runs.full()
    assert differing(connection) == {}
    # inserted, updated also in the key, deleted, loaded again, of one wallet and of everybody
    support.put(connection, hunt(BUYER), hero(9, SELLER, AS_OF - DAY), pvp_match(SECOND))
    connection.execute(
        "update raw.pvp_matches set match_id = match_id || '-b', outcome = 'LOSS'"
        " where wallet_address = %s",
        [BUYER],
    )
    connection.execute("update raw.heroes set level = level + 1")
    connection.execute("delete from raw.pets")
    connection.execute("delete from raw.hunting_encounters where wallet_address = %s", [OTHER])
    support.put(connection, pvp_match(SECOND, match_id="other", opponent_wallet=SELLER))
    header = "realm,match_id,wallet_address,is_ranked,outcome,matched_at"
    row = f"DFK,of-file,{OTHER},true,WIN,2026-05-01T00:00:00Z"
    for outcome in ("WIN", "LOSS"):
        file = write("matches.csv", f"{header}\n{row.replace('WIN', outcome)}\n")
        assert hedge("load", "pvp_matches", file)[0] == 0
    runs.incremental()
    assert differing(connection) == {}
    connection.execute("truncate raw.tournament_matches, raw.quest_completions")
    # across buckets: to a cluster, to another one, and to nobody
    support.link(connection, "ann", NOBODY)
    support.link(connection, "bob", SECOND)
    support.unlink(connection, OTHER)
    runs.cluster(["ann", "bob", "cyd"])
    assert differing(connection) == {}
    for table in ("facts_to_copy", "wallets_to_copy"):
        assert connection.execute(f"select from app.{table}").fetchall() == []
    runs.incremental()
    found = support.without_instants(support.marts(connection))
    copies.remove(connection)
    buckets.divide(connection, 1, tell)
    runs.full()
    assert support.without_instants(support.marts(connection)) == found


def test_what_fails_while_it_copies_is_copied_by_the_next(connection: psycopg.Connection) -> None:
    put_story(connection)
    copy(connection, 2)
    with psycopg.connect(database.url()) as other:
        other.execute("select app.copy_facts()")
        connection.execute("select pg_terminate_backend(%s)", [other.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            other.execute("select")
    assert differing(connection) != {}
    # one table is copied by itself, and the others wait for their turn
    assert database.value(connection, "select app.copy_facts('heroes')") == 2
    assert database.value(connection, "select app.copy_facts()") > 0
    assert database.value(connection, "select app.copy_facts()") == 0
    assert differing(connection) == {}


@pytest.mark.ci
def test_only_the_transaction_that_computes_sees_what_it_computes_with(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    copy(connection, 2)
    runs.full()
    seen = "select count(*) from bucket_1_copy.windows"
    with psycopg.connect(database.url()) as one, psycopg.connect(database.url()) as another:
        for session in (one, another):
            session.execute("select app.fill_copy(1)")
        live = one.execute("select count(*) from analytics.windows").fetchone()
        assert one.execute(seen).fetchone() == another.execute(seen).fetchone() == live > (0,)
        for session in (one, another):
            session.execute("select app.empty_copy(1)")
            session.commit()
    assert connection.execute(seen).fetchone() == (0,)


@pytest.mark.ci
def test_who_changes_tables_is_told_to_make_the_copies_anew(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    copy(connection, 2)
    runs.full()
    with pytest.raises(HedgeError, match="hedge db distribute --undo removes them"):
        buckets.divide(connection, 3, tell)
    connection.execute("alter table raw.pvp_matches add column added text")
    connection.execute("update app.buckets set copied_from = null")
    with pytest.raises(HedgeError, match=r"the copies of raw\.pvp_matches .* have other columns"):
        runs.full()
    connection.execute("alter table raw.pvp_matches drop column added")
    connection.execute("delete from app.copied_tables where table_name = 'pvp_matches'")
    with pytest.raises(HedgeError, match=r"metrics read raw\.pvp_matches, which has no copy"):
        runs.full()


def test_nothing_is_distributed_where_there_is_no_citus(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    assert copies.listed(connection) == []
    for arguments in ((), ("--dry-run",)):
        status, _, errors = hedge("db", "distribute", *arguments)
        assert status == 1
        assert "this database does not have the extension citus" in errors
    assert hedge("db", "distribute", "--undo") == (0, "no worker has copies\n", "")


@pytest.mark.parametrize(
    ("version", "groups", "sentence"),
    [
        ("11.3-1", [1], "Citus 11.3-1 cannot keep a schema on one worker: 12.0 or later can"),
        ("12.0-1", [], "Citus has no worker that may hold data: citus_add_node adds one"),
        # the coordinator is none
        ("12.0-1", [0], "Citus has no worker that may hold data: citus_add_node adds one"),
        ("12.0-1", [0, 1], "the clusters are not divided, and each worker computes whole buckets"),
    ],
)
def test_what_citus_lacks_is_said(
    transaction: psycopg.Connection, version: str, groups: list[int], sentence: str
) -> None:
    """Its catalogues stand here for the extension."""
    transaction.execute(
        "insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable,"
        " extversion) select 1, 'citus', extowner, extnamespace, false, %s from pg_extension"
        " limit 1",
        [version],
    )
    transaction.execute(
        "create temporary table pg_dist_node on commit drop as select 'primary' as noderole,"
        " true as isactive, true as shouldhaveshards, groupid"
        " from unnest(%s::integer[]) as groupid",
        [groups],
    )
    with pytest.raises(HedgeError, match=f"^{sentence}"):
        copies.planned(transaction)
