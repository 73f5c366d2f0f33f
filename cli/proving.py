"""hedge chain prove and verify: a value down to its logs, for somebody with another database."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import migrated_connection
from cli.options import AsOf, JsonOption
from cli.output import instant, number, print_json, print_table, progress, say
from hedge.analysis import proof_files, proofs
from hedge.counting import counted
from hedge.errors import file_error


def prove(
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER")],
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE")],
    window: Annotated[
        str, typer.Option(metavar="W", help="all_time or rolling_180d.")
    ] = "all_time",
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default, and -: standard output."),
    ] = None,
) -> None:
    """Write the proof of a value: links, logs, facts, prices, and hashes of the project and seeds.

    A value that rests on facts without a log is refused with their names.

    Example: hedge chain prove demo-busy patrol_warden -o proof.json
    """
    with migrated_connection() as connection, progress() as report:
        proof = proofs.prove(
            connection, cluster, challenge, window=window, as_of=as_of, report=report
        )
    content = proof_files.written(proof)
    if output is None or output == Path("-"):
        typer.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise file_error(f"{output} cannot be written", error) from error
    say(
        f"{challenge} of {cluster} is {proof.value} as of {instant(proof.as_of)} UTC: "
        f"{counted(len(proof.logs), 'log')}, {counted(len(proof.facts), 'fact')}, "
        f"{counted(len(proof.prices), 'price')} in {output}"
    )


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What hedge chain prove wrote.")],
    json: JsonOption = False,
) -> None:
    """Compute the value of a proof from the logs of this database, and compare. The exit status is
    1 where something differs. Nothing that is live is changed.

    Example: hedge chain verify proof.json
    """
    try:
        proof = proof_files.read(file.read_bytes(), str(file))
    except OSError as error:
        raise file_error(f"{file} cannot be read", error) from error
    with migrated_connection() as connection, progress() as report:
        found = proofs.verify(connection, proof, report)
    if json:
        print_json(dataclasses.asdict(found))
    elif found.is_equal:
        say(
            f"equal: {proof.challenge} of {proof.cluster} is {number(found.value)} as of "
            f"{instant(proof.as_of)} UTC, from {counted(len(proof.logs), 'log')}"
        )
    else:
        print_table(
            ["what", "which", "difference"],
            [[one.kind, one.subject, one.difference] for one in found.differences],
        )
        say(f"\nnot equal: {counted(len(found.differences), 'difference')}")
    if not found.is_equal:
        raise typer.Exit(1)


COMMANDS = (prove, verify)
