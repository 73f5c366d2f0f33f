"""What an edit of YAML changes beyond the model that it describes.

Macros write the SQL of some views from what the YAML of other models says: the evidence of metrics,
the metrics that only grow, the raw tables behind them. Such a view changes although neither its
file nor a macro does, and nothing in dbt's graph says so. Where anything differs that a macro can
read of the graph, such views are therefore compiled of both projects, and those are edited whose
SQL comes out differently.
"""

import re
from collections.abc import Mapping
from typing import Any

from hedge.dbt_runner import Manifest
from hedge.dbt_runner.manifest import Node
from hedge.errors import HedgeError, listed
from hedge.runs import ParsedProject, dbt

#: What macros call the graph and what YAML says of a node, but for the answers that they keep in
#: the graph (macros/runs/asked_once.sql), and the bucket that a run puts into `meta`.
_READS = re.compile(
    r"\bgraph\b(?!\.get\(|\.update\(|\['answers'\])|\bmeta\b(?!\W{0,12}(?:get\W+)?bucket)"
)
_JINJA = re.compile(r"{[{%].*?[%}]}", re.DOTALL)


def changed(old: ParsedProject, new: ParsedProject) -> set[str]:
    """The ids of the models of both projects whose compiled SQL differs because of what macros read
    of other models, seeds and sources. Where nothing differs that they could read, nothing is
    compiled. A HedgeError says what of the new project does not compile.
    """
    if _graph(old.manifest) == _graph(new.manifest):
        return set()
    keys = _readers(old.manifest) & _readers(new.manifest)
    if not keys:
        return set()
    names = {key: new.manifest.nodes[key].name for key in keys}
    after = dbt.compiled_models(new, names.values())
    try:
        before = dbt.compiled_models(old, names.values())
    except HedgeError:
        # What is live of them was built from something else.
        return keys
    return {key for key, name in names.items() if before[name] != after[name]}


def notes(old: ParsedProject, new: ParsedProject) -> list[str]:
    """What an edit changes of the entries of `meta`, as sentences; of models, seeds, sources and
    columns that both projects have."""
    before, after = _entries(old.manifest), _entries(new.manifest)
    found = []
    for name in sorted(before.keys() & after.keys()):
        for entry in sorted(before[name].keys() | after[name].keys()):
            if entry not in after[name]:
                found.append(f"{name}: {entry} is removed from its meta")
            elif entry not in before[name]:
                found.append(f"{name}: {entry} is new in its meta")
            elif before[name][entry] != after[name][entry]:
                found.append(f"{name}: {entry} changes in its meta")
    return listed(found, "entries of meta")


def facts(nodes: Mapping[str, Node], model: str) -> tuple[str, Any]:
    """What the YAML of a model says of its facts (the entry `facts`), and the name of the model
    that says it: where the entry is the name of another model, what that one says. None where
    there is no such model or entry."""
    node = nodes.get(f"model.hedge.{model}")
    said = node and node.meta.get("facts")
    if isinstance(said, str):
        model = said
        node = nodes.get(f"model.hedge.{model}")
        said = node and node.meta.get("facts")
    return model, said


def _graph(manifest: Manifest) -> dict[str, Any]:
    """What macros can read of models, seeds and sources, by id. Descriptions of models and seeds
    are words for people; that of a raw table has its key (macros/is_counted.sql)."""
    of_nodes = {
        key: (
            node.file,
            node.schema,
            node.identifier,
            node.materialized,
            node.meta,
            node.depends_on_nodes,
            [(column.name, column.data_type, column.meta) for column in node.columns.values()],
        )
        for key, node in manifest.nodes.items()
        if node.is_buildable
    }
    return {**of_nodes, **manifest.sources}


def _readers(manifest: Manifest) -> set[str]:
    """The ids of the models whose SQL, by itself or through macros, can depend on the graph. Hooks
    and materializations, whose macros read it too, are no part of the SQL of a model."""
    reading = {
        key
        for key, macro in manifest.macros.items()
        if macro.package_name == "hedge" and _READS.search(macro.macro_sql)
    }
    return {
        key
        for key, node in manifest.nodes.items()
        if node.resource_type == "model" and _reads(manifest, node, reading)
    }


def _reads(manifest: Manifest, node: Node, reading: set[str]) -> bool:
    jinja = " ".join(_JINJA.findall(node.raw_code))
    called = [
        key
        for key in node.depends_on_macros
        if key in manifest.macros and re.search(rf"\b{manifest.macros[key].name}\b", jinja)
    ]
    return bool(_READS.search(jinja) or reading & manifest.called_macros(called))


def _entries(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """The entries of `meta` of each model, seed and source, and of their columns, by name or
    name.column."""
    found: dict[str, dict[str, Any]] = {}
    for node in manifest.nodes.values():
        if node.is_buildable:
            found[node.name] = dict(node.meta)
            found |= {
                f"{node.name}.{column.name}": dict(column.meta) for column in node.columns.values()
            }
    for source in manifest.sources.values():
        found[f"{source.schema}.{source.identifier}"] = dict(source.meta)
    return found
