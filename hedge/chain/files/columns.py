"""Rows of named columns, as exporters write them: which column holds what, and of which chain they
are."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Generic

from hedge.chain import rows
from hedge.chain.files.kinds import Kind, Row
from hedge.errors import UsageError
from hedge.ids import LARGEST_INTEGER
from hedge.suggestions import did_you_mean

_CHAIN = "chain_id"


class Columns(Generic[Row]):
    """Which columns of a file hold what. `needed`: their names, in the order in which `row` takes
    their values."""

    def __init__(self, kind: Kind[Row], names: Sequence[str], chain: int | None) -> None:
        """names: all columns of the file; chain: that of the rows, where it is known. UsageError
        for columns of another kind of file, and where nobody says the chain."""
        given = [name.strip().lower() for name in names]
        for name in given:
            if name and given.count(name) > 1:
                raise UsageError(f"the column {name} stands twice in the file")
        self.chain = chain
        self._kind = kind
        found = {
            field: next((name for name in known if name in given), None)
            for field, known in kind.fields.items()
        }
        for field in kind.required:
            if found[field] is None:
                name = kind.fields[field][0]
                raise UsageError(
                    f"the file has no column {name}, which {kind.what} need"
                    f"{did_you_mean(name, given)}"
                )
        if kind.table == "chain_logs" and found["topics"] is None and found["topic0"] is None:
            raise UsageError("the file has neither a column topics nor topic0")
        if _CHAIN not in given and chain is None:
            raise need_of_chain()
        used = [name for name in found.values() if name]
        self._has_chain = _CHAIN in given
        self.needed = used + [_CHAIN] * self._has_chain
        places = {name: place for place, name in enumerate(used)}
        #: the place of a value that the file does not have is that of a None after all others
        self._pick: Callable[[Sequence[Any]], Sequence[Any]] = itemgetter(
            *(places[name] if name else len(self.needed) for name in found.values())
        )
        self._is_first = True

    def row(self, values: Sequence[Any]) -> Row:
        """The row of the values of the columns that are needed. ValueError where it cannot be read,
        UsageError where the file is of another chain."""
        if self._has_chain:
            self._require_chain(values[-1])
        return self._kind.of_values(self._pick((*values, None)))

    def _require_chain(self, given: Any) -> None:
        if self.chain is not None and (given is None or given == ""):
            return
        chain = rows.whole(_CHAIN, given, LARGEST_INTEGER)
        if chain == self.chain:
            self._is_first = False
            return
        if chain == 0:
            raise ValueError("chain_id 0 is no chain")
        if self.chain is None:
            self.chain, self._is_first = chain, False
            return
        if self._is_first:
            raise UsageError(f"it is of the chain {chain}, not {self.chain} (--chain)")
        raise ValueError(f"chain_id {chain} is not {self.chain}, the chain of the file")


def need_of_chain() -> UsageError:
    """The error of a file of which nobody says the chain."""
    return UsageError("it names no chain: say by --chain of which chain it is, for example 53935")
