"""hedge exclusions suspects: what rules propose to exclude, and what an admin decides about it."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.exclusion_options import (
    BoardOption,
    ByOption,
    FromOption,
    MetricOption,
    SeasonOption,
    UntilOption,
)
from cli.options import JsonOption
from cli.output import instant, number, print_json, print_result, print_table, say
from hedge.accounts import account
from hedge.counting import counted
from hedge.errors import UsageError
from hedge.exclusions import NewExclusion, suspects

app = typer.Typer(
    help="What rules propose to exclude, and decisions about it.", no_args_is_help=True
)

Proposal = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="The name that the list has of it.")
]


@app.command("list")
def list_(
    rule: Annotated[str | None, typer.Option("--rule", help="Only what one rule proposes.")] = None,
    json: JsonOption = False,
) -> None:
    """List what the rules propose and nobody has decided. It is computed now.

    Example: hedge exclusions suspects list --rule few_opponents
    """
    with migrated_connection() as connection:
        found = suspects.proposed(connection, rule)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("No rule proposes anything that nobody has decided.")
    else:
        print_table(
            ["proposal", "rule", "clusters", "facts", "last, UTC", "would lose", "why"],
            [
                [
                    one.proposal,
                    one.rule,
                    ", ".join(one.cluster_ids),
                    number(one.facts),
                    instant(one.last_at),
                    one.metric or "everything",
                    one.reason
                    if one.dismissed_because is None
                    else f"{one.reason}; dismissed before: {one.dismissed_because}",
                ]
                for one in found
            ],
            right=[3],
        )


@app.command()
def accept(
    proposal: Proposal,
    cluster: Annotated[
        list[str] | None,
        typer.Option("--cluster", help="Only this cluster of the proposal. Can be repeated."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="From everything, not from the rule's metric.")
    ] = False,
    metric: MetricOption = None,
    board: BoardOption = None,
    season: SeasonOption = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, as the player reads it; by default the rule.")
    ] = "",
    starts_at: FromOption = None,
    ends_at: UntilOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Accept a proposal: its clusters are excluded, with the rule as the reason.

    Example: hedge exclusions suspects accept 5f0c1a2b3c4d --cluster demo-busy
    """
    if sum(one is not None for one in (metric, board, season, everything or None)) > 1:
        raise UsageError("name one of --metric, --board, --season and --everything")
    with migrated_connection() as connection:
        if not (everything or metric or board or season):
            metric = suspects.one(connection, proposal).metric
        target = NewExclusion(
            reason=reason,
            metric=metric,
            board_key=board,
            season_id=season,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        made = suspects.accept(connection, proposal, by or account(), target, cluster or ())
    print_result(
        {"exclusion_ids": made},
        f"{counted(len(made), 'exclusion')} made: {', '.join(map(str, made))};"
        " the next run follows",
        as_json=json,
    )


@app.command()
def dismiss(
    proposal: Proposal,
    reason: Annotated[str, typer.Option("--reason", help="Why; admins read it.")],
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Dismiss a proposal. It comes again where it rests on new facts.

    Example: hedge exclusions suspects dismiss 5f0c1a2b3c4d --reason "they play in one club"
    """
    with migrated_connection() as connection:
        suspects.dismiss(connection, proposal, by or account(), reason)
    print_result({"dismissed": proposal}, f"{proposal} is dismissed", as_json=json)


@app.command()
def decisions(json: JsonOption = False) -> None:
    """List what was decided about proposals, the newest first.

    Example: hedge exclusions suspects decisions
    """
    with migrated_connection() as connection:
        found = suspects.decisions(connection)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("Nothing was decided about a proposal.")
    else:
        print_table(
            ["decided, UTC", "by", "rule", "clusters", "decision", "exclusions", "reason"],
            [
                [
                    instant(one.decided_at),
                    one.decided_by,
                    one.rule,
                    ", ".join(one.cluster_ids),
                    one.decision.lower(),
                    ", ".join(map(str, one.exclusion_ids)),
                    one.reason,
                ]
                for one in found
            ],
        )
