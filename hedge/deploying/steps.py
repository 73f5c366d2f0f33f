"""A deploy: built and checked aside, then put live at once."""

import contextlib
import logging
from collections.abc import Iterator

import psycopg

from hedge import database, runs, settings
from hedge.analysis import scratch
from hedge.analysis.requirements import (
    require_metrics_of_boards,
    require_sources_in_their_folder,
)
from hedge.deploying import aside as building
from hedge.deploying import checks, going_live
from hedge.deploying.aside import Aside
from hedge.deploying.going_live import Plan
from hedge.errors import HedgeError
from hedge.project import file_checks, files, seed_checks, template
from hedge.runs import ParsedProject, Report, Run, clock, dbt
from hedge.runs.deployed import store
from hedge.runs.ledger import record_failed_run, run_of_invocation
from hedge.runs.locks import deploy_lock, migrated
from hedge.runs.obsolete import drop_obsolete

log = logging.getLogger("hedge.deploying")

#: The key of the advisory lock that lets one deploy prepare at a time.
ONE_DEPLOY = 0x6465706C6F79
#: What the run ledger says of a deploy that was not checked.
UNCHECKED = "not computed before it went live (--no-compute)"


def deploy(report: Report | None = None, *, compute: bool = True, confirmed: bool = False) -> Run:
    """Make the project that is edited the deployed project.

    What differs from the deployed project is built aside, with what rests on it, for all clusters;
    it is checked and compared, and put live in one transaction. Runs go on meanwhile; only the
    last step waits for them and holds back others. Without compute, nothing is computed, and the
    run ledger says so. confirmed allows large moves.

    A HedgeError names what is wrong, and nothing is live then.
    """
    project = settings.project()
    template.require_usable(project)
    file_checks.require_readable(project)
    seed_checks.require_sound(project)
    definitions = files.definitions_hash(project)
    with migrated() as connection, _alone(connection, report):
        clock.require_no_later_stamps(connection)
        if not runs.is_deployed(connection):
            # Nobody reads it yet, and there are no rows to compute.
            return runs.deploy(report)
        try:
            return _deploy(connection, definitions, report, compute, confirmed)
        except HedgeError as error:
            record_failed_run(connection, "DEPLOY", None, definitions, str(error))
            raise


def _deploy(
    connection: psycopg.Connection,
    definitions: str,
    report: Report | None,
    compute: bool,
    confirmed: bool,
) -> Run:
    started_at = database.value(connection, "select now()")
    new, old = runs.edited_project(), _deployed_project(connection)
    require_sources_in_their_folder(new)
    require_metrics_of_boards(connection, old, new)
    changed = building.changed(connection, old, new)
    with scratch.schemas(connection) as schemas:
        aside = Aside(
            connection=connection,
            schema=schemas["after"],
            as_of=building.newest_as_of(connection),
            old=old,
            new=new,
            changed=changed,
            built=building.affected(new, changed, compute=compute),
        )
        if compute:
            checks.build_and_check(aside, report, confirmed=confirmed)
        elif changed:
            building.build(aside, report, compute=False)
        aside, planned = _planned(aside, report)
        building.create_marts(aside, report)
        records = dbt.compiled_text(
            "{{ record_deploy() }}", new.folder, new.manifest, {"definitions": definitions}
        )
        _store(connection, new, definitions)
        row = going_live.row_of_the_ledger(
            definitions,
            started_at,
            going_live.rows_of_seeds(aside, planned),
            None if compute else UNCHECKED,
        )
        with deploy_lock(connection, exclusive=True, report=report):
            going_live.go_live(aside, planned, records, row, report)
            for sentence in drop_obsolete(connection, dbt.views_of(new.manifest)):
                log.warning(sentence)
    run = run_of_invocation(connection, row["invocation"])
    assert run is not None
    return run


def _store(connection: psycopg.Connection, project: ParsedProject, definitions: str) -> None:
    """Store the files of the project, from which runs take theirs when it is live."""
    _, stored = store(connection, project.folder)
    if stored != definitions:
        raise HedgeError(
            f"the project in {project.folder} was edited while it was deployed: nothing has "
            "changed, deploy it again"
        )


def _planned(aside: Aside, report: Report | None) -> tuple[Aside, Plan]:
    """What goes live. Where columns change, the views that read them are created again too, and
    those that were not built yet are built aside."""
    planned = going_live.plan(aside, aside.changed)
    nodes = aside.new.manifest.nodes
    again = {key for key in nodes if key in {f"model.hedge.{one}" for one in planned.dependents}}
    if not again:
        return aside, planned
    aside = building.build_more(aside, again, report)
    return aside, going_live.plan(aside, aside.changed | again)


def _deployed_project(connection: psycopg.Connection) -> ParsedProject | None:
    """The deployed project; None where it is not known, so that everything is built."""
    try:
        return runs.deployed_project(connection)
    except HedgeError:
        return None


@contextlib.contextmanager
def _alone(connection: psycopg.Connection, report: Report | None) -> Iterator[None]:
    """Let no other deploy prepare while the block runs."""
    if not database.value(connection, "select pg_try_advisory_lock(%s)", [ONE_DEPLOY]):
        raise HedgeError("another deploy is going on: wait until it has ended")
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(%s)", [ONE_DEPLOY])
