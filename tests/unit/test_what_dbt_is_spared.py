"""What dbt does in each invocation for nobody, and is spared (hedge/dbt_runner/in_process.py)."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from hedge.dbt_runner import in_process, spared
from hedge.dbt_runner.spared import once_where_none


def test_dbt_calls_what_is_put_in_the_place_of_its_own() -> None:
    in_process._imported()
    from dbt.adapters.sql import SQLConnectionManager
    from dbt.compilation import Compiler, Linker
    from dbt.graph.selector import NodeSelector
    from dbt.plugins.manager import PluginManager
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.dataclass_schema import dbtClassMixin
    from dbt_common.events import base_types, event_manager, functions

    called: list[tuple[Any, str]] = [
        (Compiler.compile, "linker.get_graph_summary(manifest)"),
        (Linker.link_graph, "self.find_cycles()"),
        (PluginManager.from_modules, "cls.get_prefixed_modules()"),
        (BehaviorFlagRendered.__init__, "self._default_source()"),
        (dbtClassMixin.validate, "cls.json_schema()"),
        (functions.fire_event, "get_event_manager().fire_event("),
        (NodeSelector.select_included, "method.search(included_nodes, spec.value)"),
        (SQLConnectionManager.execute, "table = empty_table()"),
        (base_types.BaseEvent.__init__, "self.pb_msg = ParseDict("),
        (event_manager.EventManager.fire_event, "msg_from_base_event(e, level=level)"),
    ]
    for caller, call in called:
        # of what stands in its place, getsource finds what it stands for
        assert call in inspect.getsource(caller)


class Graph:
    """A graph of a Linker, by its edges."""

    def __init__(self, *edges: str) -> None:
        self.graph, self.edges = self, [(edge[0], edge[1]) for edge in edges]


@pytest.fixture
def searched() -> list[Graph]:
    """The graphs that were searched."""
    return []


def test_a_graph_without_a_cycle_is_searched_once(searched: list[Graph]) -> None:
    find = once_where_none(lambda linker: searched.append(linker))  # type: ignore[func-returns-value]
    for _ in range(3):
        assert find(Graph("ab", "bc")) is None
        assert find(Graph("ab")) is None
    assert len(searched) == 2


def test_a_cycle_is_found_each_time(searched: list[Graph]) -> None:
    find = once_where_none(lambda linker: searched.append(linker) or "a --> b")  # type: ignore[func-returns-value]
    assert [find(Graph("ab", "ba")) for _ in range(2)] == ["a --> b"] * 2
    assert len(searched) == 2


def test_only_a_few_graphs_are_remembered(searched: list[Graph]) -> None:
    find = once_where_none(lambda linker: searched.append(linker))  # type: ignore[func-returns-value]
    for number in range(9):
        find(Graph(f"a{number}"))
    find(Graph("a8"))
    assert len(searched) == 9
    find(Graph("a0"))
    assert len(searched) == 10


def test_dbt_makes_messages_of_what_somebody_hears() -> None:
    in_process._imported()
    from dbt.adapters.events.types import SQLQuery
    from dbt.events.types import MainReportVersion, NodeStart
    from dbt_common.events.event_manager import EventManager

    heard: list[Any] = []
    manager = EventManager()
    # as dbt's default is
    manager.require_warn_or_error_handling = True
    manager.callbacks.append(heard.append)
    query = SQLQuery(conn_name="a", sql="select 1", node_info={})
    for event in (
        query,
        MainReportVersion(version="1", log_version=3),
        NodeStart(node_info={"node_name": "one"}),
    ):
        manager.fire_event(event)
    assert [one.info.name for one in heard] == ["MainReportVersion", "NodeStart"]
    assert heard[1].data.node_info.node_name == "one"
    # nothing was made of it, and it is whole when somebody asks for it
    assert "pb_msg" not in query.__dict__
    assert (query.sql, query.conn_name) == ("select 1", "a")
    assert "select 1" in query.message()
    # dbt gives all of its arguments by their places where it has put an event off
    manager.fire_event(query, None, None, True)
    assert heard[-1].data.sql == "select 1"


class ConcurrencyLine:
    """An event that is listened to."""


class CacheAction:
    """An event that nobody hears."""

    def level_tag(self) -> str:
        return "debug"


class UnusedModel:
    """A warning."""

    def level_tag(self) -> str:
        return "warn"


@pytest.mark.parametrize("loggers", [[], ["one"]])
@pytest.mark.parametrize("every_warning", [False, True])
def test_only_what_somebody_hears_is_told(*, loggers: list[str], every_warning: bool) -> None:
    told: list[str] = []
    fire = spared.only_heard(lambda _, event, *others: told.append(type(event).__name__), HEARD)
    manager = SimpleNamespace(loggers=loggers, require_warn_or_error_handling=every_warning)
    fire(manager, ConcurrencyLine())
    for event in (CacheAction(), UnusedModel()):
        fire(manager, event)
    fire(manager, CacheAction(), "warn")
    logged = ["CacheAction"] if loggers else []
    warnings = ["UnusedModel", "CacheAction"] if loggers or every_warning else []
    assert told == ["ConcurrencyLine", *logged, *warnings]
    told.clear()
    fire(manager, CacheAction(), None, None, True)
    assert told == ["CacheAction"]


HEARD = in_process._Telling.HEARD


@pytest.mark.parametrize(
    "selector",
    ["metrics.csv", "metrics", "onchain_*", "onchain_pvp.sql", "a.b", "a", "m?trics", "none"],
)
def test_files_are_found_by_their_names_as_dbt_does(selector: str) -> None:
    in_process._imported()
    from dbt.graph.selector_methods import FileSelectorMethod

    paths = ["seeds/metrics.csv", "models/metrics/onchain_pvp.sql", "models/a.b.sql", "m.sql"]
    nodes = [(path, SimpleNamespace(original_file_path=path)) for path in paths]
    method = SimpleNamespace(
        all_nodes=lambda included: [one for one in nodes if one[0] in included]
    )
    found = set(FileSelectorMethod.search(method, set(paths[:3]), selector))  # type: ignore[arg-type]
    alone: Any = FileSelectorMethod.search
    assert found == set(alone.__wrapped__(method, set(paths[:3]), selector))
