"""hedge chain: from the logs of chains to facts."""

import dataclasses
from datetime import timedelta
from typing import Annotated

import typer

from cli import following, proving
from cli.connection import migrated_connection
from cli.options import LARGEST_DAYS, ChainOption, JsonOption
from cli.output import (
    complain,
    instant,
    number,
    print_json,
    print_result,
    print_table,
    progress,
    say,
)
from hedge import runs, settings
from hedge.chain import decoding, partitions
from hedge.chain.decoding import Decoded
from hedge.chain.partitions import Partition
from hedge.chain.rows import LARGEST_BLOCK
from hedge.chain.several import Sessions
from hedge.counting import counted
from hedge.errors import UsageError

app = typer.Typer(help="From the logs of chains to facts.", no_args_is_help=True)
for command in (*following.COMMANDS, *proving.COMMANDS):
    app.command()(command)


@app.command()
def decode(
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=32,
            help="By how many sessions many logs are decoded. Default: HEDGE_DECODE_JOBS, else the"
            " number of processors, up to 4.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make facts of the logs that are not decoded yet. Full and incremental runs begin with it.

    Example: hedge chain decode
    """
    with migrated_connection() as connection, progress() as report:
        runs.require_deployed(connection)
        with Sessions(jobs or settings.decode_jobs()) as sessions:
            done = decoding.decode(
                connection,
                lambda so_far: report(f"{counted(so_far.logs, 'log')} decoded", 0, None),
                sessions=sessions,
            )
    print_result(done, _sentence(done), as_json=json)


@app.command()
def detach(
    chain: ChainOption,
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than",
            metavar="DAYS",
            min=0,
            max=LARGEST_DAYS,
            help="Detach partitions whose last known block is older than so many days.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be detached, and change nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Detach old partitions of raw.chain_logs that are decoded: they stay as tables of their own.

    A partition holds the logs of 1,000,000 blocks. The newest one is never detached. Facts that
    are made of several logs are computed without detached logs from then on.

    Example: hedge chain detach --chain 53935 --older-than 365 --dry-run
    """
    with migrated_connection() as connection:
        found = partitions.partitions(connection, chain, timedelta(days=older_than))
        detached = [each for each in found if each.kept_because is None]
        for each in detached if not dry_run else []:
            partitions.detach(connection, chain, each)
    if json:
        rows = [
            dataclasses.asdict(each) | {"is_detached": each in detached and not dry_run}
            for each in found
        ]
        print_json(rows)
        return
    if not found:
        raise UsageError(f"there are no logs of the chain {chain}")
    words = "would be detached" if dry_run else "detached"
    _print(found, {each.name: words for each in detached})


@app.command()
def attach(
    chain: ChainOption,
    block: Annotated[
        int | None,
        typer.Option(
            "--block",
            metavar="N",
            min=0,
            max=LARGEST_BLOCK,
            help="Only the partition that holds this block; without it, all that are detached.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Attach partitions of raw.chain_logs again that were detached; their logs are decoded again.

    Example: hedge chain attach --chain 53935 --block 9000000
    """
    with migrated_connection() as connection:
        found = partitions.partitions(connection, chain)
        if block is not None:
            found = [partitions.holding(found, block)]
        attached = [each for each in found if not each.is_attached]
        for each in attached:
            partitions.attach(connection, chain, each)
    if json:
        print_json([dataclasses.asdict(each) | {"is_attached": True} for each in attached])
    elif attached:
        _print(attached, {each.name: "attached" for each in attached})
    else:
        say("No partition is detached.")


def _print(found: list[Partition], done: dict[str, str]) -> None:
    """Print partitions, with what was done with them or why nothing was done."""
    print_table(
        ["partition", "blocks", "newest known block", "MiB", ""],
        [
            [
                f"raw.{each.name}",
                f"{number(each.from_block)} to {number(each.to_block)}",
                instant(each.newest_block_at),
                number(round(each.bytes / 2**20)),
                done.get(each.name) or f"kept: {each.kept_because}",
            ]
            for each in found
        ],
        right=[3],
    )
    if not done:
        complain("Nothing is detached.")


def _sentence(done: Decoded) -> str:
    """What was decoded, in words."""
    if not done.batches:
        return "No log waits."
    sentence = (
        f"{counted(done.logs, 'log')} decoded: {done.inserted} facts inserted, "
        f"{done.updated} updated, {done.removed} removed, {done.pending} wait for a value"
    )
    if done.undecoded:
        sentence += (
            f"; {counted(done.undecoded, 'log is', 'logs are')} of known contracts and no decoder"
            " takes them: hedge chain status says why"
        )
    return sentence
