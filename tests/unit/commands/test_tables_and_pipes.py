"""Tables on narrow terminals, numbers in columns, and output that nobody reads any more."""

import os
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli import output
from hedge.analysis import proof_files, proofs
from hedge.units import FEAT
from tests import PROJECT, Hedge
from tests.unit.commands import Calls

KEY = "lb_tournament_monthly_wins"
ADDRESS = "0x" + "ab" * 20


def printed(width: int, *rows: list[object]) -> list[str]:
    """The lines of a table on a terminal of a width."""
    terminal = Console(file=StringIO(), force_terminal=True, width=width, color_system=None)
    output.print_table(["key", "name", "wallet"], rows, console=terminal)
    return [line.rstrip() for line in terminal.file.getvalue().splitlines()]


def test_no_word_of_a_table_is_cut() -> None:
    row = [KEY, "Tournament Victors of the Month", ADDRESS]
    # all fits
    assert len(printed(120, row)) == 2
    # the name is broken between its words
    lines = printed(82, row)
    assert KEY in lines[1]
    assert ADDRESS in lines[1]
    assert len(lines) > 2
    name = " ".join(" ".join(lines[1:]).replace(KEY, "").replace(ADDRESS, "").split())
    assert name == row[1]
    assert max(map(len, lines)) <= 82
    # the words do not fit: one line a row
    for width in (40, 79):
        lines = printed(width, row, [None, "x"])
        assert lines[1].split("  ") == [str(cell) for cell in row]
        assert len(lines) == 3


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([Decimal("100945.46"), 25612, Decimal("6012.5")], ["100,945.46", "25,612.00", "6,012.50"]),
        ([Decimal("3.000000"), 1], ["3", "1"]),
        ([Decimal("0.000001"), None], ["0.000001", ""]),
        ([], []),
    ],
)
def test_a_column_has_one_number_of_decimals(
    values: list[Decimal | None], written: list[str]
) -> None:
    assert output.column(values) == written


def test_a_value_stands_with_its_unit() -> None:
    assert output.value_in_unit(1, "heroes") == "1 hero"
    assert output.value_in_unit(Decimal("1200.5"), "USD") == "1,200.5 USD"
    assert [output.value_in_unit(value, FEAT) for value in (1, 0)] == ["done", "not yet"]
    assert output.value_of(None, FEAT) == ""


def test_a_command_whose_reader_leaves_does_all_of_its_work() -> None:
    """As in `hedge boards list | head`: no error, and what comes after the output is done."""
    work = (
        "from cli import output; import sys; output.drop_what_nobody_reads()\n"
        "for number in range(20_000): output.say(str(number))\n"
        "output.print_json({'a': 1}); print('done', file=sys.stderr); sys.exit(3)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", work],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"COLUMNS": "80"},
    )
    with process:
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b"done\n"
    assert process.returncode == 3


@pytest.mark.parametrize("options", [(), ("-o", "-")])
def test_a_proof_goes_to_standard_output(
    hedge: Hedge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    Calls().replace(monkeypatch, proofs, "prove")
    Calls().replace(monkeypatch, proof_files, "written", b"{}\n")
    monkeypatch.chdir(tmp_path)
    assert hedge("chain", "prove", "busy", "arena_victor", *options)[:2] == (0, "{}\n")
    assert not list(tmp_path.iterdir())
