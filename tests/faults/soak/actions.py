"""What users, programs and operators do during a soak. Each action makes its choices by the dice
that it gets, so that a seed repeats them."""

import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
import psycopg

from hedge import boards, database
from hedge.errors import HedgeError
from hedge.loading import Span
from hedge.queue import requests
from tests.faults.soak.town import ASKED_FOR, RANKED, SEASON
from tests.integration.changes.hostile import Changes, columns_of
from tests.oracle import World
from tests.oracle.shapes import Row

if TYPE_CHECKING:
    from tests.faults.soak.running import Soak

Action = Callable[["Soak", random.Random], None]

#: How many players sign in, and what the service may refuse them.
PLAYERS = 24
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


# Players, over the API


def _call(soak: "Soak", method: str, path: str, dice: random.Random, **body: object) -> None:
    """Let a player call the API, in a thread. Only an outage may fail it."""
    headers = {
        "Authorization": f"Bearer {soak.service_token}",
        "X-Discord-Id": f"77{dice.randrange(PLAYERS):016}",
    }

    def call() -> None:
        began = time.monotonic()
        try:
            answer = httpx.request(
                method, f"{soak.api_url}{path}", headers=headers, timeout=60, **body
            )
            status: object = answer.status_code
            is_good = answer.status_code < HTTPStatus.BAD_REQUEST or status in REFUSED
            text = answer.text
        except httpx.HTTPError as error:
            status, is_good, text = type(error).__name__, False, str(error)
        is_excused = status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(status, str)
        if is_good or (is_excused and soak.trouble.was(began, time.monotonic())):
            soak.count(f"  answered {status}")
        else:
            soak.faults.append(f"{method} {path} was answered {status}: {text[:500]}")

    soak.in_thread(call)


def link(soak: "Soak", dice: random.Random) -> None:
    """A player links a wallet, which may be another player's."""
    body = {"address": dice.choice(soak.town.addresses)}
    _call(soak, "POST", "/api/me/wallets", dice, json=body)


def unlink(soak: "Soak", dice: random.Random) -> None:
    """A player unlinks a wallet."""
    _call(soak, "DELETE", f"/api/me/wallets/{dice.choice(soak.town.addresses)}", dice)


def make_primary(soak: "Soak", dice: random.Random) -> None:
    """A player chooses the primary wallet."""
    _call(soak, "PUT", f"/api/me/wallets/{dice.choice(soak.town.addresses)}/primary", dice)


def delete_account(soak: "Soak", dice: random.Random) -> None:
    """A player deletes the account."""
    _call(soak, "DELETE", "/api/me", dice)


def look(soak: "Soak", dice: random.Random) -> None:
    """A reader looks at a board."""
    _call(soak, "GET", f"/leaderboards/{dice.choice(list(RANKED))}/latest", dice)


# Operators, by commands


def incremental(soak: "Soak", dice: random.Random) -> None:
    """The incremental run of cron."""
    soak.start("etl", "incremental")


def full(soak: "Soak", dice: random.Random) -> None:
    """The full run of cron."""
    soak.start("etl", "full")


def cluster(soak: "Soak", dice: random.Random) -> None:
    """Runs of some clusters."""
    names = sorted(soak.town.settled) + soak.town.moved
    soak.start("etl", "cluster", *dice.sample(names, dice.randint(1, 5)))


def due_boards(soak: "Soak", dice: random.Random) -> None:
    """The boards of cron."""
    soak.start("boards", "run", "--due")


def previous_boards(soak: "Soak", dice: random.Random) -> None:
    """Boards that are computed again by hand."""
    periodic = [key for key, (_, window) in RANKED.items() if window != "SEASON"]
    soak.start("boards", "run", *dice.sample(periodic, 2), "--previous")


