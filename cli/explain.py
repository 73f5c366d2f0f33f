"""hedge explain: the facts behind a value."""

import dataclasses
from datetime import datetime
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.difference import print_difference
from cli.options import JsonOption, limit_option, parse_instant
from cli.output import (
    column,
    instant,
    number,
    print_json,
    print_table,
    say,
    tier_name,
    value_in_unit,
)
from hedge import exclusions, progress, runs
from hedge.analysis import explain as explaining
from hedge.analysis.between import WINDOW
from hedge.analysis.between import of_cluster as difference_of
from hedge.counting import counted
from hedge.errors import UsageError


def explain(
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER")],
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE")],
    window: Annotated[
        str, typer.Option(metavar="W", help="all_time, rolling_180d or season:ID.")
    ] = "all_time",
    limit: Annotated[int, limit_option("The largest number of facts to print.")] = 20,
    between: Annotated[
        tuple[datetime, datetime] | None,
        typer.Option(
            metavar="A B",
            parser=parse_instant,
            help="Explain the difference between what was said at two instants.",
        ),
    ] = None,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL of the metric source too.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Explain a value of a cluster by its facts.

    Shows the ladder, the facts that count, newest first with the contribution of each, and how
    many rows are excluded for which reason.

    With --between A B it says what makes the difference of the value over all time between what was
    said at two instants: facts, links, exclusions and deployed rules.

    Example: hedge explain demo-busy win_streak
    Example: hedge explain demo-busy arena_victor --between 2026-10-01 2026-11-01
    """
    if between is not None:
        if window != WINDOW or sql:
            raise UsageError("--between takes neither --window nor --sql")
        with migrated_connection() as connection:
            print_difference(
                difference_of(connection, cluster, challenge, *between, limit), as_json=json
            )
        return
    with migrated_connection() as connection:
        found = explaining.of_cluster(connection, cluster, challenge, window, limit)
        excluded = exclusions.of_cluster(connection, cluster)
    code = runs.compiled(found.metric_source) if sql else None
    if json:
        told = [dataclasses.asdict(one) for one in excluded]
        print_json(
            dataclasses.asdict(found) | {"exclusions": told} | ({"sql": code} if sql else {})
        )
        return
    demo = "demo world, " if progress.is_made_up(cluster) else ""
    say(f"{found.challenge} of {cluster} ({demo}{window} as of {instant(found.as_of)} UTC)")
    say(f"{found.metric_source}.{found.metric_key}: {found.definition}\n")
    if found.state == "retired":
        say(
            f"{found.challenge} is retired: this is what the last run that computed it has found. "
            "Its tiers stay unlocked and its points count in the seasons that had begun.\n"
        )
    _print_ladder(found)
    _print_facts(found)
    for one in excluded:
        say(
            f"exclusion {one.exclusion_id}: {one.subject} is excluded from {one.target}:"
            f" {one.reason}"
        )
    if code:
        say(f"\n{code}")


def _print_ladder(found: explaining.Explanation) -> None:
    print_table(
        ["tier", "at", ""],
        [
            [tier_name(tier.tier), number(tier.threshold), "reached" if tier.is_reached else ""]
            for tier in found.ladder
        ],
        right=[1],
    )
    missing = f"; {number(found.missing)} missing to {tier_name(found.next_tier)}"
    say(
        f"\n{value_in_unit(found.value, found.unit)}"
        + (missing if found.next_tier else "; the last tier is reached")
    )


def _rounding(found: explaining.Explanation) -> str:
    """What rounding adds to the sum of the facts; empty for nothing."""
    if not found.rounding:
        return ""
    does = "adds" if found.rounding > 0 else "takes away"
    return f", and rounding to whole {found.unit} {does} {number(abs(found.rounding))}"


def _print_facts(found: explaining.Explanation) -> None:
    if not found.is_described:
        say("\nThe evidence of this metric is not described, so no facts can be listed.")
        return
    if found.facts:
        say("")
        print_table(
            ["at, UTC", "what", "which", "contributes", "from"],
            [
                [
                    instant(fact.occurred_at),
                    fact.what,
                    ", ".join(
                        f"{name} {value}"
                        for name, value in fact.natural_key.items()
                        if value is not None
                    ),
                    contribution,
                    _origin(fact),
                ]
                for fact, contribution in zip(
                    found.facts, column(fact.contribution for fact in found.facts), strict=True
                )
            ],
            right=[3],
        )
    more = found.fact_count - len(found.facts)
    rows = counted(found.fact_count, "row counts and contributes", "rows count and contribute")
    say(
        f"\n{rows} {number(found.contributed)}{_rounding(found)}"
        + (f"; {more:,} are older and not shown (--limit)" if more else "")
    )
    for excluded in found.passed_over:
        say(f"{excluded.rows:,} excluded: {excluded.reason}")
    if not found.adds_up and found.state == "retired":
        say(
            f"\nThat is not {number(found.value)}, which stays: facts or links have changed since "
            f"{found.challenge} was retired, or its metric was removed and it names another one."
        )
    elif not found.adds_up:
        say(
            f"\nThat is not {number(found.value)}: facts or links have changed since. "
            f"Run hedge etl cluster {found.cluster_id}."
        )


def _origin(fact: explaining.Fact) -> str:
    """Where a fact came from: a log with a link or its transaction, or why there is none; and the
    calls of contracts that supplied values."""
    return "; ".join([_origin_of_log(fact), *map(_call, fact.calls)])


def _call(call: explaining.Call) -> str:
    """A call that supplied values of a fact."""
    function = call.called_function.partition("(")[0]
    return (
        f"{', '.join(call.columns)} from {function}({call.argument}) of {call.contract} at block "
        f"{call.block_number}"
    )


def _origin_of_log(fact: explaining.Fact) -> str:
    if fact.log is None:
        return {
            "log": "a log that is not in raw.chain_logs any more",
            "file": "file, no log",
        }.get(fact.origin or "", "several facts")
    log = fact.log
    further = f", and {counted(fact.further_logs, 'other log')}" if fact.further_logs else ""
    return (
        f"{log.chain or f'chain {log.chain_id}'} block {log.block_number}, log {log.log_index}, "
        f"{log.url or log.tx_hash}{further}"
    )
