"""The tests of Hedge."""

from pathlib import Path

#: The checkout, which is also the dbt project that the tests deploy.
PROJECT = Path(__file__).resolve().parent.parent
