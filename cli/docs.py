"""hedge docs: dbt's documentation of models, columns and seeds."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from cli.output import say
from hedge import settings
from hedge.analysis import documentation


def docs(
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
    """Serve dbt's documentation of the deployed project, lineage included, until ctrl-c.

    It needs no internet.

    Example: hedge docs --port 8080
    """
    if build_only is not None:
        folder = Path(build_only)
        documentation.build(folder)
        say(f"the documentation is in {folder}")
        return
    folder = settings.home() / "dbt" / "docs"
    with documentation.server(folder, port) as server, contextlib.suppress(KeyboardInterrupt):
        documentation.build(folder)
        say(f"Models, columns and lineage: http://127.0.0.1:{server.server_port} until ctrl-c")
        server.serve_forever()
