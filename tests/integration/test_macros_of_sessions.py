"""The session in which each mart of a run is computed: the hook is rendered without dbt."""

import psycopg
import pytest

from tests.rendering import render
from tests.support import AS_OF, DAY

QUOTED = "o'neil"


def settings(connection: psycopg.Connection, *names: str) -> dict[str, str]:
    return {
        name: connection.execute("select current_setting(%s, true)", [name]).fetchone()[0]
        for name in names
    }


def test_the_session_of_a_mart_has_the_instant_and_windows_of_its_run(
    module_database: str,
) -> None:
    with psycopg.connect(module_database, options="-c timezone=Asia/Tokyo -c jit=on") as connection:
        for invocation, of_run in (
            ("mine", {"as_of": AS_OF, "run_kind": "BOARD", "windows": ["run:1", QUOTED]}),
            # of another run, which is newer
            ("another", {"as_of": AS_OF + DAY, "run_kind": "FULL"}),
        ):
            variables = of_run | {"as_of": of_run["as_of"].isoformat()}
            connection.execute(render("{{ start_run() }}", variables, invocation_id=invocation))
        connection.execute(render("{{ session_settings() }}", {}, invocation_id="mine"))
        # they hold beyond the transaction of the hook
        connection.commit()
        found = settings(
            connection,
            *("timezone", "jit", "work_mem", "random_page_cost", "parallel_tuple_cost"),
            *("max_parallel_workers_per_gather", "parallel_leader_participation"),
            *("synchronous_commit", "plan_cache_mode"),
        )
        assert found == {
            "timezone": "UTC",
            "jit": "off",
            "work_mem": "256MB",
            "random_page_cost": "8",
            "parallel_tuple_cost": "0.01",
            "max_parallel_workers_per_gather": "2",
            "parallel_leader_participation": "off",
            "synchronous_commit": "off",
            "plan_cache_mode": "force_custom_plan",
        }
        read = connection.execute("select app.as_of(), app.windows()").fetchone()
        assert read == (AS_OF, ["run:1", QUOTED])
        # what finds a few clusters, or a sample, looks for their facts in indexes
        for names in ({"clusters": ["busy"]}, {"target": {"schema": "dev_ada"}}):
            variables = {"clusters": names.pop("clusters", None)}
            text = render("{{ session_settings() }}", variables, invocation_id="mine", **names)
            connection.execute(text)
            assert settings(connection, "random_page_cost") == {"random_page_cost": "1.1"}
        # the same session computes a mart of a run that names no windows
        connection.execute(render("{{ session_settings() }}", {}, invocation_id="another"))
        read = connection.execute("select app.as_of(), app.windows()").fetchone()
        assert read == (AS_OF + DAY, None)
        # and one of no run that the ledger knows
        connection.execute(render("{{ session_settings() }}", {}, invocation_id="nobody"))
        read = connection.execute("select app.as_of() = now(), app.windows()").fetchone()
        assert read == (True, None)
        connection.execute("delete from app.etl_runs where invocation_id in ('mine', 'another')")


@pytest.mark.parametrize(("number", "workers"), [(0, "2"), (1, "0"), (10, "0"), (11, "2")])
def test_a_run_for_a_few_clusters_has_no_workers(
    transaction: psycopg.Connection, number: int, workers: str
) -> None:
    variables = {"clusters": [f"cluster {one}" for one in range(number)]}
    transaction.execute(render("{{ session_settings() }}", variables, invocation_id="mine"))
    assert settings(transaction, "max_parallel_workers_per_gather") == {
        "max_parallel_workers_per_gather": workers
    }


def test_a_view_needs_no_session_of_its_own() -> None:
    config = {"materialized": "view"}
    assert render("{{ session_settings() }}", {}, config).strip() == ""
    assert render("{{ session_settings() }}", {}, execute=False).strip() == ""


def test_the_windows_of_boards_hold_for_the_transaction_of_one_mart(module_database: str) -> None:
    boards = [
        {
            "run_id": number,
            "window_key": window,
            "metric_source": "season_progress",
            "fallback_metric_source": None,
        }
        for number, window in ((1, "run:1"), (2, QUOTED))
    ]
    with psycopg.connect(module_database) as connection:
        connection.execute("select set_config('hedge.windows', '{all_time}', false)")
        connection.commit()
        connection.execute(render("{{ windows_of_boards() }}", {"boards": boards}))
        assert connection.execute("select app.windows()").fetchone() == (["run:1", QUOTED],)
        connection.commit()
        assert connection.execute("select app.windows()").fetchone() == (["all_time"],)
    assert render("{{ windows_of_boards() }}", {"boards": boards}, execute=False).strip() == ""
