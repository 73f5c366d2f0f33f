"""An error is an exit status and one sentence on standard error."""

import errno

import psycopg
import pytest

from cli.commands import _GROUPS
from hedge import runs
from hedge.errors import HedgeError, RunFailed, UsageError
from tests import Hedge
from tests.unit.commands import failing


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (HedgeError("it went wrong"), 1, "hedge: it went wrong"),
        (UsageError("no such thing"), 2, "hedge: no such thing"),
        (RunFailed("the full run failed: why"), 1, "hedge: the full run failed: why"),
        (
            RunFailed("the full run failed: why", ["22012"], 17),
            1,
            "hedge: the full run failed: why; hedge etl status 17 shows the run",
        ),
        (
            RunFailed("the full run failed: why", ["57014"], 17),
            1,
            "hedge: the full run failed: why; try again when the server is well;"
            " hedge etl status 17 shows the run",
        ),
        (
            psycopg.errors.QueryCanceled("canceling statement\nDETAIL: more"),
            1,
            "hedge: the database says: canceling statement",
        ),
        (psycopg.OperationalError(), 1, "hedge: the database says: OperationalError"),
        (
            OSError(errno.EROFS, "Read-only file system", "/srv/hedge/dbt"),
            1,
            "hedge: /srv/hedge/dbt: Read-only file system",
        ),
        (OSError(errno.ENOSPC, "No space left"), 1, "hedge: the operating system: No space left"),
    ],
)
def test_an_error_is_an_exit_status_and_one_sentence(
    hedge: Hedge,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    sentence: str,
    as_json: list[str],
) -> None:
    """An error of the database among them, which a program must not take for a success."""
    monkeypatch.setattr(runs, "ledger", failing(error))
    assert hedge("etl", "status", *as_json) == (status, "", f"{sentence}\n")


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("postgresql://ada@host/hedge?sslkey=/k&sslpassword=secret", "ada"),
        ("postgresql://host/hedge", "babbage"),
    ],
)
def test_a_right_that_is_missing_names_the_role(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, url: str, role: str
) -> None:
    """Also where dbt could not connect by this URL, and where libpq takes the role elsewhere."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    monkeypatch.setenv("PGUSER", "babbage")
    error = psycopg.errors.InsufficientPrivilege("permission denied for table x\nHINT: y")
    monkeypatch.setattr(runs, "ledger", failing(error))
    status, out, err = hedge("etl", "status")
    assert (status, out) == (1, "")
    assert err.startswith(f"hedge: the role {role} may not do this: permission denied for table x;")
    assert err.count("\n") == 1


def test_a_command_that_is_interrupted_ends_as_shells_expect(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "ledger", failing(KeyboardInterrupt()))
    status, out, err = hedge("etl", "status")
    assert (status, out) == (130, "")
    assert "Traceback" not in err


def test_the_name_alone_shows_the_help(hedge: Hedge) -> None:
    status, out, err = hedge()
    assert status == 2
    assert "Commands" in out + err
    assert "Missing command" not in out + err


def test_what_does_not_exist_is_a_wrong_usage(hedge: Hedge) -> None:
    status, out, err = hedge("etl", "status", "--yearly")
    assert (status, out) == (2, "")
    assert "--yearly" in err
    for group in ([], ["etl"]):
        assert hedge(*group, "nothing")[0] == 2


def test_a_command_or_option_that_is_misspelled_has_a_suggestion(hedge: Hedge) -> None:
    assert "Did you mean 'seasons'?" in hedge("saesons")[2]
    assert "Did you mean 'full'?" in hedge("etl", "ful")[2]
    assert "--as-of" in hedge("etl", "full", "--asof", "2026")[2]


@pytest.mark.parametrize("value", ["0", "many"])
def test_the_error_about_a_value_names_it(hedge: Hedge, value: str) -> None:
    status, out, err = hedge("explain", "demo-busy", "win_streak", "--limit", value)
    assert (status, out) == (2, "")
    assert "--limit" in err
    assert f"'{value}'" in err


@pytest.mark.parametrize("group", [[], *([name] for name in _GROUPS)])
def test_a_group_without_a_command_says_which_commands_it_has(
    hedge: Hedge, group: list[str]
) -> None:
    status, out, err = hedge(*group)
    assert "Usage: hedge" in out + err
    assert "Commands" in out + err
    assert "Missing command" not in out + err
    assert status in (0, 2)
