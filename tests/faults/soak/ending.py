"""What must hold when a soak has settled."""

import dataclasses
import json
import re
import time
from typing import TYPE_CHECKING

from hedge import boards, database, runs
from tests.faults.comparison import Computed, computed_from_nothing, run_everything_due
from tests.faults.soak.town import RANKED

if TYPE_CHECKING:
    from tests.faults.soak.running import Soak

#: Lines of the server's log that no disaster explains.
NOT_IN_THE_LOG = re.compile(r"deadlock detected|PANIC|there is no transaction in progress|TRAP:")
#: The line of a traceback that has the class and the message.
EXCEPTION = re.compile(
    r"^(?:(?:[a-z_]\w*\.)+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|Interrupt)\b).*", re.MULTILINE
)
#: Exceptions of a server that was ended or fails everybody, in the log of a worker.
EXPLAINED = re.compile(
    r"(psycopg|procrastinate)\.\S*(Operational|Shutdown|Connector|Pool|Canceled|Resource|Disk|OutOfMemory|"
    r"ConfigurationLimit|CannotConnect)\w*|hedge\.errors\."
)
#: Seconds after which a run without a session is marked as dead.
UNTIL_SWEPT = 11


def ending(soak: "Soak") -> None:
    """Compare with a computation from nothing, and note all that is wrong as faults."""
    _requests(soak)
    _logs(soak)
    time.sleep(UNTIL_SWEPT)
    with database.connect() as connection:
        connection.execute("update app.seasons set is_active = true")
        found_as_of = connection.execute("select now()").fetchone()
        assert found_as_of
        (as_of,) = found_as_of
        run_everything_due(as_of, runs.incremental)
        found = Computed.read(connection, as_of)
        expected = computed_from_nothing(connection, soak.url_of_nothing, as_of)
        # Links and weights do not make a board stale: those of clusters are compared who have
        # the same wallets as before, without their ranks.
        soak.faults += _settled(soak, found).differences(_settled(soak, expected))
        # Then all boards are computed again.
        connection.execute("delete from app.leaderboard_runs")
        boards.run(mode="DUE", as_of=as_of)
        soak.faults += Computed.read(connection, as_of).differences(expected)
        soak.counts["  rows of marts that were compared"] = sum(map(len, expected.marts.values()))
        soak.counts["  entries of boards that were compared"] = sum(
            map(len, expected.entries.values())
        )
        soak.counts["  tiers that were compared"] = len(expected.tiers)
        states = connection.execute(
            "select state, kind, count(*) from app.etl_runs group by 1, 2"
        ).fetchall()
        for state, kind, number in states:
            soak.counts[f"  runs {kind} {state}"] = number
            if state == "RUNNING":
                soak.faults.append(f"{number} runs {kind} are RUNNING in the ledger")


def _settled(soak: "Soak", computed: Computed) -> Computed:
    """The same with the entries of clusters whose wallets stayed, as (cluster, score,
    tiebreaker)."""
    entries = {
        key: [tuple(entry[1:]) for entry in rows if entry[1] in soak.town.settled]
        for key, rows in computed.entries.items()
        if not (soak.season_was_edited and RANKED[key][1] == "SEASON")
    }
    return dataclasses.replace(
        computed, entries={key: sorted(rows) for key, rows in entries.items()}
    )


def _requests(soak: "Soak") -> None:
    with soak.control() as connection:
        left = connection.execute(
            "select request_id, kind, cluster_id, attempts, error from app.etl_requests"
        ).fetchall()
        soak.faults += [f"a request was not served: {row}" for row in left]
        pending = connection.execute(
            "select id, leaderboard_key, status from app.leaderboard_runs"
            " where status in ('PENDING', 'PROCESSING')"
        ).fetchall()
        soak.faults += [f"a board run was not computed: {row}" for row in pending]


def _logs(soak: "Soak") -> None:
    for server in soak.servers:
        log = server.log.read_text(errors="replace").splitlines()
        wrong = [number for number, line in enumerate(log) if NOT_IN_THE_LOG.search(line)]
        soak.faults += ["\n".join(log[number : number + 8]) for number in wrong[:5]]
    for printed in soak.printed():
        for line in printed.splitlines():
            if error := unexplained(line):
                soak.faults.append(f"in the log of a worker or of the service: {error}")


def unexplained(line: str) -> str | None:
    """The exception in a line of a log, unless it is one of a server that was ended or fails."""
    try:
        exception = json.loads(line).get("exception")
    except ValueError:
        return None
    raised = EXCEPTION.findall(exception or "")
    return raised[-1] if raised and not EXPLAINED.match(raised[-1]) else None
