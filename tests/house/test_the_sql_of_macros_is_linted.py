"""sqlfluff checks what macros produce, in one rendered example of each.

`sqlfluff lint models` skips the text that a macro call puts into a model. Here models are rendered
with a copy of dbt's context that needs neither dbt nor a server, and their result is linted.
"""

import functools
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import jinja2
import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter

from tests import PROJECT
from tests.house.test_the_rules_of_the_house import MACROS, VARIABLES

#: Rules that do not fit rendered text.
EXCLUDED_RULES = [
    # A macro does not know the indentation that it is called at, and what it joins from a list is
    # one line however long the list is.
    "LT02",
    "LT05",
    "LT08",
    "LT09",
    # A macro that adds columns to a relation selects all columns of the relation, which it does
    # not know, after those it adds.
    "AM04",
    "ST06",
    # No reader sees the columns of a select that sets the settings of a session.
    "AL03",
]
#: A mart as the materialization passes it to the macros of a strategy.
MART = {
    "target": "analytics.some_mart",
    "computed": "some_mart__tmp",
    "key": ["cluster_id", "challenge_key"],
    "columns": ["cluster_id", "challenge_key", "tier", "last_computed_at"],
    "batch": 1,
    "batches": 2,
}
SOURCES = [
    {"metric_source": "onchain_pvp", "metric_keys": ["wins"], "window_keys": ["all_time"]},
    {"metric_source": "epic_feats", "metric_keys": ["feats"], "window_keys": ["run:1"]},
]
CLUSTERS = {"clusters": ["busy", "idle"]}
#: Examples by name: what to render (a model, or the call of a macro) and the variables of dbt.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "challenge_progress": ("challenge_progress", CLUSTERS),
    "challenge_progress for every cluster": ("challenge_progress", {}),
    "cluster_metrics": ("cluster_metrics", CLUSTERS | {"metric_sources": ["onchain_pvp"]}),
    "feat_goals": ("feat_goals", {}),
    "jewel_holdings": ("jewel_holdings", {}),
    "jewel_stakes": ("jewel_stakes", {}),
    "leaderboard_entries": ("leaderboard_entries", {"board_sources": SOURCES}),
    "lp_holdings": ("lp_holdings", {}),
    "lp_positions": ("lp_positions", {}),
    "owned_heroes": ("owned_heroes", {}),
    "hunts": ("hunts", {}),
    "summoned_mutations": ("summoned_mutations", {}),
    "onchain_staking": ("onchain_staking", {}),
    "tier_unlocks": ("tier_unlocks", CLUSTERS),
    "windows": ("windows", {}),
    "evidence": ("{{ evidence_of(described_metrics() | selectattr('the_first') | first) }}", {}),
    "evidence of a flag": (
        "{{ evidence_of(described_metrics() | selectattr('flag') | first) }}",
        {},
    ),
    "latest_wins_write": ("{{ latest_wins_write(mart) }}", {}),
    "latest_wins_remove_stale": ("{{ latest_wins_remove_stale(mart) }}", CLUSTERS),
    "latest_wins_remove_stale for every cluster": ("{{ latest_wins_remove_stale(mart) }}", {}),
    "first_wins_write": ("{{ first_wins_write(mart) }}", {}),
    "completes_runs_write": ("{{ completes_runs_write(mart) }}", {"boards": [{"run_id": 1}]}),
    "create_view_function": (
        "{{ create_view_function(ref('onchain_pvp'), rows=10, filters=['window_key']) }}",
        {},
    ),
    "create_next_tier": (
        "{{ create_next_tier(ref('challenge_ladders'), ref('challenge_tiers')) }}",
        {},
    ),
    "start_run": ("{{ start_run() }}", {"run_kind": "FULL"}),
    "finish_run": ("{{ finish_run([]) }}", {}),
    "session_settings": ("{{ session_settings() }}", {}),
    "windows_of_boards": ("{{ windows_of_boards() }}", {"boards": [{"window_key": "run:1"}]}),
}
#: Macros that no example reaches: PL/pgSQL, which sqlfluff does not parse, and statements about
#: the catalog of a running database.
NOT_LINTED = {
    "drop_view_functions",
    "columns_change",
    "is_as_large_as_analyzed",
    "create_or_extend_mart",
}


#: Conditions in YAML files name the columns of a fact without a table, and the column with the time
#: of a fact often has the name that it gets.
EXCLUDED_FOR_EVIDENCE = ["AL09", "RF03"]


class Relation(str):
    """A relation of the schema analytics, as ref() returns it."""

    def __new__(cls, identifier: str) -> "Relation":
        relation = super().__new__(cls, f"analytics.{identifier}")
        relation.identifier = identifier
        return relation

    def include(self, **_: bool) -> "Relation":
        return self

    def incorporate(self, path: dict[str, str]) -> "Relation":
        return Relation(path["identifier"])


