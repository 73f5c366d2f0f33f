"""hedge serve and hedge worker: the HTTP server, and the process that serves requests for runs."""

import asyncio
import os
import subprocess
import sys
from typing import Annotated

import typer

from cli.connection import migrated_connection
from hedge import logs


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Start a worker process as well.")
    ] = False,
) -> None:
    """Serve the pages and the API until SIGTERM or ctrl-c. The API is documented at /schema.

    Example: hedge serve --with-worker
    """
    logs.configure()
    from granian import Granian
    from granian.constants import Interfaces

    from api.settings import Settings

    if not Settings.read().is_production:
        # The API accepts forms from the origin of this URL only.
        os.environ.setdefault("HEDGE_PUBLIC_URL", f"http://127.0.0.1:{port}")
    with migrated_connection():
        pass
    worker_process = None
    if with_worker:
        worker_process = subprocess.Popen([sys.executable, "-m", "cli", "worker"])
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
        if worker_process is not None:
            worker_process.terminate()
            worker_process.wait()


def worker() -> None:
    """Execute the runs that are requested and those that are due, until SIGTERM or ctrl-c.

    Several workers can share the work. A worker finishes its current run before it stops.

    Example: hedge worker
    """
    logs.configure()
    # Imported late: no other command needs the queue.
    from hedge.queue import worker

    asyncio.run(worker.run())
