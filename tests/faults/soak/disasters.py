"""What goes wrong during a soak: processes and sessions are ended, the server dies, or it answers
and fails everybody."""

import contextlib
import functools
import random
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg

from tests.faults.soak.servers import end_at_once, start_again

if TYPE_CHECKING:
    from tests.faults.soak.running import Soak

Disaster = Callable[["Soak", random.Random], None]

#: The settings by which the server fails everybody.
SETTINGS = ("statement_timeout", "temp_file_limit", "temp_tablespaces", "work_mem")


def alone(act: Disaster) -> Disaster:
    """Do it beside the next steps, unless another disaster of the server goes on."""

    @functools.wraps(act)
    def beside(soak: "Soak", dice: random.Random) -> None:
        if not soak.is_free("server"):
            return
        soak.hold("server")

        def call() -> None:
            soak.trouble.begin()
            try:
                act(soak, dice)
            finally:
                soak.trouble.end()
                soak.free("server")

        soak.in_thread(call)

    return beside


def kill_worker(soak: "Soak", dice: random.Random) -> None:
    """A worker is killed, wherever it is."""
    dice.choice(soak.workers).send(signal.SIGKILL)


def stop_worker(soak: "Soak", dice: random.Random) -> None:
    """A worker is asked to stop."""
    dice.choice(soak.workers).send(signal.SIGTERM)


def kill_command(soak: "Soak", dice: random.Random) -> None:
    """A command is killed, wherever it is."""
    _signal(soak, dice, signal.SIGKILL)


def stop_command(soak: "Soak", dice: random.Random) -> None:
    """A command is asked to stop."""
    _signal(soak, dice, signal.SIGTERM)


def _signal(soak: "Soak", dice: random.Random, number: signal.Signals) -> None:
    """Send a signal to a command in progress."""
    if soak.commands.running:
        dice.choice(soak.commands.running).send(number)


@alone
def kill_api(soak: "Soak", dice: random.Random) -> None:
    """The HTTP server is killed."""
    killed = soak.api
    killed.send(signal.SIGKILL)
    killed.process.wait()
    soak.wait_for_api()


@alone
def end_a_session(soak: "Soak", dice: random.Random) -> None:
    """The operator ends a session of the server."""
    _end_sessions(soak, f"order by md5(pid::text || '{dice.random()}') limit 1")


@alone
def end_all_sessions(soak: "Soak", dice: random.Random) -> None:
    """The operator ends all sessions."""
    _end_sessions(soak, "")


def _end_sessions(soak: "Soak", which: str) -> None:
    with soak.control() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
            " where datname = 'hedge' and application_name <> 'control'"
            f" and backend_type = 'client backend' {which}) as chosen"
        )


@alone
def stop_server_at_once(soak: "Soak", dice: random.Random) -> None:
    """The server stops at once, as when the machine is restarted, and is started again."""
    _end_server(soak, signal.SIGQUIT, dice.uniform(0, 3))


@alone
def kill_server(soak: "Soak", dice: random.Random) -> None:
    """The server is killed and started again."""
    _end_server(soak, signal.SIGKILL, dice.uniform(0, 3))


def _end_server(soak: "Soak", number: signal.Signals, pause: float) -> None:
    end_at_once(soak.server.process(), number)
    time.sleep(pause)
    start_again(soak.server)


@alone
def short_statements(soak: "Soak", dice: random.Random) -> None:
    """The server cancels every statement that takes long."""
    _set_for_all(soak, dice.uniform(2, 8), statement_timeout=f"{dice.randint(5, 100)}ms")


@alone
def no_temporary_space(soak: "Soak", dice: random.Random) -> None:
    """There is no space left for temporary files; where this process may not mount a small file
    system, the server's own limit is reached."""
    limit = {"temp_tablespaces": "small"} if soak.small_disks else {"temp_file_limit": "64kB"}
    _set_for_all(soak, dice.uniform(2, 8), work_mem="64kB", **limit)


def _set_for_all(soak: "Soak", seconds: float, **settings: str) -> None:
    """Set settings of the server for some seconds."""
    with soak.control() as connection:
        for name, value in settings.items():
            connection.execute(f"alter system set {name} = '{value}'")
        connection.execute("select pg_reload_conf()")
    time.sleep(seconds)
    heal(soak)


def heal(soak: "Soak") -> None:
    """Reset all settings by which the server failed."""
    with soak.control() as connection:
        for name in SETTINGS:
            connection.execute(f"alter system reset {name}")
        connection.execute("select pg_reload_conf()")


@alone
def no_memory_for_locks(soak: "Soak", dice: random.Random) -> None:
    """A session holds so many locks that the server has no memory for further ones."""
    with soak.control() as connection:
        exhaust_locks(connection)
        time.sleep(dice.uniform(2, 8))


def exhaust_locks(connection: psycopg.Connection) -> None:
    """Take advisory locks, which are held until the session ends, until no further one can be
    had (max_locks_per_transaction)."""
    taking = "select pg_advisory_lock(1936679275, %s + place) from generate_series(1, 500) as place"
    number = 0
    with contextlib.suppress(psycopg.errors.OutOfMemory):
        while True:
            connection.execute(taking, [number])
            number += 500


def block_a_mart(soak: "Soak", dice: random.Random) -> None:
    """A session keeps all runs from writing a mart for some seconds."""
    mart = dice.choice(["cluster_metrics", "challenge_progress", "tier_unlocks"])
    pause = dice.uniform(1, 5)

    def block() -> None:
        try:
            with soak.control() as connection, connection.transaction():
                connection.execute(f"lock table analytics.{mart} in share mode")
                time.sleep(pause)
        except psycopg.Error:
            soak.count("  a lock of a mart was ended")

    soak.in_thread(block)


#: Every disaster and how often it happens, relative to the others and to the actions.
DISASTERS: dict[Disaster, float] = {
    kill_worker: 4,
    stop_worker: 2,
    kill_command: 9,
    stop_command: 4,
    kill_api: 1,
    end_a_session: 5,
    end_all_sessions: 1.5,
    stop_server_at_once: 1,
    kill_server: 0.5,
    short_statements: 1.5,
    no_temporary_space: 1.5,
    no_memory_for_locks: 1,
    block_a_mart: 2,
}
