"""Opening a file of logs or blocks: what format it has."""

import contextlib
from collections.abc import Callable
from typing import Any

from hedge.chain.files.csv import CsvSource
from hedge.chain.files.json import JsonSource
from hedge.chain.files.kinds import Kind, Row, Source
from hedge.chain.files.parquet import ParquetSource
from hedge.loading.sources import Formats, Progress, open_file


def open_chain_file(
    file: str, kind: Kind[Row], chain: int | None
) -> contextlib.AbstractContextManager[tuple[Source[Row], Callable[[], Progress]]]:
    """The rows of a file of a kind, and a function that returns how far it has been read. `chain`
    is that of the rows; None where the file names it.

    Raises UsageError and HedgeError as open_file does, and UsageError where the file has other
    columns, where nobody says the chain, and where the file is of another one.
    """
    formats: Formats[Any] = Formats(
        csv=lambda texts: CsvSource(texts, kind, chain),
        json=lambda pieces: JsonSource(pieces, kind, chain),
        parquet=lambda opened: ParquetSource(opened, kind, chain),
    )
    return open_file(file, formats)
