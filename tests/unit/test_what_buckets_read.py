"""The SQL that a bucket computes, and that of a database without buckets."""

from typing import Any

import pytest
import yaml

from hedge.runs.buckets import of_bucket
from tests import PROJECT
from tests.rendering import Refused, render

OWN = {"stg_hunts", "windows", "windows_rows", "cluster_metrics"}
TABLES = {"pvp_matches", "hunts"}
SQL = 'select * from "h"."analytics"."onchain_pvp_rows"(null) inner join "h"."analytics"."metrics"'
#: What dbt's variable `graph` has of a project with a seed.
GRAPH = {"nodes": {"seed.hedge.metrics": {"resource_type": "seed", "alias": "metrics"}}}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("SELECT 1 FROM raw.hunts;", 'SELECT 1 FROM bucket_2."raw_hunts" hunts;'),
        ("FROM raw.hunts h\n", 'FROM bucket_2."raw_hunts" h\n'),
        ('FROM raw.hunts "h h"', 'FROM bucket_2."raw_hunts" "h h"'),
        (
            "FROM (raw.hunts\n     LEFT JOIN raw.hunts WHERE",
            'FROM (bucket_2."raw_hunts" hunts\n     LEFT JOIN bucket_2."raw_hunts" hunts WHERE',
        ),
        # what is everybody's stays
        ("FROM raw.heroes heroes_1", "FROM raw.heroes heroes_1"),
        ("FROM analytics.challenges", "FROM analytics.challenges"),
        ("JOIN analytics.windows w ON", 'JOIN bucket_2."windows" w ON'),
        ("FROM analytics.windows_rows() spans", 'FROM bucket_2."windows_rows"() spans'),
        ('select * from "analytics"."stg_hunts"', 'select * from bucket_2."stg_hunts"'),
        # nothing in a string is a relation
        ("excluded_facts('raw.hunts''s'::text)", "excluded_facts('raw.hunts''s'::text)"),
        ("FROM my_raw.hunts", "FROM my_raw.hunts"),
    ],
)
def test_a_view_reads_what_the_bucket_has(definition: str, expected: str) -> None:
    assert of_bucket(definition, 2, OWN, TABLES) == expected


def test_without_buckets_the_sql_of_a_mart_is_what_dbt_has_compiled() -> None:
    model = {"config": {"materialized": "incremental", "meta": {"owner": "somebody"}}}
    for one in (model, {"config": {"materialized": "incremental"}}):
        assert render("{{ of_bucket(sql) }}", {}, sql=SQL, model=one).strip() == SQL


def test_in_a_bucket_the_sql_of_a_mart_reads_it_and_keeps_its_clusters() -> None:
    model = {"config": {"materialized": "incremental", "meta": {"bucket": 3}}}
    found = render("{{ of_bucket(sql) }}", {}, sql=SQL, model=model, graph=GRAPH).strip()
    assert '"bucket_3"."onchain_pvp_rows"(null)' in found
    # a seed
    assert '"h"."analytics"."metrics"' in found
    assert found.endswith("where placed.bucket = 3")


@pytest.mark.parametrize(
    ("config", "condition"),
    [
        ({"materialized": "incremental"}, "verified.mart = 'analytics.some_mart'"),
        (
            {"materialized": "incremental", "meta": {"bucket": 3}},
            "verified.mart = 'bucket_3.some_mart'",
        ),
        # who reads all buckets looks up which one a cluster is in
        (
            {"materialized": "view"},
            "coalesce('bucket_' || placed_verified.bucket, 'analytics') || '.some_mart'"
            " = verified.mart",
        ),
    ],
    ids=["mart", "in a bucket", "view"],
)
def test_a_row_is_verified_as_the_table_is_from_which_it_is_read(
    config: dict[str, Any], condition: str
) -> None:
    text = "left join {{ verified_rows(ref('some_mart'), 'progress') }}"
    found = " ".join(render(text, {}, model={"config": config}).split())
    assert f"app.verified as verified on {condition} and verified.part = ''" in found


def test_the_hook_of_a_run_without_buckets_moves_nothing() -> None:
    assert render("{{ fill_buckets() }}", {"definitions": "some hash"}).strip() == ""
    moving = render("{{ fill_buckets() }}", {"definitions": "some hash", "buckets": [1]})
    assert moving.split() == ["select", "app.fill_buckets();", "select", "app.copy_facts();"]


def test_a_run_of_dbt_by_hand_is_refused_where_there_are_buckets() -> None:
    def asked(answer: bool) -> str:
        variables = {"definitions": None, "run_kind": "FULL"}
        rows = type("Rows", (), {"rows": [[answer]]})
        return render("{{ fill_buckets() }}", variables, run_query=lambda _: rows).strip()

    assert asked(False) == ""
    with pytest.raises(Refused, match="plain dbt cannot compute: use hedge etl"):
        asked(True)


def test_every_raw_table_says_whose_its_rows_are() -> None:
    text = (PROJECT / "models/staging/_sources.yml").read_text()
    (raw,) = [one for one in yaml.safe_load(text)["sources"] if one["name"] == "raw"]
    assert raw["tables"]
    for table in raw["tables"]:
        meta = table["config"]["meta"]
        concerned = [columns for kinds in meta["changes_concern"] for columns in kinds.items()]
        if meta["belongs_to"] == "everybody":
            # else nobody but the wallet would notice its changes
            assert concerned != [("wallet", ["wallet_address"])], table["name"]
        else:
            assert concerned == [("wallet", [meta["belongs_to"]])], table["name"]
