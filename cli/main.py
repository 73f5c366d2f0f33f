"""The command `hedge`: registers the commands and prints errors as one sentence."""

import sys
from typing import Annotated

import psycopg
import typer

from cli import (
    boards,
    catalogue,
    chain,
    db,
    env,
    etl,
    exclusions,
    load,
    metrics,
    new,
    requests,
    seasons,
    seeds,
    tiers,
    tokens,
    wallets,
    webhooks,
)
from cli.ci import ci
from cli.demo import demo
from cli.docs import docs
from cli.doctor import doctor
from cli.explain import explain
from cli.init import init
from cli.output import complain, drop_what_nobody_reads, say
from cli.preview import preview
from cli.progress import progress
from cli.service import serve, worker
from cli.settings import show as show_settings
from cli.sql import sql
from hedge import __version__, rights
from hedge.errors import HedgeError
from hedge.stopping import Stopped, end_without_garbage_collection, signals_stop

app = typer.Typer(
    name="hedge",
    help="Computes challenge progress, leaderboards and season points from DeFi Kingdoms facts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(db.app, name="db")
app.command()(load.load)
app.add_typer(wallets.app, name="wallets")
app.add_typer(etl.app, name="etl")
app.add_typer(env.app, name="env")
app.add_typer(requests.app, name="requests")
app.command()(preview)
app.command()(ci)
app.command()(progress)
app.command()(explain)
app.add_typer(boards.app, name="boards")
app.add_typer(seasons.app, name="seasons")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(metrics.app, name="metrics")
app.command()(sql)
app.add_typer(seeds.app, name="seeds")
app.add_typer(tiers.app, name="tiers")
app.add_typer(tokens.app, name="tokens")
app.add_typer(exclusions.app, name="exclusions")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(chain.app, name="chain")
app.command()(init)
app.add_typer(new.app, name="new")
app.command()(docs)
app.command()(doctor)
app.command("settings")(show_settings)
app.command()(serve)
app.command()(worker)
app.command()(demo)


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


def main() -> None:
    """Run the command line. An error is printed as one sentence on standard error."""
    drop_what_nobody_reads()
    try:
        with signals_stop():
            app()
    except HedgeError as error:
        complain(f"hedge: {error}")
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
