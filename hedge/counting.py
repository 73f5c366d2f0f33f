"""Numbers of things in sentences, and numbers in columns."""

from collections.abc import Iterable
from decimal import Decimal


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with what it counts: 1 row, 2,400 rows. `several` is needed where the plural has
    more than an s, or where a verb follows."""
    return f"1 {one}" if number == 1 else f"{number:,} {several or one + 's'}"


def decimals(values: Iterable[Decimal | float | None], most: int) -> int:
    """How many decimals a column of these values needs, so that all of them are written with as
    many; at most `most`, to which they are rounded."""
    needed = 0
    for value in values:
        if value is not None:
            fraction = f"{value:.{most}f}".partition(".")[2]
            needed = max(needed, len(fraction.rstrip("0")))
    return needed
