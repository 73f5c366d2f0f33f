"""hedge load: facts from files."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import complain, print_json, progress, say
from hedge import loading
from hedge.wallets import Imported


def load(
    table: Annotated[str, typer.Argument(help="The raw table, for example pvp_matches.")],
    files: Annotated[list[str], typer.Argument(help="Files, or - for standard input.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Load nothing of a file that has a rejected row.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Load files into a raw table: .csv, .ndjson, .jsonl, these with .gz, or .parquet.

    A row replaces the stored row with the same key, so loading a file again changes nothing.
    Rows that violate a constraint of the table are recorded in raw.rejected_rows; the others are
    loaded.

    Examples: hedge load pvp_matches matches.csv.gz   zcat log.gz | hedge load heroes -
    """
    summaries: list[loading.Summary] = []
    try:
        with migrated_connection() as connection:
            for file in files:
                with progress() as report:
                    summary = loading.load(connection, table, file, strict=strict, report=report)
                summaries.append(summary)
                if not json:
                    say(_sentence(summary, strict))
                complain_of_rejects(summary)
    finally:  # files that were loaded before one that failed are committed, so they are printed
        if json:
            print_json([dataclasses.asdict(summary) for summary in summaries])
    if strict and any(summary.rejected for summary in summaries):
        raise typer.Exit(1)


def complain_of_rejects(summary: loading.Summary | Imported) -> None:
    """Print the first rejected rows and their reasons, and how many others there are."""
    for reject in summary.rejects:
        complain(f"{summary.file}:{reject.line}: {reject.reason}")
    if more := summary.rejected - len(summary.rejects):
        complain(f"{summary.file}: {more} more rejects in raw.rejected_rows")


def _sentence(summary: loading.Summary, strict: bool) -> str:
    counts = {
        name.replace("_", " "): getattr(summary, name)
        for name in ("read", "inserted", "updated", "unchanged", "repeated", "left_out", "rejected")
    }
    refused = "; nothing loaded (--strict)" if strict and summary.rejected else ""
    return f"{summary.file}: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + refused
