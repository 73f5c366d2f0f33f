"""Undo: back to the definitions that were live before, and what was granted since is revoked.

An undo (hedge/deploying/undoing.py) puts earlier definitions live, makes a full run, and revokes
the unlocks that runs with the undone definitions granted and the full run does not reach. app.undos
has a row of each from its beginning, so that one that was interrupted is finished by the next call.

What was live is a line of states: a deploy adds one, and an undo takes the last ones off, so that
a second undo goes one further back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

import hedge
from hedge import database
from hedge.errors import HedgeError, StateError, UsageError
from hedge.queries import query
from hedge.runs import kinds
from hedge.runs.dbt import Report
from hedge.runs.deployed import SHORT, deployed_definitions, person
from hedge.runs.locks import deploy_lock, migrated, require_deployed, require_past


@dataclass(frozen=True)
class LiveDefinitions:
    """Definitions and the instant from which they were live; `unknown` for those of dbt by hand.
    deployed_by is None where their files are not kept."""

    definitions: str
    live_since: datetime
    deployed_by: str | None


@dataclass(frozen=True)
class GrantedUnlocks:
    """The standing unlocks of a challenge that the undone definitions granted: tiers and Founder's
    Marks, and how many clusters have them."""

    challenge_key: str
    challenge: str
    tiers: int
    founders_marks: int
    clusters: int


@dataclass(frozen=True)
class UndoPlan:
    """What an undo would do: restore definitions, undo those that were live since, and revoke those
    of the unlocks that its full run does not reach. boards is the number of board periods that
    were computed since. goes_on says that it finishes an undo that was interrupted.

    to is what plan_undo() was asked for; returned_to, since_run and undone_names are what the
    database stores of it.
    """

    to: str | None
    restored: LiveDefinitions
    undone: list[LiveDefinitions]
    unlocks: list[GrantedUnlocks]
    boards: int
    goes_on: bool
    returned_to: int
    since_run: int
    undone_names: list[str]


@dataclass(frozen=True)
class Undo:
    """An undo that has finished, with the ids of its deploy and its full run, how many unlocks
    were revoked, board runs marked, and rewards taken back."""

    undo_id: int
    restored: str
    deploy_run: int
    full_run: int
    revoked: int
    boards: int
    rewards: int


def plan_undo(to: str | None = None) -> UndoPlan:
    """What an undo would do. to is the beginning of the hash of the definitions to go back to; by
    default it is those that were live before the live ones.

    A HedgeError says why there is nothing to go back to; a UsageError that to names nothing, or
    more than one thing.
    """
    with migrated() as connection, deploy_lock(connection):
        require_deployed(connection)
        return _plan(connection, to)


def begin(
    connection: psycopg.Connection,
    planned: UndoPlan,
    restore: Callable[[str, Callable[[], object]], int],
) -> tuple[int, int]:
    """Begin the undo, or go on with it, and put the restored definitions live unless that is done.
    Returns the number of the undo and the run of its deploy.

    restore puts definitions live, by their hash, and returns the run of the ledger that did it. It
    also gets a function, which writes the row of the undo: it calls that when everything is checked
    and nothing is live yet. The caller sees to it that no other deploy prepares meanwhile.
    """
    current = _plan(connection, planned.to)
    if replace(current, unlocks=planned.unlocks, boards=planned.boards) != planned:
        raise HedgeError(
            "what is live has changed since the undo was listed: call hedge etl undo again"
        )
    interrupted = _one(connection, "undo_open")
    goes_on = interrupted is not None and planned.goes_on

    number: int | None = interrupted["undo_id"] if goes_on else None
    deploy_run: int | None = interrupted["redeployed"] if goes_on else None

    def record() -> None:
        nonlocal number
        if number is None:
            row = {
                "restored": planned.restored.definitions,
                "returned_to": planned.returned_to,
                "undone": planned.undone_names,
                "since_run": planned.since_run,
                "begun_by": person(),
            }
            number = database.value(connection, query("undo_begin"), row)

    if deploy_run is None:
        deploy_run = restore(planned.restored.definitions, record)
    assert number is not None
    connection.execute(
        "update app.undos set deploy_run = %s where undo_id = %s", [deploy_run, number]
    )
    return number, deploy_run


def end(
    connection: psycopg.Connection,
    planned: UndoPlan,
    number: int,
    deploy_run: int,
    as_of: datetime | None,
    report: Report | None,
) -> Undo:
    """Compute every cluster with the restored definitions, and revoke the unlocks that are not
    reached. A HedgeError where the full run leaves something out or something else was deployed."""
    run = kinds.full(as_of, report)
    if run.state != "SUCCESS":
        raise HedgeError(
            f"the full run of the undo left something out, so that nothing was revoked: "
            f"{run.error}; when that is mended, hedge etl undo goes on"
        )
    with connection.transaction():
        parameters = {
            "undo": number,
            "full_run": run.run_id,
            "since_run": planned.since_run,
            "undone": planned.undone_names,
        }
        # one event stands for all of them, and for what the full run has changed
        connection.execute("select set_config('hedge.events', 'summary', true)")
        revoked = database.value(connection, query("undo_revoke"), parameters)
        rewards = database.value(connection, query("undo_rewards"), parameters)
        boards = _board_runs(connection, parameters)
        connection.execute(query("undo_mark_boards"), {"runs": boards})
        finished = database.value(
            connection, query("undo_finish"), parameters | {"revoked": revoked}
        )
        if finished is None:
            raise HedgeError(
                "something else was deployed before the full run of the undo began, so that "
                "nothing was revoked: hedge etl undo lists what there is to undo now"
            )
        connection.execute("select app.tell_of_undo(%s)", [number])
    restored = planned.restored.definitions
    return Undo(number, restored, deploy_run, run.run_id, revoked, len(boards), rewards)


def _plan(connection: psycopg.Connection, to: str | None) -> UndoPlan:
    """The plan for what is live now."""
    interrupted = _one(connection, "undo_open")
    goes_on = (
        interrupted is not None
        and interrupted["is_current"]
        and interrupted["restored"].startswith(to or "")
    )
    if interrupted is not None and goes_on:
        target = _target(connection, interrupted["restored"], interrupted["returned_to"])
    else:
        target = _target(connection, to)
    parameters = {"run": target["run_id"], "restored": target["definitions"]}
    with connection.cursor(row_factory=class_row(LiveDefinitions)) as cursor:
        undone = cursor.execute(query("undo_undone"), parameters).fetchall()
    names = [one.definitions for one in undone]
    since_run = _one(connection, "undo_since", parameters)["run_id"]
    if interrupted is not None:
        # what it was to revoke still stands
        since_run = min(since_run, interrupted["since_run"])
        names += interrupted["undone"]
    names = sorted({*names} - {target["definitions"]})
    parameters = {"since_run": since_run, "undone": names}
    with connection.cursor(row_factory=class_row(GrantedUnlocks)) as cursor_of_unlocks:
        unlocks = cursor_of_unlocks.execute(query("undo_unlocks"), parameters).fetchall()
    boards = len(_board_runs(connection, parameters))
    restored = LiveDefinitions(target["definitions"], target["live_since"], target["deployed_by"])
    return UndoPlan(
        to, restored, undone, unlocks, boards, goes_on, target["run_id"], since_run, names
    )


def _target(
    connection: psycopg.Connection, to: str | None, until_run: int | None = None
) -> dict[str, Any]:
    """The run to go back to, with its definitions, which this version of Hedge can deploy."""
    with connection.cursor(row_factory=dict_row) as cursor:
        parameters = {"definitions": to, "until_run": until_run}
        found = cursor.execute(query("undo_target"), parameters).fetchall()
    live = deployed_definitions(connection)
    if to is not None:
        if not found:
            raise UsageError(f"no definitions whose hash begins with {to} were live")
        if len(found) > 1:
            names = ", ".join(one["definitions"][:SHORT] for one in found)
            raise UsageError(f"the hashes of several definitions begin with {to}: {names}")
        if live is not None and found[0]["definitions"] == live and until_run is None:
            raise UsageError(f"the definitions {live[:SHORT]} are live already")
    if not found or found[0]["definitions"] is None:
        raise StateError(
            "there is nothing to go back to: no definitions that are known were live before "
            f"{'those of dbt by hand' if live is None else live[:SHORT]}"
        )
    (target,) = found
    version = target["hedge_version"]
    if version is None:
        raise StateError(
            f"the database does not hold the files of the definitions "
            f"{target['definitions'][:SHORT]}, because an older version of Hedge deployed them or "
            "they were pruned: deploy them from version control with hedge etl deploy"
        )
    if version != hedge.__version__:
        raise StateError(
            f"the definitions {target['definitions'][:SHORT]} were deployed with Hedge {version}, "
            f"and this is {hedge.__version__}, which may not run them: undo with that version, or "
            "take the change out of the project and deploy it"
        )
    return target


def require_latest(connection: psycopg.Connection, planned: UndoPlan, as_of: datetime) -> None:
    """Raise a UsageError for an instant at which the full run could not replace what runs with
    the undone definitions wrote."""
    require_past(connection, as_of)
    parameters = {"since_run": planned.since_run, "undone": planned.undone_names}
    latest = _one(connection, "undo_latest", parameters)
    if latest is not None and latest["as_of"] > as_of:
        raise UsageError(
            f"run {latest['run_id']} was as of {latest['as_of'].isoformat()}, after "
            f"{as_of.isoformat()}: its rows would stay"
        )


def _board_runs(connection: psycopg.Connection, parameters: dict[str, Any]) -> list[int]:
    """The board runs that were computed with undone definitions and are shown without a mark."""
    return [number for (number,) in connection.execute(query("undo_boards"), parameters)]


def _one(
    connection: psycopg.Connection, name: str, parameters: dict[str, Any] | None = None
) -> Any:
    """The row that a named query returns, by columns; None where it returns none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name), parameters).fetchone()
