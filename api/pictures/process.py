"""The process that draws: reads cards from its standard input and writes PNG to its output, each
with its length in front. It ends with its input, so with its parent."""

import sys
from typing import BinaryIO

import msgspec
import resvg_py

from api.pictures.cards import LENGTH, Card
from api.pictures.drawing import svg


def png(card: Card) -> bytes:
    """The picture of a card."""
    return resvg_py.svg_to_bytes(svg_string=svg(card), skip_system_fonts=True)


def serve(given: BinaryIO, taken: BinaryIO) -> None:
    """Draw one card after the other until the input ends. What cannot be drawn is told on the
    standard error, and nothing of it is written."""
    while head := given.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        try:
            picture = png(msgspec.json.decode(given.read(length), type=Card))
        except Exception as error:
            print(f"a picture was not drawn: {error!r}", file=sys.stderr, flush=True)
            picture = b""
        taken.write(LENGTH.pack(len(picture)) + picture)
        taken.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
