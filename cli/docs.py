"""hedge docs: dbt's documentation of models, columns and seeds."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from cli.options import refuse_without_effect
from cli.output import complain, say
from hedge import settings
from hedge.analysis import documentation, lineage


def docs(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 selects a free one.")
    ] = 8080,
    build_only: Annotated[
        str | None,
        typer.Option(
            "--build-only", metavar="DIR", help="Write the files to DIR instead of serving them."
        ),
    ] = None,
) -> None:
    """Serve dbt's documentation of the deployed project and its columns' lineage until ctrl-c.

    It needs no internet.

    Example: hedge docs --port 8080
    """
    if build_only is not None:
        refuse_without_effect(context, "with --build-only", "--port")
        folder = Path(build_only)
        _build(folder)
        say(f"the documentation is in {folder}")
        return
    folder = settings.home() / "dbt" / "docs"
    with documentation.server(folder, port) as server, contextlib.suppress(KeyboardInterrupt):
        _build(folder)
        address = f"http://127.0.0.1:{server.server_port}"
        say(f"Models and columns: {address} until ctrl-c")
        say(f"What columns are computed from: {address}/{lineage.PAGE}")
        server.serve_forever()


def _build(folder: Path) -> None:
    """Write the documentation into a folder, and say which columns its lineage lacks."""
    for fault in documentation.build(folder):
        complain(f"the lineage of columns is incomplete: {fault}")
