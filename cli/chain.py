"""hedge chain: from the logs of chains to facts."""

import typer

from cli import following

app = typer.Typer(help="From the logs of chains to facts.", no_args_is_help=True)
for command in following.COMMANDS:
    app.command()(command)
