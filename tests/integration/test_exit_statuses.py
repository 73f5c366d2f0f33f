"""The exit status of every command: 2 where the same call is refused again, 1 where it can succeed
later, as docs/cli.md says."""

import shlex
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import database
from tests import Hedge
from tests.integration.test_commands import COMMANDS

#: Commands that work until they are stopped, and those that hand their arguments to psql.
NOT_CALLED = {("serve",), ("worker",), ("docs",), ("demo",), ("db", "psql")}
#: Wrong calls by command, and what the sentence says. FILE is a file of bytes that is nothing, and
#: GONE a path in a folder that does not exist.
WRONG = {
    "load": [
        ("nothing FILE", "there is no table 'nothing'"),
        ("pvp_matches GONE.csv", "there is no file"),
        ("pvp_matches FOLDER", "cannot be read: Is a directory"),
        ("pvp_matches CUT.csv.gz", "cannot be read: Compressed file ended"),
        ("pvp_matches FILE", "the name must end in"),
        ("pvp_matches FILE --remove --strict", "--remove goes with neither"),
    ],
    "preview": [("--fail-if x", "'x' is not NAME OP NUMBER")],
    "ci": [("--base-project FOLDER", "has no dbt_project.yml"), ("--fail-if x", "'x' is not")],
    "progress": [("nobody", "no cluster nobody")],
    "explain": [
        ("nobody arena_victor", "no cluster nobody"),
        ("demo-busy arena_victor --between 2026-10-01 2999-01-01", "lies in the future"),
    ],
    "sql": [
        ("GONE.sql", "cannot be read"),
        ("SQL:selec", "syntax error"),
        ("SQL:select,1/0", "division by zero"),
        ("SQL:select,nothing", "does not exist"),
        ("SQL:create,table,app.t(i,int)", "read-only transaction"),
    ],
    "init": [("FILE", "cannot be written")],
    "doctor": [("nothing", "there is no check 'nothing'")],
    "db start": [("", "HEDGE_DATABASE_URL")],
    "db stop": [("", "HEDGE_DATABASE_URL")],
    "db upgrade": [("", "HEDGE_DATABASE_URL")],
    "db backup": [("GONE", "there is no folder"), ("FILE", "exists: name another one")],
    "db restore": [
        ("GONE", "there is no file"),
        ("FILE", "the backup cannot be read"),
        ("FILE --replace", "nothing was dropped: --yes drops without a question"),
    ],
    "db buckets": [("0", "0")],
    "db reset": [("", "nothing was dropped: --yes drops without a question")],
    "wallets import": [("GONE.csv", "there is no file"), ("FILE", "the name must end in")],
    "wallets link": [("demo-busy 0x0", "'0x0' breaks the rule")],
    "wallets unlink": [("0x0", "0x0 is not linked")],
    "clusters merge": [
        ("demo-busy nobody", "no cluster nobody"),
        ("demo-busy demo-busy", "cannot be merged into itself"),
    ],
    "clusters split": [("demo-busy", "was not merged"), ("nobody", "no cluster nobody")],
    "clusters merges": [("nobody", "no cluster nobody")],
    "etl undo": [("--to abc", "abc"), ("", "there is nothing to go back to")],
    "etl full": [("--as-of 2999-01-01", "lies in the future"), ("--as-of May", "'May'")],
    "etl incremental": [("--as-of 2999-01-01", "lies in the future")],
    "etl cluster": [("nobody", "no cluster nobody")],
    "etl status": [("999", "no run 999")],
    "etl prune": [("--days 0", "'0'")],
    "env drop": [("nothing", "no environment 'nothing'"), ("", "name an environment")],
    "requests list": [("--limit 0", "'0'")],
    "requests retry": [("999", "no request 999"), ("", "name one request")],
    "requests drop": [("999", "no request 999")],
    "boards export": [("FILE", "cannot be written")],
    "boards apply": [("GONE", "cannot be read")],
    "boards remove": [("nothing", "no board nothing"), ("lb_hero_levels", "--yes deletes it")],
    "boards check": [("nothing", "no board nothing")],
    "boards add": [
        (
            "lb_hero_levels --window DAILY --category pvp_competition --metric onchain_pvp.wins",
            "there is a board lb_hero_levels already",
        )
    ],
    "boards edit": [("nothing --private", "no board nothing"), ("lb_hero_levels", "no field")],
    "boards run": [
        ("nothing", "no board nothing"),
        ("", "name boards"),
        ("lb_hero_levels --from 2999-01-01 --to 2999-02-01", "which is still to come"),
        ("--pending --as-of 2026-01-01", "--pending computes the board runs as they were"),
    ],
    "boards show": [
        ("nothing", "no board nothing"),
        ("lb_hero_levels --run 999999", "no run 999999"),
        ("lb_hero_levels --run BROKEN", "of board lb_hero_levels is FAILED: broken"),
    ],
    "boards prune": [("--keep -1", "'-1'")],
    "seasons export": [("FILE", "cannot be written")],
    "seasons apply": [("GONE", "cannot be read")],
    "seasons check": [("nothing", "no season nothing")],
    "seasons add": [("two --from 2026-02-01 --to 2026-01-01", "ends after it starts")],
    "seasons edit": [("nothing --name x", "no season nothing")],
    "seasons weights": [("nothing", "no season nothing"), ("season_1_awakening FILE", "header")],
    "seasons run": [
        ("nothing", "no season nothing"),
        ("--as-of 2999-01-01", "lies in the future"),
        ("--due --as-of 2999-01-01", "lies in the future"),
    ],
    "seasons show": [("nothing", "no season nothing")],
    "rewards define": [("nothing", "no season nothing")],
    "rewards list": [("--state x", "no state x"), ("--cluster nobody", "no cluster nobody")],
    "rewards show": [("999", "no reward 999")],
    "rewards fulfil": [("999", "no reward 999")],
    "rewards refuse": [("999 --note x", "no reward 999")],
    "rewards export": [("GONE", "cannot be written"), ("FILE --season x", "no season x")],
    "exclusions add": [
        ("--reason x", "name what to exclude"),
        ("--reason x --cluster demo-busy --until 2000-01-01", "begins before it ends"),
    ],
    "exclusions preview": [("--end 999", "no exclusion 999")],
    "exclusions end": [("999", "no exclusion 999")],
    "exclusions list": [("--cluster nobody", "no cluster nobody")],
    "exclusions suspects list": [("--rule x", "no rule x")],
    "exclusions suspects accept": [("x --everything", "no proposal x")],
    "exclusions suspects dismiss": [("x --reason y", "no proposal x")],
    "metrics show": [("nothing", "no metric nothing")],
    "seeds check": [("nothing", "no seed nothing")],
    "seeds format": [("nothing", "no seed nothing")],
    "tiers calibrate": [("nothing", "no challenge nothing")],
    "tokens create": [("--role king", "role is admin or service")],
    "tokens revoke": [("999", "no token 999")],
    "webhooks add": [("nothing", "is no address of a webhook")],
    "webhooks remove": [("999", "no webhook 999")],
    "webhooks deliveries": [("999", "no webhook 999")],
    "webhooks replay": [("999 --failed", "no webhook 999")],
    "chain follow": [("", "no chain has a node")],
    "chain backfill": [("--chain 99", "chain 99 has no node")],
    "chain rewind": [("--chain 99 --to 5", "chain 99 has no node")],
    "chain covered": [("--chain 99 --from 1 --to 2", "there is no chain 99")],
    "chain forget": [("--chain 99", "chain 99 was not followed")],
    "chain prove": [("nobody arena_victor", "no cluster nobody"), ("demo-busy x", "no challenge")],
    "chain verify": [("GONE", "cannot be read"), ("FILE", "is no proof")],
    "chain detach": [("--chain 99 --older-than 5", "there are no logs of the chain 99")],
    "new metric-source": [("x --table nothing", "'nothing'")],
    "new metric": [("nothing", "'nothing' is not SOURCE.METRIC")],
    "new challenge": [("x --metric a.b --category pvp_competition", "no metric a.b")],
    "new raw-table": [("pvp_matches --column a", "exists already")],
    "new decoder": [("GONE x --table y", "'x' is no signature")],
}
#: Commands without a value that could be wrong.
NO_VALUES = {
    *("audit", "settings", "db status", "db url", "db migrate", "db grant", "db distribute"),
    *("db repair-clock", "etl deploy", "etl test", "env list", "boards list", "seasons list"),
    *("rewards sums", "exclusions suspects decisions", "catalogue install", "metrics list"),
    *("tokens list", "webhooks list", "chain status", "chain decode", "chain attach"),
}
#: Commands that need no database.
WITHOUT_A_DATABASE = {
    *("init", "settings", "db start", "db stop", "db upgrade", "db url", "seeds check"),
    *("seeds format", "ci", "new metric-source", "new challenge", "new raw-table", "new decoder"),
    *("new metric", "chain verify"),
}
#: Where a command needs one and the arguments of WRONG are not enough to come so far.
RIGHT = {
    "preview": "",
    "doctor": "",
    "chain attach": "--chain 1",
    "db backup": "NEW",
    "explain": "demo-busy arena_victor",
    "sql": "SQL:select,1",
    "db restore": "DUMP --yes",
    "db buckets": "2",
    "db reset": "--yes",
    "etl full": "",
    "etl prune": "",
    "env drop": "x",
    "requests list": "",
    "requests retry": "1",
    "boards edit": "x --private",
    "boards run": "--due",
    "boards prune": "--keep 1",
    "exclusions add": "--reason x --cluster y",
    "webhooks add": "https://example.org",
    "chain follow": "",
    "chain backfill": "--chain 1",
    "chain rewind": "--chain 1 --to 5",
}
CALLS = [(name, *call) for name, calls in WRONG.items() for call in calls]


