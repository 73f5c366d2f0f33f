"""Names that a database has when their rules come: kept, mended or removed; the command line
refuses what the API refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database, seasons, versions
from hedge.errors import UsageError
from tests import Hedge

#: Stored display names of accounts, the oldest first, and what becomes of them.
STORED = [
    ("Ada", "Ada"),
    ("Ada  Byron ", "Ada Byron"),
    (None, None),
    ("ADA", None),
    ("admin", None),
    ("\uff21nna", "Anna"),
    ("Bob\u200b", None),
    ("lvan", "lvan"),
    ("Ivan", None),
]


def test_the_oldest_account_keeps_a_name(
    new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("old_names", "template1"))
    for file in versions.MIGRATIONS.iterdir():
        if file.is_file() and file.name < "0050":
            shutil.copy(file, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr(versions, "MIGRATIONS", tmp_path)
        database.migrate()
    with database.connect() as connection:
        for name, _ in STORED:
            connection.execute("insert into app.players (display_name) values (%s)", [name])
        connection.execute(
            "insert into app.seasons (id, name, starts_at, ends_at)"
            " values ('active', 'A\u0430', '2026-01-01', '2026-02-01')"
        )
    told: list[str] = []
    database.migrate(told.append)
    assert told == [
        "app.seasons: a season keeps an id that /seasons/active hides: 'active'",
        "app.players: display names that players cannot choose any more, or that look like the name"
        " of an older account, were removed: 'ADA' of player 4, 'admin' of player 5,"
        " 'Bob\\u200b' of player 7, 'Ivan' of player 9",
    ]
    with database.connect() as connection:
        stored = connection.execute("select display_name from app.players order by player_id")
        assert stored.fetchall() == [(name,) for _, name in STORED]
        taken = connection.execute("select display_name, folded from app.names_of_players")
        assert sorted(taken.fetchall()) == [
            ("Ada", "ada"),
            ("Ada Byron", "ada byron"),
            ("Anna", "anna"),
            ("lvan", "lvan"),
        ]
        # the season can be changed, and keeps its name until somebody changes that
        seasons.edit(connection, "active", scoring="LIFETIME")
        with pytest.raises(UsageError, match=r"mixes letters of Latin .* and Cyrillic"):
            seasons.edit(connection, "active", name="B\u0430")


def test_the_command_line_refuses_what_the_api_refuses(
    hedge: Hedge, deployed: psycopg.Connection, tmp_path: Path
) -> None:
    board = ["--metric", "onchain_pvp.wins", "--window", "WEEKLY", "--category", "pvp_competition"]
    season = ["--from", "2026-01-01", "--to", "2026-02-01"]
    for kind, options in (("board", board), ("season", season)):
        commands = f"{kind}s"
        status, _, error = hedge(commands, "add", "one", *options, "--name", " One \u2168")
        assert status == 0, error
        for name, sentence in (
            ("ONE ix", f"{kind} two: the {kind} one has the name 'One IX': choose another"),
            ("x" * 81, "is not 1 to 80 printable characters: write one of that length"),
            ("T\u0435n", "mixes letters of Latin"),
        ):
            status, _, error = hedge(commands, "add", "two", *options, "--name", name)
            assert (status, sentence in " ".join(error.split())) == (2, True), error
        assert hedge(commands, "add", "two", *options, "--name", "Two")[0] == 0
        status, _, error = hedge(commands, "edit", "two", "--name", "one IX")
        assert (status, "choose another" in error) == (2, True)
    status, _, error = hedge("seasons", "add", "Active", *season)
    assert (status, "the id is not active, a word of a path" in error) == (2, True)


def test_a_file_of_boards_that_was_applied_changes_nothing_more(
    hedge: Hedge, deployed: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "leaderboard_defs.csv"
    file.write_text(
        "key,name,category_key,metric_source,metric_key,time_window\n"
        "first,Most   wins \u2168,pvp_competition,onchain_pvp,wins,ALL_TIME\n"
        "second,Most wins ix,pvp_competition,onchain_pvp,wins,WEEKLY\n"
    )
    status, _, error = hedge("boards", "apply", str(tmp_path), "--yes")
    told = f"{file}:3: board second: the board first has the name 'Most wins IX': choose another"
    assert (status, "".join(error.split())) == (2, "".join(f"hedge: {told}".split()))
    file.write_text(file.read_text().replace("Most wins ix", "Second"))
    assert hedge("boards", "apply", str(tmp_path), "--yes")[0] == 0
    status, out, _ = hedge("boards", "apply", str(tmp_path), "--yes")
    assert (status, "Nothing changes" in out) == (0, True), out
