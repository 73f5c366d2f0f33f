"""Opening: files, pipes and standard input, and what format they have."""

import contextlib
import functools
import gzip
import itertools
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator

from hedge.errors import HedgeError, UsageError
from hedge.loading.sources import chunks
from hedge.loading.sources.chunks import UTF8_BOM, Progress, Source
from hedge.loading.sources.csv import Csv
from hedge.loading.sources.ndjson import Ndjson
from hedge.loading.sources.parquet import Parquet
from hedge.loading.tables import Table

_TEXT_SOURCES: dict[str, type[Csv] | type[Ndjson]] = {
    ".csv": Csv,
    ".ndjson": Ndjson,
    ".jsonl": Ndjson,
}


@contextlib.contextmanager
def open_source(file: str, table: Table) -> Iterator[tuple[Source, Callable[[], Progress]]]:
    """The rows of a file, and a function that returns how far it has been read. `-` is standard
    input.

    Raises UsageError for a file that does not exist, has an unknown extension or columns that the
    table does not have; HedgeError for a file that cannot be read to its end.
    """
    try:
        if file == "-":
            pieces = _read_pieces(sys.stdin.buffer.read)
            yield _csv_or_ndjson(pieces, table), lambda: (0, None)
            return
        name, extension = os.path.splitext(file.lower())
        is_gzip = extension == ".gz"
        text_source = _TEXT_SOURCES.get(os.path.splitext(name)[1] if is_gzip else extension)
        if text_source is None and extension != ".parquet":
            raise UsageError(
                "the name must end in .csv, .ndjson, .jsonl, these with .gz, or .parquet"
            )
        with open(file, "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            if text_source is None:
                source: Source = Parquet(raw, table)
            else:
                read = gzip.GzipFile(fileobj=raw).read if is_gzip else raw.read
                source = text_source(_whole_lines(_read_pieces(read)), table)
            yield source, lambda: (raw.tell(), size)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise HedgeError(f"{file} cannot be read: {reason}") from error
    except UsageError as error:
        raise UsageError(f"{'standard input' if file == '-' else file}: {error}") from error


def _csv_or_ndjson(pieces: Iterator[bytes], table: Table) -> Source:
    """NDJSON where the text begins with a brace, else CSV."""
    first = next(pieces, b"")
    is_json = first.removeprefix(UTF8_BOM).lstrip().startswith(b"{")
    return (Ndjson if is_json else Csv)(_whole_lines(itertools.chain([first], pieces)), table)


def _read_pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    return iter(functools.partial(read, chunks.CHUNK_BYTES), b"")


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line.

    Of a line that exceeds the largest size of a row, only as much is kept as shows that.
    """
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest = (rest + piece)[: chunks.CHUNK_BYTES + 1]
    if rest:
        yield rest