def move_wallet(soak: "Soak", dice: random.Random) -> None:
    """An operator links a wallet to one of the moved clusters, unless somebody has it, and ends a
    link; then clusters merge."""
    cluster, address = dice.choice(soak.town.moved), dice.choice(soak.town.addresses)
    if dice.random() < 0.6:
        soak.start("wallets", "link", cluster, address)
    else:
        soak.start("wallets", "unlink", address)


def set_weights(soak: "Soak", dice: random.Random) -> None:
    """An admin sets other weights of the season."""
    file = soak.folder / f"weights-{dice.getrandbits(32):x}.csv"
    weights = {key: dice.randint(1, 500) / 100 for key in ("arena_victor", "hero_riser")}
    lines = [f"{key},{weight}" for key, weight in weights.items()]
    file.write_text("\n".join(["challenge_key,weight", *lines, ""]))
    soak.season_was_edited = True
    soak.start("seasons", "weights", SEASON, str(file))


def toggle_season(soak: "Soak", dice: random.Random) -> None:
    """An admin switches the season off or on."""
    soak.season_was_edited = True
    soak.start("seasons", "edit", SEASON, dice.choice(["--active", "--inactive"]))


def deploy(soak: "Soak", dice: random.Random) -> None:
    """An analyst deploys the project, or an edit of it that changes no number."""
    folder = dice.choice(soak.projects)
    if soak.is_free("deploy"):
        soak.start("etl", "deploy", "--yes", cwd=folder, holds="deploy")


def migrate(soak: "Soak", dice: random.Random) -> None:
    """An update of the program."""
    soak.start("db", "migrate")


def status(soak: "Soak", dice: random.Random) -> None:
    """An operator looks at what goes on."""
    looks = [("etl", "status"), ("requests", "list"), ("boards", "list"), ("db", "status")]
    soak.start(*dice.choice(looks))


# Programs that write facts


def load(soak: "Soak", dice: random.Random) -> None:
    """A file is loaded with facts, of which some are new."""
    table = dice.choice(list(soak.town.facts))
    share = dice.random() / 2
    rows = [row for row in soak.town.facts[table] if dice.random() < share]
    _load(soak, table, rows)


def replace(soak: "Soak", dice: random.Random) -> None:
    """A file is loaded that has all facts of a span."""
    table = dice.choice(["pvp_matches", "quest_completions", "hunting_encounters"])
    column = {"pvp_matches": "matched_at", "hunting_encounters": "encountered_at"}.get(
        table, "completed_at"
    )
    starts_at = datetime.now(UTC) - timedelta(days=dice.randint(1, 60))
    span = Span(starts_at, starts_at + timedelta(days=dice.randint(1, 5)))
    rows = [
        row
        for row in soak.town.facts[table]
        if row[column] and span.starts_at <= row[column] < span.ends_at and dice.random() < 0.8
    ]
    given = {"--from": span.starts_at, "--to": span.ends_at}
    options = [part for name, at in given.items() for part in (name, at.isoformat())]
    _load(soak, table, rows, "--replace", "--yes", *options)


def remove(soak: "Soak", dice: random.Random) -> None:
    """Facts are removed by their keys."""
    table = dice.choice(list(soak.town.facts))
    rows = [row for row in soak.town.facts[table] if dice.random() < 0.1]
    with soak.control() as connection:
        key, _ = columns_of(connection, table)
    keys = [{name: row[name] for name in key} for row in rows]
    _load(soak, table, keys, "--remove", "--reason", "soak", *["--forget"] * (dice.random() < 0.3))


def _load(soak: "Soak", table: str, rows: list[Row], *options: str) -> None:
    if rows and soak.is_free(table):
        with tempfile.NamedTemporaryFile(
            "w", dir=soak.folder, prefix=table, suffix=".ndjson", delete=False
        ) as file:
            file.writelines(json.dumps(row, default=str) + "\n" for row in rows)
        soak.start("load", table, file.name, *options, holds=table)


