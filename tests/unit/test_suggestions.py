"""Suggestions for names that do not exist."""

import pytest

from hedge.suggestions import did_you_mean, nearest

KNOWN = ["arena_victor", "arena_challenger", "hero_riser", "Mixed Case"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("arena_victr", "arena_victor"),
        ("ARENA_VICTOR", "arena_victor"),
        ("heroriser", "hero_riser"),
        ("mixed case", "Mixed Case"),
        ("fishing", None),
        ("", None),
    ],
)
def test_the_name_that_is_spelled_most_alike_is_suggested(name: str, found: str | None) -> None:
    assert nearest(name, KNOWN) == found
    assert did_you_mean(name, iter(KNOWN)) == (f"; did you mean {found}?" if found else "")


def test_nothing_is_suggested_where_nothing_is_known() -> None:
    assert did_you_mean("arena", []) == ""
