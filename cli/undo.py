"""hedge etl undo: back to the definitions that were live before."""

from typing import Annotated

import typer

from cli.asking import require_yes
from cli.options import AsOf, JsonOption
from cli.output import complain, errors, instant, number, print_json, print_table, progress, say
from hedge import runs
from hedge.runs import Undo, UndoPlan
from hedge.runs.deployed import SHORT


def undo(
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="HASH",
            help="The definitions to go back to, by the first digits of their hash; by default "
            "those that were live before.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    no_compute: Annotated[
        bool,
        typer.Option("--no-compute", help="Do not compute the definitions before they are live."),
    ] = False,
    as_of: AsOf = None,
    json: JsonOption = False,
) -> None:
    """Go back to the definitions that were live before, and revoke what was granted wrongly since.

    Lists first what it does. It puts the earlier definitions live as a deploy does, computed and
    checked aside, computes every cluster, and revokes the unlocks that the undone definitions
    granted and the earlier ones do not reach. A second undo goes one further back.

    Example: hedge etl undo --yes
    """
    planned = runs.plan_undo(to)
    _print_plan(planned)
    if not yes:
        require_yes("Undo this?", "nothing was undone", does="undoes")
    # Only an undo needs this, and each command of hedge etl loads this module.
    from hedge import deploying

    with progress() as report:
        done = deploying.undo(planned, as_of, report, compute=not no_compute)
    if json:
        print_json(done)
    else:
        _print_done(done)


def _print_plan(planned: UndoPlan) -> None:
    """Say what an undo would do, on standard error: the result is what is printed."""
    restored = planned.restored
    complain(
        f"{'goes on with an undo that was interrupted' if planned.goes_on else 'goes back'} to "
        f"the definitions {restored.definitions[:SHORT]}, live since "
        f"{instant(restored.live_since)} UTC, deployed by {restored.deployed_by}"
    )
    for one in planned.undone:
        by = f"deployed by {one.deployed_by}" if one.deployed_by else "of dbt by hand"
        complain(
            f"undoes {one.definitions[:SHORT]}, live since {instant(one.live_since)} UTC, {by}"
        )
    if planned.unlocks:
        complain("which granted these unlocks; those that the full run does not reach are revoked:")
        print_table(
            ["challenge", "tiers", "Founder's Marks", "clusters"],
            [
                [one.challenge, number(one.tiers), number(one.founders_marks), number(one.clusters)]
                for one in planned.unlocks
            ],
            right=[1, 2, 3],
            console=errors,
        )
    else:
        complain("which granted no unlock that stands")
    if planned.boards:
        complain(
            f"board periods computed since then: {planned.boards}; hedge boards run --due computes "
            "them again"
        )


def _print_done(done: Undo) -> None:
    say(
        f"undo {done.undo_id}: the definitions {done.restored[:SHORT]} are live again (run "
        f"{done.deploy_run}), every cluster is computed (run {done.full_run}), "
        f"{done.revoked} unlocks revoked, {done.rewards} rewards taken back"
    )
