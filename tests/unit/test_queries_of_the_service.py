"""Named queries as the service sends them: without comments and indentation, else whole."""

from pathlib import Path

import pytest
import sqlglot

from api.database import query
from hedge import settings

PROJECT = settings.PACKAGED_PROJECT
CODE = "".join(file.read_text() for file in PROJECT.glob("api/**/*.py"))
FILES = [
    *PROJECT.glob("api/sql/*.sql"),
    *(file for file in PROJECT.glob("hedge/sql/*.sql") if f'"{file.stem}"' in CODE),
]


def tokens(text: str) -> list[tuple[str, str]]:
    """The words and literals of a query, without comments."""
    return [(one.token_type.name, one.text) for one in sqlglot.tokenize(text, read="postgres")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_query_is_sent_with_all_of_its_words(file: Path) -> None:
    """A literal of several lines would lose its spaces."""
    sent = query(file.stem)
    assert tokens(sent) == tokens(file.read_text())
    assert not any(line.startswith(("--", " ")) for line in sent.splitlines())


def test_the_driver_remembers_the_query_of_progress() -> None:
    """It does so up to 4,096 characters."""
    assert len(query("cluster_progress")) <= 4096
