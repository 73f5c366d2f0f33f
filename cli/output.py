"""What commands print: tables and sentences for people, JSON for programs, a progress bar."""

import contextlib
import dataclasses
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from hedge.counting import decimals
from hedge.units import FEAT, in_unit, outcome

if TYPE_CHECKING:
    from hedge.analysis.calibration import Spread
    from hedge.runs import Run

console = Console()
if not console.is_terminal:
    # Output to a file or a pipe is not wrapped at the width of a terminal, so grep finds lines.
    console.width = 200
errors = Console(stderr=True)


class _UntilItIsLeft(io.FileIO):
    """A pipe that takes no more when its reader has gone: what is written then is dropped."""

    def write(self, data: Any, /) -> int:
        """See io.FileIO."""
        try:
            return super().write(data)
        except BrokenPipeError:
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), self.fileno())
            return super().write(data)


def drop_what_nobody_reads() -> None:
    """From now on, a reader of standard output that goes, such as head, is no error: the command
    does all of its work, and its exit status is that of the work."""
    out = sys.__stdout__
    if out is None or sys.stdout is not out:
        return
    pipe = io.BufferedWriter(_UntilItIsLeft(out.fileno(), "w", closefd=False))
    sys.stdout = io.TextIOWrapper(
        pipe, encoding=out.encoding, errors=out.errors, line_buffering=out.isatty()
    )


def say(text: str) -> None:
    """Print a sentence to standard output; rich markup in it is not interpreted."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """Print a sentence to standard error."""
    errors.print(text, markup=False, highlight=False, soft_wrap=True)


#: The exit status of a command whose run left something out that cannot be computed.
PARTIAL = 4


def end_of_run(run: "Run") -> None:
    """Say what a run left out, if anything, and exit with 4 then."""
    if run.state == "PARTIAL":
        complain(f"hedge: {run.error}; what rests on that keeps its values, all else was computed")
        raise typer.Exit(PARTIAL)


def print_json(value: Any) -> None:
    """Print a value, a dataclass or a list of them as JSON: dates in ISO 8601, exact numbers. NaN
    and Infinity, which are no numbers of JSON, are texts, as PostgreSQL's to_json writes them."""
    json.dump(_finite(value), sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def print_result(value: Any, sentence: str, *, as_json: bool) -> None:
    """Print a result as JSON, or the sentence that states it."""
    if as_json:
        print_json(value)
    else:
        say(sentence)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _finite(dataclasses.asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral():
        return int(value)
    return str(value)


def _finite(value: Any) -> Any:
    """A value with texts in place of the floating-point numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(Decimal(value))
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: Sequence[int] = (),
    title: str = "",
    console: Console = console,
) -> None:
    """Print rows under headings; `right` has the indexes of right-aligned columns, and `console`
    is where to print.

    Where a table is wider than the terminal, cells are broken between words. No word is cut, such
    as a key or an id that another command needs: where the words do not fit either, no cell is
    broken, and the terminal breaks the lines.
    """
    if title:
        say(title)
    table = Table(box=None, pad_edge=False)
    # a row may end before the last column
    cells = [
        ["" if cell is None else str(cell) for cell in [*row, *[""] * (len(columns) - len(row))]]
        for row in rows
    ]
    columns_of_cells = list(zip(columns, *cells, strict=True))
    widths = [max(map(cell_len, texts)) for texts in columns_of_cells]
    least = [max(map(cell_len, " ".join(texts).split()), default=0) for texts in columns_of_cells]
    room = console.width - 2 * (len(columns) - 1)
    if sum(least) <= room:
        while sum(widths) > room:
            _, _, widest = max(
                (width, -index, index) for index, width in enumerate(widths) if width > least[index]
            )
            widths[widest] -= 1
    for index, heading in enumerate(columns):
        justify: JustifyMethod = "right" if index in right else "left"
        table.add_column(heading, justify=justify, width=widths[index], overflow="fold")
    for row in cells:
        table.add_row(*row)
    table.width = sum(widths) + 2 * (len(columns) - 1)
    console.print(table, markup=False, highlight=False, crop=False)


def number(value: Decimal | int | None) -> str:
    """A number with thousands separators, without trailing zeros; empty for None."""
    return "" if value is None else f"{Decimal(value):,f}"


def column(values: Iterable[Decimal | int | None]) -> list[str]:
    """Numbers of a column, all with as many decimals as the one that has the most; empty for
    None."""
    listed = list(values)
    digits = decimals(listed, most=18)
    return ["" if value is None else f"{value:,.{digits}f}" for value in listed]


def value_of(value: Decimal | int | None, unit: str | None) -> str:
    """A value in a column of values that have different units, which stand in another column:
    done or not yet for a feat."""
    return outcome(value) if unit == FEAT and value is not None else number(value)


def value_in_unit(value: Decimal | int, unit: str) -> str:
    """A value with its unit: 1 match, 2 matches; done or not yet for a feat."""
    return f"{value_of(value, unit)} {in_unit(value, unit)}".rstrip()


def tier_name(code: str | None) -> str:
    """A tier code as a word; empty for NONE, which is below the first tier, and for None."""
    return "" if code is None or code == "NONE" else code.capitalize()


def print_spread(found: "Spread", title: str) -> None:
    """Print the percentiles and the largest value of a population under a title, which goes on with
    how many clusters it has, and as of when."""
    print_table(
        [*(f"p{one.fraction * 100:.0f}" for one in found.percentiles), "largest"],
        [[*(number(one.value) for one in found.percentiles), number(found.largest)]],
        right=range(len(found.percentiles) + 1),
        title=f"{title}, {found.clusters_above_zero} above zero, as of {instant(found.as_of)} UTC",
    )


def given_for(
    kind: str, level: int | None, first: int | None, last: int | None, board: str | None
) -> str:
    """What a reward is given for: a level, or ranks from the first to the last one of a board, or
    of the season where there is none."""
    if kind == "LEVEL":
        return f"level {level}"
    ranks = f"rank {first}" if first == last else f"ranks {first}-{last}"
    return f"{ranks} of {board or 'the season'}"


def instant(value: datetime | None) -> str:
    """An instant in UTC, as a date alone at midnight; empty for None."""
    if value is None:
        return ""
    text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return text.removesuffix(" 00:00:00")


def period(start: datetime | None, end: datetime | None) -> str:
    """A half-open period [start, end); without a start it is all time."""
    return "all time" if start is None else f"{instant(start)} to {instant(end)}"


#: Totals from here on are bytes of files, of which the share says enough.
MOST_COUNTED = 100_000


class _Count(ProgressColumn):
    """How many of the steps are done, such as 3 of 41."""

    def render(self, task: Task) -> Text:
        """The count, or nothing where the total is unknown or not one of steps."""
        if not task.total or task.total >= MOST_COUNTED:
            return Text()
        return Text(f"{task.completed:,.0f} of {task.total:,.0f}")


#: Called with a description of the current step, how much of it is done, and the total (None:
#: unknown).
Report = Callable[[str, float, float | None], None]


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """A progress bar on standard error while the block runs; none where that is no terminal."""
    if not errors.is_terminal:
        yield lambda description, done, total: None
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _Count(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def report(description: str, done: float, total: float | None) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield report
