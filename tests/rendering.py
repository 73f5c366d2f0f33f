"""Renders macros and models of the project without dbt and without a server.

Jinja renders them with a copy of dbt's context. What a macro returns can then be linted, or be
executed on a few rows of a test's own.
"""

import functools
import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jinja2

from tests import PROJECT
from tests.house.test_the_rules_of_the_house import MACROS, VARIABLES
from tests.yaml_files import read_yaml

#: The schemas of dbt's sources whose schema is not named as they are.
SCHEMAS = {"ledger": "app", "chain": "raw"}


class Relation(str):
    """A relation, by default of the schema analytics, as ref() returns it."""

    def __new__(cls, identifier: str, schema: str = "analytics") -> "Relation":
        relation = super().__new__(cls, f"{schema}.{identifier}")
        relation.identifier = identifier
        relation.schema = schema
        return relation

    def include(self, *, database: bool) -> "Relation":
        # A copy of the database has another name.
        assert not database
        return self

    def incorporate(self, path: dict[str, str]) -> "Relation":
        return Relation(path.get("identifier", self.identifier), path.get("schema", self.schema))


#: A mart as the materialization passes it to the macros of a strategy.
MART = {
    "target": Relation("some_mart"),
    "computed": "some_mart__tmp",
    "stale": "some_mart__stale",
    "differing": "some_mart__differing",
    "verifies": False,
    # what the session of a test has set
    "as_of": "app.as_of()",
    "key": ["cluster_id", "challenge_key"],
    "columns": ["cluster_id", "challenge_key", "tier", "last_computed_at"],
    "batch": 1,
    "batches": 2,
}


class Return(Exception):
    """Ends a macro with a value of any type, as return() of dbt does."""


class Refused(Exception):
    """What exceptions.raise_compiler_error() raises."""


class Config:
    """The config of a model: a call returns nothing, as during execution."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = {"materialized": "incremental"} | values

    def __call__(self, **_: Any) -> str:
        return ""

    def get(self, key: str, default: Any = None) -> Any:
        return self._values.get(key, default)

    def require(self, key: str) -> Any:
        return self._values[key]


@functools.cache
def graph() -> dict[str, dict[str, Any]]:
    """The models, seeds and raw tables as dbt parses them, with the meta of their YAML."""
    nodes: dict[str, Any] = {
        f"seed.hedge.{seed['name']}": {
            "schema": "analytics",
            "alias": seed["name"],
            "config": seed["config"],
        }
        for seed in read_yaml(PROJECT / "seeds/_seeds.yml")["seeds"]
    }
    for path in PROJECT.glob("models/**/[!_]*.yml"):
        (model,) = read_yaml(path)["models"]
        nodes[f"model.hedge.{path.stem}"] = {
            "schema": "analytics",
            "alias": path.stem,
            "path": f"{path.parent.name}/{path.stem}.sql",
            "config": {"meta": {}} | model.get("config", {}),
            # a test that needs the relations that a model reads passes a graph of its own
            "depends_on": {"nodes": []},
            "columns": {
                column["name"]: {"meta": column.get("config", {}).get("meta", {})}
                for column in model["columns"]
            },
        }
    (raw, *_) = read_yaml(PROJECT / "models/staging/_sources.yml")["sources"]
    sources = {
        f"source.hedge.raw.{table['name']}": {
            "schema": "raw",
            "identifier": table["name"],
            "description": table["description"],
            "config": table["config"],
            "columns": {column["name"]: column for column in table["columns"]},
        }
        for table in raw["tables"]
    }
    return {"nodes": nodes, "sources": sources}


def render(
    text: str, variables: dict[str, Any], config: dict[str, Any] | None = None, **names: Any
) -> str:
    """Render a model or the call of a macro, with all macros of the project.

    variables are those of dbt_project.yml, config is that of the model, and names are more
    names that the text uses, or others than those of dbt's context.
    """
    known = VARIABLES | variables
    environment = new_environment()
    environment.globals |= {
        "api": SimpleNamespace(Relation=SimpleNamespace(create=relation)),
        "config": Config(config or {}),
        "dbt": {"escape_single_quotes": lambda value: value.replace("'", "''")},
        "execute": True,
        "env_var": lambda name, default=None: default,
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "flags": {"EMPTY": False, "WHICH": "build"},
        # a copy, because as_of() keeps the instant of the run in it
        "graph": dict(graph()),
        "invocation_args_dict": {},
        "invocation_id": "some-invocation",
        "mart": MART,
        "model": {"config": {"materialized": "incremental"}},
        "modules": {"re": re},
        "project_name": "hedge",
        "ref": Relation,
        "render": lambda text: environment.from_string(text).render(),
        "return": end_macro,
        "run_query": answer,
        "source": lambda source, table: f"{SCHEMAS.get(source, source)}.{table}",
        "target": {"database": "hedge", "schema": "analytics", "user": "somebody"},
        "this": Relation("some_mart"),
        "tojson": json.dumps,
        "var": known.__getitem__,
        **names,
    }
    environment.globals["context"] = environment.globals
    templates: dict[str, jinja2.Template] = {}
    macros: dict[str, Callable[..., str]] = {}
    for names_of_file, code in compiled_macros():
        template = jinja2.Template.from_code(environment, code, environment.globals)
        for name in names_of_file:
            environment.globals[name] = functools.partial(call, macros, name)
            templates[name] = template
    for name, template in templates.items():
        macros[name] = getattr(template.make_module(), f"defined_{name}")
    return environment.from_string(text).render().strip() + "\n"


def relation(*, database: str, schema: str, identifier: str) -> str:
    """What dbt's Relation.create renders to, without the database as everything here."""
    return f"{schema}.{identifier}"


def answer(query: str) -> SimpleNamespace:
    """What a macro is told that asks the database: the instant of the run, or that nothing was
    deployed, so that dbt by hand may build anything."""
    of_run = "to_char(as_of" in query
    return SimpleNamespace(
        rows=[("2026-06-01 12:00:00.000000Z",) if of_run else (False, None, None)]
    )


def refuse(sentence: str) -> None:
    """Raise the error of a macro that refuses to go on."""
    raise Refused(sentence)


def new_environment() -> jinja2.Environment:
    """An environment of Jinja with what dbt's has."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.filters["tojson"] = json.dumps
    return environment


@functools.cache
def compiled_macros() -> list[tuple[list[str], Any]]:
    """Each file of macros: the names of its macros, and its code."""
    environment = new_environment()
    found = []
    for path in MACROS:
        # Jinja alone has no materializations
        source = re.sub(r"(?s)\{% materialization.*?endmaterialization %\}", "", path.read_text())
        names = re.findall(r"\{% macro (\w+)", source)
        # under another name, so that macros of one file find each other as those of others do
        renamed = re.sub(r"\{% macro (\w+)", r"{% macro defined_\1", source)
        found.append((names, environment.compile(renamed)))
    return found


def end_macro(value: Any) -> None:
    raise Return(value)


def call(macros: dict[str, Callable[..., str]], name: str, *arguments: Any, **named: Any) -> Any:
    """Call a macro of Jinja; its value is what it passes to return(), if it does."""
    try:
        return macros[name](*arguments, **named)
    except Return as returned:
        return returned.args[0]
