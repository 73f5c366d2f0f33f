"""The version of a cluster's progress, by which a client that has it is answered without a body.

What moves it is not listed here: the relations are those of PostgreSQL's plan of the query, and the
columns those that they have.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from api.database import query
from api.numbers import read_exactly
from hedge import __version__
from tests.in_process import Site
from tests.in_process.queries import DAY, WALLET, found, pick
from tests.in_process.rows import AS_OF, put, put_progress, put_unlock
from tests.support import add_cluster

#: What another value of a column is, by its type; a column with a rule of its own is named.
OTHERS: dict[str, str] = {
    "text": "coalesce({column}, '') || 'x'",
    "numeric": "coalesce({column}, 0) / 2 + 0.125",
    "integer": "coalesce({column}, 0) + 1000",
    "bigint": "coalesce({column}, 0) + 1000",
    "boolean": "{column} is not true",
    "timestamp with time zone": "coalesce({column}, '2026-05-01') - interval '1 hour'",
    "jsonb": "'[{{\"changed\": true}}]'",
    "app.tier_unlocks.kind": "'FOUNDERS_MARK'",
    "analytics.tier_unlocks.kind": "'FOUNDERS_MARK'",
    "app.completeness.season_id": "'another'",
    "app.verified.portion": "({column} + 1) % 64",
}


def version(connection: psycopg.Connection, cluster: str = "busy") -> str | None:
    """The version of a cluster's progress."""
    one, *_ = found(connection, "cluster_progress", cluster=cluster, held=[])
    return one["answer_version"]


def nodes(connection: psycopg.Connection, *held: str | None, how: str = "") -> list[dict]:
    """The nodes of PostgreSQL's plan of the query."""
    explain = f"explain (verbose, format json{how}) {query('cluster_progress')}"
    ((plans,),) = connection.execute(explain, {"cluster": "busy", "held": list(held)}).fetchall()

    def below(node: dict) -> Iterator[dict]:
        yield node
        for one in node.get("Plans", ()):
            yield from below(one)

    return list(below(plans[0]["Plan"]))


