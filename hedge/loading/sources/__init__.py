"""Sources: files of rows, and what is not a file but is read like one.

with open_source("matches.csv.gz", table) as (source, progress):
    for chunk in source.chunks():
        ...

opening    opens a file or a pipe and recognizes its format
csv        values between separators
ndjson     a JSON object on every line
parquet    Parquet, by pyarrow
values     values of Python as text that PostgreSQL casts
chunks     rows and chunks of rows, which all formats yield
"""

from hedge.loading.sources.chunks import Chunk, Progress, ReadRow, Row, Source, UnreadableRow
from hedge.loading.sources.opening import Formats, open_file, open_source

__all__ = [
    "Chunk",
    "Formats",
    "Progress",
    "ReadRow",
    "Row",
    "Source",
    "UnreadableRow",
    "open_file",
    "open_source",
]
