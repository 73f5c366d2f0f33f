"""Exclusions: a cluster, a wallet or a fact that is taken out of values, with the reason.

They are rows of app.exclusions, which the views of staging read (macros/is_counted.sql and
counts_for.sql). They are ended and never deleted.

records   the rows of app.exclusions
moves     who would move: the records of a preview
previews  the previews that admins have asked for, which a worker computes
suspects  what the rules of models/suspects propose, and what is decided about it
"""

from hedge.exclusions import previews, suspects
from hedge.exclusions.records import (
    Exclusion,
    NewExclusion,
    add,
    are_readable,
    end,
    key_of_fact,
    listed,
    new_exclusions,
    of_cluster,
    one,
    require_ending,
)

__all__ = [
    "Exclusion",
    "NewExclusion",
    "add",
    "are_readable",
    "end",
    "key_of_fact",
    "listed",
    "new_exclusions",
    "of_cluster",
    "one",
    "previews",
    "require_ending",
    "suspects",
]
