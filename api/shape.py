"""What the bodies of the API are made of. Names are camelCase in JSON, times ISO 8601 in UTC.

shapes           challenges, progress, clusters, accounts
board_shapes     boards
season_shapes    seasons

The bodies of an admin are the records of hedge (api/admin)."""

from decimal import Decimal
from functools import cache

import msgspec

from api.numbers import digits

#: An exact JSON number; whole numbers are written without a fraction (api.numbers). Beside it, a
#: Shape has the same digits as a text, for clients whose numbers are doubles.
Number = Decimal


class Shape(msgspec.Struct, rename="camel", kw_only=True):
    """A body in a response. Each number NAME has a text NAME_text with the same digits."""

    def __post_init__(self) -> None:
        """Set the texts of the numbers."""
        for name, text in _texts(type(self)):
            number = getattr(self, name)
            setattr(self, text, None if number is None else digits(number))


@cache
def _texts(shape: type[Shape]) -> list[tuple[str, str]]:
    """The numbers of a shape that have a text, with the names of the texts."""
    fields = shape.__struct_fields__
    return [(name, f"{name}_text") for name in fields if f"{name}_text" in fields]


class Body(Shape, forbid_unknown_fields=True):
    """A body in a request; unknown names are refused."""
