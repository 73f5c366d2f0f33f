"""Commands: what they hand on, what they print, and their exit status. No database is read.

The functions of hedge that a command calls are replaced by ones that note their arguments.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

#: A month, and the options that name it.
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
PERIOD = ["--from", "2026-05-01", "--to", "2026-06-01"]

#: Stands in for a connection.
CONNECTION = object()


class Calls(list[tuple[tuple, dict[str, Any]]]):
    """The calls of a replaced function, each with its arguments but connections and reports."""

    def replace(
        self, patch: pytest.MonkeyPatch, module: Any, name: str, result: Any = None
    ) -> "Calls":
        """Replace a function of a module by one that returns the result."""

        def noting(*arguments: Any, **named: Any) -> Any:
            plain = tuple(one for one in arguments if one is not CONNECTION and not callable(one))
            self.append((plain, {key: one for key, one in named.items() if key != "report"}))
            return result

        patch.setattr(module, name, noting)
        return self


def failing(error: BaseException) -> Callable[..., None]:
    """A function that raises an error."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
