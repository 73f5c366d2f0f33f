"""Exclusions: a cluster, a wallet or a fact that is taken out of values, with the reason.

They are rows of app.exclusions, which the views of staging read (macros/is_counted.sql and
counts_for.sql). They are ended and never deleted.
"""

from hedge.exclusions.records import (
    Exclusion,
    NewExclusion,
    add,
    end,
    listed,
    new_exclusion,
    of_cluster,
    require_ending,
)

__all__ = [
    "Exclusion",
    "NewExclusion",
    "add",
    "end",
    "listed",
    "new_exclusion",
    "of_cluster",
    "require_ending",
]
