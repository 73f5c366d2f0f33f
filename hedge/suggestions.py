"""Suggestions for names that do not exist: the known name that is spelled most like one."""

import difflib
from collections.abc import Iterable

#: How alike two names must be, of 1.
LEAST_LIKENESS = 0.6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a name, without regard to case; None where none is."""
    by_folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=LEAST_LIKENESS)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean wins?`, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found else ""
