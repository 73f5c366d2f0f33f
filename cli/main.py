"""The command `hedge`, which prints errors as one sentence."""

import sys
from typing import Annotated

import psycopg
import typer

from cli.commands import Root
from cli.output import complain, drop_what_nobody_reads, say
from hedge import __version__, rights
from hedge.errors import HedgeError, RunFailed
from hedge.stopping import Stopped, end_without_garbage_collection, signals_stop

app = typer.Typer(
    name="hedge",
    cls=Root,
    help="Computes challenge progress, leaderboards and season points from DeFi Kingdoms facts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        say(f"hedge {__version__}")
        raise typer.Exit


@app.callback()
def hedge(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options that come before the command."""


def _advice(error: HedgeError) -> str:
    """The end of the sentence about a run that failed: what to do. The statement is in the run
    ledger, because it helps whoever mends the SQL, and would hide the reason from others."""
    if not isinstance(error, RunFailed):
        return ""
    again = "; try again when the server is well" if error.is_of_the_server else ""
    shown = f"; hedge etl status {error.run_id} shows the run" if error.run_id else ""
    return again + shown


def main() -> None:
    """Run the command line. An error is printed as one sentence on standard error."""
    drop_what_nobody_reads()
    try:
        with signals_stop():
            app()
    except HedgeError as error:
        complain(f"hedge: {error}{_advice(error)}")
        sys.exit(error.exit_status)
    except psycopg.errors.InsufficientPrivilege as error:
        complain(f"hedge: {rights.refused(error)}")
        sys.exit(1)
    except psycopg.Error as error:
        sentence = str(error).strip().splitlines()
        complain(f"hedge: the database says: {sentence[0] if sentence else type(error).__name__}")
        sys.exit(1)
    except OSError as error:
        # A folder that is read-only, full or not ours.
        complain(f"hedge: {error.filename or 'the operating system'}: {error.strerror or error}")
        sys.exit(1)
    except Stopped as stop:
        complain(f"hedge: {stop}")
        sys.exit(stop.exit_status)
    finally:
        end_without_garbage_collection()
