"""hedge explain: the facts behind a value."""

import dataclasses
from typing import Annotated

import typer

from cli.options import JsonOption
from cli.output import instant, number, print_json, print_table, say, word
from hedge import database, progress, runs
from hedge.analysis import explain as explaining


def explain(
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER")],
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE")],
    window: Annotated[
        str, typer.Option(metavar="W", help="all_time, rolling_180d or season:ID.")
    ] = "all_time",
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many facts at most.")] = 20,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL of the metric source too.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show why a cluster has the value it has: the ladder, the facts that count, newest first
    with what each contributes, and how many were passed over and why.

    Example: hedge explain demo-busy win_streak
    """
    with database.connect() as connection:
        database.require_migrated(connection)
        found = explaining.of_cluster(connection, cluster, challenge, window, limit)
    code = runs.compiled(found.metric_source) if sql else None
    if json:
        print_json(dataclasses.asdict(found) | ({"sql": code} if sql else {}))
        return
    made_up = "made-up world, " if progress.is_made_up(cluster) else ""
    say(f"{found.challenge} of {cluster} ({made_up}{window} as of {instant(found.as_of)} UTC)")
    say(f"{found.metric_source}.{found.metric_key}: {found.definition}\n")
    _print_ladder(found)
    _print_facts(found)
    if code:
        say(f"\n{code}")


def _print_ladder(found: explaining.Explanation) -> None:
    print_table(
        ["rung", "at", ""],
        [
            [word(rung.tier), number(rung.threshold), "reached" if rung.is_reached else ""]
            for rung in found.ladder
        ],
        right=[1],
    )
    missing = f"; {number(found.missing)} missing to {word(found.next_tier)}"
    say(
        f"\n{number(found.value)} ({found.unit})"
        + (missing if found.next_tier else "; the last rung is reached")
    )


def _print_facts(found: explaining.Explanation) -> None:
    if not found.is_described:
        say("\nOn which facts this metric rests is not described.")
        return
    if found.facts:
        say("")
        print_table(
            ["at, UTC", "what", "which", "contributes"],
            [
                [
                    instant(fact.occurred_at),
                    fact.what,
                    ", ".join(f"{name} {value}" for name, value in fact.natural_key.items()),
                    number(fact.contribution),
                ]
                for fact in found.facts
            ],
            right=[3],
        )
    more = found.fact_count - len(found.facts)
    rows = (
        "1 row counts and contributes"
        if found.fact_count == 1
        else (f"{found.fact_count:,} rows count and contribute")
    )
    say(
        f"\n{rows} {number(found.contributed)}"
        + (f"; {more:,} are older and not shown (--limit)" if more else "")
    )
    for passed in found.passed_over:
        say(f"{passed.rows:,} passed over: {passed.reason}")
    if not found.adds_up:
        say(
            f"\nThat is not {number(found.value)}: facts or links have changed since. "
            f"Run hedge etl cluster {found.cluster_id}."
        )
