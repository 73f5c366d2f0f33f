"""A deploy: built and checked aside, then put live at once."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from hedge import database, rights, runs, settings
from hedge.analysis import renames, scratch
from hedge.analysis.renames import Rename
from hedge.analysis.requirements import (
    require_facts_of_evidence,
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


@dataclass(frozen=True)
class Checked:
    """What the check of an edited project has built and passed: names of models and seeds, of unit
    tests and of data tests. left_out are the data tests that would have to read a mart which only
    the next run computes."""

    built: list[str]
    unit_tests: list[str]
    data_tests: list[str]
    left_out: list[str]


def deploy(report: Report | None = None, *, compute: bool = True, confirmed: bool = False) -> Run:
    """Make the project that is edited the deployed project.

    What differs from the deployed project is built aside, with what rests on it, for all clusters;
    it is checked and compared, and put live in one transaction. Runs go on meanwhile; only the
    last step waits for them and holds back others. Without compute, nothing is computed, and the
    run ledger says so. confirmed allows large moves.

    A HedgeError names what is wrong, and nothing is live then.
    """
    definitions = files.definitions_hash(sound_project())
    with migrated() as connection, alone(connection):
        clock.require_no_later_stamps(connection)
        if not runs.is_deployed(connection):
            # Nobody reads it yet, and there are no rows to compute.
            run = runs.deploy(report)
            rights.renew(connection)
            return run
        try:
            return _deploy(connection, definitions, report, compute, confirmed)
        except HedgeError as error:
            record_failed_run(connection, "DEPLOY", None, definitions, str(error))
            raise


def check(
    report: Report | None = None, *, confirmed: bool = False, every_test: bool = False
) -> Checked:
    """Do everything that a deploy of the edited project does before something is live, and no more.

    Tests that were edited are passed although their models were not, and with every_test all
    others, too. A HedgeError names what is wrong.
    """
    sound_project()
    with migrated() as connection, alone(connection):
        clock.require_no_later_stamps(connection)
        with _aside(connection, compute=True) as aside:
            checks.build_and_check(aside, report, confirmed=confirmed)
            _planned(aside, report)
            # Compared with nothing, every test is new.
            return _pass_tests(
                dataclasses.replace(aside, old=None) if every_test else aside, report
            )


def _pass_tests(aside: Aside, report: Report | None) -> Checked:
    """Pass the edited tests that build_and_check has not passed; returns all that were passed."""
    unit_tests = building.unit_tests(aside.new.manifest, aside.changed)
    data_tests = building.data_tests(aside.new.manifest, aside.built)
    edited = building.edited_tests(aside)
    building.pass_tests(
        aside,
        sorted({*edited.unit_tests, *edited.data_tests} - {*unit_tests, *data_tests}),
        report,
    )
    return Checked(
        built=aside.names(aside.built),
        unit_tests=sorted({*unit_tests, *edited.unit_tests}),
        data_tests=sorted({*data_tests, *edited.data_tests}),
        left_out=edited.left_out,
    )


def sound_project() -> Path:
    """The folder of the edited project; a HedgeError where its files cannot be right."""
    project = settings.project()
    template.require_usable(project)
    file_checks.require_readable(project)
    seed_checks.require_sound(project)
    return project


@contextlib.contextmanager
def _aside(connection: psycopg.Connection, *, compute: bool) -> Iterator[Aside]:
    """What a deploy of the edited project has to build, in a scratch schema that is dropped when
    the block ends. Nothing is built yet."""
    new, old = runs.edited_project(), _deployed_project(connection)
    require_sources_in_their_folder(new)
    require_facts_of_evidence(new)
    renamed = renames.of_edit(connection, new.folder)
    require_metrics_of_boards(connection, old, new, renamed)
    changed = building.changed(connection, old, new)
    with scratch.schemas(connection) as schemas:
        yield _aside_in(schemas["after"], connection, old, new, changed, renamed, compute=compute)


def _aside_in(
    schema: str,
    connection: psycopg.Connection,
    old: ParsedProject | None,
    new: ParsedProject,
    changed: set[str],
    renamed: list[Rename],
    *,
    compute: bool,
) -> Aside:
    return Aside(
        connection=connection,
        schema=schema,
        as_of=building.newest_as_of(connection),
        old=old,
        new=new,
        changed=changed,
        built=building.affected(new, changed, compute=compute),
        renames=renamed,
    )


def _deploy(
    connection: psycopg.Connection,
    definitions: str,
    report: Report | None,
    compute: bool,
    confirmed: bool,
) -> Run:
    started_at = database.value(connection, "select now()")
    with _aside(connection, compute=compute) as aside:
        _build(aside, report, compute=compute, confirmed=confirmed)
        return _put_live(
            aside,
            definitions,
            started_at,
            None if compute else UNCHECKED,
            report,
            lambda: _store(connection, aside.new, definitions),
        )


def restore(
    connection: psycopg.Connection,
    definitions: str,
    begin: Callable[[], object],
    report: Report | None,
    *,
    compute: bool = True,
) -> Run:
    """Put definitions that were deployed before live again, as a deploy does: built and computed
    aside, checked, and live in one transaction. Large moves are what is wanted.

    begin is called when nothing is left that could be refused, before anything is live. connection
    is one that prepares alone. A HedgeError names what is wrong.
    """
    started_at = database.value(connection, "select now()")
    new, old = runs.stored_project(connection, definitions), _deployed_project(connection)
    changed = building.changed(connection, old, new)
    # Challenges that are not there yet go away, and their unlocks are revoked.
    renamed = renames.of_edit(connection, new.folder, refuse=False)
    require_metrics_of_boards(connection, old, new, renamed, is_undo=True)
    with scratch.schemas(connection) as schemas:
        aside = _aside_in(schemas["after"], connection, old, new, changed, renamed, compute=compute)
        _build(aside, report, compute=compute, confirmed=True)
        note = None if compute else UNCHECKED
        return _put_live(aside, definitions, started_at, note, report, begin)


def _build(aside: Aside, report: Report | None, *, compute: bool, confirmed: bool) -> None:
    if compute:
        checks.build_and_check(aside, report, confirmed=confirmed)
    elif aside.changed:
        building.build(aside, report, compute=False)


def _put_live(
    aside: Aside,
    definitions: str,
    started_at: datetime,
    note: str | None,
    report: Report | None,
    before: Callable[[], object],
) -> Run:
    """Put live what was built aside, in one transaction, and return the run of the ledger that
    says so. before is called when everything is prepared."""
    connection, new = aside.connection, aside.new
    aside, planned = _planned(aside, report)
    building.create_marts(aside, report)
    records = dbt.compiled_text(
        "{{ record_deploy() }}",
        new,
        scratch.part(new.manifest, (), aside.schema, aside.as_of, {}, own_board_runs=False),
        {"definitions": definitions},
    )
    before()
    row = going_live.row_of_the_ledger(
        definitions, started_at, going_live.rows_of_seeds(aside, planned), note
    )
    with deploy_lock(connection, exclusive=True, report=report):
        going_live.go_live(aside, planned, records, row, report)
        for sentence in drop_obsolete(connection, new.manifest.views()):
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
def alone(connection: psycopg.Connection) -> Iterator[None]:
    """Let no other deploy prepare while the block runs."""
    if not database.value(connection, "select pg_try_advisory_lock(%s)", [ONE_DEPLOY]):
        raise HedgeError("another deploy is going on: wait until it has ended")
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(%s)", [ONE_DEPLOY])
