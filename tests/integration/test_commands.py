"""The command line: help with an example everywhere, JSON for machines, errors in one sentence."""

import json
import sys

import click
import psycopg
import pytest
import typer

from cli.main import app, main


def commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all commands below a group."""
    below = getattr(command, "commands", None)
    if below is None:
        return [path]
    return [found for name, child in below.items() for found in commands(child, (*path, name))]


COMMANDS = commands(typer.main.get_command(app))


@pytest.fixture
def hedge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command as a person does; returns exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hedge", *arguments])
        try:
            main()
            status = 0
        except SystemExit as exit:
            status = exit.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_has_an_example(hedge, path: tuple[str, ...]) -> None:
    status, out, _ = hedge(*path, "--help")
    assert status == 0
    assert "Example" in out
    assert f"hedge {' '.join(path)}" in out or f"hedge {path[0]} {path[1]}" in out


def test_all_commands_of_the_readme_exist() -> None:
    assert {
        *((("db", name)) for name in ("start", "stop", "status", "url", "migrate", "reset")),
        *((("etl", name)) for name in ("deploy", "full", "incremental", "status", "cluster")),
        *((("wallets", name)) for name in ("import", "link", "unlink")),
        ("load",),
        ("progress",),
        ("demo",),
    } <= set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["progress", "nobody"], 2, "nobody"),
        (["etl", "cluster", "demo-busy", "nobody"], 2, "nobody"),
        (["etl", "full", "--as-of", "tomorrow"], 2, "'tomorrow' is not an ISO 8601 time"),
        (["etl", "full", "--as-of", "2999-01-01"], 2, "lies in the future"),
        (["load", "pvp_match", "x.csv"], 2, "pvp_match"),
        (["load", "pvp_matches", "missing.csv"], 2, "missing.csv"),
        (["wallets", "unlink", "0x" + "12" * 20], 1, "0x" + "12" * 20),
        (["wallets", "link", "demo-idle", "0x12"], 1, "0x12"),
        (["db", "stop"], 2, "HEDGE_DATABASE_URL"),
    ],
)
def test_an_error_is_one_sentence_that_names_the_value(
    hedge, made_up: psycopg.Connection, arguments: list[str], status: int, words: str
) -> None:
    found, out, err = hedge(*arguments)
    assert (found, out) == (status, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_a_server_that_does_not_answer_is_one_sentence(hedge, monkeypatch) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/none")
    status, _, err = hedge("etl", "status")
    assert status == 1
    assert "127.0.0.1:1/none" in err
    assert "secret" not in err
    assert len(err.strip().splitlines()) == 1


def test_tables_are_missing_says_what_to_do(hedge, new_database, monkeypatch) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("empty", "template0"))
    assert "hedge db migrate" in hedge("etl", "status")[2]
    hedge("db", "migrate")
    assert "hedge etl deploy" in hedge("etl", "full")[2]


def test_progress_as_json(hedge, made_up: psycopg.Connection) -> None:
    status, out, _ = hedge("progress", "demo-busy", "--json")
    found = {row["challenge_key"]: row for row in json.loads(out)}
    assert status == 0
    assert len(found) == 52
    assert found["win_streak"]["value"] == 7
    assert found["win_streak"]["tier"] == "ADVANCED"
    assert found["win_streak"]["next_threshold"] == 10


def test_runs_as_json_and_as_a_table(hedge, made_up: psycopg.Connection) -> None:
    _, out, _ = hedge("etl", "cluster", "demo-busy", "--json")
    run = json.loads(out)
    assert (run["kind"], run["scope_size"], run["state"]) == ("CLUSTER", 1, "SUCCESS")
    assert {model["name"] for model in run["models"]} == {
        "cluster_metrics",
        "challenge_progress",
        "tier_unlocks",
    }
    _, out, _ = hedge("etl", "status", "--json")
    assert json.loads(out)[0]["run_id"] == run["run_id"]
    _, out, _ = hedge("etl", "status")
    assert "CLUSTER" in out


def test_the_four_classes_of_summoner_of_legends_are_shown(
    hedge, made_up: psycopg.Connection
) -> None:
    _, out, _ = hedge("progress", "demo-busy")
    for name in ("Dragoon", "Sage", "Spellbow", "DreadKnight"):
        assert name in out
