"""Which items make a computation of a list fail, found by halving."""

from collections.abc import Callable, Iterator, Sequence

import psycopg

Fails = Callable[[Sequence[str]], bool]


def failing(items: Sequence[str], fails: Fails) -> Iterator[str | None]:
    """The items for which a computation of a list fails, one after the other. None comes instead
    where no half of a failing list fails alone, so that the failure is of no single item."""
    groups = [items] if items and fails(items) else []
    while groups:
        group = groups.pop()
        if len(group) == 1:
            yield group[0]
            continue
        half = len(group) // 2
        parts = [part for part in (group[half:], group[:half]) if fails(part)]
        if not parts:
            yield None
        groups += parts


def first_line(error: psycopg.Error) -> str:
    """PostgreSQL's message without its context."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0]
