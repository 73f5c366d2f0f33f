"""hedge load: facts from files."""

import dataclasses
import functools
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import psycopg
import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, MaxRejected, parse_instant, refuse_without_effect
from cli.output import Report, complain, print_json, progress, say
from hedge import loading, settings
from hedge.chain import loading as chain_loading
from hedge.counting import counted
from hedge.errors import UsageError
from hedge.ids import LARGEST_INTEGER
from hedge.wallets import Imported

#: The share of the stored facts of a span above which their removal has to be confirmed.
LARGEST_SHARE = 0.1
#: The counts of rows whose facts logs state, too.
OF_LOGS = ("kept_for_log", "differing")


def load(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="The raw table, for example pvp_matches.")],
    files: Annotated[list[str], typer.Argument(help="Files, or - for standard input.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Load nothing of a file that has a rejected row.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="The file has all facts from --from to --to: remove stored ones that it lacks.",
        ),
    ] = False,
    starts_at: Annotated[
        datetime | None,
        typer.Option(
            "--from", metavar="T", parser=parse_instant, help="With --replace: from when."
        ),
    ] = None,
    ends_at: Annotated[
        datetime | None,
        typer.Option(
            "--to", metavar="T", parser=parse_instant, help="With --replace: the instant after it."
        ),
    ] = None,
    chain: Annotated[
        int | None,
        typer.Option(
            "--chain",
            metavar="N",
            help="The chain of a file of logs or blocks that names none. With --replace: the facts"
            " of one chain only.",
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the facts whose keys the files have.")
    ] = False,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="With --remove: keep the keys and times of the facts only."),
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="With --remove: why, for raw.removed_facts.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --replace: remove many without confirmation.")
    ] = False,
    max_rejected: MaxRejected = None,
    json: JsonOption = False,
) -> None:
    """Load files, pipes or standard input into a raw table: CSV, NDJSON or Parquet.

    The tables chain_logs and chain_blocks take the files of nodes and exporters as they are.

    A row replaces the stored row with the same key, so loading a file again changes nothing.
    Rows that violate a constraint of the table are recorded in raw.rejected_rows; the others are
    loaded. Where more than half of the rows of a file are rejected, the exit status is 1. Facts
    that --replace or --remove removes are kept in raw.removed_facts.

    Example: hedge load pvp_matches matches.csv.gz
    Example: zcat log.gz | hedge load heroes -
    Example: hedge load shell_events may.csv --replace --from 2026-05-01 --to 2026-06-01
    Example: hedge load pvp_matches wrong.csv --remove --reason "a block was replaced"
    Example: hedge load chain_logs logs.ndjson.gz --chain 53935
    """
    if strict:
        refuse_without_effect(
            context, "with --strict, which takes no rejected row", "--max-rejected"
        )
    limit = settings.max_rejected() if max_rejected is None else max_rejected
    if table.removeprefix("raw.") in chain_loading.TABLES:
        if remove or replace or forget or reason is not None or starts_at or ends_at or yes:
            raise UsageError(f"{table} takes only --chain, --strict, --max-rejected and --json")
        if chain is not None and not 1 <= chain <= LARGEST_INTEGER:
            raise UsageError(
                f"--chain {chain} is no chain: it is a number from 1 to {LARGEST_INTEGER}"
            )
        _load(
            files,
            lambda connection, file, report: chain_loading.load(
                connection,
                table.removeprefix("raw."),
                file,
                chain=chain,
                strict=strict,
                report=report,
            ),
            strict=strict,
            limit=limit,
            json=json,
            then=_say_what_waits,
        )
        return
    if remove:
        if replace or strict:
            raise UsageError("--remove goes with neither --replace nor --strict")
        _span(replace, starts_at, ends_at, chain, yes)
        removals = _remove(table, files, reason=reason, forget=forget, json=json)
        exit_where_many_are_rejected(removals, limit)
        return
    if forget or reason is not None:
        raise UsageError("--forget and --reason go with --remove")
    span = _span(replace, starts_at, ends_at, chain, yes)
    if span and len(files) > 1:
        raise UsageError("--replace takes one file, which has all facts of the span")
    _load(
        files,
        lambda connection, file, report: loading.load(
            connection,
            table,
            file,
            strict=strict,
            replaces=span,
            may_remove=functools.partial(_may_remove, file, yes),
            report=report,
        ),
        strict=strict,
        limit=limit,
        json=json,
    )


def _load(
    files: list[str],
    load_file: Callable[[psycopg.Connection, str, Report], loading.Summary],
    *,
    strict: bool,
    limit: float,
    json: bool,
    then: Callable[[Sequence[loading.Summary]], None] = lambda summaries: None,
) -> None:
    """Load files one after the other, say what became of each and then what is said of all, and
    exit with 1 where one of them had too many rejected rows."""
    summaries: list[loading.Summary] = []
    try:
        with migrated_connection() as connection:
            for file in files:
                with progress() as report:
                    summary = load_file(connection, file, report)
                summaries.append(summary)
                if not json:
                    say(_sentence(summary, strict))
                complain_of_rejects(summary)
    finally:  # files that were loaded before one that failed are committed, so they are printed
        if json:
            print_json([_without_zeros(summary) for summary in summaries])
        else:
            then(summaries)
    if strict and any(summary.rejected for summary in summaries):
        raise typer.Exit(1)
    exit_where_many_are_rejected(summaries, limit)


