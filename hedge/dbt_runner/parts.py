"""Copies of a Manifest of dbt, of which nodes are built in a scratch schema or in buckets."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

from hedge.dbt_runner.interface import Buckets, Scratch, node_in_bucket


def retargeted(manifest: Any, scratch: Scratch) -> Any:
    """A copy of a Manifest in which the nodes of a Scratch are built in its schema. What is not
    built stays the object of the Manifest: to copy all of a project takes longer than to build one
    of its models."""
    found = type(manifest)(
        nodes={
            key: node for key, node in manifest.nodes.items() if node.resource_type in scratch.kinds
        },
        unit_tests=dict(manifest.unit_tests) if scratch.tests else {},
        sources=dict(manifest.sources),
        macros=manifest.macros,
        metadata=manifest.metadata,
    )
    for key in scratch.sources:
        found.sources[key] = dataclasses.replace(found.sources[key], schema=scratch.schema)
    for key in scratch.nodes:
        node = found.nodes[key] = copy.deepcopy(manifest.nodes[key])
        node.schema = scratch.schema
        if key in scratch.settings:
            node.config.materialized = "table"
            node.constraints = [one for one in node.constraints if one.type.value != "foreign_key"]
            hook = copy.copy(node.config.pre_hook[0])
            hook.sql = scratch.settings[key]
            node.config.pre_hook = [hook]
    found.build_parent_and_child_maps()
    # The variable `graph` of dbt's Jinja is built from this copy of the nodes.
    found.build_flat_graph()
    return found


def in_buckets(manifest: Any, buckets: Buckets) -> Any:
    """A copy of a Manifest that has a node in each bucket for each mart that is computed there. The
    nodes of the marts themselves stay, because references are resolved to them."""
    found = copy.copy(manifest)
    found.nodes = dict(found.nodes)
    for key, node in list(found.nodes.items()):
        read = sorted(_ancestors(found.nodes, key) & buckets.marts)
        if key in buckets.marts:
            for number in buckets.numbers:
                clone = copy.deepcopy(node)
                clone.unique_id = node_in_bucket(key, number)
                clone.name = node_in_bucket(node.name, number)
                clone.fqn = [*node.fqn[:-1], clone.name]
                clone.schema = f"bucket_{number}"
                clone.config.meta = {**node.config.meta, "bucket": number}
                clone.depends_on.nodes += [node_in_bucket(parent, number) for parent in read]
                found.nodes[clone.unique_id] = clone
        elif read and node.config.materialized == "incremental":
            # It is built after all buckets.
            reader = found.nodes[key] = copy.deepcopy(node)
            reader.depends_on.nodes += [
                node_in_bucket(parent, number) for parent in read for number in buckets.numbers
            ]
    found.build_parent_and_child_maps()
    found.build_flat_graph()
    return found


def _ancestors(nodes: Mapping[str, Any], key: str) -> set[str]:
    """The ids of all nodes that a node rests on."""
    found: set[str] = set()
    ways = [key]
    while ways:
        node = nodes.get(ways.pop())
        parents = set(getattr(node, "depends_on_nodes", ())) - found
        found |= parents
        ways += parents
    return found
