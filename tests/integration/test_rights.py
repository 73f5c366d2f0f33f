"""Rights of roles in a database that one role has owned so far: they are given, and lost ones are
found. tests/roles has a whole installation."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from hedge import buckets, database, doctor, rights
from hedge.chain import partitions
from hedge.chain.storing import Stored, put_blocks, put_logs
from hedge.errors import HedgeError, UsageError
from hedge.runs import dbt
from hedge.runs.buckets import renew_views
from hedge.runs.deployed import project_of_runs
from tests.integration.chain.logs import block, log

NAMES = {
    "migrate": ["t_owner"],
    "run": ["t_run"],
    "serve": ["t_serve"],
    "load": ["t_load", "t_indexer"],
    "read": ["t_read"],
}


@pytest.fixture
def granted(transaction: psycopg.Connection) -> psycopg.Connection:
    """A superuser in a deployed database with recorded roles; it is rolled back, roles included."""
    rights.grant(transaction, NAMES)
    return transaction


def test_a_database_of_one_role_gets_other_owners(granted: psycopg.Connection) -> None:
    owners = granted.execute(
        "select nspname, array_agg(distinct relowner::regrole::text) from pg_class"
        " inner join pg_namespace as namespaces on relnamespace = namespaces.oid"
        " where nspname = any(%s) group by 1 order by 1",
        [[*database.SCHEMAS]],
    ).fetchall()
    assert owners == [
        ("analytics", ["t_run"]),
        *[(name, ["t_owner"]) for name in ("app", "hedge_migrations", "procrastinate", "raw")],
    ]
    assert rights.faults(granted) == []
    assert rights.grant(granted, {}) == []
    assert rights.grant(granted, NAMES) == []


def test_lost_rights_are_found_and_given_again(granted: psycopg.Connection) -> None:
    granted.execute(
        "revoke select on analytics.challenges from t_read;"
        "revoke insert on raw.heroes from t_indexer;"
        "alter table analytics.metrics owner to t_owner"
    )
    found = rights.faults(granted)
    assert found == [
        "the role t_run lacks: owns the table analytics.metrics",
        "the role t_indexer lacks: insert on raw.heroes",
        "the role t_read lacks: select on analytics.challenges",
    ]
    (check,) = doctor.examine(granted, ["rights"])
    assert (check.state, check.findings) == ("WRONG", found)
    # the role that runs gives what is its own, as a deploy does
    granted.execute("set role t_run")
    assert [one.role_name for one in rights.renew(granted)] == ["t_read"]
    granted.execute("reset role")
    assert [one.role_name for one in rights.grant(granted, {})] == ["t_run", "t_indexer"]
    assert rights.faults(granted) == []


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [
        ("revoke t_run from t_owner", "t_owner lacks: is a member of t_run"),
        (
            "revoke pg_read_all_stats from t_serve",
            "t_serve lacks: sees the sessions of other roles",
        ),
        (
            "do $$ begin execute format('revoke connect on database %I from t_indexer',"
            " current_catalog); end $$",
            "t_indexer lacks: connect on the database {database}",
        ),
        ("revoke usage on schema raw from t_load", "t_load lacks: usage on the schema raw"),
        (
            "revoke select on analytics.challenges, analytics.metrics, analytics.categories"
            " from t_read",
            "t_read lacks: select on analytics.categories, analytics.challenges, analytics.metrics",
        ),
        (
            "revoke select on analytics.challenges, analytics.metrics, analytics.categories,"
            " analytics.challenge_tiers from t_read",
            "t_read lacks: select on 4 tables and views of analytics",
        ),
        (
            "revoke select (merged_into) on app.players from t_read",
            "t_read lacks: select on the column merged_into of app.players",
        ),
        (
            "revoke select on sequence app.etl_requests_request_id_seq from t_serve;"
            "revoke usage on sequence app.leaderboard_runs_id_seq from t_serve",
            "t_serve lacks: usage, select on app.etl_requests_request_id_seq,"
            " app.leaderboard_runs_id_seq",
        ),
        (
            "revoke usage on sequence app.leaderboard_runs_id_seq, app.etl_requests_request_id_seq,"
            " app.etl_runs_run_id_seq, app.events_event_id_seq from t_serve",
            "t_serve lacks: usage, select on 4 sequences of app",
        ),
        (
            "revoke execute on function app.deployed_definitions() from public, t_read",
            "t_read lacks: execute on app.deployed_definitions()",
        ),
        (
            "revoke execute on function app.deployed_definitions(), app.utc_text(timestamptz),"
            " app.challenge_definitions(), app.exclusions_of_cluster(text) from public, t_read",
            "t_read lacks: execute on 4 functions of app",
        ),
    ],
)
def test_each_kind_of_right_is_named_and_given_again(
    granted: psycopg.Connection, statement: str, lacking: str
) -> None:
    granted.execute(statement)
    named = lacking.replace("{database}", granted.info.dbname)
    assert f"the role {named}" in rights.faults(granted)
    role = lacking.partition(" ")[0]
    given = [f"{one.role_name} lacks: {one.what}" for one in rights.grant(granted, {})]
    assert named in given
    assert role in {one.partition(" ")[0] for one in given}
    assert rights.faults(granted) == []


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [
        (
            "create function app.of_another() returns integer return 1;"
            "revoke execute on function app.of_another(), app.deployed_definitions()"
            " from public, t_read",
            "the role t_read lacks: execute on app.deployed_definitions(), app.of_another()",
        ),
        (
            "create table app.of_another (id bigserial);"
            "revoke usage on sequence app.of_another_id_seq, app.etl_runs_run_id_seq from t_run",
            "the role t_run lacks: usage, select on app.etl_runs_run_id_seq, app.of_another_id_seq",
        ),
    ],
)
def test_rights_on_several_objects_are_renewed_by_who_owns_them_all(
    granted: psycopg.Connection, statement: str, lacking: str
) -> None:
    granted.execute(statement + "; set role t_owner")
    rights.renew(granted)
    granted.execute("reset role")
    assert lacking in rights.faults(granted)


def test_a_role_that_loads_stores_logs_and_the_one_that_runs_detaches_them(
    granted: psycopg.Connection,
) -> None:
    granted.execute("set role t_load")
    assert put_blocks(granted, 1088, [block(1)]) == Stored(inserted=1)
    assert put_logs(granted, 1088, [log(1), log(2_000_000)]) == Stored(inserted=2)
    assert put_logs(granted, 1088, [log(1, data=b"1")]) == Stored(updated=1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), granted.transaction():
        granted.execute("select app.detach_log_partition(1088, 0)")
    granted.execute("reset role; delete from app.undecoded_spans; set role t_run")
    old, _ = partitions.partitions(granted, 1088)
    partitions.detach(granted, 1088, old)
    granted.execute("reset role")
    # nobody lacks rights on partitions, or on what was one
    assert rights.faults(granted) == []


def test_the_views_of_buckets_are_of_the_role_that_runs_whoever_makes_them(
    granted: psycopg.Connection,
) -> None:
    owners = buckets.owners_of_facts(granted)
    manifest = dbt.parsed(*project_of_runs(granted)).manifest
    granted.execute("select app.split_into_buckets(2, %s)", [Jsonb(owners)])
    granted.execute("set role t_owner")
    renew_views(granted, manifest)
    granted.execute("reset role")
    found = granted.execute(
        "select distinct relowner::regrole::text, relkind from pg_class"
        " where relnamespace = 'bucket_1'::regnamespace and relkind = 'v'"
    ).fetchall()
    assert found == [("t_run", "v")]
    granted.execute("set role t_run")
    assert granted.execute("select * from bucket_2.onchain_pvp").fetchall() == []


def test_a_database_that_was_divided_before_gets_owners_of_its_buckets(
    transaction: psycopg.Connection,
) -> None:
    owners = buckets.owners_of_facts(transaction)
    manifest = dbt.parsed(*project_of_runs(transaction)).manifest
    transaction.execute("select app.split_into_buckets(2, %s)", [Jsonb(owners)])
    renew_views(transaction, manifest)
    given = {f"{one.role_name}: {one.what}" for one in rights.grant(transaction, NAMES)}
    assert {
        "t_run: owns the schema bucket_2",
        "t_owner: owns the table bucket_1.raw_pvp_matches",
        "t_run: writes the table bucket_1.raw_pvp_matches",
        "t_run: owns the table bucket_2.tier_unlocks",
        "t_run: owns the view bucket_2.onchain_pvp",
    } <= given
    found = transaction.execute(
        "select distinct relowner::regrole::text, relkind, relname like 'raw%%' from pg_class"
        " where relnamespace::regnamespace::text ~ '^bucket_' and relkind in ('r', 'v')"
    ).fetchall()
    assert sorted(found) == [
        ("t_owner", "r", True),
        ("t_run", "r", False),
        ("t_run", "v", False),
    ]
    assert rights.faults(transaction) == []
    transaction.execute("set role t_run")
    renew_views(transaction, manifest)
    moved = "with gone as (delete from bucket_1.raw_pvp_matches returning *)"
    transaction.execute(f"{moved} insert into bucket_2.raw_pvp_matches select * from gone")
    transaction.execute("reset role; revoke insert on bucket_1.raw_pvp_matches from t_run")
    assert rights.faults(transaction) == [
        "the role t_run lacks: writes the table bucket_1.raw_pvp_matches"
    ]


def test_views_of_others_stay_theirs(granted: psycopg.Connection) -> None:
    granted.execute(
        "create role t_bi; grant create, usage on schema analytics to t_bi; set role t_bi;"
        "create view analytics.view_of_bi as select 1 as one; reset role"
    )
    assert rights.grant(granted, {}) == []


def test_a_right_of_the_server_is_left_to_its_administrator(granted: psycopg.Connection) -> None:
    granted.execute(
        "revoke pg_read_all_stats from t_serve; revoke insert on raw.heroes from t_load;"
        "create role t_admin createrole; grant t_owner, t_run to t_admin with admin option;"
        "set role t_admin"
    )
    given = {one.command: one.may for one in rights.grant(granted, {})}
    granted.execute("reset role")
    assert given == {
        "grant pg_read_all_stats to t_serve": False,
        "grant insert on raw.heroes to t_load": True,
    }
    (left,) = rights.faults(granted)
    assert left.startswith("the role t_serve lacks: ")


def test_who_may_not_give_rights_is_told_so_and_changes_nothing(
    granted: psycopg.Connection,
) -> None:
    granted.execute("revoke select on analytics.challenges from t_read; set role t_serve")
    with pytest.raises(HedgeError, match=r"the role t_serve may not give .* nothing was changed"):
        rights.grant(granted, NAMES)
    with pytest.raises(HedgeError, match="may not give these rights: permission denied to create"):
        rights.grant(granted, {"read": ["t_new"]})
    granted.execute("reset role")
    assert len(rights.faults(granted)) == 1


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "name a role for --migrate and --run"),
        ({"migrate": ["t_a"]}, "name a role for --run"),
        (
            {"migrate": ["t_a"], "run": ["t_b"], "load": ["t_b"]},
            "the role t_b cannot be for `run` and for `load`: .* are to have different rights",
        ),
        ({"migrate": ["t_a"], "run": ["t_a"], "read": ["t_a"]}, "t_a cannot be for"),
    ],
)
def test_names_that_contradict_each_other_are_refused(
    transaction: psycopg.Connection, wanted: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        rights.grant(transaction, wanted)


def test_a_role_for_another_purpose_is_told_which_it_would_need(
    granted: psycopg.Connection,
) -> None:
    granted.execute("set role t_load")
    with pytest.raises(HedgeError, match="hedge worker needs the rights of t_owner or t_run"):
        rights.require(granted, "run", "hedge worker")
    granted.execute("reset role; set role t_run")
    rights.require(granted, "run", "hedge worker")
    rights.require(granted, "read", "hedge serve")
    with pytest.raises(HedgeError, match="hedge db buckets needs the rights of t_owner"):
        rights.require(granted, "migrate", "hedge db buckets")
    granted.execute("reset role; set role t_read")
    rights.require(granted, "read", "hedge serve")
