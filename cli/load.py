"""hedge load: facts from files."""

import dataclasses
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import complain, print_json, progress, say
from hedge import database, loading
from hedge.wallets import Imported


def load(
    table: Annotated[str, typer.Argument(help="The raw table, for example pvp_matches.")],
    files: Annotated[list[str], typer.Argument(help="Files, or - for standard input.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Load nothing of a file with any bad row.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Load files into a raw table: .csv, .ndjson, .jsonl, these with .gz, or .parquet.

    A row whose key is stored already replaces it; the same file again changes nothing. Rows that
    break the contract go to raw.rejected_rows, the others are loaded.

    Examples: hedge load pvp_matches matches.csv.gz   zcat log.gz | hedge load heroes -
    """
    summaries = []
    try:
        with database.connect() as connection:
            database.require_migrated(connection)
            for file in files:
                with progress() as report:
                    summary = loading.load(connection, table, file, strict=strict, report=report)
                summaries.append(summary)
                if not json:
                    say(_sentence(summary, strict))
                complain_of_rejects(summary)
    finally:  # a file that is refused does not undo those before it
        if json:
            print_json([dataclasses.asdict(summary) for summary in summaries])
    if strict and any(summary.rejected for summary in summaries):
        raise typer.Exit(1)


def complain_of_rejects(summary: loading.Summary | Imported) -> None:
    """Show the first rejects, and say where the rest stands."""
    for reject in summary.rejects:
        complain(f"{summary.file}:{reject.line}: {reject.reason}")
    if more := summary.rejected - len(summary.rejects):
        complain(f"{summary.file}: {more} more rejects in raw.rejected_rows")


def _sentence(summary: loading.Summary, strict: bool) -> str:
    counts = {
        name.replace("_", " "): getattr(summary, name)
        for name in ("read", "inserted", "updated", "unchanged", "left_out", "rejected")
    }
    refused = "; nothing loaded (--strict)" if strict and summary.rejected else ""
    return f"{summary.file}: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + refused
