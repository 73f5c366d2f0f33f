"""What a deploy has to replace, built in a scratch schema beside the live one."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import sql

from hedge import database, runs, settings
from hedge.analysis import scratch
from hedge.analysis.renames import Rename
from hedge.dbt_runner import Manifest
from hedge.dbt_runner.manifest import Node
from hedge.deploying.sources import Source, source_of
from hedge.queries import query
from hedge.runs import ParsedProject, Report

#: The marts that are computed aside, with everything between them and an edit.
MARTS = ("challenge_progress", "season_progress")


@dataclass(frozen=True)
class Aside:
    """Models and seeds of a project that are built in a scratch schema.

    changed are the ids of the nodes that differ from what is live, built those that are in the
    schema: the changed ones and, where marts are computed, what depends on them. renames are
    carried out when it goes live.
    """

    connection: psycopg.Connection
    schema: str
    as_of: datetime
    old: ParsedProject | None
    new: ParsedProject
    changed: set[str]
    built: set[str]
    renames: list[Rename] = field(default_factory=list)

    def names(self, keys: Iterable[str]) -> list[str]:
        """The names of nodes, sorted."""
        return sorted(self.new.manifest.nodes[key].name for key in keys)

    def sources(self) -> list[Source]:
        """The metric sources that are built, those on facts before the derived ones."""
        variables = self.new.variables
        keys = [
            f"model.hedge.{name}"
            for name in (*variables["metric_sources"], *variables["derived_metric_sources"])
        ]
        return [
            source_of(self.new.folder, self.new.manifest.nodes[key], self.schema)
            for key in keys
            if key in self.built
        ]

    def has(self, name: str) -> bool:
        """Whether a model or seed is in the scratch schema."""
        return bool({f"model.hedge.{name}", f"seed.hedge.{name}"} & self.built)

    def relation(self, name: str) -> sql.Identifier:
        """A model or seed: in the scratch schema if it is built there, else the live one."""
        return sql.Identifier(self.schema if self.has(name) else "analytics", name)


def changed(
    connection: psycopg.Connection, old: ParsedProject | None, new: ParsedProject
) -> set[str]:
    """The ids of the nodes of a project that a deploy has to build: those that differ from the
    deployed project, and those that the database lacks; all where the deployed project is not
    known, or where a macro differs of which dbt does not tell who uses it."""
    every = new.manifest.buildable()
    if old is None or _hidden_macros(old.manifest) != _hidden_macros(new.manifest):
        return every
    existing: dict[str, list[str]] = dict(connection.execute(query("deploy_columns")).fetchall())
    missing = {
        key
        for key in every
        if (node := new.manifest.nodes[key]).name not in existing
        or (is_mart(node) and not set(node.columns) <= set(existing[node.name]))
    }
    return scratch.changed(old, new) | missing


def _hidden_macros(manifest: Manifest) -> dict[str, str]:
    """The text of the project's macros that no node names, such as materializations, and macros
    that only hooks call."""
    named = manifest.called_macros(
        key for node in manifest.nodes.values() for key in node.depends_on_macros
    )
    return {
        key: macro.macro_sql
        for key, macro in manifest.macros.items()
        if macro.package_name == "hedge" and key not in named
    }


def affected(new: ParsedProject, changed: set[str], *, compute: bool) -> set[str]:
    """The ids of the nodes to build aside: the changed ones and, with compute, what lies between
    them and the marts that are computed."""
    return scratch.affected(new.manifest, changed, MARTS) if compute else changed


def is_mart(node: Node) -> bool:
    """Whether a node is a table that runs update."""
    return node.materialized == "incremental"


def build(aside: Aside, report: Report | None, *, compute: bool) -> None:
    """Build the nodes of an Aside in its schema. With compute, marts are computed for all clusters,
    and the unit tests of what changed and the data tests of what was built are passed; without,
    marts are empty. A HedgeError says what failed."""
    manifest = aside.new.manifest
    part = scratch.part(
        manifest, aside.built, aside.schema, aside.as_of, {}, own_board_runs=False, tests=compute
    )
    names = aside.names(aside.built)
    if compute:
        names += unit_tests(manifest, aside.changed) + data_tests(manifest, aside.built)
    runs.build_in_scratch_schema(
        aside.new,
        part,
        names,
        [],
        [],
        report,
        tests=compute,
        clusters=None if compute else [],
    )


def build_more(aside: Aside, keys: set[str], report: Report | None) -> Aside:
    """Build views in the schema of an Aside that are not there yet; returns it with them."""
    more = dataclasses.replace(aside, built=aside.built | keys)
    lacking = keys - aside.built
    if lacking:
        part = scratch.part(
            aside.new.manifest, more.built, aside.schema, aside.as_of, {}, own_board_runs=False
        )
        runs.build_in_scratch_schema(aside.new, part, more.names(lacking), [], [], report)
    return more


def create_marts(aside: Aside, report: Report | None) -> None:
    """Create the live tables of marts that the database lacks, and give those that have another
    primary key the one of their contract. They are empty or keep their rows, and nothing that is
    live reads them yet."""
    manifest = aside.new.manifest
    keys: dict[str, list[str]] = dict(
        aside.connection.execute(query("deploy_primary_keys")).fetchall()
    )
    lacking = {
        key
        for key, node in manifest.nodes.items()
        if node.resource_type == "model"
        and is_mart(node)
        and keys.get(node.name) != node.unique_key
    }
    if not lacking:
        return
    views = {key for key in aside.built if not is_mart(manifest.nodes[key])}
    part = scratch.part(manifest, views, aside.schema, aside.as_of, {}, own_board_runs=False)
    names = aside.names(lacking)
    runs.build_in_scratch_schema(aside.new, part, names, [], [], report, clusters=[])


def unit_tests(manifest: Manifest, changed: set[str]) -> list[str]:
    """The names of the unit tests of changed models."""
    return sorted(
        test.name for test in manifest.unit_tests.values() if f"model.hedge.{test.model}" in changed
    )


def data_tests(manifest: Manifest, built: set[str]) -> list[str]:
    """The names of the data tests of what was built. A test that reads a mart which was not built
    is left out: the rows of that mart are of the live definitions."""
    found = []
    for test in manifest.nodes.values():
        if test.resource_type != "test":
            continue
        read = {key for key in test.depends_on_nodes if key in manifest.nodes}
        marts = {key for key in read if is_mart(manifest.nodes[key])}
        if read & built and marts <= built:
            found.append(test.name)
    return sorted(found)


@dataclass(frozen=True)
class EditedTests:
    """The names of tests that differ from those of the deployed project. left_out are the data
    tests, edited ones and others, that read a mart which changes and was not built."""

    unit_tests: list[str]
    data_tests: list[str]
    left_out: list[str]


def edited_tests(aside: Aside) -> EditedTests:
    """The tests that were edited or are new, whatever they test."""
    new, old = aside.new.manifest, aside.old.manifest if aside.old else None
    changes = new.downstream(aside.changed)
    found = EditedTests([], [], [])
    for key, unit_test in new.unit_tests.items():
        if not old or key not in old.unit_tests or unit_test != old.unit_tests[key]:
            found.unit_tests.append(unit_test.name)
    for key, test in new.nodes.items():
        if test.resource_type != "test":
            continue
        before = old.nodes.get(key) if old else None
        read = {one for one in test.depends_on_nodes if one in new.nodes}
        if any(is_mart(new.nodes[one]) for one in read & changes - aside.built):
            found.left_out.append(test.name)
        elif before is None or test.definition != before.definition:
            found.data_tests.append(test.name)
    return found


def pass_tests(aside: Aside, names: list[str], report: Report | None) -> None:
    """Pass tests, over what was built aside and the live relations of all else. A HedgeError says
    what fails."""
    if names:
        part = scratch.part(
            aside.new.manifest,
            aside.built,
            aside.schema,
            aside.as_of,
            {},
            own_board_runs=False,
            tests=True,
        )
        runs.build_in_scratch_schema(aside.new, part, names, [], [], report, tests=True)


def use_as_of(connection: psycopg.Connection, as_of: datetime | None, bounded: bool) -> None:
    """Let a session compute as of an instant (None: now), bounded by the setting for that or not
    at all."""
    timeout = f"{settings.compute_timeout()}s" if bounded else "0"
    connection.execute(
        query("deploy_session"),
        {"as_of": as_of.isoformat() if as_of else "", "timeout": timeout},
    )


def newest_as_of(connection: psycopg.Connection) -> datetime:
    """The as-of instant of the live marts; now where nothing was computed yet."""
    found = database.value(connection, query("preview_as_of"))
    if found is None:
        found = database.value(connection, "select now()")
    assert isinstance(found, datetime)
    return found
