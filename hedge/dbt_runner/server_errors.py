"""Which errors are the server's, by the words of PostgreSQL.

The program dbt passes on the text of an error and not its SQLSTATE. Of the SQLSTATEs, those matter
that say nothing about the data (hedge.errors.OF_THE_SERVER); here are their texts. A server whose
lc_messages is another language than English is not understood: its errors count as those of data,
of which a run finds out that there are none.
"""

import re

#: The SQLSTATE of the first pattern that a text matches. Messages of libpq are among them, which
#: have no SQLSTATE: connection_failure.
_TEXTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (state, re.compile(pattern, re.IGNORECASE))
    for state, pattern in (
        ("55P03", r"due to lock timeout|could not obtain lock on"),
        ("40001", r"could not serialize access|canceling statement due to conflict"),
        ("57014", r"canceling (statement|autovacuum task) due to"),
        ("57P01", r"terminating connection due to administrator command"),
        ("57P05", r"terminating connection due to idle-session timeout"),
        ("57P02", r"terminating connection because of crash of another server process"),
        (
            "57P03",
            r"the database system is (starting up|shutting down|not (yet )?accepting|in rec)",
        ),
        ("40P01", r"deadlock detected"),
        ("53100", r"no space left on device|could not extend file"),
        ("53200", r"out of (shared )?memory"),
        ("53300", r"too many (clients|connections)|remaining connection slots"),
        ("53400", r"temporary file size exceeds"),
        ("58030", r"could not (read|write|fsync|open|stat) (block|file|relation)|i/o error"),
        (
            "08006",
            r"server closed the connection unexpectedly|connection to server .* failed"
            r"|connection (already|is|has been|was) closed|could not (connect|translate host)"
            r"|ssl connection has been closed|could not (receive data from|send data to) server"
            r"|connection (timed out|refused|reset by peer)|lost synchronization with server",
        ),
    )
)
#: Of a statement that failed over something else, whose SQLSTATE is not known.
NOT_OF_THE_SERVER = ""


def sqlstate(message: str) -> str | None:
    """The SQLSTATE of an error as dbt words it, NOT_OF_THE_SERVER where it is none of the server;
    None where no statement has failed: the project does not compile, for example."""
    if "Database Error" not in message:
        return None
    return next((state for state, text in _TEXTS if text.search(message)), NOT_OF_THE_SERVER)
