"""hedge sql: a query of one's own."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import AsOf, JsonOption
from cli.output import print_json, print_table, say
from hedge.analysis import reading
from hedge.counting import counted
from hedge.errors import UsageError, file_error


def sql(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file with a query; - is standard input.")
    ],
    as_of: AsOf = None,
    timeout: Annotated[
        int, typer.Option(min=1, max=86_400, metavar="SECONDS", help="How long it may take.")
    ] = reading.SECONDS,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
    json: JsonOption = False,
) -> None:
    """Read the database by a query: read only, with app.as_of() set.

    Tables and views of analytics, app and raw need no schema.

    Example: hedge sql top.sql --as-of 2026-11-01 --csv
    """
    if as_csv and json:
        raise UsageError("--csv and --json are two forms of the answer: use one of them")
    text = _text(file)
    with migrated_connection() as connection:
        answer = reading.read(connection, text, as_of, timeout)
    if json:
        for name in answer.columns:
            if answer.columns.count(name) > 1:
                raise UsageError(f"two columns are called {name}: name them with `as` for --json")
        print_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([answer.columns, *answer.rows])
    else:
        print_table(answer.columns, answer.rows)
        say(counted(len(answer.rows), "row"))


def _text(file: str) -> str:
    """The text of a file or of standard input; UsageError where it cannot be read."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise file_error(f"{file} cannot be read", error) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8: save it as UTF-8") from error
