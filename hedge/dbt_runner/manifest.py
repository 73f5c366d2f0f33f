"""A parsed project as data: what dbt's manifest.json says of it, as far as Hedge uses it.

https://schemas.getdbt.com/dbt/manifest/v12.json describes the file. A manifest is compared,
searched and shown without dbt; it is no part of an invocation.
"""

import graphlib
import json
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

#: Configuration that does not change what a node is: names, which the target decides, labels, and
#: who may read it. What `meta` says can change what macros write (hedge/analysis/described.py).
_NO_CONTENT = ("alias", "schema", "database", "tags", "group", "access", "docs", "meta")
#: What a data test consists of: its query and, for one that YAML names, its arguments.
_OF_A_TEST = ("raw_code", "config", "column_name", "test_metadata", "attached_node")


@dataclass(frozen=True)
class Column:
    """A column of a model or seed, as its YAML describes it."""

    name: str
    data_type: str | None
    description: str
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """A model, seed, data test or operation.

    schema and identifier are those of the live relation. body is the SQL of a model with its
    Jinja, or the hash of a seed; config what the project says of its configuration; definition,
    for tests, everything that it consists of.
    """

    unique_id: str
    name: str
    resource_type: str
    package_name: str
    schema: str
    identifier: str
    file: str
    body: str
    raw_code: str
    description: str
    materialized: str
    unique_key: list[str]
    severity: str
    meta: Mapping[str, Any]
    config: Mapping[str, Any]
    columns: Mapping[str, Column]
    depends_on_nodes: list[str]
    depends_on_macros: list[str]
    definition: str

    @property
    def is_buildable(self) -> bool:
        """Whether dbt creates a relation of this node: models and seeds."""
        return self.resource_type in ("model", "seed")


@dataclass(frozen=True)
class UnitTest:
    """A unit test of a model."""

    unique_id: str
    name: str
    model: str
    file: str
    definition: str


@dataclass(frozen=True)
class Source:
    """A table that dbt reads and does not write. error_after is its threshold of freshness as an
    interval of PostgreSQL, such as `3 days`; columns are the names of those that YAML describes."""

    unique_id: str
    name: str
    schema: str
    identifier: str
    event_time: str | None
    loaded_at_field: str | None
    error_after: str | None
    meta: Mapping[str, Any]
    description: str
    columns: list[str]


@dataclass(frozen=True)
class Macro:
    """A macro, of the project or of dbt."""

    unique_id: str
    name: str
    package_name: str
    macro_sql: str
    depends_on: list[str]


@dataclass(frozen=True)
class Manifest:
    """A parsed project, each part by unique id; children are the ids of what reads a node."""

    nodes: dict[str, Node]
    unit_tests: dict[str, UnitTest]
    sources: dict[str, Source]
    macros: dict[str, Macro]
    children: dict[str, list[str]] = field(compare=False)

    def parents(self, key: str) -> list[str]:
        """The ids of what a node reads."""
        node = self.nodes.get(key)
        return node.depends_on_nodes if node else []

    def called_macros(self, keys: Iterable[str]) -> set[str]:
        """The ids of the given macros, as far as they are known, and of all that these call."""

        def called(key: str) -> list[str]:
            return self.macros[key].depends_on if key in self.macros else []

        return _reachable(keys, called) & self.macros.keys()

    def buildable(self) -> set[str]:
        """The ids of all models and seeds."""
        return {key for key, node in self.nodes.items() if node.is_buildable}

    def downstream(self, keys: Iterable[str]) -> set[str]:
        """The ids of the given nodes and of all models that depend on them."""
        return _reachable(keys, lambda key: self.children.get(key, ())) & self.buildable()

    def upstream(self, keys: Iterable[str]) -> set[str]:
        """The ids of the given nodes and of all models and seeds on which they depend."""
        return _reachable(keys, self.parents) & self.buildable()

    def in_order(self, keys: Set[str]) -> list[str]:
        """Ids of nodes, each after those on which it depends."""
        graph = {key: set(self.parents(key)) & keys for key in sorted(keys)}
        return list(graphlib.TopologicalSorter(graph).static_order())

    def views(self) -> list[str]:
        """The names of the views that the models create."""
        return [
            node.identifier
            for node in self.nodes.values()
            if node.resource_type == "model" and node.materialized == "view"
        ]


#: What `dumped` writes of each part: another version of Hedge may write other fields.
FIELDS = [[one.name for one in fields(part)] for part in (Node, Column, UnitTest, Source, Macro)]


