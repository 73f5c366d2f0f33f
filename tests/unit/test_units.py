"""Units behind numbers, and the decimals of a column."""

import csv
from decimal import Decimal

import pytest

from hedge.counting import counted, decimals
from hedge.units import FEAT, in_unit, outcome, unit_name
from tests import PROJECT

#: One of each unit of the catalogue, and of others that an analyst may write.
ONE = {
    "JEWEL": "JEWEL",
    "USD": "USD",
    "battles": "battle",
    "categories": "category",
    "claims": "claim",
    "days": "day",
    "entries": "entry",
    "feats": "feat",
    "gold": "gold",
    "heroes": "hero",
    "hunts": "hunt",
    "levels": "level",
    "matches": "match",
    "patrols": "patrol",
    "points": "point",
    "pools": "pool",
    "quests": "quest",
    "relics": "relic",
    "shells": "shell",
    "tournaments": "tournament",
    "ladders": "ladder",
    "boxes": "box",
    "classes": "class",
    "fish": "fish",
    "glass": "glass",
    FEAT: "",
}


@pytest.mark.parametrize(("unit", "one"), ONE.items())
def test_one_of_a_unit_is_singular(unit: str, one: str) -> None:
    assert in_unit(Decimal("1.000000"), unit) == in_unit(1, unit) == one
    for value in (0, 2, Decimal("0.5"), -1, None):
        assert in_unit(value, unit) == ("" if unit == FEAT else unit)


def test_every_unit_of_the_catalogue_is_tried() -> None:
    with (PROJECT / "seeds" / "metrics.csv").open() as file:
        units = {row["unit"] for row in csv.DictReader(file)}
    assert len(units) > 15
    assert units <= set(ONE)


def test_a_feat_is_named_by_its_outcome() -> None:
    assert (unit_name(FEAT), unit_name("days"), unit_name(None)) == ("done", "days", "")
    assert (outcome(1), outcome(Decimal(0)), outcome(None)) == ("done", "not yet", "not yet")
    assert (counted(1, "cluster"), counted(2400, "cluster")) == ("1 cluster", "2,400 clusters")


@pytest.mark.parametrize(
    ("values", "needed"),
    [
        ([], 0),
        ([None, 3, Decimal("4.000000")], 0),
        ([1, Decimal("2.5")], 1),
        ([Decimal("0.25"), 7.5], 2),
        ([Decimal("1.239")], 2),
        # rounded to two decimals, nothing is left
        ([Decimal("1.001"), Decimal(100)], 0),
        ([Decimal("-0.10")], 1),
    ],
)
def test_a_column_has_the_decimals_that_its_values_need(
    values: list[Decimal | None], needed: int
) -> None:
    assert decimals(values, 2) == needed
