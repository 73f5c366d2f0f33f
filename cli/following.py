"""hedge chain follow, backfill, rewind, covered, forget and status: logs of chains from nodes."""

import dataclasses
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connection import migrated_connection
from cli.options import ChainOption, JsonOption, chain_option
from cli.output import instant, print_json, print_result, print_table, progress, say
from hedge import rights, settings
from hedge.chain.rows import LARGEST_BLOCK
from hedge.counting import counted
from hedge.errors import UsageError

#: How many kinds of logs that no decoder takes are listed of a contract.
KINDS = 10

if TYPE_CHECKING:
    from hedge.chain import status as statuses


def follow(
    chain: Annotated[int | None, chain_option("Only this chain. Default: all with a node.")] = None,
    start: Annotated[
        int | None,
        typer.Option(
            "--from",
            min=0,
            max=LARGEST_BLOCK,
            metavar="BLOCK",
            help="With --chain, where it was not followed before: the first block."
            " Default: the newest final one.",
        ),
    ] = None,
    until_head: Annotated[
        bool, typer.Option("--until-head", help="With --chain: end where the head is reached.")
    ] = False,
) -> None:
    """Follow chains by their nodes (HEDGE_CHAIN_URL_<number>), until SIGTERM or ctrl-c. A worker
    does so by itself.

    Example: hedge chain follow
    Example: hedge chain follow --chain 53935 --from 41000000
    """
    from hedge import logs
    from hedge.chain import running

    logs.configure()
    with migrated_connection() as connection:
        rights.require(connection, "run", "hedge chain follow")
    if chain is not None:
        running.follow(chain, threading.Event(), start=start, until_head=until_head)
        return
    if start is not None or until_head:
        raise UsageError("--from and --until-head go with --chain")
    if not settings.chain_urls():
        raise UsageError("no chain has a node: set HEDGE_CHAIN_URL_<number> to the URL of one")
    running.follow_configured(threading.Event())


