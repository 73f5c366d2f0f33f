"""Computing the previews that admins have asked for (hedge/exclusions/previews.py)."""

import msgspec
import psycopg
from psycopg.rows import dict_row

from hedge import database
from hedge.analysis import exclusion_preview
from hedge.errors import OF_THE_SERVER, DatabaseAway, HedgeError, NoRunNow
from hedge.exclusions import previews
from hedge.queries import query
from hedge.runs.cancelling import RunCancelled

#: The advisory lock of the process that computes previews: one computes all that wait.
_LOCK = 0x65787072


def serve() -> None:
    """Compute the previews that wait, the oldest first; nothing where another process does.

    What cannot be computed gets its sentence. A preview whose process dies, or whose run the
    server or a deploy does not allow now, waits again.
    """
    with database.connect() as connection:
        if not database.value(connection, "select pg_try_advisory_lock(%s)", [_LOCK]):
            return
        while True:
            with connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(query("exclusion_previews_take")).fetchone()
            if row is None:
                return
            done = {"preview": row["preview_id"], "answer": None, "error": None}
            try:
                if row["wanted"] is None:
                    answer = exclusion_preview.of_end(row["exclusion_id"])
                else:
                    wanted = previews.as_stored(row["wanted"])
                    answer = exclusion_preview.of_new(wanted, clusters=row["clusters"])
                done["answer"] = msgspec.json.encode(answer).decode()
            except (NoRunNow, RunCancelled, DatabaseAway):
                raise
            except HedgeError as error:
                done["error"] = str(error)
            except psycopg.Error as error:
                if (error.sqlstate or "08").startswith(OF_THE_SERVER):
                    raise
                done["error"] = str(error).splitlines()[0]
            connection.execute(query("exclusion_previews_finish"), done)
