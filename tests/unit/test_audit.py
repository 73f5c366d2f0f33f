"""The difference of a change of a definition, field by field."""

from decimal import Decimal
from typing import Any

from hedge.audit import DefinitionChange
from tests.support import AS_OF


def change(old: dict[str, Any], new: dict[str, Any]) -> DefinitionChange:
    return DefinitionChange(
        1, "challenge", "hero_riser", None, "changed", old, new, AS_OF, "ada", None, None
    )


def test_fields_of_fields_are_told_apart_and_what_is_equal_is_left_out() -> None:
    def rung(threshold: int, *, prestige: bool = False) -> dict[str, Any]:
        return {"threshold": threshold, "is_prestige": prestige}

    old = {"ladder": {"BASIC": rung(10), "ELITE": rung(50)}, "name": "Riser", "is_active": True}
    new = {
        "ladder": {"BASIC": rung(10), "ELITE": rung(60, prestige=True), "EXALTED": rung(99)},
        "name": "",
        "is_active": False,
    }
    assert change(old, new).differences == [
        ("is_active", "yes", "no"),
        ("ladder.ELITE.is_prestige", "no", "yes"),
        ("ladder.ELITE.threshold", "50", "60"),
        ("ladder.EXALTED.is_prestige", None, "no"),
        ("ladder.EXALTED.threshold", None, "99"),
        ("name", "Riser", ""),
    ]


def test_values_are_texts_for_a_reader() -> None:
    found = change(
        {"weight": Decimal("1.50"), "tags": ["a", "b"], "limit": None}, {"tags": [], "limit": 0}
    )
    assert found.differences == [
        ("limit", None, "0"),
        ("tags", "a, b", ""),
        ("weight", "1.50", None),
    ]
