"""Poolers such as PgBouncer between this process and PostgreSQL.

A pooler in transaction mode gives each transaction a session of the server that it shares among
its clients. What a session keeps beyond a transaction (advisory locks, LISTEN, prepared statements,
temporary tables, settings) is lost then, or left to somebody else.
"""

import contextlib
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

#: How often two connections look whether they share sessions.
ATTEMPTS = 5
#: Seconds in which a second connection must be let in: a pooler may have no session left.
PATIENCE = 5
#: What a pooler says that takes no options in the connection.
_REFUSED = "unsupported startup parameter"
#: What is selected to find out whether there is a pooler.
PROCESS = "select pg_backend_pid()"


def is_between(connection: psycopg.Connection | psycopg.AsyncConnection, process: object) -> bool:
    """Whether there is a pooler: it names another process to its client than the number that the
    server has given to the PROCESS of the session."""
    return connection.info.backend_pid != process


def shares_sessions(
    connection: psycopg.Connection, connect: Callable[..., psycopg.Connection]
) -> bool:
    """Whether the pooler of a connection gives its session to others between transactions.

    The connection commits by itself, and a second one is in a transaction meanwhile. Where one of
    the two has a session that the other had, both share them.
    """
    try:
        with connect(connect_timeout=PATIENCE, autocommit=False) as other, _hung_up_on(other):
            for _ in range(ATTEMPTS):
                before = _process(connection)
                if _process(other) == before or _process(connection) != before:
                    return True
                other.rollback()
    except psycopg.OperationalError:
        return False
    return False


@contextlib.contextmanager
def _hung_up_on(connection: psycopg.Connection) -> Iterator[None]:
    """End a connection that gets no session of the server within PATIENCE: whoever waits for its
    answer gets an OperationalError."""

    def hang_up() -> None:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(PATIENCE, hang_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def refuses_options(error: psycopg.OperationalError) -> bool:
    """Whether a pooler has refused a connection because of its options."""
    return _REFUSED in str(error)


def sentence(url: str, purpose: str) -> str:
    """That something needs a session of its own, which the pooler of a URL does not give."""
    parameters = conninfo_to_dict(url)
    where = make_conninfo("", **{k: v for k, v in parameters.items() if k in ("host", "port")})
    return (
        f"HEDGE_DATABASE_URL leads to a pooler in transaction mode ({where}), and {purpose} needs "
        "a session of its own: name the server itself there; hedge serve works through the pooler"
    )


def wanted_settings(options: str) -> dict[str, str]:
    """The settings in the options of a connection, by their names."""
    found = re.findall(r"-c (\w+)=((?:\\.|\S)+)", options)
    return {name: value.replace("\\", "") for name, value in found}


def lost_settings(found: Sequence[tuple[str, str]], options: str) -> list[str]:
    """The settings in the options of a connection that the session does not have, as
    `name = 'value'`: the pooler has ignored the options. found are those of the session, by name
    and value."""
    have = {name: value.replace(" ", "") for name, value in found}
    return [
        f"{name} = '{value}'"
        for name, value in wanted_settings(options).items()
        if have.get(name) != value.replace(" ", "")
    ]


def sentence_of_lost(lost: Sequence[str], role: str) -> str:
    """That the sessions of a role lack settings, and how they get them."""
    return (
        "the pooler passes on no options of a connection, and the sessions of the role "
        f"{role} lack {', '.join(lost)}: call "
        + "; ".join(f"alter role {role} set {setting}" for setting in lost)
        + ", and reconnect the pooler"
    )


def _process(connection: psycopg.Connection) -> object:
    row = connection.execute(PROCESS).fetchone()
    return row and row[0]
