"""Values of Python as text that PostgreSQL casts; ValueError, whose text is a sentence, for a value
that a column cannot hold or that the file cannot hold exactly."""

import math
import re
import struct
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from hedge.loading.tables import Column

#: How many characters of a value a sentence shows.
_SHOWN_LENGTH = 80
#: The first character that a text of PostgreSQL cannot hold: NUL, or half of a surrogate pair.
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
_NUMBER = re.compile(r"[-+.0-9eE]+")
_BYTES = {"address": 20, "hash": 32}
_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_NUMERIC = re.compile(r"numeric(?:\(\d+,(\d+)\))?")
#: The largest number of decimals of PostgreSQL, which a column `numeric` without a scale has.
_LARGEST_SCALE = 16_383


class Float(NamedTuple):
    """A floating-point type: its name in Parquet, the number of its binary digits, the power of two
    that is its smallest number, and its format in `struct`."""

    name: str
    digits: int
    smallest: int
    format: Literal["e", "f", "d"]


def named(column: Column, value: Any) -> str:
    """A column and its value, for a sentence."""
    return f"{column.name} '{shown(value)}'"


def shown(value: Any) -> str:
    """The beginning of a value as text that can be printed."""
    text = str(value.hex() if isinstance(value, bytes) else value)
    return _NO_CHARACTER.sub(_escaped, text[:_SHOWN_LENGTH])


def checked(column: Column, text: str) -> str:
    """The same text, if PostgreSQL can hold it."""
    if text.isascii() and "\0" not in text:  # a tenth of the time of the expression
        return text
    if found := _NO_CHARACTER.search(text):
        raise ValueError(
            f"{named(column, text)} contains U+{ord(found.group()):04X},"
            " which PostgreSQL stores in no text"
        )
    return text


def array(elements: Iterable[str | None]) -> str:
    """An array literal of PostgreSQL."""
    return "{" + ",".join(map(_element, elements)) + "}"


def from_bytes(column: Column, value: bytes) -> str:
    """0x and the digits of an address or a hash; elsewhere the bytes are text.

    Of 20 bytes that are an address, all are printable characters in one of 10^8 cases.
    """
    size = _BYTES.get(column.form or "")
    if size is None or (value.isascii() and value.strip().decode().isprintable()):
        return from_utf8(column, value)
    if len(value) != size:
        raise ValueError(
            f"{named(column, value)} has {len(value)} bytes, not the {size} of the {column.form}"
        )
    return f"0x{value.hex()}"


def from_utf8(column: Column, value: bytes) -> str:
    """Bytes that are UTF-8 text."""
    try:
        return checked(column, value.decode())
    except UnicodeDecodeError:
        raise ValueError(f"{named(column, value)} is not UTF-8 text") from None


def from_decimal(value: Decimal) -> str:
    """A decimal number without zeros at its end, which the scale of a file's column may add."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_float(column: Column, kind: Float, value: float) -> str:
    """A floating-point number, where only one value of the column is this number.

    The values of a column are 10^-scale apart. Below `limit`, floats are no further apart, so that
    a float can only stand for the value that is nearest to it. 0.1 is exact as a price with 12
    decimals; with 18 decimals, other values are the same float. So are 2^53 and 2^53 + 1.
    """
    if not math.isfinite(value):
        raise ValueError(f"{named(column, value)} is not a number")
    if column.type in ("double precision", "real"):
        return repr(value)
    scale = _scale(column)
    apart = math.floor(-scale * math.log2(10))
    limit = 2.0 ** (apart + kind.digits) if apart >= kind.smallest else 0.0
    if abs(value) >= limit:
        what = f"{scale} decimals" if scale else "whole numbers"
        below = f"{Decimal(limit):f}" if scale else f"2^{kind.digits}"
        holds = f"holds {what} only below {below}" if limit else f"does not hold {what}"
        raise ValueError(f"{named(column, value)} cannot be exact: a {kind.name} {holds}")
    if scale == 0 and value.is_integer():
        return str(int(value))
    if scale == 0:
        raise ValueError(f"{named(column, value)} is not a whole number")
    nearest = Decimal(f"{Decimal(value):.{scale}f}")
    if struct.unpack(kind.format, struct.pack(kind.format, nearest)) != (value,):
        raise ValueError(f"{named(column, value)} has more than {scale} decimals")
    return from_decimal(nearest)


def from_days(column: Column, days: int) -> str:
    """A date that is a number of days after the beginning of 1970."""
    try:
        return date.fromordinal(_EPOCH_DAY + days).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(
            f"{column.name} is {days} days from 1970-01-01, not between the years 1 and 9999"
        ) from None


def from_ticks(column: Column, per_second: int, ticks: int) -> str:
    """An instant that is a number of ticks after the beginning of 1970 in UTC, with all digits."""
    seconds, rest = divmod(ticks, per_second)
    nanoseconds = rest * (10**9 // per_second)
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).isoformat()
    except OverflowError:
        raise ValueError(
            f"{column.name} is {seconds} seconds from 1970-01-01, not between the years 1 and 9999"
        ) from None
    return f"{text}{_fraction(nanoseconds)}Z"


def _fraction(nanoseconds: int) -> str:
    """The decimals of a second as PostgreSQL writes them."""
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def _scale(column: Column) -> int:
    """The number of decimals of a numeric column, 0 of any other: what is no number is made of
    whole numbers only, such as seconds or the number of an account."""
    found = _NUMERIC.fullmatch(column.type)
    return int(found.group(1) or _LARGEST_SCALE) if found else 0


def _element(text: str | None) -> str:
    """An element of an array literal, a number as PostgreSQL writes it."""
    if text is None:
        return "NULL"
    if _NUMBER.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
