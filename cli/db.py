"""hedge db: the database server and its tables."""

import dataclasses
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.asking import require_yes
from cli.connection import migrated_connection
from cli.options import JsonOption, refuse_without_effect
from cli.output import complain, print_json, print_result, print_table, say
from hedge import backups, buckets, copies, database, libpq_variables, rights, server_programs
from hedge.runs import clock
from hedge.setting_values import without_password

#: So many migrations are named: a new database has all of them.
MOST_NAMED = 10
#: What is said where nobody has said yes.
NOTHING_DROPPED = "nothing was dropped"

app = typer.Typer(help="The database server and its tables.", no_args_is_help=True)


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL. It runs until hedge db stop.

    Example: hedge db start
    """
    say(f"running: {database.start()}")


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL.

    Example: hedge db stop
    """
    say("stopped" if database.stop() else "was not running")


@app.command()
def upgrade() -> None:
    """Bring the data of the embedded PostgreSQL to the newest version that is installed.

    Stop the service and the workers before. The old data are kept beside the new ones.

    Example: hedge db upgrade
    """
    upgraded = database.upgrade()
    if upgraded is None:
        say("the embedded PostgreSQL is of the newest version already")
    else:
        version, kept = upgraded
        say(f"upgraded; the data of PostgreSQL {version} are kept in {kept}")


@app.command()
def status(json: JsonOption = False) -> None:
    """Show which server is used, whether it is running and whether it has the tables.

    Example: hedge db status --json
    """
    found = database.status()
    url = None if found.url is None else without_password(found.url)
    if json:
        print_json(dataclasses.asdict(found) | {"url": url})
        return
    say(f"server    {found.server}")
    say(f"running   {f'yes, PostgreSQL {found.version}' if found.running else 'no'}")
    if found.running:
        say(f"url       {url}")
        say(f"tables    {'yes' if found.migrated else 'none yet: hedge db migrate'}")
    if found.fault:
        complain(f"hedge: {found.fault}")


@app.command()
def url(
    env: Annotated[
        bool, typer.Option("--env", help="Print PG* variables for dbt and psql instead.")
    ] = False,
) -> None:
    """Print the URL of the database with its password. The embedded server is started first.

    Example: psql "$(hedge db url)"
    Example: eval "$(hedge db url --env)"
    """
    if not env:
        say(database.url())
        return
    for name, value in libpq_variables.variables().items():
        say(f"export {name}={shlex.quote(value)}")


@app.command()
def migrate() -> None:
    """Apply the migrations that are missing: the schemas raw and app, and the queue.

    Example: hedge db migrate
    """
    applied = database.migrate(say)
    if len(applied) > MOST_NAMED:
        say(f"applied {len(applied)} migrations, {applied[0]} to {applied[-1]}")
    else:
        say("applied " + ", ".join(applied) if applied else "nothing to apply")


