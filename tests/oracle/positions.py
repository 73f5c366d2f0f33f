"""Liquidity and Jeweler positions as step functions of time.

Source: catalogue/README.md, "Positions". An amount is the running sum of deposits
minus withdrawals; spans are half-open; from an instant on the amount is the sum
after the last event of that instant.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from .shapes import Row, Window

DAY = timedelta(days=1)
LAST_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Piece:
    """A span [starts_at, ends_at) during which an amount did not change."""

    starts_at: datetime
    ends_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class Span:
    """A half-open span of time."""

    starts_at: datetime
    ends_at: datetime


def ordered(rows: Iterable[Row], ends_at: datetime) -> list[Row]:
    """Deposit and withdrawal rows before a time, in event order."""
    return sorted(
        (row for row in rows if row["occurred_at"] < ends_at),
        key=lambda row: (row["occurred_at"], row["tx_hash"], row["log_index"]),
    )


def change(row: Row, column: str) -> Decimal:
    """The signed amount that a row adds to the running sum."""
    amount = Decimal(row[column])
    return amount if row["action"] == "DEPOSIT" else -amount


def total(rows: Iterable[Row], column: str) -> Decimal:
    """Deposits minus withdrawals of an amount column."""
    return sum((change(row, column) for row in rows), Decimal(0))


def pieces(rows: Iterable[Row], column: str, ends_at: datetime) -> list[Piece]:
    """The running sum from the first event to ends_at, a piece per instant of change.

    rows are the DEPOSIT and WITHDRAW rows of one cluster and pool, in any order;
    those at or after ends_at are ignored. Pieces have a length above zero.
    """
    after: dict[datetime, Decimal] = {}
    running = Decimal(0)
    for row in ordered(rows, ends_at):
        running += change(row, column)
        after[row["occurred_at"]] = running
    edges = [*after, ends_at]
    return [Piece(start, end, after[start]) for start, end in pairwise(edges)]


def held_pieces(whole: Iterable[Piece], window: Window) -> list[Piece]:
    """The parts inside the window of the pieces whose amount is above zero."""
    cut = []
    for piece in whole:
        start = max(piece.starts_at, window.starts_at or piece.starts_at)
        end = min(piece.ends_at, window.ends_at)
        if piece.amount > 0 and start < end:
            cut.append(Piece(start, end, piece.amount))
    return cut


def held_spans(whole: Iterable[Piece], window: Window) -> list[Span]:
    """The maximal unbroken spans inside the window with an amount above zero."""
    spans: list[Span] = []
    for piece in held_pieces(whole, window):
        if spans and spans[-1].ends_at == piece.starts_at:
            spans[-1] = Span(spans[-1].starts_at, piece.ends_at)
        else:
            spans.append(Span(piece.starts_at, piece.ends_at))
    return spans


def longest_days(spans: Iterable[Span]) -> int:
    """Whole days (elapsed time / 24 hours, rounded down) of the longest span, or 0."""
    return max(((span.ends_at - span.starts_at) // DAY for span in spans), default=0)


def days_of(piece: Piece) -> list[date]:
    """The UTC days that a piece touches."""
    first = piece.starts_at.astimezone(UTC).date()
    last = last_day(piece.ends_at)
    return [first + DAY * number for number in range((last - first).days + 1)]


def last_day(ends_at: datetime) -> date:
    """The UTC day of the last instant before a time."""
    return (ends_at - LAST_INSTANT).astimezone(UTC).date()


class Prices:
    """Daily USD prices of one pool or token; the latest one on or before a day applies."""

    def __init__(self, by_day: dict[date, Decimal]):
        """Store the price of each day that has one."""
        self._days = sorted(by_day)
        self._by_day = by_day

    def on(self, day: date) -> Decimal:
        """The latest price on or before a day; 0 without one."""
        known = bisect_right(self._days, day)
        return self._by_day[self._days[known - 1]] if known else Decimal(0)