@pytest.fixture(scope="module")
def demo_url(demo_world_template: str, new_database: Callable[[str, str], str]) -> str:
    """The URL of a demo world in which a run of a board has failed."""
    return new_database("exit_statuses", demo_world_template)


@pytest.fixture
def broken(demo_url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of that run; its database is the one of the command."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", demo_url)
    with database.connect() as connection:
        (number,) = connection.execute(
            "insert into app.leaderboard_runs (leaderboard_key, status, error)"
            " values ('lb_hero_levels', 'FAILED', 'broken') returning id"
        ).fetchone()
    return number


def words(call: str, folder: Path, broken: int = 0) -> list[str]:
    """The arguments of a call, with files that are made in a folder."""
    (folder / "file").write_bytes(b"nothing")
    (folder / "cut.csv.gz").write_bytes(bytes.fromhex("1f8b0800000000000003cb"))
    named = {
        "FILE": str(folder / "file"),
        "DUMP": str(folder / "file"),
        "NEW": str(folder / "new"),
        "FOLDER": str(folder),
        "CUT.csv.gz": str(folder / "cut.csv.gz"),
        "BROKEN": str(broken),
    }
    found = []
    for word in shlex.split(call):
        if word.startswith("SQL:"):
            (folder / "query.sql").write_text(word.removeprefix("SQL:").replace(",", " "))
            word = str(folder / "query.sql")
        elif word.startswith("GONE"):
            word = str(folder / "gone" / word)
        found.append(named.get(word, word))
    return found


