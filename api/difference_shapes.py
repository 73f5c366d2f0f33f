"""The body of what makes the difference between what was said at two instants."""

from datetime import datetime
from typing import Any, Literal

from api.shape import Number, Shape
from api.shapes import camel
from hedge.analysis.between import Cause, Difference


class Said(Shape, kw_only=True):
    """What was said at an instant: the value of the last change until then, found by a run as of
    as_of; null before the first."""

    instant: datetime
    value: Number
    value_text: str = ""
    tier: str
    tier_name: str
    as_of: datetime | None
    run_id: int | None
    definitions: str | None


class DifferencePart(Shape, kw_only=True):
    """What a cause adds to the difference, and by how many facts."""

    cause: Cause
    amount: Number
    amount_text: str = ""
    facts: int


class ChangedFact(Shape, kw_only=True):
    """A fact that makes a part of the difference."""

    cause: Cause
    amount: Number
    amount_text: str = ""
    occurred_at: datetime | None
    what: str
    natural_key: dict[str, Any]


class ChangedLink(Shape):
    """A wallet that was linked or unlinked in between."""

    happened_at: datetime
    change: Literal["linked", "unlinked"]
    address: str


class ChangedExclusion(Shape):
    """An exclusion that began or ended in between."""

    happened_at: datetime
    change: Literal["begun", "ended"]
    exclusion_id: int
    subject: str
    target: str
    reason: str


class ValueDifference(Shape, kw_only=True):
    """What was said before and after, and the parts, which add up to the difference. Of a metric
    that is no sum of events, facts are all that differs by what is known now."""

    cluster_id: str
    challenge_key: str
    challenge: str
    unit: str
    before: Said
    after: Said
    difference: Number
    difference_text: str = ""
    is_described: bool
    is_complete: bool
    is_sum: bool
    rules_changed: bool | None
    parts: list[DifferencePart]
    links: list[ChangedLink]
    exclusions: list[ChangedExclusion] | None
    facts: list[ChangedFact]


def of_difference(found: Difference) -> ValueDifference:
    """A difference as a body; the column names in natural keys become camelCase, too."""
    said = {
        name: Said(**{field: one for field, one in vars(end).items() if field in _SAID})
        for name, end in (("before", found.before), ("after", found.after))
    }
    fields = {name: one for name, one in vars(found).items() if name in _FIELDS}
    return ValueDifference(
        **fields
        | said
        | {
            "parts": [DifferencePart(**vars(part)) for part in found.parts],
            "links": [ChangedLink(**vars(link)) for link in found.links],
            "exclusions": None
            if found.exclusions is None
            else [ChangedExclusion(**vars(one)) for one in found.exclusions],
            "facts": [
                ChangedFact(
                    **vars(fact)
                    | {"natural_key": {camel(k): one for k, one in fact.natural_key.items()}}
                )
                for fact in found.facts
            ],
        }
    )


_SAID = Said.__struct_fields__
_FIELDS = ValueDifference.__struct_fields__