def relations(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """The relations that the query reads, by schema and name."""
    return {
        (one["Schema"], one["Relation Name"]) for one in nodes(connection) if "Relation Name" in one
    }


@pytest.fixture
def shown(connection: psycopg.Connection) -> psycopg.Connection:
    """A database in which each relation has a row that the answer shows."""
    put_progress(connection, "busy", "arena_victor", 4, tier="BASIC")
    put_unlock(connection, "busy", "arena_victor", "BASIC")
    put(connection, "app.cluster_buckets", cluster_id="busy", bucket=1)
    verified = {"mart": "bucket_1.challenge_progress", "part": "", "verified_to": AS_OF + DAY}
    (portion,) = connection.execute("select app.portion_of('busy')").fetchone()
    put(connection, "app.verified", portion=portion, **verified)
    connection.execute("delete from app.completeness")
    put(connection, "app.completeness", season_id=None, run_id=1, chains="[]")
    connection.execute("delete from app.tier_rarity")
    rarity = {"clusters": 3, "share": 0.5, "as_of": AS_OF}
    put(connection, "app.tier_rarity", challenge_key="arena_victor", tier_code="BASIC", **rarity)
    return connection


def test_whatever_the_answer_reads_moves_its_version(shown: psycopg.Connection) -> None:
    """Of each relation each column, and each row that comes or goes."""
    before = version(shown)
    assert before is not None
    assert version(shown) == before
    read = relations(shown)
    # an empty plan would prove nothing
    assert {"challenge_progress", "tier_unlocks", "challenges", "verified"} < {
        name for _, name in read
    }
    # only foreign keys look at other tables
    shown.execute("set local session_replication_role = replica")
    moved = set()
    for schema, name in sorted(read):
        relation = sql.Identifier(schema, name)
        columns = shown.execute(
            "select attname, format_type(atttypid, null) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [f"{schema}.{name}"],
        ).fetchall()
        changes = [sql.SQL("delete from {}").format(relation)]
        for column, kind in columns:
            other = OTHERS.get(f"{schema}.{name}.{column}", OTHERS[kind])
            changes.append(
                sql.SQL("update {} set {} = {}").format(
                    relation,
                    sql.Identifier(column),
                    sql.SQL(other).format(column=sql.Identifier(column)),
                )
            )
        for change in changes:
            with shown.transaction(force_rollback=True):
                assert shown.execute(change).rowcount, change.as_string()
                assert version(shown) != before, change.as_string()
        moved.add((schema, name))
        assert version(shown) == before
    assert moved == read


def test_what_others_reach_does_not_move_it(shown: psycopg.Connection) -> None:
    add_cluster(shown, "rival", "0x" + "b2" * 20)
    before = version(shown)
    put_progress(shown, "rival", "arena_victor", 150, tier="EXALTED")
    put_unlock(shown, "rival", "arena_victor", "EXALTED")
    (portion,) = shown.execute("select (app.portion_of('busy') + 1) % 64").fetchone()
    verified = {"mart": "bucket_1.challenge_progress", "part": "", "verified_to": AS_OF}
    put(shown, "app.verified", portion=portion, **verified)
    assert version(shown) == before
    assert version(shown, "rival") not in (None, before)
    assert version(shown, "nobody") is None


def test_the_rest_is_not_computed_for_who_has_the_version(shown: psycopg.Connection) -> None:
    held = version(shown)
    for holding, loops in (([held], 0), (["other", held], 0), ([], 1), (["other"], 1)):
        (gate,) = (
            one
            for one in nodes(shown, *holding, how=", analyze, timing off")
            if "One-Time Filter" in one
        )
        assert [one["Actual Loops"] for one in gate["Plans"]] == [loops]
        first, *others = found(shown, "cluster_progress", cluster="busy", held=holding)
        assert others == []
        assert first["answer_version"] == held
        assert (first["challenge_key"] is None) == (not loops)


def test_postgresql_plans_the_query_once_for_a_session(shown: psycopg.Connection) -> None:
    for _ in range(12):
        asked = {"cluster": "busy", "held": []}
        shown.execute(query("cluster_progress"), asked, prepare=True)
    ((generic, custom),) = shown.execute(
        "select generic_plans, custom_plans from pg_prepared_statements"
        " where statement like '%%of_cluster.progress%%' and statement not like '%%prepared%%'"
    ).fetchall()
    # PostgreSQL compares five plans for values with the one that it keeps
    assert (generic, custom) == (7, 5)


def test_the_next_tier_is_the_one_of_the_function(connection: psycopg.Connection) -> None:
    """At each threshold, below and above, of all challenges."""
    steps = connection.execute(
        "select challenge_key, threshold_value + step from analytics.challenge_tiers"
        " cross join unnest(array[-0.5, 0, 0.5]) as step order by 1, 2"
    ).fetchall()
    ladders: dict[str, list] = {}
    for key, value in steps:
        ladders.setdefault(key, []).append(value)
    for round_ in range(max(map(len, ladders.values()))):
        connection.execute("delete from analytics.challenge_progress")
        for key, values in ladders.items():
            put_progress(connection, "busy", key, values[min(round_, len(values) - 1)])
        expected = {
            key: (tier, threshold)
            for key, tier, threshold in connection.execute(
                "select progress.challenge_key, following.tier_code, following.threshold_value"
                " from analytics.challenge_progress as progress"
                " left join lateral analytics.next_tier(progress.challenge_key, progress.value)"
                " as following on true"
            )
        }
        rows = found(connection, "cluster_progress", cluster="busy", held=[])
        assert len(rows) > 40
        assert {row["challenge_key"]: pick(row, "next_tier", "next_threshold") for row in rows} == {
            row["challenge_key"]: expected[row["challenge_key"]] for row in rows
        }


@pytest.fixture(scope="module")
def two(rows: psycopg.Connection) -> psycopg.Connection:
    """The database of the site, with the clusters seen and fresh."""
    read_exactly(rows)
    add_cluster(rows, "seen", WALLET)
    add_cluster(rows, "fresh", "0x" + "c3" * 20)
    return rows


@pytest.fixture
def seen(two: psycopg.Connection) -> psycopg.Connection:
    """That database, in which the cluster seen has progress, and fresh has none."""
    two.execute("delete from analytics.challenge_progress")
    put_progress(two, "seen", "arena_victor", 4, tier="BASIC")
    return two


def test_a_client_that_has_the_version_is_sent_no_body(
    site: Site, seen: psycopg.Connection
) -> None:
    path = "/clusters/seen/progress"
    with site.browser() as client:

        def ask(tag: str) -> httpx.Response:
            return client.get(path, headers={"If-None-Match": tag})

        first = client.get(path)
        tag = first.headers["ETag"]
        assert first.json()["challenges"][0]["value"] == 4
        for asked in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = ask(asked)
            assert (answer.status_code, answer.content) == (304, b""), asked
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "public, no-cache"
        hash_ = tag.strip('"').rpartition("-")[2]
        # a tag of another version of the program, whose bodies may differ, and no tag of ours
        for asked in (f'"9.9.9-{hash_}"', f'"{hash_}"', hash_, '"', ""):
            assert ask(asked).content == first.content, asked
        assert tag == f'"{__version__}-{hash_}"'
        seen.execute("update analytics.challenge_progress set value = 5")
        second = ask(tag)
        assert (second.status_code, second.json()["challenges"][0]["value"]) == (200, 5)
        assert second.headers["ETag"] != tag
        assert (
            client.get("/v1" + path, headers={"If-None-Match": second.headers["ETag"]}).is_error
            is False
        )
        assert client.head(path, headers={"If-None-Match": tag}).status_code == 200
        # without progress there is nothing that a version could be made of
        seen.execute("delete from analytics.challenge_progress")
        gone = ask(second.headers["ETag"])
        assert (gone.status_code, gone.json()["challenges"]) == (200, [])
        assert "ETag" not in gone.headers
        for cluster, status in (("fresh", 200), ("nobody", 404)):
            answer = client.get(f"/clusters/{cluster}/progress", headers={"If-None-Match": tag})
            assert (answer.status_code, "ETag" in answer.headers) == (status, False)


def test_several_are_asked_for_at_once(site: Site, seen: psycopg.Connection) -> None:
    asked = {"clusterIds": ["seen", "nobody", "fresh", "seen"]}
    with site.browser() as client:
        answer: dict[str, Any] = client.post("/clusters/progress", json=asked).json()
        one = client.get("/clusters/seen/progress").json()
    assert answer["unknown"] == ["nobody"]
    assert [each["clusterId"] for each in answer["clusters"]] == ["fresh", "seen"]
    assert answer["clusters"][1] == one
