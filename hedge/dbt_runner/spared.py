"""What dbt makes in each invocation for nobody: what stands in the place of its own functions.

dbt itself is imported by in_process.py alone, which hands its classes over.
"""

import functools
from collections.abc import Callable
from typing import Any

#: The events of dbt's level "debug" that somebody listens to.
HEARD = frozenset({"NodeStart", "NodeFinished"})


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


def tell_nobody_of_details(event_class: Any, details: type, manager: Any) -> None:
    """Let dbt make no messages of events of a class, details, that nobody hears.

    event_class is the class of all events, and manager the one that tells listeners of them. An
    event that is told with a level of its own, and one whose fields are read, is made as before.
    """
    make, read, tell = event_class.__init__, event_class.__getattr__, manager.fire_event

    def is_unheard(event: Any) -> bool:
        return isinstance(event, details) and type(event).__name__ not in HEARD

    @functools.wraps(make)
    def make_when_needed(event: Any, *arguments: Any, **fields: Any) -> None:
        if is_unheard(event):
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

    @functools.wraps(tell)
    def tell_if_heard(own: Any, event: Any, level: Any = None, *others: Any, **more: Any) -> None:
        if level is not None or not is_unheard(event):
            tell(own, event, level, *others, **more)

    event_class.__init__, event_class.__getattr__ = make_when_needed, read_made
    manager.fire_event = tell_if_heard
