"""hedge serve and hedge worker: the API, and who does the runs it asks for."""

import asyncio
import os
import subprocess
import sys
from typing import Annotated

import typer

from hedge import database, logs


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Start one worker beside it.")
    ] = False,
) -> None:
    """Serve the pages and the API until it is told to stop. The API is documented at /schema.

    Example: hedge serve --with-worker
    """
    logs.configure()
    from granian import Granian
    from granian.constants import Interfaces

    from api.settings import Settings

    if not Settings.read().is_production:
        # forms are taken from this origin only
        os.environ.setdefault("HEDGE_PUBLIC_URL", f"http://127.0.0.1:{port}")
    with database.connect() as connection:
        database.require_migrated(connection)
    beside = None
    if with_worker:
        beside = subprocess.Popen([sys.executable, "-m", "cli", "worker"])
    try:
        Granian(
            "cli.asgi:app",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            workers_kill_timeout=30,
        ).serve()
    finally:
        if beside is not None:
            beside.terminate()
            beside.wait()


def worker() -> None:
    """Do the runs that are asked for and those that are due, until it is told to stop.

    Several workers share the work. SIGTERM lets it finish what it has in hand.

    Example: hedge worker
    """
    logs.configure()
    # imported here: other commands need no queue
    from hedge.queue import worker

    asyncio.run(worker.run())
