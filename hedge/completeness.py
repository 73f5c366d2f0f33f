"""Up to which block of each followed chain numbers are complete, as the run that computed them has
stored it (app.complete_to)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from hedge.queries import query


@dataclass(frozen=True)
class CompleteTo:
    """A chain, and the block up to which all logs of the contracts concerned are in the numbers;
    None where the first ones lack already. block_time is when the newest block was made that is
    stored up to there, None where none is. uncounted: how many facts up to there wait for a value
    that the chain gives, and logs that do not decode."""

    chain_id: int
    chain: str
    block_number: int | None
    block_time: datetime | None
    uncounted: int


def records(stored: Iterable[Any]) -> list[CompleteTo]:
    """What a column complete_to holds, as records; records stay as they are."""
    return [_record(one) if isinstance(one, Mapping) else one for one in stored]


def _record(one: Mapping[str, Any]) -> CompleteTo:
    at = one["block_time"] and datetime.fromisoformat(one["block_time"])
    return CompleteTo(**{**one, "block_time": at})


def of_progress(connection: psycopg.Connection, season: str | None = None) -> list[CompleteTo]:
    """What the progress of all clusters is complete to, or the points of a season; empty where no
    chain is followed."""
    row = connection.execute(query("completeness"), {"season": season}).fetchone()
    return records(row[0]) if row else []


def in_words(found: Iterable[CompleteTo]) -> str | None:
    """A sentence that says it; None where no chain is followed."""
    said = "; ".join(phrases(found, lambda at: f"{at:%Y-%m-%d %H:%M} UTC"))
    return f"{said[0].upper()}{said[1:]}." if said else None


def phrases(found: Iterable[Any], at: Callable[[datetime], str]) -> Iterator[str]:
    """What is said of each chain, for commands and pages: records, whatever has their fields, or
    what a column complete_to holds. `at` writes an instant; where it gives markup, a phrase with
    one is markup, and escaped."""
    for one in records(found):
        if one.block_number is None:
            yield f"earlier logs of {one.chain} are missing"
            continue
        said = f"complete to block {one.block_number:,} of {one.chain}"
        if one.block_time:
            said = said + ", " + at(one.block_time)
        if one.uncounted:
            said += f", but for {one.uncounted:,} facts and logs that wait"
        yield said
