"""What operators and their machines do by accident during a soak, and how they repair it: a clock
that ran ahead, damaged files, a deploy that must be undone, a server that is replaced."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from hedge.runs import clock
from hedge.runs.locks import DEPLOY_LOCK
from tests import PROJECT
from tests.faults.soak.commands import LONGEST, TRACEBACK
from tests.faults.soak.disasters import Disaster, alone, heal
from tests.faults.soak.servers import start_again
from tests.support import PROGRAM, copy_project, edit

if TYPE_CHECKING:
    from tests.faults.soak.running import Soak


#: How often a deploy is tried that another step of the soak has ended.
MOST_DEPLOYS = 3


def _hedge(soak: "Soak", *arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run a command that no other step kills, until it has ended."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if TRACEBACK.search(done.stderr):
        soak.faults.append(f"hedge {' '.join(arguments)}: {done.stderr[-1500:]}")
    return done


def _repeat(soak: "Soak", what: str, is_done: Callable[[], bool]) -> None:
    """Try something until it is done; it is a fault where that takes too long."""
    deadline = time.monotonic() + LONGEST
    while not is_done():
        if time.monotonic() > deadline:
            soak.faults.append(f"{what} was not done in {LONGEST} s")
            return
        time.sleep(0.5)


@alone
def clock_ran_ahead(soak: "Soak", dice: random.Random) -> None:
    """The clock of the server was hours ahead while everything was written. An operator sets it
    right, finds that runs are refused, and repairs the stamps."""
    move_stamps(soak, dice.uniform(1, 30))
    refused = _hedge(soak, "etl", "incremental")
    if refused.returncode != 1 or "later than now" not in refused.stderr:
        soak.faults.append(
            f"a run over later stamps ended with {refused.returncode}: {refused.stderr[-500:]}"
        )
    time.sleep(dice.uniform(1, 5))

    def is_repaired() -> bool:
        _hedge(soak, "db", "repair-clock", "--yes")
        with soak.control() as connection:
            return not clock.later_stamps(connection)

    _repeat(soak, "the repair of the clock", is_repaired)


def move_stamps(soak: "Soak", hours: float) -> None:
    """Move every stamp that the clock of the server has written. One table is locked at a time, so
    that this deadlocks with nobody, and no trigger notes it."""
    with soak.control() as connection:
        connection.execute("set session_replication_role = replica")
        columns = connection.execute("select relation, column_name from app.stamped_columns()")
        for relation, column in columns.fetchall():
            names = {
                "table": sql.Identifier(*relation.split(".")),
                "column": sql.Identifier(column),
            }
            with connection.transaction():
                connection.execute(sql.SQL("lock table {table} in exclusive mode").format(**names))
                moving = sql.SQL("update {table} set {column} = {column} + %s * interval '1 hour'")
                connection.execute(moving.format(**names), [hours])


def damage_kept_files(soak: "Soak", dice: random.Random) -> None:
    """Files under HEDGE_HOME are torn, edited or lost, while no run reads them."""
    if not soak.is_free("deploy"):
        return
    soak.hold("deploy")

    def damage() -> None:
        try:
            with soak.control() as connection:
                connection.execute("set lock_timeout = '100s'")
                connection.execute("select pg_advisory_lock(%s)", [DEPLOY_LOCK])
                files = sorted(file for file in _kept(soak.server.home) if file.is_file())
                for file in dice.sample(files, min(len(files), dice.randint(1, 12))):
                    _damage(file, dice)
                    soak.count("  files damaged")
        except psycopg.Error:
            soak.count("  no file was damaged")
        finally:
            soak.free("deploy")

    soak.in_thread(damage)


def _kept(home: Path) -> list[Path]:
    """The files that runs keep to save time."""
    return [
        file for folder in ("deployed", "manifests") for file in (home / "dbt" / folder).rglob("*")
    ]


def _damage(file: Path, dice: random.Random) -> None:
    content = file.read_bytes()
    place = dice.randrange(len(content) + 1)
    match dice.choice(["torn", "edited", "appended to", "empty", "lost"]):
        case "torn":
            file.write_bytes(content[:place])
        case "edited":
            file.write_bytes(content[:place] + b"0" + content[place + 1 :])
        case "appended to":
            file.write_bytes(content + b"\n0\n")
        case "empty":
            file.write_bytes(b"")
        case "lost":
            file.unlink()


def deploy_and_undo(soak: "Soak", dice: random.Random) -> None:
    """An analyst deploys a wrong edit, which hands out unlocks, and undoes it later."""
    if not soak.is_free("deploy"):
        return
    soak.hold("deploy")

    def undo() -> None:
        try:
            before = _live(soak)
            for _ in range(MOST_DEPLOYS):
                deployed = _hedge(soak, "etl", "deploy", "--yes", cwd=soak.wrong_project)
                if _live(soak) != before:
                    break
            else:
                soak.count("  a wrong edit was not deployed")
                (soak.folder / "not deployed").write_text(deployed.stderr)
                if deployed.returncode == 0:
                    soak.faults.append(f"a deploy did nothing: {deployed.stdout[-500:]}")
                return
            soak.count("  a wrong edit was live")
            time.sleep(dice.uniform(1, 20))

            def is_undone() -> bool:
                _hedge(soak, "etl", "undo", "--yes", "--to", before or "")
                return _live(soak) == before and not _is_an_undo_open(soak)

            _repeat(soak, "an undo", is_undone)
        finally:
            soak.free("deploy")

    soak.in_thread(undo)


def wrong_project(folder: Path) -> Path:
    """A project in which a tier is handed out for the first win already."""
    project = copy_project(folder, *PROGRAM)
    tiers = project / "seeds" / "challenge_tiers.csv"
    edit(tiers, "\narena_victor,BASIC,Basic,3,", "\narena_victor,BASIC,Basic,1,")
    return project


def _live(soak: "Soak") -> str | None:
    return _value(soak, "select app.deployed_definitions()")


def _is_an_undo_open(soak: "Soak") -> object:
    return _value(soak, "select exists (select from app.undos where finished_at is null)")


def _value(soak: "Soak", statement: str) -> str | None:
    """The only value of a query; another disaster may end the session that asks."""
    while True:
        try:
            with soak.control() as connection:
                (found,) = connection.execute(statement).fetchone() or (None,)
                return found
        except psycopg.OperationalError:
            time.sleep(0.5)


def move_to_another_server(soak: "Soak") -> None:
    """All processes die, and a backup is restored on a new server, in another HEDGE_HOME, where
    transaction ids begin anew; all goes on there. Requests wait in the backup, and changes that no
    run has seen."""
    soak.quiesce()
    soak.trouble.begin()
    soak.kill_services()
    start_again(soak.server)
    heal(soak)
    old_id = int(_value(soak, "select pg_current_xact_id()::text") or 0)
    waiting = _value(soak, "select count(*) from app.etl_requests")
    file = soak.folder / "backup"
    _hedge(soak, "db", "backup", str(file))
    soak.use_another_server()
    restored = _hedge(soak, "db", "restore", str(file))
    if restored.returncode != 0:
        soak.faults.append(f"the backup was not restored: {restored.stderr[-500:]}")
    file.unlink()
    new_id = int(_value(soak, "select pg_current_xact_id()::text") or 0)
    if new_id >= old_id:
        soak.faults.append(f"the new server is at transaction {new_id}, the old one at {old_id}")
    soak.counts["  requests that waited in the backup"] = int(waiting or 0)
    soak.counts["  transactions by which the new server is behind"] = old_id - new_id
    soak.keep_alive()
    soak.wait_for_api()
    soak.trouble.end()


#: Every accident and how often it happens, relative to the disasters and the actions.
ACCIDENTS: dict[Disaster, float] = {
    clock_ran_ahead: 0.7,
    damage_kept_files: 3,
    deploy_and_undo: 1,
}
