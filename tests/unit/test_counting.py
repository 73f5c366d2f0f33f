"""Numbers of things in sentences."""

import pytest

from hedge.counting import counted


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (2400, ("entry", "entries"), "2,400 entries"),
        (1, ("row counts", "rows count"), "1 row counts"),
    ],
)
def test_one_is_singular_and_thousands_are_separated(
    number: int, words: tuple[str, ...], expected: str
) -> None:
    assert counted(number, *words) == expected
