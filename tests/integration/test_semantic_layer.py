"""The semantic layer is valid without a database, and MetricFlow computes from it what SQL does."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from tests import PROJECT

#: The queries, by the names of metrics, of what they are grouped by, and of what they are narrowed
#: down to; and the same in SQL.
QUESTIONS = {
    # of each metric of the catalogue, with its unit from the seed
    "values": (
        ["metric_total", "metric_average", "metric_highest", "clusters_with_value"],
        ["metric", "metric__unit"],
        ["{{ Dimension('measurement__metric_window') }} = 'all_time'"],
        "select metric_source || '.' || metric_key, unit, sum(value), avg(value), max(value),"
        " count(distinct cluster_id) filter (where value > 0) from analytics.metric_results"
        " inner join analytics.metrics using (metric_source, metric_key)"
        " where window_key = 'all_time' group by 1, 2",
    ),
    # by a dimension of the challenge
    "shares": (
        ["share_with_tier"],
        ["challenge__category"],
        [],
        "select category_key, count(distinct cluster_id) filter (where unlocked)::numeric"
        " / count(distinct cluster_id) from analytics.challenge_progress"
        " inner join analytics.challenges on challenge_key = key group by 1",
    ),
    # by time
    "unlocks": (
        ["unlocks"],
        ["metric_time__month", "unlock__tier_code"],
        [],
        "select date_trunc('month', unlocked_at), tier_code,"
        " count(*) filter (where revoked_at is null) from analytics.tier_unlocks group by 1, 2",
    ),
    "points": (
        ["season_points"],
        ["season"],
        [],
        "select season_id, sum(points) from analytics.season_progress group by 1",
    ),
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `dbt parse` writes of the semantic layer, in an environment without a database."""
    folder = tmp_path_factory.mktemp("parsed")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    variables = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
    subprocess.run(
        [
            *(Path(sys.executable).parent / "dbt", "--quiet", "--log-path", folder / "logs"),
            *("parse", "--no-partial-parse", "--warn-error"),
            *("--profiles-dir", folder, "--target-path", folder),
        ],
        cwd=PROJECT,
        env=variables | {"PGHOST": "127.0.0.1", "PGPORT": "1"},
        check=True,
    )
    return (folder / "semantic_manifest.json").read_text()


@pytest.fixture(scope="module")
def sql_of(manifest: str) -> Callable[..., str]:
    """MetricFlow's SQL for a question."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
    from metricflow_semantic_interfaces.implementations.semantic_manifest import (
        PydanticSemanticManifest,
    )
    from metricflow_semantic_interfaces.transformations.pydantic_rule_set import (
        PydanticSemanticManifestTransformRuleSet,
    )
    from metricflow_semantic_interfaces.transformations.semantic_manifest_transformer import (
        PydanticSemanticManifestTransformer,
    )
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    parsed = PydanticSemanticManifestTransformer.transform(
        PydanticSemanticManifest.parse_raw(manifest),
        PydanticSemanticManifestTransformRuleSet().all_rules,
    )
    client = SimpleNamespace(
        sql_engine_type=SqlEngine.POSTGRES, sql_plan_renderer=PostgresSQLSqlPlanRenderer()
    )
    engine = MetricFlowEngine(SemanticManifestLookup(parsed), client)

    def explain(metrics: list[str], group_by: list[str], where: list[str]) -> str:
        request = MetricFlowQueryRequest.create(
            metric_names=metrics, group_by_names=group_by, where_constraints=where
        )
        return engine.explain(request).sql_statement.sql

    return explain


@pytest.fixture(scope="module")
def answer(
    demo_world_template: str, new_database: Callable[[str, str], str], sql_of: Callable[..., str]
) -> Callable[[str], list[list]]:
    """The rows of MetricFlow's SQL and of plain SQL, in the demo world."""
    url = new_database("semantics", demo_world_template)

    def ask(question: str) -> list[list]:
        *asked, plain = QUESTIONS[question]
        # the manifest names the database of whoever parsed it
        computed = sql_of(*asked).replace('"hedge".', "")
        with psycopg.connect(url, options="-c timezone=UTC") as connection:
            return [sorted(connection.execute(text)) for text in (computed, plain)]

    return ask


# one manifest and one database for all of them
pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("semantics")]


@pytest.mark.parametrize("question", QUESTIONS)
def test_metricflow_computes_what_sql_does(
    answer: Callable[[str], list[list]], question: str
) -> None:
    computed, plain = answer(question)
    assert len(plain) > 0
    # a ratio is a floating-point number there
    rounded = [
        tuple(
            round(float(value), 9) if isinstance(value, float | Decimal) else value for value in row
        )
        for row in (*computed, *plain)
    ]
    assert rounded[: len(computed)] == rounded[len(computed) :]


def test_every_metric_of_the_catalogue_has_its_unit(answer: Callable[[str], list[list]]) -> None:
    with (PROJECT / "seeds" / "metrics.csv").open(newline="") as file:
        units = {
            f"{row['metric_source']}.{row['metric_key']}": row["unit"]
            for row in csv.DictReader(file)
        }
    assert len(units) > 50
    computed, _ = answer("values")
    assert {metric: unit for metric, unit, *_ in computed} == units
