"""What dbt does for nobody, or more often than it has to, and what is put in its place.

Each function here takes one of dbt's and returns what Hedge calls in its place (in_process.py).
"""

import functools
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatch
from pathlib import PurePath
from typing import Any


def once_where_none(find_cycles: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """dbt's search for cycles in the graph of a Linker, which is not repeated for edges among which
    there were none."""
    without: set[frozenset[Any]] = set()

    @functools.wraps(find_cycles)
    def find_once(linker: Any) -> str | None:
        edges = frozenset(linker.graph.edges)
        if edges in without:
            return None
        found = find_cycles(linker)
        if found is None:
            # A worker sees a few graphs, and a new one with each deploy.
            if len(without) >= 8:
                without.clear()
            without.add(edges)
        return found

    return find_once


def only_heard(fire: Callable[..., None], names: Collection[str]) -> Callable[..., None]:
    """dbt's way to tell callbacks and loggers of an event (fire_event of an EventManager), which
    composes a message for each of some hundred. Where there is no logger, that is done for those of
    the names only, and for warnings that may have to be errors."""

    @functools.wraps(fire)
    def fire_heard(
        manager: Any,
        e: Any,
        level: Any = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if (
            type(e).__name__ in names
            or force_warn_or_error_handling
            or manager.require_warn_or_error_handling
            or manager.loggers
        ):
            fire(manager, e, level, node, force_warn_or_error_handling)

    return fire_heard


@functools.lru_cache(maxsize=10_000)
def _names(path: str) -> tuple[str, str]:
    """The name of a file with and without its suffix."""
    file = PurePath(path)
    return file.name, file.stem


def with_known_names(search: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
    """dbt's search for the nodes of a file by its name (`file:` in --select), which takes the path
    of each node apart for each name that is searched for."""

    @functools.wraps(search)
    def search_names(method: Any, included_nodes: set[str], selector: str) -> Iterator[str]:
        for key, node in method.all_nodes(included_nodes):
            if any(fnmatch(name, selector) for name in _names(node.original_file_path)):
                yield key

    return search_names
