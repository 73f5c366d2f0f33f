"""Up to which block of each followed chain numbers are complete, as the run that computed them has
stored it (app.complete_to)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from hedge.queries import query
from hedge.texts import plain


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
    said = "; ".join(phrases(found))
    return f"{said[0].upper()}{said[1:]}." if said else None


def phrases(
    found: Iterable[Any],
    gettext: Callable[..., str] = plain,
    number: Callable[[int], str] = "{:,}".format,
    at: Callable[[datetime], str] = "{:%Y-%m-%d %H:%M} UTC".format,
) -> Iterator[str]:
    """What is said of each chain: of records, or of what a column complete_to holds. gettext gives
    a text with its values in the language of who reads it; number and at write a number and an
    instant."""
    for one in records(found):
        if one.block_number is None:
            yield gettext("earlier logs of %(chain)s are missing", chain=one.chain)
            continue
        block = number(one.block_number)
        if one.block_time:
            said = gettext(
                "complete to block %(block)s of %(chain)s, %(time)s",
                block=block,
                chain=one.chain,
                time=at(one.block_time),
            )
        else:
            said = gettext("complete to block %(block)s of %(chain)s", block=block, chain=one.chain)
        if one.uncounted:
            said = gettext(
                "%(complete)s, but for %(uncounted)s facts and logs that wait",
                complete=said,
                uncounted=number(one.uncounted),
            )
        yield said
