"""What a picture shows, in words; no more than what a stranger may see of it."""

import struct

import msgspec

#: The length of a message to or from the drawing process, in bytes, which stands before it. A
#: picture that could not be drawn has none.
LENGTH = struct.Struct(">I")


class Named(msgspec.Struct, frozen=True):
    """A name, and what stands in its place where the fonts lack one of its letters."""

    name: str
    otherwise: str = ""


class Row(msgspec.Struct, frozen=True):
    """A line of a list. length is that of its bar, in percent."""

    rank: int
    who: Named
    value: str
    length: float = 0


class Mark(msgspec.Struct, frozen=True):
    """A tier, by its code, and the words beside its shape."""

    tier: str
    words: str


class Card(msgspec.Struct, frozen=True):
    """A picture: title and lines of words, a large figure with its bar, tiers, a list."""

    eyebrow: str
    title: Named
    about: Named = Named("")
    figure: str = ""
    unit: str = ""
    beneath: str = ""
    #: of the bar under the figure, in percent; none where it is null
    length: float | None = None
    #: the tier whose shape and colour the picture has
    tier: str = "NONE"
    marks: list[Mark] = []
    rows: list[Row] = []