class Return(Exception):
    """Ends a macro with a value of any type, as return() of dbt does."""


class Config:
    """The config of a model: a call returns nothing, as during execution."""

    def __call__(self, **_: Any) -> str:
        return ""

    def get(self, key: str, default: Any = None) -> Any:
        return {"materialized": "incremental"}.get(key, default)


@functools.cache
def graph() -> dict[str, dict[str, Any]]:
    """The models and seeds as dbt parses them, with the meta of their YAML."""
    nodes: dict[str, Any] = {
        f"seed.hedge.{path.stem}": {"schema": "analytics", "alias": path.stem}
        for path in PROJECT.glob("seeds/*.csv")
    }
    for path in PROJECT.glob("models/*/[!_]*.yml"):
        (model,) = yaml.safe_load(path.read_text())["models"]
        nodes[f"model.hedge.{path.stem}"] = {
            "schema": "analytics",
            "alias": path.stem,
            "config": {"meta": {}} | model.get("config", {}),
            "columns": {
                column["name"]: {"meta": column.get("config", {}).get("meta", {})}
                for column in model["columns"]
            },
        }
    return {"nodes": nodes}


def render(text: str, variables: dict[str, Any]) -> str:
    """Render a model or the call of a macro, with all macros of the project."""
    known = VARIABLES | variables
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.filters["tojson"] = json.dumps
    environment.globals |= {
        "config": Config(),
        "dbt": {"escape_single_quotes": lambda value: value.replace("'", "''")},
        "execute": True,
        "flags": {"EMPTY": False, "WHICH": "build"},
        "graph": graph(),
        "invocation_id": "some-invocation",
        "mart": MART,
        "model": {"config": {"materialized": "incremental"}},
        "modules": {"re": re},
        "project_name": "hedge",
        "ref": Relation,
        "return": end_macro,
        "source": "{}.{}".format,
        "this": Relation("some_mart"),
        "tojson": json.dumps,
        "var": known.__getitem__,
    }
    templates: dict[str, jinja2.Template] = {}
    macros: dict[str, Callable[..., str]] = {}
    for path in MACROS:
        # Jinja alone has no materializations
        source = re.sub(r"(?s)\{% materialization.*?endmaterialization %\}", "", path.read_text())
        template = environment.from_string(source)
        for name in re.findall(r"\{% macro (\w+)", source):
            environment.globals[name] = functools.partial(call, macros, name)
            templates[name] = template
    for name, template in templates.items():
        macros[name] = getattr(template.make_module(), name)
    return environment.from_string(text).render().strip() + "\n"


def end_macro(value: Any) -> None:
    raise Return(value)


def call(macros: dict[str, Callable[..., str]], name: str, *arguments: Any, **named: Any) -> Any:
    """Call a macro of Jinja; its value is what it passes to return(), if it does."""
    try:
        return macros[name](*arguments, **named)
    except Return as returned:
        return returned.args[0]


def statements(rendered: str) -> Iterator[str]:
    """A rendered text, and the queries in the bodies of functions that it creates."""
    yield rendered
    for body in re.findall(r"(?s)\$\$\n(.*?)\n?\$\$", rendered):
        query = re.search(r"(?s)return query\s+(.*?);", body)
        yield textwrap.dedent(query[1] if query else body) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_macro_renders_is_clean(name: str) -> None:
    text, variables = EXAMPLES[name]
    if "{{" not in text:
        (model,) = PROJECT.glob(f"models/*/{text}.sql")
        text = model.read_text()
    excluded = EXCLUDED_RULES + EXCLUDED_FOR_EVIDENCE * name.startswith("evidence")
    config = FluffConfig.from_path(
        str(PROJECT), overrides={"templater": "raw", "exclude_rules": ",".join(excluded)}
    )
    for statement in statements(render(text, variables)):
        found = Linter(config).lint_string(statement).get_violations()
        lines = statement.splitlines()
        assert not [
            f"{lines[each.line_no - 1].strip()}: {each.rule_code()} {each.desc()}" for each in found
        ]


def test_every_macro_is_in_an_example() -> None:
    texts = {
        name: macro
        for path in MACROS
        for name, macro in re.findall(r"(?s)\{% macro (\w+)(\(.*?)\{%-? endmacro", path.read_text())
    }
    left = [
        text if "{{" in text else next(PROJECT.glob(f"models/*/{text}.sql")).read_text()
        for text, _ in EXAMPLES.values()
    ]
    reached: set[str] = set()
    while left:
        text = re.sub(r"(?s)\{#.*?#\}", "", left.pop())
        called = {name for name in texts if re.search(rf"\b{name}\(", text)} - reached
        reached |= called
        left += [texts[name] for name in called]
    assert set(texts) - reached == NOT_LINTED
