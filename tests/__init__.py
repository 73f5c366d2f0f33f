"""The tests of Hedge."""

from collections.abc import Callable
from pathlib import Path

#: The checkout, which is also the dbt project that the tests deploy.
PROJECT = Path(__file__).resolve().parent.parent

#: Runs the command hedge with arguments; returns its exit status, output and errors.
Hedge = Callable[..., tuple[int, str, str]]