def backfill(
    chain: ChainOption,
    from_block: Annotated[
        int | None,
        typer.Option(
            "--from",
            min=0,
            max=LARGEST_BLOCK,
            metavar="BLOCK",
            help="The first block. Default: of the first contract.",
        ),
    ] = None,
    to_block: Annotated[
        int | None,
        typer.Option(
            "--to",
            min=0,
            max=LARGEST_BLOCK,
            metavar="BLOCK",
            help="The last block. Default: the last final one.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="How many ranges at once.")] = 4,
    every_block: Annotated[
        bool,
        typer.Option(
            "--every-block", help="Fetch every block, and hold it to be the parent of the next one."
        ),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="With --from and --to: fetch what is known once more, because a node hid logs."
            " Nothing that is stored goes.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Fetch the logs that are missing, also while the chain is followed. A backfill that was
    interrupted goes on where it was.

    Example: hedge chain backfill --chain 53935 --from 40000000 --to 40999999
    """
    from hedge import logs
    from hedge.chain import backfilling

    logs.configure()
    with migrated_connection() as connection:
        rights.require(connection, "run", "hedge chain backfill")
    with progress() as report:
        done = backfilling.backfill(
            chain,
            from_block,
            to_block,
            jobs=jobs,
            every_block=every_block,
            again=again,
            report=lambda blocks, total: report("blocks", blocks, total),
        )
    found = "fetched again" if again else "lacked"
    sentence = (
        f"chain {chain}, blocks {done.from_block} to {done.to_block}: {done.blocks} {found},"
        f" {done.logs} new logs, {done.seconds:.0f} s"
    )
    if done.not_given:
        sentence += f"; {done.not_given} logs that are stored were not given, and stay"
    print_result(dataclasses.asdict(done), sentence, as_json=json)


def rewind(
    chain: ChainOption,
    to: Annotated[
        int,
        typer.Option("--to", min=0, max=LARGEST_BLOCK, metavar="BLOCK", help="The block to keep."),
    ],
    json: JsonOption = False,
) -> None:
    """Lose what was followed after a block, as a reorganization does that goes deeper than blocks
    that were final. The chain must not be followed meanwhile.

    Example: hedge chain rewind --chain 1088 --to 22000000
    """
    from hedge.chain import configured, following

    with migrated_connection() as connection, configured.node(chain) as node:
        rights.require(connection, "run", "hedge chain rewind")
        node.require_chain()
        known = configured.chain(connection, chain)
        blocks, logs = following.rewind(connection, known, node, to)
    print_result(
        {"blocks": blocks, "logs": logs},
        f"chain {chain} is followed to block {to}: {blocks} blocks and {logs} logs are lost",
        as_json=json,
    )


def covered(
    chain: ChainOption,
    from_block: Annotated[
        int,
        typer.Option("--from", min=0, max=LARGEST_BLOCK, metavar="BLOCK", help="The first."),
    ],
    to_block: Annotated[
        int, typer.Option("--to", min=0, max=LARGEST_BLOCK, metavar="BLOCK", help="The last.")
    ],
) -> None:
    """Note that all logs of some blocks are stored, because files had them: no backfill fetches
    these blocks then, and no command says that they are missing.

    Example: hedge chain covered --chain 53935 --from 0 --to 40999999
    """
    from hedge.chain import backfilling

    with migrated_connection() as connection:
        rights.require(connection, "run", "hedge chain covered")
        backfilling.cover(connection, chain, from_block, to_block)
    say(f"chain {chain}: the logs of blocks {from_block} to {to_block} are known")


def forget(chain: ChainOption) -> None:
    """Forget that a chain was followed: neither the doctor nor an alert says any more that nobody
    follows it. What was stored stays, and a follower goes on where the last one ended.

    Example: hedge chain forget --chain 1088
    """
    from hedge.chain import following

    with migrated_connection() as connection:
        rights.require(connection, "run", "hedge chain forget")
        following.forget(connection, chain)
    say(f"chain {chain} is forgotten")


def status(json: JsonOption = False) -> None:
    """Show how far chains are followed, and which blocks, logs and values are missing.

    Example: hedge chain status
    """
    from hedge.chain import status as statuses

    with migrated_connection() as connection:
        found = statuses.status(connection)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        say("No chain is followed.")
        return
    print_table(
        ["chain", "head", "followed to", "block time (UTC)", "lag", "gaps", "undecoded", "state"],
        [
            [
                one.chain_id,
                one.head_number,
                one.block_number,
                instant(one.block_time) if one.block_time else None,
                one.lag_blocks,
                one.gaps,
                one.undecoded_blocks,
                one.state,
            ]
            for one in found
        ],
        right=(0, 1, 2, 4, 5, 6),
    )
    for one in found:
        for sentence in sentences(one):
            say(sentence)


def sentences(one: "statuses.ChainStatus") -> list[str]:
    """What else is to be said of a chain."""
    found = []
    if one.error:
        found.append(f"since {instant(one.failing_since)}: {one.error}")
    if one.undecoded_since:
        found.append(
            f"the logs of {counted(one.undecoded_blocks, 'block')} wait since"
            f" {instant(one.undecoded_since)}:"
            " hedge chain decode, or the next full or incremental run, decodes them"
        )
    for contract in one.contracts:
        if contract.gaps and contract.gaps[0][0] == 0:
            found.append(
                f"the first block of {contract.contract} ({contract.address}) is not known: with"
                " from_block in the seed chain_contracts, the blocks before it are no gap"
            )
        found += [
            f"{contract.contract} ({contract.address}) lacks blocks {first} to {last}: hedge chain"
            f" backfill --chain {one.chain_id} --from {first} --to {last}"
            for first, last in contract.gaps
        ]
    found += [
        f"backfill {each.backfill_id}, blocks {each.from_block} to {each.to_block}: {each.state}"
        + (f", {each.error}" if each.error else "")
        for each in one.backfills
        if each.state != "DONE"
    ]
    found += _undecoded(one.undecoded_logs)
    found += [
        counted(each.facts, f"fact of {each.table_name} waits", f"facts of {each.table_name} wait")
        + f" for {', '.join(each.columns) or 'a value that the table admits'}"
        + f" since {instant(each.since)}"
        + (": no log or call gives it, a file or a seed has to" if each.is_of_files else "")
        + (f" ({each.reason})" if each.reason else "")
        for each in one.waiting
    ]
    if one.reorganizations:
        found.append(
            f"{counted(one.reorganizations, 'reorganization')}, the deepest of"
            f" {counted(one.deepest_reorganization or 0, 'block')}, the last at"
            f" {instant(one.last_reorganization_at)}"
        )
    return [f"chain {one.chain_id}: {sentence}" for sentence in found]


def _undecoded(kinds: list["statuses.UndecodedStatus"]) -> list[str]:
    """A sentence for each kind of logs that no decoder takes; of many kinds of a contract, the
    newest, which tell whether it was changed."""
    found: list[str] = []
    groups: dict[tuple[str, str], list[statuses.UndecodedStatus]] = {}
    for kind in sorted(kinds, key=lambda kind: -kind.first_block):
        groups.setdefault((kind.contract, kind.reason), []).append(kind)
    for (contract, reason), of_group in sorted(groups.items()):
        found += [
            f"{contract} has {counted(each.logs, 'log')} with {reason} (topic {each.topic0}), in"
            f" blocks {each.first_block} to {each.last_block}"
            for each in of_group[:KINDS]
        ]
        if others := of_group[KINDS:]:
            logs = sum(each.logs for each in others)
            found.append(
                f"{contract} has {counted(logs, 'log')} with {reason} of"
                f" {counted(len(others), 'older kind')}, which hedge chain status --json lists"
            )
    return found


#: The commands, for cli/chain.py.
COMMANDS = (follow, backfill, rewind, covered, forget, status)
