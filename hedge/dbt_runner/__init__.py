"""dbt, as the rest of Hedge sees it.

interface     an invocation, its result, and what carries it out (Runner)
manifest      a parsed project as data
in_process    the Runner that imports dbt's Python package; nothing else does
cancelling_statements ends what dbt does in this process
program       the Runner that starts the program dbt
json_log      what the program says, and leaves, as results
lean_classes  classes of dbt, whose methods are made when they are called
made_once     what dbt makes anew each time, kept in memory and on disk
parsed_state  what dbt keeps of a parse, edited before dbt goes on from there
parts         parsed projects of which parts are built elsewhere
profile       the connection, as dbt compares it with that of its last parse
spared        what dbt does for nobody, and what is put in its place
server_errors which errors are the server's, by their words

HEDGE_DBT chooses the Runner.
"""

import functools
from collections.abc import Callable

from hedge import settings
from hedge.dbt_runner.in_process import InProcess
from hedge.dbt_runner.interface import (
    MANIFEST,
    PARTIAL_PARSE,
    Buckets,
    Invocation,
    Listener,
    NodeInfo,
    NodeResult,
    Result,
    Runner,
    Scratch,
    node_in_bucket,
)
from hedge.dbt_runner.manifest import Manifest
from hedge.dbt_runner.parsed_state import without_checksums
from hedge.dbt_runner.program import Program

__all__ = [
    "MANIFEST",
    "PARTIAL_PARSE",
    "Buckets",
    "Invocation",
    "Listener",
    "Manifest",
    "NodeInfo",
    "NodeResult",
    "Result",
    "Runner",
    "Scratch",
    "node_in_bucket",
    "runner",
    "without_checksums",
]

_RUNNERS: dict[str, Callable[[], Runner]] = {"in-process": InProcess, "subprocess": Program}


def runner() -> Runner:
    """The Runner that HEDGE_DBT names."""
    return _runner(settings.dbt())


@functools.cache
def _runner(name: str) -> Runner:
    return _RUNNERS[name]()
