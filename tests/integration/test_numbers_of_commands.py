"""Numbers that no row, chain or list can have, given to every command that takes a number: each is
refused with a sentence, or accepted, and none reaches PostgreSQL as a parameter it refuses."""

import psycopg
import pytest

from tests import Hedge
from tests.command_line import commands

#: What is larger than an integer or a bigint of PostgreSQL, or than what Python makes days of.
NUMBERS = [-1, 2**31, 2**62, 2**62 + 1, 2**63 - 1, 2**63, 2**200]
#: Commands that load or compute a world, serve, or write files of a project.
NOT_CALLED = {("demo",), ("ci",), ("docs",), ("serve",), ("worker",), ("new", "decoder")}
#: What stands for the other arguments of a command.
WORDS = {
    **{"season": "season_1_awakening", "key": "lb_pvp_monthly_wins", "table": "heroes"},
    **{"files": "x.csv", "window": "DAILY", "category": "pvp_competition"},
    "chain": "53935",
}
#: Further words without which a command would refuse the call before it looks at a number.
MORE = {("boards", "add"): ["--metric", "onchain_pvp.wins"], ("webhooks", "replay"): ["1"]}


def _calls() -> list[tuple[str, ...]]:
    """The words of a call for each number of each command."""
    found = []
    for path, command in commands().items():
        for given in command.params:
            if given.type_descriptor.annotation not in (int, int | None, list[int] | None):
                continue
            words = [*path]
            for other in command.params:
                if other is not given and other.required:
                    is_number = other.type_descriptor.annotation is int
                    word = WORDS.get(other.name, "1" if is_number else "nobody")
                    is_option = other.param_type_name == "option"
                    words += [other.opts[0], word] if is_option else [word]
            words += MORE.get(path, [])
            is_option = given.param_type_name == "option"
            found += [
                (*words, *([f"{given.opts[0]}={number}"] if is_option else ["--", str(number)]))
                for number in NUMBERS
                if path not in NOT_CALLED
            ]
    return found


def test_every_number_is_refused_with_a_sentence_or_accepted(
    hedge: Hedge, connection: psycopg.Connection
) -> None:
    hedge("catalogue", "install")
    hedge("webhooks", "add", "https://example.org/hook")
    wrong = []
    for words in _calls():
        try:
            status, _, err = hedge(*words)
        except BaseException as error:
            status, err = 3, f"Traceback: {error!r}"
        if status not in (0, 1, 2) or "the database says" in err or "out of range" in err:
            wrong.append((*words, err[-200:]))
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("etl status", "no run"),
        ("requests retry", "no request"),
        ("rewards show", "no reward"),
        ("exclusions end", "no exclusion"),
        ("tokens revoke", "no token"),
        ("webhooks remove", "no webhook"),
    ],
)
def test_the_sentence_names_the_number(
    hedge: Hedge,
    unchanged_database: str,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    sentence: str,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", unchanged_database)
    for number in NUMBERS:
        assert hedge(*words.split(), "--", str(number)) == (2, "", f"hedge: {sentence} {number}\n")
