"""hedge load: what it says of each file, and its exit status."""

import json
from types import SimpleNamespace

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from cli.load import load as load_command
from hedge.errors import HedgeError, UsageError
from tests import Hedge
from tests.integration.loading import (
    ALICE,
    HEADER,
    Write,
    lines,
    match,
    stored,
)


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Run hedge load as a command: exit status, standard output and error."""
    app = typer.Typer()
    app.command()(load_command)
    result = CliRunner().invoke(app, arguments, input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_tells_what_became_of_each_file(
    connection: psycopg.Connection, write: Write
) -> None:
    good = write("good.csv", lines(HEADER, match("1")))
    bad = write("bad.csv", lines(HEADER, match("1"), *[match("2", outcome="WON")] * 7))
    status, out, err = run("pvp_matches", good, bad)
    assert status == 1
    assert out.splitlines() == [
        f"{good}: 1 read, 1 inserted, 0 updated, 0 unchanged, 0 repeated, 0 left out, 0 rejected",
        f"{bad}: 8 read, 0 inserted, 0 updated, 1 unchanged, 0 repeated, 0 left out, 7 rejected",
    ]
    rule = "outcome 'WON' breaks the rule: outcome is WIN, LOSS or DRAW"
    assert err.splitlines() == [
        *(f"{bad}:{line}: {rule}" for line in (3, 4, 5, 6, 7)),
        f"{bad}: 2 more rejects in raw.rejected_rows",
        f"{bad}: 7 of 8 rows are rejected, more than 50 % (--max-rejected, HEDGE_MAX_REJECTED)",
    ]


def test_the_command_as_json_and_strict(connection: psycopg.Connection, write: Write) -> None:
    file = write("m.csv", lines(HEADER, match("1"), match("2", outcome="WON")))
    status, out, _ = run("pvp_matches", file, "--strict", "--json")
    assert status == 1
    (summary,) = json.loads(out)
    assert (summary["table"], summary["read"], summary["inserted"]) == ("pvp_matches", 2, 0)
    assert [reject["line"] for reject in summary["rejects"]] == [3]


def test_a_file_that_is_refused_does_not_undo_those_before_it(
    hedge: Hedge, connection: psycopg.Connection, write: Write
) -> None:
    file = write("m.csv", lines(HEADER, match("1")))
    status, out, err = hedge("load", "raw.pvp_matches", file, "nowhere.csv", "--json")
    assert (status, "nowhere.csv" in err) == (2, True)
    assert [summary["inserted"] for summary in json.loads(out)] == [1]
    assert stored(connection, "match_id") == [("1",)]


def test_the_command_reads_standard_input(connection: psycopg.Connection) -> None:
    status, out, _ = run("pvp_matches", "-", stdin=lines(HEADER, match("1")))
    assert (status, out.split(",")[0]) == (0, "-: 1 read")


def test_the_command_refuses_a_wrong_table(connection: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="there is no table 'matches' to load"):
        run("matches", "-")


@pytest.mark.parametrize("is_first", [True, False])
def test_strict_fails_wherever_the_bad_file_stands_and_loads_the_others(
    connection: psycopg.Connection, write: Write, is_first: bool
) -> None:
    good = write("good.csv", lines(HEADER, match("1")))
    bad = write("bad.csv", lines(HEADER, match("2"), match("3", outcome="WON")))
    files = [bad, good] if is_first else [good, bad]
    status, out, err = run("pvp_matches", *files, "--strict")
    assert status == 1
    told = {
        good: f"{good}: 1 read, 1 inserted, 0 updated, 0 unchanged, 0 repeated, 0 left out,"
        " 0 rejected",
        bad: f"{bad}: 2 read, 0 inserted, 0 updated, 0 unchanged, 0 repeated, 0 left out,"
        " 1 rejected; nothing loaded (--strict)",
    }
    assert out.splitlines() == [told[file] for file in files]
    assert err.startswith(f"{bad}:3: ")
    assert stored(connection, "match_id") == [("1",)]


def test_without_strict_a_rejected_row_is_no_failure_and_with_it_good_files_are_none(
    connection: psycopg.Connection, write: Write
) -> None:
    good = write("good.csv", lines(HEADER, match("1")))
    bad = write("bad.csv", lines(HEADER, match("2"), match("3", outcome="WON")))
    status, out, err = run("pvp_matches", good, bad, "--json")
    assert (status, [summary["rejected"] for summary in json.loads(out)]) == (0, [0, 1])
    assert err.startswith(f"{bad}:3: ")
    assert run("pvp_matches", good, good, "--strict")[0] == 0
    assert stored(connection, "match_id") == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("rejected", "options", "environment", "status"),
    [
        (2, (), "", 0),
        (3, (), "", 1),
        (2, (), "49.9", 1),
        (3, (), "75", 0),
        (1, ("--max-rejected", "0"), "75", 1),
        (0, ("--max-rejected", "0"), "", 0),
        (3, ("--max-rejected", "74"), "75", 1),
        (4, ("--max-rejected", "100"), "", 0),
    ],
)
def test_a_file_of_which_too_many_rows_are_rejected_fails_and_its_good_rows_are_loaded(
    connection: psycopg.Connection,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    rejected: int,
    options: tuple[str, ...],
    environment: str,
    status: int,
) -> None:
    monkeypatch.setenv("HEDGE_MAX_REJECTED", environment)
    rows = [match(str(n), outcome="WON" if n < rejected else "WIN") for n in range(4)]
    broken = write("broken.csv", lines(HEADER, *rows))
    after = write("after.csv", lines(HEADER, match("after")))
    found, out, err = run("pvp_matches", broken, after, *options)
    assert found == status
    assert ("rows are rejected" in err) == (status == 1)
    assert len(out.splitlines()) == 2
    assert len(stored(connection, "match_id")) == 4 - rejected + 1


def test_a_file_without_rows_is_no_failure(connection: psycopg.Connection, write: Write) -> None:
    assert run("pvp_matches", write("m.csv", lines(HEADER)), "--max-rejected", "0")[0] == 0


def test_a_share_that_is_no_share_is_refused_before_anything_is_loaded(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_MAX_REJECTED", "half")
    with pytest.raises(UsageError, match="HEDGE_MAX_REJECTED is 'half'"):
        run("pvp_matches", write("m.csv", lines(HEADER, match("1"))))
    assert stored(connection, "match_id") == []


def test_keys_to_remove_that_are_mostly_no_keys_fail(
    connection: psycopg.Connection, write: Write
) -> None:
    run("pvp_matches", write("m.csv", lines(HEADER, match("1"))))
    keys = write("keys.csv", f"realm,match_id,wallet_address\ndfk,1,{ALICE}\n,2,\n,3,\n")
    status, _, err = run("pvp_matches", keys, "--remove")
    assert status == 1
    assert err.splitlines()[-1].startswith(f"{keys}: 2 of 3 rows are rejected")
    assert stored(connection, "match_id") == []


# -- --replace and --remove ------------------------------------------------------------------

SPAN = ("--replace", "--from", "2025-01-01", "--to", "2025-01-02")


def test_the_command_replaces_a_span_and_asks_before_it_removes_much(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [match(str(number)) for number in range(20)]
    run("pvp_matches", write("all.csv", lines(HEADER, *rows)))
    most, few = (write(f"{n}.csv", lines(HEADER, *rows[:n])) for n in (18, 16))
    status, out, err = run("pvp_matches", most, *SPAN)
    assert (status, len(stored(connection, "match_id"))) == (0, 18)
    counts = "18 read, 0 inserted, 0 updated, 18 unchanged, 0 repeated, 0 left out, 0 rejected"
    assert out == f"{most}: {counts}, 2 removed\n"
    assert err == f"{most}: 2 of 20 stored facts of the span are missing in it\n"

    with pytest.raises(HedgeError, match="nothing was loaded: 2 of 18 stored facts"):
        run("pvp_matches", few, *SPAN)
    assert len(stored(connection, "match_id")) == 18
    status, out, _ = run("pvp_matches", few, *SPAN, "--yes", "--json")
    assert (status, json.loads(out)[0]["removed"]) == (0, 2)
    assert len(stored(connection, "match_id")) == 16


def test_a_person_is_asked_on_standard_error(
    connection: psycopg.Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output is for what the command has done, also where it is read by a program."""
    monkeypatch.setattr("cli.load.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    rows = [match(str(number)) for number in range(4)]
    run("pvp_matches", write("all.csv", lines(HEADER, *rows)))
    few = write("few.csv", lines(HEADER, *rows[:2]))
    status, out, err = run("pvp_matches", few, *SPAN, stdin="y\n")
    assert (status, len(stored(connection, "match_id"))) == (0, 2)
    assert f"{few}: 2 read, " in out
    assert "Remove" not in out
    assert "Remove 2 facts? [y/N]" in err


def test_the_command_removes_and_forgets(connection: psycopg.Connection, write: Write) -> None:
    run("pvp_matches", write("all.csv", lines(HEADER, match("1"), match("2"))))
    keys = "realm,match_id,wallet_address"
    one = write("one.csv", lines(keys, f"dfk,1,{ALICE}", f"dfk,9,{ALICE}", "dfk,1,nobody"))
    status, out, err = run("pvp_matches", one, "--remove", "--reason", "a replay")
    assert (status, out) == (0, f"{one}: 3 read, 1 removed, 1 unknown, 0 repeated, 1 rejected\n")
    assert err.startswith(f"{one}:4: wallet_address 'nobody'")
    both = write("both.csv", lines(keys, f"dfk,1,{ALICE}", f"dfk,2,{ALICE}"))
    status, out, _ = run("pvp_matches", both, "--remove", "--forget")
    counts = "2 read, 1 removed, 1 unknown, 0 repeated, 0 rejected, 1 forgotten"
    assert (status, out) == (0, f"{both}: {counts}\n")
    facts = connection.execute("select fact, reason from raw.removed_facts order by key::text")
    assert facts.fetchall() == [(None, "a replay"), (None, f"named in {both}")]
    status, out, _ = run("pvp_matches", both, "--remove", "--json")
    assert json.loads(out) == [
        {"table": "pvp_matches", "file": both, "read": 2, "removed": 0, "unknown": 2}
        | {"repeated": 0, "forgotten": 0, "rejected": 0, "rejects": []}
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--remove", "--replace"], "--remove goes with neither --replace nor --strict"),
        (["--remove", "--strict"], "--remove goes with neither --replace nor --strict"),
        (["--forget"], "--forget and --reason go with --remove"),
        (["--reason", "why"], "--forget and --reason go with --remove"),
        (["--replace", "--from", "2025-01-01"], "--replace needs --from and --to"),
        (["--replace", "--to", "2025-01-01"], "--replace needs --from and --to"),
        *(
            ([*options, *remove], "--from, --to, --chain and --yes go with --replace")
            for options in (["--chain", "0"], ["--to", "2025-01-01"], ["--yes"])
            for remove in ([], ["--remove"])
        ),
        ([*SPAN, "another.csv"], "--replace takes one file"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    connection: psycopg.Connection, write: Write, options: list[str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        run("pvp_matches", write("m.csv", lines(HEADER, match("1"))), *options)
    assert stored(connection, "match_id") == []
