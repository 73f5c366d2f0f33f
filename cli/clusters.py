"""hedge clusters: merging two accounts of one player, and undoing that."""

import dataclasses
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import instant, print_json, print_result, print_table, say
from hedge import merging
from hedge.accounts import account
from hedge.counting import counted

app = typer.Typer(help="Accounts of players: merging two of one player.", no_args_is_help=True)


@app.command()
def merge(
    kept: Annotated[str, typer.Argument(help="The cluster that remains.")],
    absorbed: Annotated[str, typer.Argument(help="The cluster whose wallets go to it.")],
    only_preview: Annotated[
        bool, typer.Option("--preview", help="Only say what would move; nothing is merged.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Merge two accounts of one player: wallets and Discord accounts of both count for the first.

    Tiers keep the earlier of their dates. Values, season points and boards follow with the next
    run, which is requested. Whoever opens the second profile is sent to the first, and its player
    is signed out, and is the player of the first account at the next sign-in.

    Example: hedge clusters merge demo-busy demo-rival --preview
    """
    with migrated_connection() as connection:
        if only_preview:
            _print_preview(merging.preview(connection, kept, absorbed), json=json)
            return
        done = merging.merge(connection, kept, absorbed, _who())
    print_result(
        dataclasses.asdict(done),
        f"{absorbed} was merged into {kept}: {counted(done.wallets, 'wallet')} moved."
        f" Until {done.undo_until:%Y-%m-%d %H:%M} UTC 'hedge clusters split {absorbed}' undoes it.",
        as_json=json,
    )


@app.command()
def split(
    absorbed: Annotated[str, typer.Argument(help="The cluster that was merged into another.")],
    json: JsonOption = False,
) -> None:
    """Undo a merge: the wallets that came with the account are its own again, and so are its tiers.

    A wallet that was unlinked since does not return. It is possible for HEDGE_MERGE_UNDO_DAYS days
    after the merge.

    Example: hedge clusters split demo-rival
    """
    with migrated_connection() as connection:
        done = merging.split(connection, absorbed, _who())
    print_result(
        dataclasses.asdict(done),
        f"{absorbed} is an account of its own again. The run that follows computes both.",
        as_json=json,
    )


@app.command()
def merges(
    cluster: Annotated[str | None, typer.Argument(help="Only those of this cluster.")] = None,
    json: JsonOption = False,
) -> None:
    """List the merges of accounts: who did each, and until when it can be undone.

    Example: hedge clusters merges demo-busy
    """
    with migrated_connection() as connection:
        found = merging.merges(connection, cluster)
    if json:
        print_json(found)
        return
    if not found:
        whose = "No account was" if cluster is None else f"{cluster} was never"
        say(f"{whose} merged with another.")
        return
    print_table(
        ["kept", "absorbed", "merged", "by", "undo until", "undone", "undone by"],
        [
            [
                one.kept,
                one.absorbed,
                instant(one.merged_at),
                one.merged_by,
                instant(one.undo_until),
                instant(one.undone_at),
                one.undone_by or "",
            ]
            for one in found
        ],
    )


def _print_preview(found: merging.MergePreview, *, json: bool) -> None:
    """Print what a merge would move."""
    lines = [
        f"{counted(len(found.wallets), 'wallet')} would move from {found.absorbed} to"
        f" {found.kept}: {', '.join(found.wallets) or 'none'}",
        f"{counted(found.tiers_gained, 'tier')} would come along, and"
        f" {found.tiers_earlier} of those that both have would get an earlier date",
        f"{counted(found.sessions, 'session')} would end"
        + (f", and the name {found.name} would become free" if found.name else ""),
        *(
            f"reward {one.reward_id}, {one.quantity:,f} x {one.name} of {one.season_id}:"
            f" {one.cluster_before} {one.state_before.lower()} ->"
            f" {one.cluster_after} {one.state_after.lower()}"
            for one in found.rewards
        ),
    ]
    if found.exclusions:
        lines.append(f"{counted(found.exclusions, 'exclusion')} would concern {found.kept}")
    print_result(dataclasses.asdict(found), "\n".join(lines), as_json=json)


def _who() -> str:
    """Who calls the command, for the row of the merge."""
    return f"command line ({account()})"
