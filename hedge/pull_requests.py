"""The review of an edit before it is merged: a base and a head project, side by side.

The base is computed in a database that serves nothing else: a demo world in a server of its
own, or a copy that a person names. Then the edited project, the head, is previewed over it and
checked as a deploy would check it. The head is not deployed there.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from hedge import database, deploying, libpq_variables, runs, settings, temporary_folders
from hedge.analysis import preview
from hedge.analysis.changes import Preview, Totals
from hedge.deploying import Checked
from hedge.errors import DeployedFails, HedgeError, UsageError
from hedge.project import files, revisions, template
from hedge.queries import query
from hedge.runs import Report, Run
from hedge.world import demo


@dataclass(frozen=True)
class Project:
    """The folder of a project, and what a person calls it."""

    folder: Path
    name: str


@dataclass(frozen=True)
class World:
    """A demo world: the number of its clusters, and the seed of its random numbers."""

    clusters: int = 300
    seed: int = 1


@dataclass(frozen=True)
class Copy:
    """The URL of a copy of a database, which is changed: the base is deployed and computed in
    it."""

    url: str


@dataclass(frozen=True)
class Review:
    """What the review of an edit found. Its field names are the keys of `hedge ci --json`.

    base and head are what a person calls the projects. compared_on is the world or copy, and None
    where no file differs, so that nothing was computed. refused are the sentences for which a
    deploy would refuse the head: faults of files and seeds, tests that fail, values that cannot
    be. unit_tests, data_tests and left_out are those of hedge.deploying.Checked. preview is None,
    and not_compared says why, where the two cannot be compared. base_fails says that this is so
    because the base cannot be computed. exceeded are the conditions that hold for the totals.
    passes is whether the edit may be merged: nothing is refused, nothing is exceeded, and the
    projects were compared, unless the base fails.
    """

    base: str
    head: str
    compared_on: str | None
    refused: list[str]
    unit_tests: list[str]
    data_tests: list[str]
    left_out: list[str]
    preview: Preview | None
    not_compared: str | None
    base_fails: bool
    exceeded: list[str]
    passes: bool


#: The conditions of --fail-if by their texts.
Conditions = Mapping[str, Callable[[Totals], bool]]


@contextlib.contextmanager
def base_of_git(project: Path, revision: str | None) -> Iterator[Project]:
    """The project as a commit has it, in a folder that is removed when the block ends. Without a
    revision, hedge.project.revisions.default_base chooses the commit."""
    found = (
        revisions.default_base(project) if revision is None else revisions.named(project, revision)
    )
    with temporary_folders.folder("hedge-base-") as folder:
        exported = folder / "project"
        exported.mkdir()
        revisions.export(project, found, exported)
        yield Project(exported, found.name)


def review(
    base: Project,
    where: World | Copy,
    conditions: Conditions,
    report: Report,
    *,
    confirmed: bool = False,
) -> Review:
    """Compare the edited project with a base. confirmed allows large moves.

    What is wrong with the head is part of the review. Where the base cannot be computed, the head
    is computed in its place and is compared with nothing: it may be what mends the base.
    """
    head = settings.project()
    found = Review(
        base=base.name,
        head=revisions.described(head),
        compared_on=_described(where),
        refused=_faults_of_files(),
        unit_tests=[],
        data_tests=[],
        left_out=[],
        preview=None,
        not_compared=None,
        base_fails=False,
        exceeded=[],
        passes=False,
    )
    if found.refused:
        found = dataclasses.replace(found, not_compared="the files of the head are not sound")
    elif files.parsed_hash(base.folder) == files.parsed_hash(head):
        found = dataclasses.replace(found, compared_on=None, preview=Preview())
    else:
        _require_usable(base)
        with _database(where):
            try:
                _make(base.folder, where, report)
            except HedgeError as error:
                found = _with_head_alone(found, head, where, report, error)
            else:
                found = _with_preview(found, report)
                found = _with_checks(found, report, confirmed=confirmed)
    return _judged(found, conditions)


def _judged(found: Review, conditions: Conditions) -> Review:
    """The review with the conditions that hold, and whether the edit passes."""
    changes = found.preview
    exceeded = [text for text, holds in conditions.items() if changes and holds(changes.totals)]
    is_judged = changes is not None or found.base_fails
    passes = is_judged and not found.refused and not exceeded
    return dataclasses.replace(found, exceeded=exceeded, passes=passes)


def _described(where: World | Copy) -> str:
    if isinstance(where, Copy):
        return f"the copy {_named(where.url)}"
    return f"a demo world of {where.clusters} clusters (seed {where.seed})"


def _faults_of_files() -> list[str]:
    """What is wrong with the files of the edited project, as far as no database is needed to see
    it."""
    try:
        deploying.sound_project()
    except HedgeError as error:
        return str(error).splitlines()
    return []


@contextlib.contextmanager
def _database(where: World | Copy) -> Iterator[None]:
    """Let everything in the block use the copy, or a new server of its own, which is stopped and
    deleted when the block ends."""
    if isinstance(where, Copy):
        _require_not_in_use(where.url)
        with settings.overridden(HEDGE_DATABASE_URL=where.url):
            yield
        return
    with temporary_folders.folder("hedge-ci-", _stop_server_in) as home:
        kept = settings.home() / "dbt"
        if kept.is_dir():
            # Parsed projects are kept by the hash of their files, so that a base that was
            # compared with before is not parsed again.
            (home / "dbt").symlink_to(kept, target_is_directory=True)
        try:
            with settings.overridden(HEDGE_HOME=str(home), HEDGE_DATABASE_URL=None):
                _start_quickly()
                yield
        finally:
            _stop_server_in(home)


def _stop_server_in(home: Path) -> None:
    """Stop the server of a folder that hedge ci has made, if it runs."""
    with settings.overridden(HEDGE_HOME=str(home), HEDGE_DATABASE_URL=None):
        database.stop()


def _start_quickly() -> None:
    """Start the server of a demo world, whose data need not survive a crash."""
    database.start()
    with database.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")


def _require_not_in_use(url: str) -> None:
    """Raise a UsageError where a URL names the database that commands use here: a comparison
    deploys to the copy, and another project would be live."""
    used = settings.external_database_url() or database.status().url
    if used is not None and _place(used) == _place(url):
        raise UsageError(
            f"{_named(url)} is the database that commands use here, and a comparison deploys the "
            "base to it: name a copy that may be changed"
        )


def _named(url: str) -> str:
    """A database as a person calls it, without user and password."""
    host, port, name = _place(url)
    return f"{name} on {host}:{port}"


def _place(url: str) -> tuple[str, ...]:
    """Which database a URL names, whatever its user and options."""
    try:
        variables = libpq_variables.variables(url)
    except psycopg.ProgrammingError as error:
        raise UsageError(f"--url is not a database URL: {str(error).strip()}") from error
    return tuple(variables[name] for name in ("PGHOST", "PGPORT", "PGDATABASE"))


def _require_usable(base: Project) -> None:
    """Raise a HedgeError for a base of another version of Hedge."""
    try:
        template.require_usable(base.folder)
    except HedgeError as error:
        raise HedgeError(f"the base, {base.name}, cannot be computed: {error}") from error


def _make(project: Path, where: World | Copy, report: Report) -> Run | None:
    """Make a project live in the world or on the copy, and compute it unless it was computed;
    returns the full run."""
    with settings.overridden(HEDGE_PROJECT=str(project)):
        if isinstance(where, World):
            return demo.make(where.clusters, where.seed, report)[1]
        return _compute_on_copy(project, report)


def _compute_on_copy(project: Path, report: Report) -> Run | None:
    """Deploy a project to a copy and compute every cluster, unless it is live there and computed;
    returns the full run."""
    database.migrate()
    with database.connect() as connection:
        is_live = runs.deployed_definitions(connection) == files.definitions_hash(project)
        is_computed = database.value(connection, query("preview_as_of")) is not None
    if not is_live:
        # The full run computes all of it.
        deploying.deploy(report, compute=False)
    return None if is_live and is_computed else runs.full(None, report)


def _with_head_alone(
    found: Review, head: Path, where: World | Copy, report: Report, fault: HedgeError
) -> Review:
    """The review where the base cannot be computed: the head is computed in its place, and all of
    its tests are passed."""
    found = dataclasses.replace(
        found,
        not_compared=f"the base, {found.base}, cannot be computed: {fault}",
        base_fails=True,
    )
    try:
        run = _make(head, where, report)
        if run is not None and run.state == "PARTIAL":
            raise HedgeError(run.error or "the full run left something out")
    except HedgeError as error:
        return dataclasses.replace(found, refused=str(error).splitlines())
    return _with_checks(found, report, every_test=True)


def _with_preview(found: Review, report: Report) -> Review:
    try:
        return dataclasses.replace(found, preview=preview.make(report))
    except DeployedFails as error:
        return dataclasses.replace(found, not_compared=str(error), base_fails=True)
    except HedgeError as error:
        return dataclasses.replace(found, not_compared=str(error))


def _with_checks(
    found: Review, report: Report, *, confirmed: bool = False, every_test: bool = False
) -> Review:
    try:
        checked: Checked = deploying.check(report, confirmed=confirmed, every_test=every_test)
    except HedgeError as error:
        return dataclasses.replace(found, refused=str(error).splitlines())
    return dataclasses.replace(
        found,
        unit_tests=checked.unit_tests,
        data_tests=checked.data_tests,
        left_out=checked.left_out,
    )
