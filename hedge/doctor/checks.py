"""The checks, in the order in which a person wants to read them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from hedge import board_periods, boards, database, runs, versions
from hedge.doctor import recomputing, surroundings
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import clock

#: Seconds by which the clocks of the server and of this host may differ.
LARGEST_DIFFERENCE = 60

#: Looks for what is wrong in a database, with the number of clusters to compute anew; returns a
#: sentence for each thing. A HedgeError says why nothing could be checked.
Find = Callable[[psycopg.Connection, int], list[str]]


@dataclass(frozen=True)
class Check:
    """A check: its name, what it looks at, how it finds what is wrong, and what to do then. If
    is_needed, the checks after it need what it has found well; if takes_sample, it computes so many
    clusters as whoever asks wants."""

    name: str
    looks_at: str
    find: Find
    cure: str
    is_needed: bool = False
    takes_sample: bool = False


def of_query(name: str) -> Find:
    """A check by hedge/sql/NAME.sql, each row of which is a sentence."""

    def find(connection: psycopg.Connection, _: int) -> list[str]:
        return [sentence for (sentence,) in connection.execute(query(name))]

    return find


def _version(connection: psycopg.Connection, _: int) -> list[str]:
    sentence = versions.fault(connection)
    return [sentence] if sentence else []


def _stamps(connection: psycopg.Connection, _: int) -> list[str]:
    found = clock.later_stamps(connection)
    return [
        f"{each.stamps} in {each.relation}.{each.column_name}, up to {each.latest.isoformat()}"
        for each in found
    ]


def _clock_of_this_host(connection: psycopg.Connection, _: int) -> list[str]:
    before = time.time()
    of_server = float(
        database.value(connection, "select extract(epoch from clock_timestamp())::float8")
    )
    # half of the time that the question took
    difference = of_server - (before + time.time()) / 2
    if abs(difference) <= LARGEST_DIFFERENCE:
        return []
    direction = "ahead of" if difference > 0 else "behind"
    return [f"the clock of the server is {abs(difference):.0f} s {direction} that of this host"]


def _deployed_project(connection: psycopg.Connection, _: int) -> list[str]:
    """Whether it is known, its files are what was deployed, and everything of it is there."""
    try:
        runs.require_deployed(connection)
        project = runs.deployed_project(connection)
    except HedgeError as error:
        return [str(error)]
    return [
        f"{node.resource_type} {node.name} is not in the database"
        for node in project.manifest.nodes.values()
        if node.is_buildable
        and node.materialized != "ephemeral"
        and not database.exists(connection, f"{node.schema}.{node.name}")
    ]


def _backup(connection: psycopg.Connection, _: int) -> list[str]:
    found = connection.execute(query("doctor_backup")).fetchone()
    if found is None:
        raise HedgeError("hedge db backup has made none, and does not know of others")
    (finding,) = found
    return [finding] if finding else []


def _due_boards(connection: psycopg.Connection, _: int) -> list[str]:
    """The boards that were due a while ago, and were not computed since."""
    if not database.value(connection, "select app.expects_regular_runs()"):
        return []
    now = database.value(connection, "select now()")
    earlier, due = (
        board_periods.due_periods(
            connection, board_periods.period_parameters(connection, None, "DUE", None, instant)
        )
        for instant in (now - board_periods.OVERDUE_AFTER, now)
    )
    # One that has been computed for a newer period is not due any more.
    still_due = {key for key, *_ in due}
    return [
        f"board {key} is overdue: "
        + ("all time" if start is None else f"the period from {start:%Y-%m-%d %H:%M}")
        + " was not computed"
        for key, start, _ in earlier
        if key in still_due
    ]


def _dead_runs(connection: psycopg.Connection, _: int) -> list[str]:
    return [
        f"run {run} ({kind}) is RUNNING since {since}, and no session of dbt is connected"
        for run, kind, since in runs.dead_runs(connection)
    ] + [
        f"run {run} of board {board} is PROCESSING since {since}, and no process computes it"
        for run, board, since in boards.dead_runs(connection)
    ]


def _chains(connection: psycopg.Connection, _: int) -> list[str]:
    """The chains that are not followed as they should be, and those whose node this host knows
    that nobody follows."""
    # No other command needs what asks nodes.
    from hedge.chain import status

    return [sentence for (sentence,) in connection.execute(query("doctor_chains"))] + [
        f"chain {one.chain_id} has a node (HEDGE_CHAIN_URL_{one.chain_id}) and is not followed"
        for one in status.status(connection)
        if one.is_configured and not one.is_followed
    ]


CHECKS = (
    Check(
        "version",
        "whether the database is of this version of Hedge",
        _version,
        "do what the sentence says",
        is_needed=True,
    ),
    Check(
        "stamps",
        "stamps that are later than now",
        _stamps,
        "set the clock of the server right if it is wrong, else run hedge db repair-clock",
    ),
    Check(
        "clock",
        "the clock of the server and that of this host",
        _clock_of_this_host,
        "let both follow the same time servers (NTP)",
    ),
    Check(
        "settings",
        "the settings of this host",
        surroundings.settings_of_this_host,
        "set the variables right, see hedge settings",
    ),
    Check(
        "rights",
        "what the roles of Hedge lack; where none is recorded, whether the role owns its schemas",
        surroundings.rights,
        "run hedge db grant as an administrator, or do what the sentence says",
    ),
    Check(
        "server",
        "the version of the server, and settings and limits that bring it to a standstill",
        surroundings.server,
        "switch the setting on (alter system), raise max_connections, or vacuum the database",
    ),
    Check(
        "hidden-sessions",
        "whether the role sees what sessions of other roles do",
        of_query("doctor_hidden_sessions"),
        "grant pg_read_all_stats to the role of Hedge",
    ),
    Check(
        "disk",
        "the room on the disk of the embedded server: a tenth, and a gigabyte",
        surroundings.disk,
        "make room, or move the database (hedge db backup, hedge db restore)",
    ),
    Check(
        "deployed-project",
        "the files of the deployed project by their hash, and its views and tables",
        _deployed_project,
        "run hedge etl deploy in the project that is to be live",
    ),
    Check(
        "triggers",
        "the triggers that note changes of facts, and others that are switched off",
        of_query("doctor_triggers"),
        "run hedge etl deploy, which creates those on raw tables again and has the next run compute"
        " every cluster; alter table .. enable trigger switches others on",
    ),
    Check(
        "indexes",
        "indexes that PostgreSQL does not use",
        of_query("doctor_indexes"),
        "run reindex index concurrently NAME",
    ),
    Check(
        "sessions",
        "transactions that are open for an hour, and waits for a lock of five minutes",
        of_query("doctor_sessions"),
        "end the session: select pg_terminate_backend(NUMBER)",
    ),
    Check(
        "dead-rows",
        "tables of which most rows are dead",
        of_query("doctor_dead_rows"),
        "end old transactions (the check sessions), then vacuum the table",
    ),
    Check(
        "pruning",
        "whether old runs of the ledger are deleted",
        of_query("doctor_pruning"),
        "run hedge etl prune; a worker does it each night",
    ),
    Check(
        "growth",
        "tables of the service that grow without end",
        of_query("doctor_growth"),
        "run what the sentence names, and see why nobody does so regularly",
    ),
    Check(
        "backup",
        "when hedge db backup last made a backup",
        _backup,
        "run hedge db backup FILE, from cron each day",
    ),
    Check(
        "undo",
        "an undo that was interrupted",
        of_query("doctor_undo"),
        "run hedge etl undo, which goes on with it",
    ),
    Check(
        "regular-runs",
        "whether full and incremental runs succeed, and often enough",
        of_query("doctor_regular_runs"),
        "see to the error where there is one, and run hedge etl full; a worker or cron makes such"
        " runs regularly. A demo world is exempt until it is computed as of a later instant",
    ),
    Check(
        "dead-runs",
        "runs in progress whose process has died",
        _dead_runs,
        "run hedge etl status and hedge boards list, which mark them as FAILED; the next run"
        " repairs what is missing",
    ),
    Check(
        "change-notes",
        "changes that no run has computed for a day",
        of_query("doctor_change_notes"),
        "run hedge etl incremental",
    ),
    Check(
        "freshness",
        "the newest row of each raw table, by the thresholds of dbt source freshness",
        surroundings.freshness,
        "see to the indexer that writes the table",
    ),
    Check(
        "rejected-rows",
        "rows of files that were rejected in the last day",
        of_query("doctor_rejected_rows"),
        "mend the rows in raw.rejected_rows and load them again",
    ),
    Check(
        "parked-requests",
        "requests that could not be computed",
        of_query("doctor_parked_requests"),
        "see to the error, then run hedge requests retry NUMBER, or hedge requests drop NUMBER",
    ),
    Check(
        "worker",
        "requests and board runs that wait for a worker, and whether one is alive",
        of_query("doctor_worker"),
        "start hedge worker, and look at its log",
    ),
    Check(
        "chains",
        "whether the chains that were followed, or have a node, are followed to their heads",
        _chains,
        "see to the node, start hedge worker, or hedge chain rewind where a reorganization goes"
        " deeper than final blocks; hedge chain forget where the chain is not to be followed",
    ),
    Check(
        "chain-gaps",
        "blocks before the followed ones whose logs are not known",
        of_query("doctor_chain_gaps"),
        "run hedge chain backfill --chain N, or load them from files and run hedge chain covered",
    ),
    Check(
        "stale-boards",
        "boards whose facts have changed since they were computed",
        of_query("doctor_stale_boards"),
        "run hedge boards run --due",
    ),
    Check(
        "due-boards",
        "boards that were due two hours ago and were not computed since",
        _due_boards,
        "run hedge boards run --due",
    ),
    Check(
        "rewards",
        "rewards that wait for somebody, and standings of seasons that should be final",
        of_query("doctor_rewards"),
        "run hedge seasons run --due, hedge boards run --due, and decide about what hedge rewards"
        " list --state CLAIMED shows",
    ),
    Check(
        "failed-boards",
        "boards whose newest run failed",
        of_query("doctor_failed_boards"),
        "see to the error, then run hedge boards run BOARD",
    ),
    Check(
        "data-tests",
        "what dbt's data tests found in the live tables after the last full run",
        of_query("doctor_data_tests"),
        "run hedge etl test, which shows the rows; if hedge etl full does not mend them, see to the"
        " facts that they rest on, or to the table that somebody has changed",
    ),
    Check(
        "clusters",
        "clusters without rows in the marts, and rows without a cluster",
        of_query("doctor_clusters"),
        "run hedge etl full",
    ),
    Check(
        "marts",
        "a sample of clusters, computed anew and compared with the marts",
        recomputing.differences,
        "run hedge etl full; if it comes back, something changes facts unnoticed (triggers, logical"
        " replication, pg_restore --disable-triggers)",
        takes_sample=True,
    ),
)
