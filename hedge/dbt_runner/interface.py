"""What the rest of Hedge knows of dbt: an invocation, what comes of it, and who carries it out."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

#: The file that dbt leaves among the artifacts of a parse, with which the next parse of the same
#: folder begins; an invocation can also take it as it is.
PARTIAL_PARSE = "partial_parse.msgpack"
#: The artifact that describes a parsed project.
MANIFEST = "manifest.json"

#: The target of the profile: the live schema.
TARGET = "prod"
#: States of a node that make an invocation fail.
FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class NodeInfo:
    """What a Listener hears of a node: a model, seed, test, or the SQL of a hook. materialized is
    how a model is built; empty for what is no model."""

    unique_id: str
    name: str
    materialized: str = ""


@dataclass(frozen=True)
class NodeResult:
    """What an invocation did with one node.

    status is dbt's: success, pass, warn, skipped, error, fail, runtime error. rows is the number
    of rows that the statement wrote, seconds how long it took; message is dbt's text. file is the
    path of the definition in the project, compiled_code the SQL where dbt compiled it.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    message: str = ""
    rows: int | None = None
    seconds: float = 0.0
    file: str = ""
    compiled_code: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether this node makes its invocation fail."""
        return self.status in FAILED

    @property
    def model(self) -> str:
        """The tested model of a unit test, of which its id tells; empty for what is none."""
        parts = self.unique_id.split(".")
        return parts[2] if parts[0] == "unit_test" else ""


@dataclass(frozen=True)
class Result:
    """What came of an invocation.

    error says why it failed as a whole, before or beside its nodes. sqlstates are those of the
    statements that failed; an empty one stands for a statement of which it is only known that not
    the server is to blame.
    """

    success: bool
    nodes: Sequence[NodeResult] = ()
    error: str | None = None
    sqlstates: Sequence[str] = ()


@dataclass(frozen=True)
class Scratch:
    """Part of a project that is built in a schema of its own, while everything else is read live.

    nodes are the ids of what is built there, sources those of the sources that are read from
    there. settings has, by the id of each mart among the nodes, the SQL that its session begins
    with: it becomes a plain table without foreign keys, which would lock live tables. Of what is
    not built, only models and seeds remain and, with tests, tests; operations, which would write
    the run ledger, do not.
    """

    schema: str
    nodes: frozenset[str]
    sources: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    tests: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of nodes that remain."""
        return ("model", "seed", "test") if self.tests else ("model", "seed")


@dataclass(frozen=True)
class Buckets:
    """Marts that are computed in buckets: instead of a mart, dbt builds one of the same name in the
    schema of each bucket, as a node of its own (`node_in_bucket`).

    numbers are those of the buckets, marts the ids of the models.
    """

    numbers: tuple[int, ...]
    marts: frozenset[str]


def node_in_bucket(name: str, bucket: int) -> str:
    """The name, or the id, of the node that builds a mart in a bucket."""
    return f"{name}__bucket_{bucket}"


@dataclass(frozen=True)
class Invocation:
    """A command of dbt for a project.

    arguments are the command and its options, without those of folders, log, target and variables,
    which the runner adds. variables stand in place of those of dbt_project.yml. parsed is the file
    PARTIAL_PARSE of a parse of the same files; without it dbt parses the project. artifacts is the
    folder in which dbt leaves its artifacts; without it they are removed.
    """

    arguments: Sequence[str]
    project: Path
    profiles: Path
    database: str
    parsed: Path | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    scratch: Scratch | None = None
    artifacts: Path | None = None
    buckets: Buckets | None = None

    def command_line(self, project: Path, logs: Path, artifacts: Path) -> list[str]:
        """The part of dbt's command line that does not depend on the Runner, for the folders that
        it has chosen."""
        return [
            *("--log-path", str(logs), "--no-use-colors", "--no-send-anonymous-usage-stats"),
            *self.arguments,
            # DBT_TARGET is meant for dbt by hand, and a run of hedge is one of the live schema.
            *("--target", TARGET, "--project-dir", str(project)),
            *("--profiles-dir", str(self.profiles), "--target-path", str(artifacts)),
        ]


def written_rows(response: Mapping[str, Any] | None) -> int | None:
    """The number of rows that a statement wrote, by the response of dbt's adapter; None where it
    does not say so, and -1 where psycopg does not know it."""
    rows = (response or {}).get("rows_affected")
    return None if rows is None else int(rows)


class Listener(Protocol):
    """Is told how an invocation goes on, from any thread."""

    def begins(self, invocation: str) -> None:
        """dbt has given the invocation an id, which the hooks of the project see, too."""

    def counts(self, nodes: int) -> None:
        """So many nodes are selected."""

    def starts(self, node: NodeInfo) -> None:
        """A node begins."""

    def ends(self, node: NodeInfo, status: str, rows: int | None, seconds: float) -> None:
        """A node has ended, as NodeResult has it."""


class Runner(Protocol):
    """Carries out invocations of dbt, one at a time in a process."""

    def version(self) -> str:
        """The version of dbt: files of a parse are only used by the version that wrote them."""

    def load(self, profiles: Path) -> None:
        """Load what invocations need, where this process keeps that; profiles is their folder."""

    def invoke(self, invocation: Invocation, listener: Listener) -> Result:
        """Carry out an invocation. A HedgeError says why dbt could not even begin, or ended
        without a result; dbt's own errors are in the result."""

    def describe(self, artifacts: Path) -> Mapping[str, Any]:
        """What a parse has found whose artifacts lie in a folder, in the terms of manifest.json."""

    def keep_sessions(self) -> None:
        """Keep sessions with the database from now on, from one invocation to the next, where the
        Runner can: for a process that carries out many."""

    def cancel(self, done: threading.Event) -> None:
        """End the invocation in progress, which another thread waits for, and its statements on
        the server. Returns when done is set, which that thread does, or after some seconds."""
