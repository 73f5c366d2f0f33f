"""The options that say what to exclude, from what, when and why."""

from datetime import datetime
from typing import Annotated

import typer

from cli.options import parse_instant

ClusterOption = Annotated[str | None, typer.Option("--cluster", help="The cluster to exclude.")]
WalletOption = Annotated[
    str | None, typer.Option("--wallet", help="The wallet to exclude, whoever has it linked.")
]
FactOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fact",
        metavar="TABLE|COLUMN=VALUE",
        help="The fact to exclude: its raw table, and each column of its natural key.",
    ),
]
MetricOption = Annotated[
    str | None, typer.Option("--metric", metavar="SOURCE.METRIC", help="Only from a metric.")
]
BoardOption = Annotated[str | None, typer.Option("--board", help="Only from a board.")]
SeasonOption = Annotated[str | None, typer.Option("--season", help="Only from a season.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, as the player reads it.")]
FromOption = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        metavar="T",
        parser=parse_instant,
        help="The first as-of instant of runs that follow it; by default now.",
    ),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        metavar="T",
        parser=parse_instant,
        help="The first as-of instant of runs that do not any more; by default none.",
    ),
]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides; by default your login.")
]