def _by_another_program(change: Callable[[Changes, str], None]) -> Action:
    """A change of a table by SQL."""

    def act(soak: "Soak", dice: random.Random) -> None:
        table = dice.choice(list(soak.town.facts))

        def work(connection: psycopg.Connection) -> None:
            news = World({table: soak.town.facts[table]}, (), {}, ())
            change(Changes(connection, dice, news, soak.folder), table)

        _write(soak, table, work)

    act.__doc__ = change.__doc__
    act.__name__ = f"{change.__name__}_by_sql"
    return act


def slow_writer(soak: "Soak", dice: random.Random) -> None:
    """A program inserts facts, and commits them after others have run."""
    table = dice.choice(["pvp_matches", "hunting_encounters", "quest_completions"])
    pause = dice.uniform(3, 15)

    def work(connection: psycopg.Connection) -> None:
        with connection.transaction():
            news = World({table: soak.town.facts[table][:400]}, (), {}, ())
            Changes(connection, dice, news, soak.folder).insert(table)
            time.sleep(pause)

    _write(soak, table, work)


def _write(soak: "Soak", table: str, work: Callable[[psycopg.Connection], None]) -> None:
    """Change a table in a thread. Two programs that change the same rows in another order may
    deadlock, which is not Hedge's: so one changes a table at a time."""
    if not soak.is_free(table):
        return
    soak.hold(table)

    def write() -> None:
        began = time.monotonic()
        try:
            with database.connect() as connection:
                connection.execute("set application_name = 'indexer'")
                work(connection)
        except (psycopg.errors.CheckViolation, psycopg.errors.NotNullViolation):
            soak.count("  refused by a constraint")
        except (psycopg.Error, HedgeError) as error:
            if not soak.trouble.was(began, time.monotonic()):
                soak.faults.append(f"a program could not change {table}: {error!r}")
        finally:
            soak.free(table)

    soak.in_thread(write)


# Requests of admins


def burst(soak: "Soak", dice: random.Random) -> None:
    """Many requests for one cluster."""
    name, number = dice.choice(soak.town.moved), dice.randint(20, 200)

    def ask(connection: psycopg.Connection) -> None:
        for _ in range(number):
            requests.create(connection, "CLUSTER", name)

    _ask(soak, ask)


def ask_for_a_run(soak: "Soak", dice: random.Random) -> None:
    """A request for a run over every cluster."""
    kind = dice.choice(["FULL", "INCREMENTAL"])
    _ask(soak, lambda connection: requests.create(connection, kind))


def ask_for_a_board(soak: "Soak", dice: random.Random) -> None:
    """A request for a board of today."""
    _ask(soak, lambda connection: boards.request(connection, ASKED_FOR))


def _ask(soak: "Soak", ask: Callable[[psycopg.Connection], object]) -> None:
    def call() -> None:
        began = time.monotonic()
        try:
            with database.connect() as connection:
                ask(connection)
        except (psycopg.Error, HedgeError) as error:
            if not soak.trouble.was(began, time.monotonic()):
                soak.faults.append(f"a request failed: {error!r}")

    soak.in_thread(call)


#: Every action and how often it happens, relative to the others.
ACTIONS: dict[Action, float] = {
    link: 14,
    unlink: 7,
    make_primary: 2,
    delete_account: 2,
    look: 4,
    incremental: 8,
    full: 2,
    cluster: 5,
    due_boards: 3,
    previous_boards: 1,
    move_wallet: 3,
    set_weights: 1.5,
    toggle_season: 1.5,
    deploy: 2.5,
    migrate: 1,
    status: 2,
    load: 6,
    replace: 4,
    remove: 3,
    _by_another_program(Changes.insert): 3,
    _by_another_program(Changes.remove): 1,
    _by_another_program(Changes.correct): 2,
    _by_another_program(Changes.bring_back): 4,
    slow_writer: 4,
    burst: 1,
    ask_for_a_run: 1,
    ask_for_a_board: 2,
}
