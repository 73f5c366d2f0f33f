"""Clusters that are divided among buckets: runs write what they write without buckets.

test_a_full_run_equals_incremental_runs has a sequence of loads, links and runs in buckets, which is
compared with the oracle.
"""

import json

import psycopg
import pytest

from hedge import buckets, copies, database, runs
from hedge.errors import HedgeError, UsageError
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
from tests.support import (
    AS_OF,
    Beside,
    executes,
    pvp_match,
)


def test_another_number_of_buckets_places_every_cluster_anew(
    connection: psycopg.Connection,
) -> None:
    for number in range(40):
        support.add_cluster(connection, f"cluster-{number}")
    for number in (2, 5):
        buckets.divide(connection, number, tell)
        found = connection.execute("select distinct bucket from app.cluster_buckets").fetchall()
        assert {bucket for (bucket,) in found} == set(range(1, number + 1))


@pytest.mark.ci
def test_what_the_split_separates_is_computed_as_without_it(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    expected, ranked = compute(connection)
    assert {row[0] for row in ranked} == {"board_0", "board_1", "board_2"}
    facts = connection.execute("select count(*) from raw.pvp_matches").fetchone()
    # fewer and more than there are clusters; the next test has as many
    for number in (2, 5):
        divide(connection, number)
        assert compute(connection) == (expected, ranked)
        for mart in support.MARTS:
            # all is in the buckets, and each has clusters of its own
            assert connection.execute(f"select from only analytics.{mart}").fetchall() == []
            places = connection.execute(
                f"select distinct tableoid, cluster_id from analytics.{mart}"
            ).fetchall()
            assert len({place for place, _ in places}) == min(number, 3)
            assert len(places) == 3
        assert connection.execute("select from only raw.pvp_matches").fetchall() == []
        assert connection.execute("select count(*) from raw.pvp_matches").fetchone() == facts
    before = support.marts(connection)
    buckets.divide(connection, 1, tell)
    # nothing is lost, and nothing is computed for that
    assert support.marts(connection) == before
    assert buckets.listed(connection) == []
    assert compute(connection) == (expected, ranked)


def test_a_link_across_buckets_takes_its_facts_along(connection: psycopg.Connection) -> None:
    put_story(connection)
    divide(connection, 3)
    runs.full()
    assert support.progress(connection, "ann")["mad_boar_slayer"] == 2
    notes = "select count(*) from app.change_notes where table_name = 'hunting_encounters'"
    noted = connection.execute(notes).fetchone()
    support.link(connection, "ann", NOBODY)
    support.link(connection, "bob", SECOND)
    runs.cluster(["ann", "bob", "cyd"])
    assert connection.execute(notes).fetchone() == noted
    places = "select distinct tableoid::regclass::text from raw.hunting_encounters where"
    assert connection.execute(f"{places} wallet_address = %s", [NOBODY]).fetchall() == [
        ("bucket_1.raw_hunting_encounters",)
    ]
    found = support.without_instants(support.marts(connection))
    buckets.divide(connection, 1, tell)
    runs.full()
    assert support.without_instants(support.marts(connection)) == found


def test_a_link_waits_only_for_writers_of_tables_from_which_its_facts_are_moved(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 3)
    # its facts are hunts
    support.link(connection, "ann", NOBODY)
    connection.execute("set lock_timeout = '1s'")
    fill = "select app.fill_buckets()"
    with psycopg.connect(database.url()) as writer:
        writer.execute("update raw.hunting_encounters set result = result")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute(fill)
        writer.rollback()
        writer.execute("update raw.pvp_matches set outcome = outcome")
        support.put(writer, pvp_match(NOBODY))
        assert connection.execute(fill).fetchone() == (30,)
        writer.commit()
    # what another session has inserted meanwhile is moved by the next
    assert connection.execute(fill).fetchone() == (1,)
    places = "select distinct tableoid::regclass::text from raw.{} where wallet_address = %s"
    for table in ("hunting_encounters", "pvp_matches"):
        found = connection.execute(places.format(table), [NOBODY]).fetchall()
        assert found == [(f"bucket_1.raw_{table}",)]


@pytest.mark.ci
def test_who_moves_facts_waits_for_another_who_does(connection: psycopg.Connection) -> None:
    put_story(connection)
    divide(connection, 2)
    copies.create(connection, copies.raw_tables(connection), citus=False)
    connection.execute("select app.fill_buckets(), app.copy_facts()")
    for function in ("fill_buckets", "copy_facts", "join_buckets"):
        with database.connect(autocommit=False) as other:
            # nothing is left to be moved, so that no table is locked
            assert database.value(other, "select app.fill_buckets()") == 0
            beside = Beside(executes(f"select app.{function}()"))
            assert beside.waits, function
            for (table,) in other.execute("select table_name from app.bucket_tables").fetchall():
                lock = f"lock table only raw.{table} in share row exclusive mode nowait"
                other.execute(lock)
            other.commit()
        beside.result()


@pytest.mark.ci
def test_a_fact_whose_wallet_is_changed_goes_to_the_bucket_of_the_new_one(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 3)
    runs.full()

    def hunted() -> list[object]:
        return [support.progress(connection, one)["mad_boar_slayer"] for one in ("ann", "cyd")]

    assert hunted() == [2, 2]
    hunts = (
        "with hunts as (select min(hunt_id) filter (where wallet_address = %(one)s) as one,"
        " min(hunt_id) filter (where wallet_address = %(other)s) as other"
        " from raw.hunting_encounters) update raw.hunting_encounters set wallet_address ="
    )
    wallets = {"one": SELLER, "other": OTHER}
    connection.execute(
        f"{hunts} %(one)s from hunts where hunt_id = other and wallet_address = %(other)s", wallets
    )
    runs.incremental()
    assert hunted() == [3, 1]
    # two facts that exchange their wallets
    wallets["other"] = SECOND
    connection.execute(
        f"{hunts} case wallet_address when %(one)s then %(other)s else %(one)s end"
        " from hunts where hunt_id in (one, other)",
        wallets,
    )
    places = (
        "select distinct wallet_address, tableoid::regclass::text from raw.hunting_encounters"
        " where wallet_address <> %s order by 1"
    )
    runs.incremental()
    assert hunted() == [3, 1]
    assert connection.execute(places, [NOBODY]).fetchall() == [
        (SELLER, "bucket_1.raw_hunting_encounters"),
        (SECOND, "bucket_3.raw_hunting_encounters"),
    ]
    # what changes otherwise moves nothing
    connection.execute("update raw.hunting_encounters set result = 'LOSS'")
    assert connection.execute("select from app.wallets_to_place").fetchall() == []
    runs.incremental()
    assert hunted() == [0, 0]
    buckets.divide(connection, 1, tell)
    connection.execute(f"update raw.hunting_encounters set wallet_address = '{OTHER}'")
    assert connection.execute("select from app.wallets_to_place").fetchall() == []


def test_links_and_unlinks_of_several_wallets_are_moved_at_once(
    connection: psycopg.Connection,
) -> None:
    put_story(connection)
    divide(connection, 3)
    fill = "select app.fill_buckets()"
    hunts = (
        "select tableoid::regclass::text, count(*) from raw.hunting_encounters"
        " where wallet_address = %s group by tableoid"
    )
    support.link(connection, "ann", NOBODY)
    support.link(connection, "bob", SECOND)
    connection.execute(fill)
    assert connection.execute(hunts, [NOBODY]).fetchall() == [
        ("bucket_1.raw_hunting_encounters", 30)
    ]
    assert connection.execute(hunts, [SECOND]).fetchall() == [
        ("bucket_2.raw_hunting_encounters", 1)
    ]
    assert connection.execute(fill).fetchone() == (0,)
    # without a link, they are where the hash of the address places them
    support.unlink(connection, NOBODY)
    assert connection.execute(fill).fetchone() == (30,)
    assert connection.execute(hunts, [NOBODY]).fetchall() == [
        ("bucket_2.raw_hunting_encounters", 30)
    ]


def test_a_fact_that_is_loaded_again_is_there_once(connection: psycopg.Connection) -> None:
    put_story(connection)
    divide(connection, 3)
    stored = "select match_id, outcome from raw.pvp_matches where wallet_address = %s"
    before = connection.execute(stored, [SECOND]).fetchall()
    again = pvp_match(SECOND, match_id="other", opponent_wallet=SELLER)
    support.put(connection, again)
    assert sorted(connection.execute(stored, [SECOND]).fetchall()) == sorted(before)
    removed = "select fact ->> 'outcome' from raw.removed_facts where table_name = 'pvp_matches'"
    assert connection.execute(removed).fetchall() == []
    again.row["outcome"] = "LOSS"
    connection.execute("select app.fill_buckets()")
    support.put(connection, again)
    found = dict(connection.execute(stored, [SECOND]).fetchall())
    assert len(found) == len(before)
    assert found["other"] == "LOSS"
    assert connection.execute(removed).fetchall() == [("WIN",)]


def test_how_many_buckets_there_can_be_and_by_which_dbt(
    transaction: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wanted in (0, buckets.MOST + 1):
        with pytest.raises(UsageError, match=f"^{wanted} buckets: there can be 1 to 64$"):
            buckets.planned(transaction, wanted)
    assert "are divided among 64 buckets" in buckets.planned(transaction, buckets.MOST)[0]
    monkeypatch.setenv("HEDGE_DBT", "subprocess")
    assert buckets.planned(transaction, 1) == ["nothing: the number of buckets is 1 already"]
    with pytest.raises(UsageError) as refused:
        buckets.planned(transaction, 2)
    assert str(refused.value) == (
        "HEDGE_DBT is 'subprocess', which cannot compute buckets: use 'in-process'"
    )


def test_what_cannot_do_with_buckets_says_so(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_story(connection)
    divide(connection, 2)
    done = support.dbt("run", "--select", *support.MARTS)
    assert not done.success
    monkeypatch.setenv("HEDGE_DBT", "subprocess")
    with pytest.raises(HedgeError, match="'subprocess' cannot compute"):
        runs.full()


@pytest.mark.ci
def test_a_move_that_is_killed_loses_and_doubles_nothing(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_story(connection)
    expected, _ = compute(connection)
    count = (
        "select count(*), count(distinct match_id || wallet_address), (select count(*)"
        " from raw.hunting_encounters) from raw.pvp_matches"
    )
    before = connection.execute(count).fetchall()
    monkeypatch.setattr(buckets, "PORTION", 2)
    told: list[str] = []

    def interrupt(sentence: str) -> None:
        told.append(sentence)
        if len(told) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        buckets.divide(connection, 2, interrupt)
    left = "select count(*) from only raw.hunting_encounters"
    assert connection.execute(left).fetchone() > (0,)
    assert connection.execute(count).fetchall() == before
    # the session of a move is killed before it commits
    with psycopg.connect(database.url()) as other:
        other.execute("select app.fill_buckets()")
        connection.execute("select pg_terminate_backend(%s)", [other.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            other.execute("select")
    assert connection.execute(left).fetchone() > (0,)
    assert connection.execute(count).fetchall() == before
    # a run moves the rest
    assert compute(connection)[0] == expected
    assert connection.execute(left).fetchone() == (0,)
    assert connection.execute(count).fetchall() == before
    noted = "select count(*) from raw.removed_facts"
    assert connection.execute(noted).fetchone() == (0,)


def test_a_file_that_is_loaded_again_corrects_facts_in_buckets(
    connection: psycopg.Connection, hedge: Hedge, write: Write
) -> None:
    put_story(connection)
    divide(connection, 3)
    header = "realm,match_id,wallet_address,is_ranked,outcome,matched_at"
    rows = [
        f"DFK,{number},{wallet},true,WIN,2026-05-01T00:00:00Z"
        for number, wallet in enumerate((SELLER, BUYER, OTHER))
    ]

    def load(*lines: str) -> tuple[int, int]:
        file = write("matches.csv", "\n".join([header, *lines]) + "\n")
        status, printed, errors = hedge("load", "pvp_matches", file, "--json")
        assert status == 0, errors
        (found,) = json.loads(printed)
        return found["inserted"], found["updated"]

    assert load(*rows) == (3, 0)
    connection.execute("select app.fill_buckets()")
    assert load(*rows) == (0, 0)
    assert load(rows[0].replace("WIN", "LOSS"), *rows[1:]) == (0, 1)
    stored = "select tableoid::regclass::text, outcome from raw.pvp_matches where match_id = '0'"
    assert connection.execute(stored).fetchall() == [("bucket_1.raw_pvp_matches", "LOSS")]
    noted = "select operation from app.change_notes where table_name = 'pvp_matches' order by 1"
    assert ("UPDATE",) in connection.execute(noted).fetchall()


def test_jobs_without_buckets_are_said_to_have_no_effect(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    put_story(connection)
    said = "2 jobs have no effect, because the clusters are not divided: hedge db buckets N"
    status, _, errors = hedge("etl", "full", "--jobs", "2", "--as-of", AS_OF.isoformat())
    assert status == 0
    assert said in errors
    divide(connection, 2)
    status, _, errors = hedge("etl", "full", "--jobs", "2", "--as-of", AS_OF.isoformat())
    assert status == 0
    assert said not in errors


def test_the_command_says_what_it_does_and_what_there_is(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    put_story(connection)
    assert hedge("db", "buckets") == (0, "the clusters are not divided\n", "")
    status, printed, _ = hedge("db", "buckets", "2", "--dry-run")
    assert status == 0
    assert printed.startswith("3 clusters, with their rows of cluster_metrics, ")
    assert "bucket_1 to bucket_2\nthe facts of 15 raw tables follow" in printed
    assert buckets.number(connection) == 1
    status, printed, errors = hedge("db", "buckets", "2")
    assert status == 0
    assert "dividing the clusters and their marts among 2 buckets" in errors
    assert [line.split()[:1] for line in printed.splitlines()[1:]] == [["come"], ["1"], ["2"]]
    assert buckets.planned(connection, 2) == ["nothing: the number of buckets is 2 already"]
    assert hedge("db", "buckets", "65")[0] == 2


def test_who_does_not_know_buckets_writes_into_no_mart(connection: psycopg.Connection) -> None:
    put_story(connection)
    runs.full()
    divide(connection, 2)
    insertion = (
        "insert into analytics.challenge_progress select * from analytics.challenge_progress"
        " limit 1"
    )
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="nothing was written"):
        connection.execute(insertion)
    # what a merge of accounts carries over goes to the bucket of its cluster
    connection.execute(
        "insert into analytics.tier_unlocks (cluster_id, challenge_key, tier_code, kind,"
        " unlocked_at) values ('bob', 'some_challenge', 'BASIC', 'TIER', now())"
    )
    place = "select tableoid::regclass::text from analytics.tier_unlocks where challenge_key = %s"
    assert connection.execute(place, ["some_challenge"]).fetchall() == [("bucket_2.tier_unlocks",)]
