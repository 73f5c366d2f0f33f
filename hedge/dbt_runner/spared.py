"""What dbt does for nobody, or more often than it has to, and what is put in its place.

Each function here takes one of dbt's and returns what Hedge calls in its place, or puts it there
(in_process.py).
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


def make_when_read(event_class: Any, details: type, names: Collection[str]) -> None:
    """Let dbt make the message of an event of a class, details, when somebody reads its fields, but
    one of the names at once. event_class is the class of all events."""
    make, read = event_class.__init__, event_class.__getattr__

    @functools.wraps(make)
    def make_or_wait(event: Any, *arguments: Any, **fields: Any) -> None:
        if isinstance(event, details) and type(event).__name__ not in names:
            event.__dict__["made_of"] = arguments, fields
        else:
            make(event, *arguments, **fields)

    @functools.wraps(read)
    def read_made(event: Any, name: str) -> Any:
        made_of = event.__dict__.pop("made_of", None)
        if made_of is None:
            return read(event, name)
        make(event, *made_of[0], **made_of[1])
        return getattr(event, name)

    event_class.__init__, event_class.__getattr__ = make_or_wait, read_made


def only_heard(fire: Callable[..., None], names: Collection[str]) -> Callable[..., None]:
    """dbt's way to tell callbacks and loggers of an event (fire_event of an EventManager), which
    composes a message for each of some thousand. Where there is no logger, that is done for those
    of the names only, and for warnings, which may have to be errors: all of them where dbt's flag
    require_all_warnings_handled_by_warn_error says so, and it does by default since dbt 1.12."""

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
            or manager.loggers
            or (manager.require_warn_or_error_handling and (level or e.level_tag()) == "warn")
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
