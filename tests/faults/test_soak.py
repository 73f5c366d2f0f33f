"""A short soak, and that it would notice what is wrong."""

import dataclasses
import itertools
import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.faults.comparison import Computed
from tests.faults.soak.accidents import ACCIDENTS
from tests.faults.soak.actions import ACTIONS
from tests.faults.soak.commands import Command, Commands, Trouble
from tests.faults.soak.disasters import DISASTERS
from tests.faults.soak.ending import ending, unexplained
from tests.faults.soak.running import running, steps
from tests.other_server import OLDEST

#: The clusters of these marts, tiers and boards.
COMPUTED = Computed(
    {"challenge_progress": {("a", "wins"): {"value": Decimal(5)}}},
    {("a", "wins", "BRONZE")},
    {"wins": [(1, "a", Decimal(5), None)]},
)


def test_a_seed_repeats_its_steps() -> None:
    first, again, other = (list(itertools.islice(steps(seed), 1500)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    # and everything happens
    assert {step for step, _, _ in first} == set(ACTIONS | DISASTERS | ACCIDENTS)


@pytest.mark.parametrize(
    ("planted", "line"),
    [
        (
            {"marts": {"challenge_progress": {("a", "wins"): {"value": Decimal(6)}}}},
            "challenge_progress ('a', 'wins'): value 6, not 5",
        ),
        (
            {"marts": {"challenge_progress": {}}},
            "challenge_progress ('a', 'wins') is missing",
        ),
        ({"tiers": set()}, "a tier is missing: ('a', 'wins', 'BRONZE')"),
        (
            {"tiers": COMPUTED.tiers | {("b", "wins", "BRONZE")}},
            "a tier that is not reached: ('b', 'wins', 'BRONZE')",
        ),
        ({"entries": {}}, "board wins was not computed"),
        (
            {"entries": {"wins": [(2, "a", Decimal(5), None)]}},
            "board wins has [(2, 'a', Decimal('5'), None)], not [(1, 'a', Decimal('5'), None)]",
        ),
    ],
)
def test_a_difference_is_told(planted: dict, line: str) -> None:
    assert COMPUTED.differences(COMPUTED) == []
    assert dataclasses.replace(COMPUTED, **planted).differences(COMPUTED) == [line]


def test_what_is_too_much_is_a_difference() -> None:
    more = {("a", "wins"): {"value": Decimal(5)}, ("b", "wins"): {"value": Decimal(1)}}
    planted = dataclasses.replace(COMPUTED, marts={"challenge_progress": more})
    assert planted.differences(COMPUTED) == ["challenge_progress ('b', 'wins') is too much"]


@pytest.mark.parametrize(
    ("text", "status", "sent", "in_trouble", "is_fault"),
    [
        ("", 0, None, False, False),
        ("hedge: no", 1, None, False, True),
        ("hedge: no", 1, None, True, False),
        ("hedge: no", 2, None, True, True),
        ("a\nTraceback (most recent call last):", 1, None, True, True),
        ('{"exception": "Traceback (most recent call last):"}', 0, None, False, False),
        ("a\nTraceback (most recent call last):", 143, signal.SIGTERM, False, True),
        ("hedge: cancelled", 143, signal.SIGTERM, False, False),
        ("hedge: cancelled", 143, None, False, True),
        ("", -9, signal.SIGKILL, False, False),
        ("", -9, None, True, True),
        ("hedge: address 0x1 is not linked", 2, None, False, False),
        ("hedge: address 0x1 is not linked", 1, None, False, True),
        ("1 rejected: address 0x1 is active in another cluster", 1, None, False, False),
    ],
)
def test_a_command_is_judged(
    tmp_path: Path,
    text: str,
    status: int,
    sent: signal.Signals | None,
    in_trouble: bool,
    is_fault: bool,
) -> None:
    trouble = Trouble()
    if in_trouble:
        trouble.begin()
        trouble.end()
    commands = Commands(tmp_path / "commands", trouble)
    ending = f"import os; print({text!r}, flush=True)\n" + (
        f"os.kill(os.getpid(), {-status})" if status < 0 else f"os._exit({status})"
    )
    output = tmp_path / "output"
    with output.open("w") as writing:
        process = subprocess.Popen([sys.executable, "-c", ending], stdout=writing)
    process.wait()
    commands.running.append(
        Command("a command", process, output, time.monotonic(), [sent] if sent else [])
    )
    commands.look()
    assert commands.running == []
    assert bool(commands.faults) == is_fault
    assert sum(commands.ended.values()) == (not is_fault)


@pytest.mark.parametrize(
    ("exception", "is_told"),
    [
        ("psycopg.errors.AdminShutdown: terminating connection", False),
        ("procrastinate.exceptions.ConnectorException: \n    Database error.\n", False),
        ("KeyError: 1\n\nDuring handling:\n\npsycopg.OperationalError: connection is bad", False),
        ("psycopg.OperationalError: connection is bad\nDETAIL: no\nKeyError: 1", True),
        ("hedge.errors.DatabaseAway: no connection", False),
        ("psycopg.errors.OutOfMemory: out of shared memory", False),
        ("KeyError: 'boards'", True),
        ("psycopg.errors.UndefinedColumn: no column", True),
        (None, False),
    ],
)
def test_an_exception_in_a_log_is_explained_or_told(exception: str | None, is_told: bool) -> None:
    found = unexplained(json.dumps({"event": "it failed", "exception": exception}))
    assert (found is not None) == is_told
    assert unexplained("no JSON") is None


@pytest.mark.full
@pytest.mark.parametrize(
    "binaries",
    [
        pytest.param(None, id="embedded"),
        pytest.param(
            OLDEST,
            id="15",
            marks=pytest.mark.skipif(not OLDEST.is_dir(), reason="no PostgreSQL 15 here"),
        ),
    ],
)
def test_nothing_is_lost_in_a_minute(binaries: Path | None) -> None:
    with running(seed=int(time.time()), binaries=binaries) as soak:
        soak.run(seconds=60)
        ending(soak)
        assert soak.faults == [], f"seed {soak.seed}"
        assert soak.counts["  rows of marts that were compared"] > 1000
