"""What sqlfluff's Jinja templater knows as functions and values of dbt: var, with the variables of
dbt_project.yml, and graph, with the seeds.

sqlfluff's own var returns one text for every variable, over which no loop of a model can run.
"""

from pathlib import Path
from typing import Any

import yaml

_PROJECT = Path(__file__).resolve().parents[2]
_VARIABLES: dict[str, Any] = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text())["vars"]
#: Variables that are empty in dbt_project.yml, with a value as a run of boards passes it.
_EXAMPLES = {
    "boards": [
        {
            "run_id": 1,
            "window_key": "run:1",
            "metric_source": "onchain_pvp",
            "metric_key": "wins",
            "fallback_metric_source": None,
            "fallback_metric_key": None,
        }
    ],
    "board_sources": [
        {"metric_source": "onchain_pvp", "metric_keys": ["wins"], "window_keys": ["run:1"]}
    ],
}

_SEEDS = yaml.safe_load((_PROJECT / "seeds" / "_seeds.yml").read_text())["seeds"]
graph = {"nodes": {f"seed.hedge.{seed['name']}": seed for seed in _SEEDS}}
project_name = "hedge"


def var(name: str, default: Any = None) -> Any:
    """The value of a variable of the dbt project."""
    return _EXAMPLES.get(name, _VARIABLES.get(name, default))
