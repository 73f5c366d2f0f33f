"""Up to when runs have verified a row of a mart, as queries by hand join it (migration 0146)."""

import psycopg
import pytest

from tests.support import AS_OF, DAY, add_cluster

#: A cluster, and one of another portion.
OWN, OTHER = "busy", "rival"
PUT = "insert into app.verified (mart, part, portion, verified_to) values (%s, %s, %s, %s)"
READERS = [
    ("progress_verified(cluster_id)", "challenge_progress", ""),
    ("metrics_verified('all_time', cluster_id)", "cluster_metrics", "all_time"),
    ("points_verified('spring', cluster_id)", "season_progress", "spring"),
]


@pytest.mark.parametrize(("function", "mart", "part"), READERS)
def test_a_row_is_verified_with_its_part_and_portion(
    transaction: psycopg.Connection, function: str, mart: str, part: str
) -> None:
    (own, other) = transaction.execute(
        "select app.portion_of(%s), app.portion_of(%s)", [OWN, OTHER]
    ).fetchone()
    assert own != other
    transaction.execute("delete from app.verified")
    for portion, at in ((own, AS_OF), (other, AS_OF - DAY)):
        for name in ("challenge_progress", "cluster_metrics", "season_progress"):
            # other parts of other marts are newer
            of_part, instant = (part, at) if name == mart else ("another", AS_OF + DAY)
            transaction.execute(
                PUT,
                [f"analytics.{name}", of_part, portion, instant],
            )
    transaction.execute(PUT, [f"analytics.{mart}", "more", own, AS_OF + DAY])
    ask = (
        "select cluster_id, verified.verified_to from unnest(%s::text[]) as cluster_id"
        f" left join lateral app.{function} as verified on true"
    )
    assert dict(transaction.execute(ask, [[OWN, OTHER]]).fetchall()) == {
        OWN: AS_OF,
        OTHER: AS_OF - DAY,
    }
    transaction.execute("delete from app.verified where part = %s", [part])
    assert dict(transaction.execute(ask, [[OWN]]).fetchall()) == {OWN: None}


@pytest.mark.parametrize(("function", "mart", "part"), READERS)
def test_a_row_in_a_bucket_is_verified_as_the_table_there(
    transaction: psycopg.Connection, function: str, mart: str, part: str
) -> None:
    for cluster, bucket in ((OWN, 1), (OTHER, 2)):
        add_cluster(transaction, cluster)
        transaction.execute("insert into app.cluster_buckets values (%s, %s)", [cluster, bucket])
    transaction.execute("delete from app.verified")
    ask = (
        "select cluster_id, verified.verified_to from app.wallet_clusters"
        f" left join lateral app.{function} as verified on true"
    )
    for schema, at in (("bucket_1", AS_OF), ("bucket_2", AS_OF - DAY), ("analytics", AS_OF + DAY)):
        transaction.execute(
            "insert into app.verified select %s, %s, portion, %s"
            " from generate_series(0, 63) as portion",
            [f"{schema}.{mart}", part, at],
        )
    assert dict(transaction.execute(ask).fetchall()) == {OWN: AS_OF, OTHER: AS_OF - DAY}


@pytest.mark.parametrize("function", [function for function, *_ in READERS])
def test_the_planner_looks_into_a_reader(transaction: psycopg.Connection, function: str) -> None:
    plan = transaction.execute(
        "explain select verified.verified_to from app.wallet_clusters"
        f" left join lateral app.{function} as verified on true"
    ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Function Scan" not in text
    assert " on verified known" in text


@pytest.mark.parametrize("function", [function for function, *_ in READERS])
def test_without_buckets_no_cluster_is_looked_up_among_them(
    transaction: psycopg.Connection, function: str
) -> None:
    for number in range(20):
        add_cluster(transaction, f"cluster-{number}")
    plan = transaction.execute(
        "explain (analyze) select verified.verified_to from app.wallet_clusters"
        f" left join lateral app.{function} as verified on true"
    ).fetchall()
    (lookup,) = [line for (line,) in plan if " on cluster_buckets placed" in line]
    assert "never executed" in lookup
