"""What nodes answer, as JSON: an object on every line, whole answers of JSON-RPC, one or one on
every line, batches of answers, and arrays of objects."""

import itertools
from collections.abc import Iterator
from typing import Any, Generic

import msgspec

from hedge.chain.files.columns import need_of_chain
from hedge.chain.files.kinds import Kind, Read, Row, Unreadable
from hedge.errors import UsageError
from hedge.loading.sources.chunks import UTF8_BOM, printable
from hedge.loading.sources.values import shown

#: The longest line, and the largest file whose only value stands on several lines. Nodes answer
#: less than that.
LARGEST_VALUE = 1 << 26
#: After how many rows of a piece of the file they are handed on.
_PIECE_ROWS = 10_000
#: Objects stand in an array, which is the result of an answer, which stands in a batch.
_DEPTH = 3
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TOO_LONG = (
    f"a line, or a value on several lines, is longer than {LARGEST_VALUE >> 20} MiB: write an"
    " object on every line, as jq -c '.result[]' does"
)


class JsonSource(Generic[Row]):
    """A file of JSON. The number of a row is its line; where several objects stand on a line, or
    one on several, it is the place of the object in the file, from 1."""

    def __init__(self, pieces: Iterator[bytes], kind: Kind[Row], chain: int | None) -> None:
        if chain is None:
            raise need_of_chain()
        self.chain: int | None = chain
        self._kind = kind
        self._lines = _lines(pieces)
        self._decode = msgspec.json.Decoder(kind.node).decode
        self._number = 0

    def read(self) -> Iterator[Read[Row]]:
        """The rows, in the pieces in which the file is read."""
        for lines in self._lines:
            found: Read[Row] = Read()
            for line in lines:
                before = self._number
                if line and not line.isspace():
                    self._add(line, found, _DEPTH)
                self._number = max(self._number, before + 1)
                if len(found.rows) + len(found.unreadable) >= _PIECE_ROWS:
                    yield found
                    found = Read()
            yield found

    def _add(self, text: Any, found: Read[Row], depth: int) -> None:
        """Add the objects of a text that is one value of JSON."""
        try:
            if depth and _is_array(text):
                for element in _ARRAY.decode(text):
                    self._add(element, found, depth - 1)
                return
            node = self._decode(text)
        except msgspec.ValidationError:
            self._refuse(text, found, "the value is not a JSON object")
            return
        except _ERRORS as error:
            self._refuse(text, found, f"the value is not JSON: {error}")
            return
        if node.error is not None:
            self._refuse(text, found, f"the node answered with an error: {_message(node.error)}")
        elif depth and node.result is not msgspec.UNSET:
            if bytes(node.result) == b"null":
                self._refuse(text, found, "the node answered null")
            else:
                self._add(node.result, found, depth - 1)
        else:
            self._number += 1
            try:
                found.rows.append((self._number, self._kind.of_node(node)))
            except ValueError as error:
                found.unreadable.append(Unreadable(self._number, _printable(text), str(error)))

    def _refuse(self, text: Any, found: Read[Row], reason: str) -> None:
        self._number += 1
        found.unreadable.append(Unreadable(self._number, _printable(text), reason))


_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def _lines(pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines of a text. A text whose first line is only the beginning of a value is one line."""
    rest: list[bytes] = []
    size, is_open = 0, None
    for piece in itertools.chain([next(pieces, b"").removeprefix(UTF8_BOM)], pieces):
        rest.append(piece)
        size += len(piece)
        if size > LARGEST_VALUE:
            raise UsageError(_TOO_LONG)
        if is_open or b"\n" not in piece:
            continue
        text = b"".join(rest)
        if is_open is None and b"\n" in text.lstrip():
            is_open = _is_open(text)
        if is_open:
            rest = [text]
            continue
        *lines, last = text.split(b"\n")
        yield lines
        rest, size = [last], len(last)
    text = b"".join(rest)
    yield [text] if is_open else text.split(b"\n")


def _is_array(text: Any) -> bool:
    """Whether a value begins as an array: as most begin with the brace of an object, that is looked
    at first."""
    if isinstance(text, bytes) and text.startswith(b"{"):
        return False
    return bytes(memoryview(text)[:64]).lstrip()[:1] == b"["


def _is_open(text: bytes) -> bool:
    """Whether the first line of a text is only the beginning of a value."""
    first = text.lstrip().partition(b"\n")[0]
    if first.strip() in (b"{", b"["):
        return True
    try:
        msgspec.json.decode(first, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    return False


def _message(error: Any) -> str:
    """What a node says of its error."""
    message = error.get("message") if isinstance(error, dict) else None
    return shown(message if message is not None else error)


def _printable(text: Any) -> str:
    return printable(bytes(memoryview(text)[:2_000]))
