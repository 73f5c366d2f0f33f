"""hedge serve and hedge worker: the HTTP server, and the process that serves requests for runs."""

import asyncio
import errno
import os
import resource
import socket
from typing import Annotated

import typer

from cli.connection import migrated_connection
from hedge import child_processes, database, rights, settings
from hedge.errors import HedgeError, UsageError

#: Connections of each process beside the streams of events that it may have open: those of browsers
#: and proxies that wait for the next request, too. Granian leaves what is beyond them unanswered.
CONNECTIONS = 2048
#: Files of each process beside its connections: of its own log, of libraries, and to the database.
OTHER_FILES = 512
#: Seconds that requests in hand have when the service is told to stop; less than the seconds after
#: which it ends in any case (hedge/stopping.py).
LONGEST_REQUEST = 7

WaitOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long to wait for a database that cannot be reached. Default: until it can.",
    ),
]


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Start a worker process as well.")
    ] = False,
    wait: WaitOption = None,
) -> None:
    """Serve the pages and the API until SIGTERM or ctrl-c. The API is documented at /schema.

    Example: hedge serve --with-worker
    """
    from hedge import logs

    logs.configure()
    _name_unknown_settings()
    child_processes.end_with_parent()
    from granian import Granian
    from granian.constants import Interfaces

    from api.settings import Settings
    from cli.supervision import worker_process

    settings_of_api = Settings.read()
    if not settings_of_api.is_production and not os.environ.get("HEDGE_PUBLIC_URL"):
        # The API accepts forms from the origin of this URL only.
        os.environ["HEDGE_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    _require_free(host, port)
    database.wait_for(wait, pooled=True)
    with migrated_connection(pooled=True) as connection:
        rights.require(connection, "read", "hedge serve")
    connections = settings_of_api.streams + CONNECTIONS
    _allow_open_files(connections + OTHER_FILES)
    with worker_process(with_worker):
        Granian(
            "cli.asgi:app",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            backpressure=connections,
            workers_kill_timeout=LONGEST_REQUEST,
        ).serve()


def worker(wait: WaitOption = None) -> None:
    """Execute the runs that are requested and those that are due, until SIGTERM or ctrl-c.

    Several workers can share the work. A worker finishes its current run before it stops.

    Example: hedge worker
    """
    # Imported late: no other command needs logs and the queue.
    from hedge import logs
    from hedge.queue import worker

    logs.configure()
    settings.require_valid(of_service=False)
    _name_unknown_settings()
    child_processes.end_with_parent()

    database.wait_for(wait)
    with database.connect() as connection:
        rights.require(connection, "run", "hedge worker")
    asyncio.run(worker.run())


def _name_unknown_settings() -> None:
    """Log the variables that are spelled like settings and are none. They are not refused:
    Kubernetes sets some for a service that is called hedge."""
    import structlog

    for sentence in settings.unknown(os.environ):
        structlog.get_logger("hedge").warning(sentence)


def _allow_open_files(number: int) -> None:
    """Let this process and its children have so many files and connections open, or as many as they
    may: shells and systemd allow 1,024 at first, and some hundred thousand to who asks for them."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < number:
        wanted = number if most == resource.RLIM_INFINITY else min(number, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _require_free(host: str, port: int) -> None:
    """Raise a UsageError where nobody can listen on an address, and a HedgeError where another
    process does, or a right is missing: granian shares a port with a process that was left over,
    which would then answer half of the requests."""
    try:
        ((family, kind, _, _, address), *_) = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind) as probe:
            # Closed connections of a server before may linger.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        # The other process may end, and the right be given.
        later = error.errno in (errno.EADDRINUSE, errno.EACCES)
        refusal = HedgeError if later else UsageError
        raise refusal(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
