"""What is printed for people and for programs, and how instants are read."""

import io
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from rich.console import Console

from cli import output
from cli.options import parse_instant
from hedge.errors import UsageError
from hedge.seasons import Season
from tests.support import AS_OF
from tests.unit.commands import MAY


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-01", datetime(2026, 6, 1, tzinfo=UTC)),
        ("2026-06-01T12:00", AS_OF),
        ("2026-06-01T12:00Z", AS_OF),
        ("2026-06-01T17:30+05:30", AS_OF),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


def test_what_is_no_instant_is_refused() -> None:
    """The last two are of the years 0 and 10000 in UTC, which have no answer of the database."""
    others = ("0001-01-01T00:00+14:00", "9999-12-31T23:00-02:00")
    for text in ("tomorrow", "", "2026-13-01", *others):
        with pytest.raises(UsageError, match=re.escape(f"'{text}' is not an ISO 8601 time")):
            parse_instant(text)


def test_sentences_are_plain_text_on_a_terminal_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No markup is interpreted, no number is coloured, and no line is broken."""
    sentence = "[bold]42[/bold] of 'raw.heroes' at 12:00 " + "long " * 40
    for name, write, stderr in (
        ("console", output.say, False),
        ("errors", output.complain, True),
    ):
        terminal = Console(stderr=stderr, force_terminal=True, width=80)
        monkeypatch.setattr(output, name, terminal)
        write(sentence)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (f"{sentence}\n", f"{sentence}\n")


def test_numbers_tiers_and_times_are_printed_for_people() -> None:
    assert [output.number(value) for value in (None, 0, 1234567, Decimal("-1234.5"))] == [
        *("", "0", "1,234,567", "-1,234.5")
    ]
    assert output.number(Decimal("1E+3")) == "1,000"
    assert [output.tier_name(code) for code in (None, "NONE", "MYTHIC")] == ["", "", "Mythic"]
    east = timezone(timedelta(hours=2))
    assert output.instant(datetime(2026, 6, 1, 2, tzinfo=east)) == "2026-06-01"
    assert output.instant(datetime(2026, 6, 1, 2, 0, 1, tzinfo=east)) == "2026-06-01 00:00:01"
    assert output.instant(None) == ""
    assert output.period(None, None) == "all time"
    assert output.period(*MAY) == "2026-05-01 to 2026-06-01"


def test_json_keeps_every_digit_and_every_letter(capsys: pytest.CaptureFixture[str]) -> None:
    record = Season("may", "May", *MAY)
    value = {"a": Decimal("2.0"), "b": Decimal("0.1"), "c": AS_OF, "d": "é", "e": [record]}
    output.print_json(value)
    out = capsys.readouterr().out
    assert '"a": 2,' in out
    assert '"b": "0.1"' in out
    assert '"c": "2026-06-01T12:00:00+00:00"' in out
    assert '"d": "é"' in out
    assert json.loads(out)["e"][0]["id"] == "may"
    assert out.endswith("}\n")


def test_what_is_no_number_of_json_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    """As to_json of PostgreSQL has it: JSON has neither NaN nor Infinity."""
    numbers = ["NaN", "Infinity", "-Infinity"]
    output.print_json({"a": [Decimal(one) for one in numbers], "b": [(float("nan"), 1.5)]})
    output.print_json([float(one) for one in numbers])
    first, second = capsys.readouterr().out.split("}\n")
    assert json.loads(first + "}") == {"a": numbers, "b": [["NaN", 1.5]]}
    assert json.loads(second) == numbers


def test_markup_in_what_players_write_is_not_interpreted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.say("[red]a[/red]")
    output.complain("[red]b[/red]")
    output.print_table(["[b]c[/b]"], [["[red]d[/red]"], [None]], title="[e]")
    shown = capsys.readouterr()
    assert shown.err == "[red]b[/red]\n"
    assert shown.out.splitlines()[:2] == ["[red]a[/red]", "[e]"]


def test_no_progress_is_shown_where_nobody_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress() as report:
        report("reading", 1, None)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("done", "total", "count"),
    [
        (3, 41, "3 of 41"),
        (0, 2, "0 of 2"),
        (3, None, ""),
        (5, 100_000, ""),
        (9, 99_999, "9 of 99,999"),
    ],
)
def test_progress_names_the_step_and_counts_them(
    monkeypatch: pytest.MonkeyPatch, done: float, total: float | None, count: str
) -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    monkeypatch.setattr(output, "errors", console)
    with output.progress() as report:
        report("checking [b]metrics[/b]", done, total)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.getvalue())
    assert "checking [b]metrics[/b]" in shown
    assert count in shown
    assert (" of " in shown) == bool(count)
