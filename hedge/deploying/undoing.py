"""Undo: earlier definitions go live as those of a deploy do, and false unlocks are revoked."""

from datetime import datetime

from hedge.deploying import steps
from hedge.runs import Report
from hedge.runs.locks import migrated
from hedge.runs.undo import Undo, UndoPlan, begin, end, require_latest


def undo(
    planned: UndoPlan,
    as_of: datetime | None = None,
    report: Report | None = None,
    *,
    compute: bool = True,
) -> Undo:
    """Do what hedge.runs.plan_undo has planned. A HedgeError where something was deployed since.

    The earlier definitions are computed and checked aside and go live in one transaction; without
    compute, they are not computed before. The full run is as of an instant that must not be before
    that of any run with the undone definitions, whose rows would stay; by default it is now.
    """
    with migrated() as connection:
        if as_of is not None:
            require_latest(connection, planned, as_of)
        with steps.alone(connection):
            number, deploy_run = begin(
                connection,
                planned,
                lambda definitions, record: (
                    steps.restore(connection, definitions, record, report, compute=compute).run_id
                ),
            )
        return end(connection, planned, number, deploy_run, as_of, report)
