"""Units of metrics in words, for pages and commands.

A unit is a plural, such as matches, or a name that has none, such as USD.
"""

from decimal import Decimal

#: The unit of a metric that is 1 where something is done, else 0.
FEAT = "true as 1"
#: Endings of plurals, and what the singular has in their place; the first that fits.
_ENDINGS = (
    ("ies", "y"),
    *((f"{hissing}es", hissing) for hissing in ("ch", "sh", "ss", "x", "o")),
    ("ss", "ss"),
    ("s", ""),
)


def in_unit(value: Decimal | float | None, unit: str | None) -> str:
    """The unit as it stands behind a value: 1 match, 2 matches, 1 USD; empty for a feat, whose
    value says it all (see outcome)."""
    if unit is None or unit == FEAT:
        return ""
    if value == 1:
        for ending, singular in _ENDINGS:
            if unit.endswith(ending):
                return unit.removesuffix(ending) + singular
    return unit


def unit_name(unit: str | None) -> str:
    """The unit alone, as a heading has it: matches; for a feat, what 1 stands for."""
    return "done" if unit == FEAT else unit or ""


def outcome(value: Decimal | float | None) -> str:
    """The value of a feat in words."""
    return "done" if value else "not yet"
