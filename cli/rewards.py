"""hedge rewards: what seasons give, who is entitled to it, and what is decided about claims."""

import csv
import dataclasses
import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption, limit_option
from cli.output import column, given_for, instant, print_json, print_result, print_table, say
from hedge import rewards
from hedge.accounts import account
from hedge.counting import counted
from hedge.errors import UsageError, file_error

app = typer.Typer(
    help="Rewards of seasons, for levels and for ranks at the end.", no_args_is_help=True
)

SeasonArgument = Annotated[str, typer.Argument(metavar="SEASON", help="The id of the season.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of a reward.")]
SeasonOption = Annotated[
    str | None, typer.Option("--season", metavar="SEASON", help="Only those of a season.")
]
StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="Only those that are OPEN, CLAIMED, FULFILLED, REFUSED, LAPSED or TAKEN_BACK.",
    ),
]


@app.command()
def define(
    season: SeasonArgument,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help=f"A CSV file: {','.join(rewards.COLUMNS)}."),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Delete the rewards that the file does not name.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List what a season gives, or set what a file says first.

    Example: hedge rewards define winter rewards.csv
    """
    if only and file is None:
        raise UsageError("--only needs a file of rewards")
    with migrated_connection() as connection:
        if file is not None:
            rewards.define(connection, season, rewards.read_definitions(file), only=only)
        found = rewards.definitions(connection, season)
    if json:
        print_json(found)
    elif not found:
        say(f"Season {season} gives no rewards.")
    else:
        print_table(
            ["reward", "quantity", "of", "for", "valid until (UTC)"],
            [
                [one.reward_key, quantity, one.name, _for(one), instant(one.valid_until)]
                for one, quantity in zip(found, column(one.quantity for one in found), strict=True)
            ],
            right=[1],
        )


def _for(one: rewards.Definition) -> str:
    return given_for(one.kind, one.level, one.rank_from, one.rank_to, one.leaderboard_key)


@app.command("list")
def list_rewards(
    season: SeasonOption = None,
    state: StateOption = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="CLUSTER", help="Only those of a cluster.")
    ] = None,
    limit: Annotated[int, limit_option("How many at most, by number.")] = 100,
    json: JsonOption = False,
) -> None:
    """List who is entitled to what.

    Example: hedge rewards list --state CLAIMED
    """
    with migrated_connection() as connection:
        found = rewards.listed(connection, season, state, cluster, limit=limit)
    if json:
        print_json(found)
    elif not found:
        say("There is no such reward.")
    else:
        print_table(
            ["number", "season", "reward", "quantity", "of", "cluster", "wallet", "state", "note"],
            [
                [
                    one.reward_id,
                    one.season_id,
                    one.reward_key,
                    quantity,
                    one.name,
                    one.cluster_id,
                    one.wallet,
                    one.state,
                    one.note,
                ]
                for one, quantity in zip(found, column(one.quantity for one in found), strict=True)
            ],
            right=[0, 3],
        )


@app.command()
def show(number: Number, json: JsonOption = False) -> None:
    """Show what became of a reward, by whom and when.

    Example: hedge rewards show 12
    """
    with migrated_connection() as connection:
        found = rewards.changes(connection, number)
        one = rewards.reward(connection, number)
    if json:
        print_json(dataclasses.asdict(one) | {"changes": found})
        return
    print_table(
        ["state", "since (UTC)", "by", "note"],
        [[each.state, instant(each.changed_at), each.changed_by, each.note] for each in found],
        title=f"Reward {number}: {one.quantity.normalize():f} {one.name} for {one.cluster_id}",
    )


@app.command()
def fulfil(
    number: Number,
    note: Annotated[
        str | None, typer.Option(help="How it was handed out; the player sees it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Note that a reward that is claimed was handed out. Repeated, it changes nothing.

    Example: hedge rewards fulfil 12 --note "sent on 2026-12-02"
    """
    _decide(number, "FULFILLED", note or "", json)


@app.command()
def refuse(
    number: Number,
    note: Annotated[str, typer.Option(help="Why; the player sees it.")],
    json: JsonOption = False,
) -> None:
    """Refuse a reward that is claimed, with a reason. Repeated, it changes nothing.

    Example: hedge rewards refuse 12 --note "two accounts of one person"
    """
    _decide(number, "REFUSED", note, json)


def _decide(number: int, state: rewards.Decision, note: str, as_json: bool) -> None:
    with migrated_connection() as connection:
        done = rewards.decide(connection, number, state, f"command of {account()}", note)
    print_result(done, f"reward {number} is {done.state}", as_json=as_json)


@app.command()
def sums(json: JsonOption = False) -> None:
    """Show how many rewards each season has entitled to, and in which state they are.

    Example: hedge rewards sums
    """
    with migrated_connection() as connection:
        found = rewards.sums(connection)
    if json:
        print_json(found)
    elif not found:
        say("Nobody is entitled to a reward yet.")
    else:
        names = [field.name for field in dataclasses.fields(rewards.Sums)]
        print_table(
            ["season", *(name.replace("_", " ") for name in names[1:])],
            [[getattr(one, name) for name in names] for one in found],
            right=range(1, len(names)),
        )


@app.command()
def export(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="The CSV file to write; - is standard output."),
    ],
    season: SeasonOption = None,
    state: StateOption = None,
) -> None:
    """Write rewards into a CSV file.

    Example: hedge rewards export claimed.csv --state CLAIMED
    """
    with migrated_connection() as connection:
        text = rewards.exported(connection, season, state)
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise file_error(f"{file} cannot be written", error) from error
    # a note may have several lines
    written = sum(1 for _ in csv.reader(io.StringIO(text))) - 1
    say(f"{counted(written, 'reward')} written to {file}")
