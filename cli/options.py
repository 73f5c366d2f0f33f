"""Options that several commands have, and the types of their values."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from hedge.errors import UsageError
from hedge.ids import LARGEST_INTEGER
from hedge.instants import instant_of


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; one without a time zone is in UTC. UsageError for any other text."""
    try:
        return instant_of(text)
    except ValueError:
        raise UsageError(f"'{text}' is not an ISO 8601 time such as 2026-11-01T00:00Z") from None


def refuse_without_effect(context: typer.Context, where: str, *options: str) -> None:
    """Raise a UsageError that names those of some options, such as --limit, that were given: they
    have no effect where something else is given or is not (where, such as `with --cluster`)."""
    given = [
        option
        for option in options
        for parameter in context.command.params
        if option in parameter.opts and _is_given(context, str(parameter.name))
    ]
    if given:
        has, it = ("has", "it") if len(given) == 1 else ("have", "them")
        raise UsageError(f"{' and '.join(given)} {has} no effect {where}: leave {it} out")


def _is_given(context: typer.Context, parameter: str) -> bool:
    """Whether somebody has given a parameter, be it with the value that it has by default."""
    source = context.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"


#: --as-of T: the as-of instant of a run.
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="T",
        parser=parse_instant,
        help="The instant to compute for, in ISO 8601; by default now.",
    ),
]

#: A list of numbers in one word; not a `list`, by which typer means an option that is repeated.
Numbers = Sequence[Decimal]

#: The largest number of days, a hundred years: PostgreSQL subtracts them from now.
LARGEST_DAYS = 36_500


def chain_option(help: str) -> Any:
    """The option --chain N, of commands about one chain."""
    return typer.Option("--chain", metavar="N", min=1, max=LARGEST_INTEGER, help=help)


def limit_option(help: str) -> Any:
    """The option --limit N, of commands that list."""
    return typer.Option("--limit", metavar="N", min=1, max=LARGEST_INTEGER, help=help)


#: --chain N, of commands about one chain.
ChainOption = Annotated[int, chain_option("The chain, such as 53935.")]

#: --json, which every command with data has.
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

#: --max-rejected PERCENT, of commands that read files of rows.
MaxRejected = Annotated[
    float | None,
    typer.Option(
        "--max-rejected",
        min=0,
        max=100,
        metavar="PERCENT",
        help="Exit with 1 where more of the rows of a file are rejected. Default: 50.",
    ),
]