def _span(
    replace: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    chain: int | None,
    yes: bool,
) -> loading.Span | None:
    """The span that --replace replaces; UsageError where options contradict each other."""
    if not replace:
        if starts_at or ends_at or chain is not None or yes:
            raise UsageError("--from, --to, --chain and --yes go with --replace")
        return None
    if starts_at is None or ends_at is None:
        raise UsageError("--replace needs --from and --to, the span of which the file has all")
    return loading.Span(starts_at, ends_at, chain)


def _remove(
    table: str, files: list[str], *, reason: str | None, forget: bool, json: bool
) -> list[loading.Removal]:
    """Remove the facts whose keys the files have, and say what was done."""
    names = ["read", "removed", "unknown", "repeated", "rejected"] + ["forgotten"] * forget
    removals: list[loading.Removal] = []
    try:
        with migrated_connection() as connection:
            for file in files:
                with progress() as report:
                    removal = loading.remove(
                        connection, table, file, reason=reason, forget=forget, report=report
                    )
                removals.append(removal)
                if not json:
                    kept = ["kept_for_log"] * bool(removal.kept_for_log)
                    say(f"{file}: {_counts(removal, names + kept)}")
                complain_of_rejects(removal)
    finally:  # as for files that are loaded
        if json:
            print_json([_without_zeros(removal) for removal in removals])
    return removals


def _may_remove(file: str, yes: bool, lacking: int, stored: int) -> bool:
    """Say how many facts a file lacks, and whether they may be removed: where they are many, a
    person has to confirm it."""
    complain(f"{file}: {lacking} of {stored} stored facts of the span are missing in it")
    if yes or lacking <= LARGEST_SHARE * stored:
        return True
    if sys.stdin.isatty() and file != "-":
        return typer.confirm(f"Remove {lacking} facts?", err=True)
    complain(f"{file}: that is more than {LARGEST_SHARE:.0%} of them; --yes removes them")
    return False


def complain_of_rejects(summary: loading.Summary | loading.Removal | Imported) -> None:
    """Print the first rejected rows and their reasons, and how many others there are."""
    for reject in summary.rejects:
        complain(f"{summary.file}:{reject.line}: {reject.reason}")
    if more := summary.rejected - len(summary.rejects):
        complain(f"{summary.file}: {more} more rejects in raw.rejected_rows")


def exit_where_many_are_rejected(
    summaries: Sequence[loading.Summary | loading.Removal | Imported], limit: float
) -> None:
    """Exit with 1 where more than limit per cent of the rows of a file were rejected: whoever
    wrote it no longer writes what the table takes, which cron must notice. What was good of it is
    committed."""
    broken = [each for each in summaries if 100 * each.rejected > limit * each.read]
    for each in broken:
        complain(
            f"{each.file}: {each.rejected} of {each.read} rows are rejected, more than {limit:g} %"
            " (--max-rejected, HEDGE_MAX_REJECTED)"
        )
    if broken:
        raise typer.Exit(1)


def _say_what_waits(summaries: Sequence[loading.Summary]) -> None:
    """Say that the logs that were stored, or whose blocks were, are not decoded yet."""
    logs, blocks = (
        sum(one.inserted + one.updated for one in summaries if one.table == table)
        for table in ("chain_logs", "chain_blocks")
    )
    what = counted(logs, "log waits", "logs wait") if logs else "the logs of these blocks wait"
    if logs or blocks:
        say(f"{what} to be decoded: hedge chain decode, or the next full or incremental run")


def _sentence(summary: loading.Summary, strict: bool) -> str:
    names = ["read", "inserted", "updated", "unchanged", "repeated", "left_out", "rejected"]
    if summary.table in chain_loading.TABLES:
        names.remove("left_out")
    names += ["removed"] * bool(summary.removed)
    # seldom, and none of the rows that were read
    names += ["restored"] * bool(summary.restored)
    # only where logs of the same facts are known
    names += [name for name in OF_LOGS if getattr(summary, name)]
    refused = "; nothing loaded (--strict)" if strict and summary.rejected else ""
    return f"{summary.file}: {_counts(summary, names)}{refused}"


def _without_zeros(summary: loading.Summary | loading.Removal) -> dict[str, Any]:
    """The summary as JSON has it: counts that concern logs only where there are such."""
    return {
        name: value
        for name, value in dataclasses.asdict(summary).items()
        if value or name not in OF_LOGS
    }


def _counts(summary: loading.Summary | loading.Removal, names: list[str]) -> str:
    return ", ".join(f"{getattr(summary, name)} {name.replace('_', ' ')}" for name in names)
