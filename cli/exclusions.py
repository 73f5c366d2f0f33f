"""hedge exclusions: what is taken out of the values, and why."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from cli import suspects
from cli.connection import migrated_connection
from cli.exclusion_moves import print_moves
from cli.exclusion_options import (
    BoardOption,
    ByOption,
    ClusterOption,
    FactOption,
    FromOption,
    MetricOption,
    ReasonOption,
    SeasonOption,
    UntilOption,
    WalletOption,
)
from cli.options import JsonOption, refuse_without_effect
from cli.output import instant, print_json, print_result, print_table, progress, say
from hedge import exclusions
from hedge.accounts import account
from hedge.errors import UsageError
from hedge.exclusions import Exclusion, NewExclusion

app = typer.Typer(
    help="Clusters, wallets and facts that are taken out of values.", no_args_is_help=True
)
app.add_typer(suspects.app, name="suspects")

#: The options that describe a new exclusion.
OF_NEW = (
    *("--reason", "--cluster", "--wallet", "--fact", "--metric", "--board", "--season"),
    *("--from", "--until"),
)


@app.command()
def add(
    reason: ReasonOption,
    cluster: ClusterOption = None,
    wallet: WalletOption = None,
    fact: FactOption = None,
    metric: MetricOption = None,
    board: BoardOption = None,
    season: SeasonOption = None,
    starts_at: FromOption = None,
    ends_at: UntilOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Exclude a cluster, a wallet, or a fact. Runs follow it from its first instant on.

    A cluster is excluded from everything, or from a metric, a board or a season; a wallet and a
    fact from everything. The player reads the reason, and nobody else does.

    Example: hedge exclusions add --cluster demo-busy --board lb_pvp_monthly_wins \
--reason "arranged matches"
    Example: hedge exclusions add --fact pvp_matches --fact realm=CRY --fact match_id=1 \
--fact wallet_address=0x52908400098527886e0f7030069857d2e4169ee7 --reason "a server fault"
    """
    wanted = _wanted(reason, cluster, wallet, fact, metric, board, season, starts_at, ends_at)
    with migrated_connection() as connection:
        number = exclusions.add(connection, wanted, by or account())
        (made,) = exclusions.listed(connection, number=number)
    print_result(
        {"exclusion_id": number},
        f"exclusion {number}: {made.subject} is excluded from {made.target}"
        f" from {instant(made.starts_at)} UTC on; {_followed(made)}",
        as_json=json,
    )


def _followed(made: Exclusion) -> str:
    """Which runs follow an exclusion that was made."""
    if made.state == "planned":
        return "the first run as of then follows it"
    if made.state == "ended":
        return f"it ended on {instant(made.ends_at)} UTC, and no run of now follows it"
    return "the next run follows it"


@app.command()
def preview(
    context: typer.Context,
    end_of: Annotated[
        int | None,
        typer.Option("--end", metavar="NUMBER", help="An exclusion that would be ended."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="As of add, whose options fit here.")
    ] = None,
    cluster: ClusterOption = None,
    wallet: WalletOption = None,
    fact: FactOption = None,
    metric: MetricOption = None,
    board: BoardOption = None,
    season: SeasonOption = None,
    starts_at: FromOption = None,
    ends_at: UntilOption = None,
    json: JsonOption = False,
) -> None:
    """Show who would move if an exclusion were made, or ended. Nothing live changes.

    Values, tiers, points and the newest run of each board are computed as of the newest run,
    without and with the exclusion, and so are the rewards that a run would take back.

    Example: hedge exclusions preview --cluster demo-busy --board lb_pvp_monthly_wins
    Example: hedge exclusions preview --end 3
    """
    # they load dbt
    from hedge.analysis import exclusion_preview

    if end_of is not None:
        refuse_without_effect(context, "with --end", *OF_NEW)
        with progress() as report:
            found = exclusion_preview.of_end(end_of, report)
    else:
        why = reason or "previewed"
        wanted = _wanted(why, cluster, wallet, fact, metric, board, season, starts_at, ends_at)
        with progress() as report:
            found = exclusion_preview.of_new(wanted, report)
    if json:
        print_json(found)
    else:
        print_moves(found)


def _wanted(
    reason: str,
    cluster: str | None,
    wallet: str | None,
    fact: Sequence[str] | None,
    metric: str | None,
    board: str | None,
    season: str | None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> NewExclusion:
    """The exclusion that options describe; a UsageError for one of nothing, or of several things,
    or from several."""
    if sum(named is not None for named in (cluster, wallet, fact or None)) != 1:
        raise UsageError("name what to exclude: one of --cluster, --wallet and --fact")
    if sum(named is not None for named in (metric, board, season)) > 1:
        raise UsageError("name one of --metric, --board and --season, or none for everything")
    table = fact[0] if fact else None
    key = exclusions.key_of_fact((fact or [])[1:])
    return NewExclusion(
        reason=reason,
        cluster_id=cluster,
        wallet_address=wallet,
        raw_table=table,
        fact=key if table else None,
        metric=metric,
        board_key=board,
        season_id=season,
        starts_at=starts_at,
        ends_at=ends_at,
    )


@app.command()
def end(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The number of an exclusion.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is ended.")] = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """End an exclusion. It stays in the list, and the next run counts again what it took out.

    Example: hedge exclusions end 3 --reason "the player was right"
    """
    with migrated_connection() as connection:
        exclusions.end(connection, number, by or account(), reason)
        (ended,) = exclusions.listed(connection, number=number)
    begun = ended.starts_at is None or ended.ended_at is None or ended.starts_at < ended.ended_at
    follows = "the next run counts again what it took out" if begun else "no run has followed it"
    print_result({"ended": number}, f"exclusion {number} is ended; {follows}", as_json=json)


@app.command("list")
def list_(
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Only those that concern a cluster.")
    ] = None,
    only_valid: Annotated[
        bool, typer.Option("--valid", help="Only those that are valid now.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the exclusions, the newest first, with those that have ended.

    Example: hedge exclusions list --valid
    """
    with migrated_connection() as connection:
        found = exclusions.listed(connection, cluster=cluster, only_valid=only_valid)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("There is no exclusion.")
    else:
        print_table(
            ["number", "what", "from", "state", "begins, UTC", "ends, UTC", "by", "reason"],
            [_row(one) for one in found],
            right=[0],
        )


def _row(one: Exclusion) -> list[object]:
    return [
        one.exclusion_id,
        one.subject,
        one.target,
        one.state,
        instant(one.starts_at) if one.starts_at else "always",
        instant(one.ended_at or one.ends_at),
        one.created_by if one.ended_by is None else f"{one.created_by}, {one.ended_by}",
        one.reason if not one.end_reason else f"{one.reason}; ended: {one.end_reason}",
    ]
