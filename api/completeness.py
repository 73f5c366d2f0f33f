"""Up to which block of each followed chain numbers are complete."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from api.shape import Shape


class CompleteTo(Shape):
    """A chain, and the block up to which all logs of its contracts are in the numbers, by what was
    known when the run began that computed them. block_number is null where the first logs lack
    already."""

    chain_id: int
    chain: str
    block_number: int | None
    block_time: datetime | None
    uncounted: int


class WithCompleteness(Shape, kw_only=True):
    """A body that says what it is complete to; empty where no chain is followed that it rests
    on."""

    complete_to: list[CompleteTo] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        """Make bodies of what is stored."""
        super().__post_init__()
        self.complete_to = shapes(self.complete_to)


def shapes(stored: Iterable[Any] | None) -> list[CompleteTo]:
    """What a column complete_to holds, as bodies; the times are texts already."""
    return [CompleteTo(**one) if isinstance(one, dict) else one for one in stored or ()]
