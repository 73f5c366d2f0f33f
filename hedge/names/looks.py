"""How names look: the skeletons of UTS 39, which are equal for texts that look alike.

Source: https://www.unicode.org/reports/tr39/#Confusable_Detection. confusables.txt is Unicode's
file, version 15.0.0, and LICENSE.unicode its licence.
"""

import functools
import unicodedata
from pathlib import Path

import regex

_CONFUSABLES = Path(__file__).parent / "confusables.txt"
_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")


def folded(text: str) -> str:
    """A text after NFKC and case folding, by Unicode's tables and not by those of a locale."""
    composed = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFKC", composed.casefold())


def looks(name: str) -> tuple[str, str]:
    """How a name looks as it is written, and how it looks in lower case; both in lower case.

    Of two names that are mistaken for each other, one of the two is equal. The first finds I, which
    looks like l, and capitals of other scripts; the second finds small letters of other scripts.
    """
    as_written, in_lower_case = unicodedata.normalize("NFKC", name), folded(name)
    return _skeleton(as_written).casefold(), _skeleton(in_lower_case).casefold()


def _skeleton(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFD", decomposed.translate(_prototypes()))


@functools.cache
def _prototypes() -> dict[int, str]:
    """The text that stands for each character, of all that look like it."""
    prototypes = {}
    for line in _CONFUSABLES.read_text(encoding="utf-8-sig").splitlines():
        fields = line.partition("#")[0].split(";")
        if len(fields) >= 3:
            prototypes[int(fields[0], 16)] = "".join(
                chr(int(code, 16)) for code in fields[1].split()
            )
    return prototypes
