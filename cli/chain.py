"""hedge chain: from the logs of chains to facts."""

import typer

from cli.connection import migrated_connection
from cli.options import JsonOption
from cli.output import print_result, progress
from hedge import runs
from hedge.chain import decoding
from hedge.chain.decoding import Decoded
from hedge.counting import counted

app = typer.Typer(help="From the logs of chains to facts.", no_args_is_help=True)


@app.command()
def decode(json: JsonOption = False) -> None:
    """Make facts of the logs that are not decoded yet. Full and incremental runs begin with it.

    Example: hedge chain decode
    """
    with migrated_connection() as connection, progress() as report:
        runs.require_deployed(connection)
        done = decoding.decode(
            connection, lambda so_far: report(f"{counted(so_far.logs, 'log')} decoded", 0, None)
        )
    print_result(done, _sentence(done), as_json=json)


def _sentence(done: Decoded) -> str:
    """What was decoded, in words."""
    if not done.batches:
        return "No log waits."
    return (
        f"{counted(done.logs, 'log')} decoded: {done.inserted} facts inserted, "
        f"{done.updated} updated, {done.removed} removed, {done.pending} wait for a value"
    )