def read(manifest: Mapping[str, Any]) -> Manifest:
    """The content of a manifest.json."""
    nodes = {key: _node(one) for key, one in manifest["nodes"].items()}
    return Manifest(
        nodes=nodes,
        unit_tests={key: _unit_test(one) for key, one in manifest["unit_tests"].items()},
        sources={key: _source(one) for key, one in manifest["sources"].items()},
        macros={
            key: Macro(
                unique_id=key,
                name=one["name"],
                package_name=one["package_name"],
                macro_sql=one["macro_sql"],
                depends_on=sorted(one["depends_on"]["macros"]),
            )
            for key, one in manifest["macros"].items()
        },
        children=_children(nodes.values()),
    )


def dumped(manifest: Manifest) -> bytes:
    """A manifest as JSON, for `loaded`."""
    parts = ("nodes", "unit_tests", "sources", "macros")
    return msgspec.json.encode({name: getattr(manifest, name) for name in parts})


def loaded(content: bytes) -> Manifest:
    """The manifest that `dumped` has written."""
    parts = json.loads(content)
    nodes = {
        key: Node(
            **one | {"columns": {name: Column(**column) for name, column in one["columns"].items()}}
        )
        for key, one in parts["nodes"].items()
    }
    return Manifest(
        nodes=nodes,
        unit_tests={key: UnitTest(**one) for key, one in parts["unit_tests"].items()},
        sources={key: Source(**one) for key, one in parts["sources"].items()},
        macros={key: Macro(**one) for key, one in parts["macros"].items()},
        children=_children(nodes.values()),
    )


def same_config(one: Node, other: Node) -> bool:
    """Whether two nodes are configured alike, by what the project says and not by what dbt makes of
    it."""
    return _content(one.config) == _content(other.config)


def _content(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _NO_CONTENT}


def _reachable(keys: Iterable[str], edges: Callable[[str], Iterable[str]]) -> set[str]:
    """The nodes of a graph that can be reached from some of its nodes, those included."""
    reached: set[str] = set()
    queue = list(keys)
    while queue:
        key = queue.pop()
        if key not in reached:
            reached.add(key)
            queue += edges(key)
    return reached


def _children(nodes: Iterable[Node]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        for parent in node.depends_on_nodes:
            found.setdefault(parent, []).append(node.unique_id)
    return found


def _node(one: Mapping[str, Any]) -> Node:
    config, depends_on = one["config"], one.get("depends_on") or {}
    kind = one["resource_type"]
    raw_code = one.get("raw_code") or ""
    key = config.get("unique_key") or []
    return Node(
        unique_id=one["unique_id"],
        name=one["name"],
        resource_type=kind,
        package_name=one["package_name"],
        schema=one["schema"],
        identifier=one["alias"],
        file=one["original_file_path"],
        body=one["checksum"]["checksum"] if kind == "seed" else raw_code,
        raw_code=raw_code,
        description=one.get("description") or "",
        materialized=config.get("materialized") or "",
        unique_key=[key] if isinstance(key, str) else list(key),
        severity=(config.get("severity") or "").lower(),
        meta=config.get("meta") or {},
        config=one.get("unrendered_config") or {},
        columns={
            name: Column(
                name=column["name"],
                data_type=column.get("data_type"),
                description=column.get("description") or "",
                meta=column["config"].get("meta") or {},
            )
            for name, column in (one.get("columns") or {}).items()
        },
        # dbt has them in no certain order
        depends_on_nodes=sorted(depends_on.get("nodes") or ()),
        # null stands for a generic test that there is not, which fails when it is compiled
        depends_on_macros=sorted(filter(None, depends_on.get("macros") or ())),
        definition=_definition(one) if kind == "test" else "",
    )


def _unit_test(one: Mapping[str, Any]) -> UnitTest:
    return UnitTest(
        unique_id=one["unique_id"],
        name=one["name"],
        model=one["model"],
        file=one["original_file_path"],
        definition=one["checksum"] or "",
    )


def _source(one: Mapping[str, Any]) -> Source:
    config = one["config"]
    after = (one.get("freshness") or {}).get("error_after") or {}
    has_threshold = after.get("count") is not None and after.get("period") is not None
    return Source(
        unique_id=one["unique_id"],
        name=one["name"],
        schema=one["schema"],
        identifier=one["identifier"],
        event_time=config.get("event_time"),
        loaded_at_field=one.get("loaded_at_field"),
        error_after=f"{after['count']} {after['period']}s" if has_threshold else None,
        meta=config.get("meta") or {},
        description=one.get("description") or "",
        columns=list(one.get("columns") or ()),
    )


def _definition(one: Mapping[str, Any]) -> str:
    """Everything that a test consists of, as a text to compare."""
    return json.dumps({key: one.get(key) for key in _OF_A_TEST}, sort_keys=True)
