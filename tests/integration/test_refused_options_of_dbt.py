"""Options of dbt that would leave something wrong behind: refused by the hook, with the way."""

from typing import Any

import pytest

from tests.integration.test_environments import rendered
from tests.rendering import Refused

#: A project with a seed and a view that reads it.
FEW_NODES = {
    "nodes": {
        key: {"unique_id": key, "resource_type": key.partition(".")[0], "config": config}
        for key, config in {
            "seed.hedge.challenges": {"materialized": "seed"},
            "model.hedge.challenge_ladders": {"materialized": "view"},
        }.items()
    },
    "sources": {},
}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            {"flags": {"WHICH": "build", "EMPTY": True}},
            "nothing was built: --empty would leave views without rows; --vars 'clusters: []'",
        ),
        (
            {"invocation_args_dict": {"sample": "3 days"}},
            "nothing was built: --sample cuts facts off by their time",
        ),
        (
            {"invocation_args_dict": {"event_time_start": "2026-01-01"}},
            "nothing was built: --event-time-start and --event-time-end cut off no facts here",
        ),
        (
            {"invocation_args_dict": {"event_time_end": "2026-01-01"}},
            "nothing was built: --event-time-start and --event-time-end cut off no facts here",
        ),
        (
            {
                "flags": {"WHICH": "seed", "EMPTY": False, "FULL_REFRESH": True},
                "graph": FEW_NODES,
                "selected_resources": ["seed.hedge.challenges"],
            },
            "nothing was built: --full-refresh drops a seed with the views that read it, and dbt"
            " seed does not build all",
        ),
        (
            {"flags": {"WHICH": "run", "INVOCATION_COMMAND": "dbt --quiet retry --threads 2"}},
            "nothing was built: dbt retry leaves out what was mended",
        ),
    ],
)
@pytest.mark.parametrize("schema", ["analytics", "dev_ada"])
def test_options_that_would_leave_something_wrong_are_refused(
    names: dict[str, Any], sentence: str, schema: str
) -> None:
    with pytest.raises(Refused) as refused:
        rendered("{{ start_run() }}", {}, target={"schema": schema}, **names)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("selected", "definitions"),
    [
        # everything is built again
        (list(FEW_NODES["nodes"]), None),
        # no seed is dropped, and a mart never is
        (["model.hedge.challenge_progress"], None),
        # a deploy of hedge
        (["seed.hedge.challenges"], "these"),
    ],
)
def test_a_full_refresh_that_leaves_all_views_is_made(
    selected: list[str], definitions: str | None
) -> None:
    variables = {"run_kind": "CLUSTER", "definitions": definitions}
    flags = {"WHICH": "build", "EMPTY": False, "FULL_REFRESH": True}
    names = {"flags": flags, "graph": FEW_NODES, "selected_resources": selected}
    assert "insert into" in rendered("{{ start_run() }}", variables, **names)


def test_a_model_with_the_name_of_a_refused_command_is_selected() -> None:
    flags = {"WHICH": "run", "INVOCATION_COMMAND": "dbt run --select retry"}
    assert "insert into" in rendered("{{ start_run() }}", {"run_kind": "FULL"}, flags=flags)