def test_every_command_is_in_a_table() -> None:
    named = {tuple(name.split()) for name in (*WRONG, *NO_VALUES)}
    assert named | NOT_CALLED == set(COMMANDS)
    assert not named & NOT_CALLED


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_an_unknown_option_is_a_wrong_usage(hedge: Hedge, path: tuple[str, ...]) -> None:
    if path == ("db", "psql"):
        pytest.skip("it hands its options to psql")
    status, out, _ = hedge(*path, "--no-such-option")
    assert (status, out) == (2, "")


@pytest.mark.parametrize(("name", "call", "sentence"), CALLS)
def test_what_is_refused_again_is_a_wrong_usage(
    hedge: Hedge, broken: int, tmp_path: Path, name: str, call: str, sentence: str
) -> None:
    status, out, err = hedge(*name.split(), *words(call, tmp_path, broken))
    assert (status, out) == (2, ""), err
    # the frame of typer breaks its lines
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - NOT_CALLED), ids=" ".join)
def test_a_database_that_is_away_is_a_failure(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: tuple[str, ...]
) -> None:
    """Another call of the same words can succeed."""
    name = " ".join(path)
    if name in WITHOUT_A_DATABASE:
        pytest.skip("it needs no database")
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/none")
    monkeypatch.setenv("HEDGE_CHAIN_URL_1", "http://127.0.0.1:1/")
    call = RIGHT.get(name, WRONG.get(name, [("", "")])[0][0])
    status, out, err = hedge(*path, *words(call, tmp_path))
    assert (status, out) == (1, ""), err
    assert "127.0.0.1:1" in err
    assert "secret" not in err


@pytest.mark.parametrize(
    "command",
    ["etl full", "boards list", "explain demo-busy arena_victor", "metrics list", "preview"],
)
def test_what_has_to_be_done_first_is_a_failure(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    new_database: Callable[[str, str], str],
    command: str,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("nothing_yet", "template0"))
    status, out, err = hedge(*command.split())
    assert (status, out) == (1, "")
    assert "hedge db migrate" in err


def test_a_query_that_takes_too_long_is_a_failure(
    hedge: Hedge, broken: int, tmp_path: Path
) -> None:
    file = tmp_path / "query.sql"
    file.write_text("select pg_sleep(5)")
    status, _, err = hedge("sql", str(file), "--timeout", "1")
    assert (status, err) == (1, "hedge: the query took longer than 1 s: --timeout gives it more\n")


def test_what_is_not_there_to_list_is_no_failure(
    hedge: Hedge, connection: psycopg.Connection
) -> None:
    for call in (
        *("requests list", "webhooks list", "exclusions list", "clusters merges", "env list"),
        *("tokens list", "rewards list", "chain status"),
    ):
        status, out, err = hedge(*call.split())
        assert (status, err) == (0, "")
        # a sentence, and no headings alone
        assert out.endswith(".\n"), call