@app.command()
def grant(
    migrate: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Owns the tables: hedge db migrate.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Runs, deploys, boards and the worker.")
    ] = None,
    serve: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="The service, with sign-in and links.")
    ] = None,
    load: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="Writes facts: hedge load.")
    ] = None,
    read: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="Reads what public routes show.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make roles of PostgreSQL where they are missing, and grant each what it needs.

    Roles that were named before need not be named again: what they lack is granted. Nothing is
    granted in the schema public. An administrator calls it before hedge db migrate, for schemas
    with the right owners, and after it.

    Example: hedge db grant --migrate hedge_owner --run hedge_run --load indexer --read hedge_read
    """
    wanted = {
        "migrate": [migrate] if migrate else [],
        "run": [run] if run else [],
        "serve": serve or [],
        "load": load or [],
        "read": read or [],
    }
    with database.connect() as connection:
        given = rights.grant(connection, wanted)
        has_tables = rights.has_tables(connection)
    if json:
        print_json([dataclasses.asdict(right) for right in given])
        return
    for right in given:
        if right.may:
            say(f"{right.role_name}: {right.what}")
        else:
            complain(f"{right.role_name}: a superuser has to call: {right.command}")
    if not given:
        say("every role has its rights")
    if any(right.what == rights.NEW for right in given):
        complain("new roles have no password: alter role NAME password '..' gives them one")
    if not has_tables:
        complain(
            "there are no tables yet: call hedge db migrate as the role of --migrate, and then "
            "this command again"
        )


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file, or - for standard output.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that exists.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a backup of the database into a file, by pg_dump in its custom format.

    Runs, requests and readers go on meanwhile. Environments are not in it, nor roles and their
    rights. The file appears when it is complete.

    Example: hedge db backup /backups/hedge-$(date +%F).dump
    Example: hedge db backup - | ssh ..
    """
    if file == backups.STANDARD:
        refuse_without_effect(context, "with standard output", "--replace", "--json")
    made = backups.backup(file, replace=replace)
    if file == backups.STANDARD:
        return
    print_result(made, f"{made.file}: {made.bytes:,} bytes", as_json=json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, or - for standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop what the database has of Hedge before.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Restore a backup into a database without tables of Hedge, in one transaction.

    The server may be of another version than that of the backup. Roles that hedge db grant has
    recorded get their rights again; grant those of others anew.

    Example: hedge db restore hedge.dump
    Example: hedge db restore hedge.dump --replace
    """
    if replace and not yes:
        where = without_password(database.url())
        require_yes(f"Drop every fact and result in {where}?", NOTHING_DROPPED, does="drops")
    backups.restore(file, replace=replace, tell=complain)
    say("restored")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql of the version of the server, connected to the database.

    Example: hedge db psql
    Example: hedge db psql -c "select count(*) from app.wallet_links"
    """
    with database.connect() as connection:
        programs = server_programs.folder(connection.info.server_version // 10_000)
    conninfo, environment = server_programs.connection(database.url())
    program = str(programs / "psql")
    os.execve(program, [program, f"--dbname={conninfo}", *context.args], environment)


@app.command("buckets")
def divide(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(min=1, max=buckets.MOST, help="How many; 1 joins them.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Divide the clusters among buckets, which full runs compute at once; or list the buckets.

    Readers go on meanwhile, and runs wait. If it is interrupted, call it again.

    Example: hedge db buckets 4
    Example: hedge db buckets 4 --dry-run
    Example: hedge db buckets
    """
    if number is None:
        refuse_without_effect(context, "without a number of buckets", "--dry-run")
    with migrated_connection() as connection:
        if number is not None and dry_run:
            planned = buckets.planned(connection, number)
            print_result(planned, "\n".join(planned), as_json=json)
            return
        if number is not None:
            rights.require(connection, "migrate", "hedge db buckets")
            buckets.divide(connection, number, complain)
        found = buckets.listed(connection)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    elif not found:
        say("the clusters are not divided")
    else:
        print_table(
            ["bucket", "clusters", "facts (estimated)", "rows of marts (estimated)"],
            [[one.number or "come in", one.clusters, one.facts, one.rows] for one in found],
            right=[1, 2, 3],
        )


@app.command("distribute")
def distribute(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Remove the copies: the coordinator computes again.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Copy the facts of buckets to the workers of Citus, which compute their metrics from then on.

    The database is one of a coordinator, and divided among buckets. Facts and marts stay where
    they are. If it is interrupted, call it again.

    Example: hedge db distribute --dry-run
    Example: hedge db distribute
    Example: hedge db distribute --undo
    """
    with migrated_connection() as connection:
        if dry_run:
            planned = ["all copies on workers are removed"] if undo else copies.planned(connection)
            print_result(planned, "\n".join(planned), as_json=json)
            return
        rights.require(connection, "migrate", "hedge db distribute")
        if undo:
            copies.remove(connection)
            print_result([], "no worker has copies", as_json=json)
            return
        copies.distribute(connection, complain)
        found = copies.listed(connection)
    if json:
        print_json([dataclasses.asdict(one) for one in found])
    else:
        print_table(["bucket", "worker"], [[one.bucket, one.worker] for one in found])


@app.command("repair-clock")
def repair_clock(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    json: JsonOption = False,
) -> None:
    """Set every stamp that is later than now to now, after the clock of the server ran ahead.

    While there are such stamps, all runs are refused. The next incremental run computes every
    cluster. Board runs of periods that have not begun are deleted. See that the clock is right
    before.

    Example: hedge db repair-clock
    """
    with migrated_connection() as connection:
        found = clock.later_stamps(connection)
    if not found:
        print_result([], "no stamp is later than now", as_json=json)
        return
    complain(clock.in_words(found))
    if not yes:
        question = "Is the clock right, and shall they be set to now?"
        require_yes(question, "nothing was changed", does="sets them")
    repaired = clock.repair()
    lines = [f"{each.relation}.{each.column_name}: {each.stamps}" for each in repaired]
    print_result(repaired, "\n".join(["set to now:", *lines]), as_json=json)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Drop all data of Hedge, facts included, and create empty tables.

    Example: hedge db reset --yes
    """
    where = without_password(database.url())
    if not yes:
        require_yes(f"Drop every fact and result in {where}?", NOTHING_DROPPED, does="drops")
    database.reset()
    say("every table is empty")
