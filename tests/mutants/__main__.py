"""Plant a sample of mistakes and report those that no test notices (`make mutants`)."""

import json
import os
import queue
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer

from tests import PROJECT, prepared_server
from tests.mutants.mistakes import Key, Mistake
from tests.mutants.nearest import NEAREST, modules_of, nearest_first
from tests.mutants.recording import Record
from tests.mutants.sample import PARTS, equivalent, sample
from tests.mutants.workshop import NO_END, Workshop

#: Where a session of tests keeps the prepared server, which is built only where it is missing.
KEPT = PROJECT / ".pytest_cache" / "d" / "prepared-server"


def main(
    size: Annotated[int, typer.Option(help="How many mistakes are planted.")] = 300,
    seed: Annotated[int, typer.Option(help="Which sample.")] = 1,
    part: Annotated[
        list[str] | None, typer.Option(help=f"Parts of the product: {', '.join(PARTS)}.")
    ] = None,
    workers: Annotated[int, typer.Option(help="How many are tried at once.")] = 2,
    require: Annotated[float, typer.Option(help="The least score in percent.")] = 95,
    record: Annotated[
        Path | None, typer.Option(help="A file of outcomes; those in it are not tried again.")
    ] = None,
    coverage: Annotated[
        Path | None,
        typer.Option(help="Coverage's data of all tests, with the file durations beside it."),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Print the sample only.")] = False,
) -> None:
    """Plant mistakes one at a time, and pass the tests that could notice them."""
    mistakes = list(sample(size, seed, part or list(PARTS)))
    if only_list:
        for mistake in mistakes:
            typer.echo(_described(mistake))
        return
    reasons = equivalent()
    known = _recorded(record)
    if record is not None:
        record.parent.mkdir(parents=True, exist_ok=True)
    executed = coverage and Record(PROJECT, coverage, coverage.with_name("durations"))
    noticed: dict[Mistake, str] = {}
    survivors: list[Mistake] = []
    with tempfile.TemporaryDirectory(prefix="hedge-mutants-") as folder:
        workshops = _workshops(Path(folder), workers)

        def noticed_by(mistake: Mistake) -> tuple[str | None, float]:
            """What notices a mistake, and the seconds until it did."""
            if mistake.key in known:
                return known[mistake.key], 0.0
            workshop = workshops.get()
            began = time.monotonic()
            try:
                outcome = workshop.noticed_by(mistake, *_tests(mistake, executed))
            finally:
                workshops.put(workshop)
            _write(record, mistake, outcome)
            return outcome, time.monotonic() - began

        def failures(tests: list[str]) -> set[str]:
            """Those of some tests that fail without a mistake."""
            workshop = workshops.get()
            try:
                return workshop.failures_without_mistake(tests)
            finally:
                workshops.put(workshop)

        tried = [mistake for mistake in mistakes if mistake.key not in reasons]
        with ThreadPoolExecutor(workers) as executor:
            started = {executor.submit(noticed_by, mistake): mistake for mistake in tried}
            for done in as_completed(started):
                mistake, (test, seconds) = started[done], done.result()
                typer.echo(f"{'noticed' if test else 'survived':10} {_described(mistake)}")
                if test:
                    typer.echo(f"{'':11}by {test}")
                    noticed[mistake] = test
                else:
                    survivors.append(mistake)
                typer.echo(f"{'':11}after {seconds:.0f} s")
            typer.echo("the tests that noticed, without a mistake ..")
            again = sorted({test for test in noticed.values() if test.startswith("tests/")})
            parts = [again[first::workers] for first in range(workers)]
            failing = set().union(*executor.map(failures, parts))
    # Where many things run at once, right code may take as long as that.
    doubtful = [
        mistake for mistake, test in noticed.items() if test in failing or test.startswith(NO_END)
    ]
    count = len(noticed) - len(doubtful)
    score = 100 * count / len(tried) if tried else 100.0
    typer.echo(
        f"\nseed {seed}: {count} of {len(tried)} mistakes were noticed"
        f" ({score:.1f} %), {len(mistakes) - len(tried)} change nothing"
    )
    for mistake in survivors:
        typer.echo(f"survived: {_described(mistake)}")
    for mistake in doubtful:
        reason = noticed[mistake] + (" fails anyhow" if noticed[mistake] in failing else "")
        typer.echo(f"not counted, {reason}: {_described(mistake)}")
    if score < require:
        raise typer.Exit(1)


def _tests(mistake: Mistake, executed: Record | None) -> list[list[str]]:
    """The tests that could notice a mistake, in groups of which the first is tried first: those
    that execute its line, where that is known; otherwise the modules of the areas of its file, and
    of those that are not near it only the quick ones, where durations are known."""
    if executed is not None:
        tests = executed.tests_of(mistake.file, mistake.line)
        if tests is not None:
            return [tests]
    ordered = nearest_first(mistake, modules_of(mistake.file))
    others = ordered[NEAREST:]
    return [ordered[:NEAREST], executed.quick_first(others) if executed else others]


def _described(mistake: Mistake) -> str:
    return (
        f"{mistake.file}:{mistake.line} {mistake.rule}\n"
        f"{'':11}- {mistake.before}\n{'':11}+ {mistake.after}"
    )


def _workshops(folder: Path, number: int) -> "queue.Queue[Workshop]":
    """Copies of the project, and one prepared server for all of them."""
    prepared = folder / "prepared"
    prepared.mkdir()
    prepared_server.copy_to(prepared, KEPT)
    if os.geteuid() == 0:
        # The owner of the data is another account, which must reach it.
        folder.chmod(0o755)
    found: queue.Queue[Workshop] = queue.Queue()
    for index in range(number):
        (folder / str(index)).mkdir()
        found.put(Workshop(folder / str(index), prepared))
    return found


def _recorded(record: Path | None) -> dict[Key, str | None]:
    if record is None or not record.exists():
        return {}
    rows = map(json.loads, record.read_text().splitlines())
    return {
        (row["file"], row["before"], row["after"], row["place"]): row["noticed_by"] for row in rows
    }


def _write(record: Path | None, mistake: Mistake, noticed_by: str | None) -> None:
    if record is not None:
        row = {
            "file": mistake.file,
            "line": mistake.line,
            "rule": mistake.rule,
            "before": mistake.before,
            "after": mistake.after,
            "place": mistake.place,
            "noticed_by": noticed_by,
        }
        with record.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    typer.run(main)
