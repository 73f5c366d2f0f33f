"""What dbt does in each invocation for nobody, and is spared (hedge/dbt_runner/in_process.py)."""

import inspect
from typing import Any

import pytest

from hedge.dbt_runner import in_process
from hedge.dbt_runner.made_once import once_where_none


def test_dbt_calls_what_is_put_in_the_place_of_its_own() -> None:
    in_process._imported()
    from dbt.compilation import Compiler, Linker
    from dbt.plugins.manager import PluginManager
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.dataclass_schema import dbtClassMixin

    called: list[tuple[Any, str]] = [
        (Compiler.compile, "linker.get_graph_summary(manifest)"),
        (Linker.link_graph, "self.find_cycles()"),
        (PluginManager.from_modules, "cls.get_prefixed_modules()"),
        (BehaviorFlagRendered.__init__, "self._default_source()"),
        (dbtClassMixin.validate, "cls.json_schema()"),
    ]
    for caller, call in called:
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
