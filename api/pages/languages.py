"""The languages of the pages, and which one a reader gets.

A language is a folder of `locales` with catalogues of gettext: `pages.po` has the texts of
templates and modules, and `words.po`, which is optional, the words of analysts, such as names of
challenges. Both are read at the start, so a language needs no build. A text that has no translation
is shown in English.
"""

import functools
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar import Request

LOCALES = Path(__file__).parent / "locales"
#: The catalogues of a language: of the pages, and of the words of analysts.
PAGES, WORDS = "pages", "words"
#: The language of the texts in the code.
SOURCE = "en"
#: The parameter of an address, and the cookie, that name a language.
PARAMETER, COOKIE = "lang", "hedge_language"
#: The seconds for which the cookie is kept: a year.
KEPT = 31_536_000
#: A longer header Accept-Language is not read.
_LONGEST = 500
#: A language in it, with its weight.
_RANGE = re.compile(r"([a-z0-9-]+)(?:\s*;\s*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?))?")


def first_upper(text: str) -> str:
    """A text that begins with a capital; the rest stays as it is, such as USD."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Language:
    """A language by its tag (BCP 47, such as de or pt-BR), with what is translated into it."""

    tag: str
    locale: Locale
    pages: NullTranslations = field(default_factory=NullTranslations, repr=False, compare=False)
    words: NullTranslations = field(default_factory=NullTranslations, repr=False, compare=False)

    @property
    def is_source(self) -> bool:
        """Whether the texts in the code are in this language."""
        return self.tag == SOURCE

    @property
    def name(self) -> str:
        """What the language calls itself, such as Deutsch."""
        return first_upper(self.locale.get_display_name(self.locale) or self.tag)

    @property
    def direction(self) -> str:
        """The direction in which it is written: ltr or rtl."""
        return self.locale.text_direction


def path_of(tag: str, domain: str) -> Path:
    """Where the catalogue of a language is."""
    return LOCALES / tag.replace("-", "_") / "LC_MESSAGES" / f"{domain}.po"


@functools.cache
def languages() -> Mapping[str, Language]:
    """All languages by their tags, English first."""
    found = {SOURCE: Language(SOURCE, Locale.parse(SOURCE))}
    for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{PAGES}.po")):
        name = path.parent.parent.name
        tag = name.replace("_", "-")
        found[tag] = Language(
            tag, Locale.parse(name), _read(path), _read(path.with_name(f"{WORDS}.po"))
        )
    return found


def _read(path: Path) -> NullTranslations:
    """The translations of a catalogue, without those that wait for a look (fuzzy)."""
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


_current: ContextVar[Language | None] = ContextVar("language", default=None)


def current() -> Language:
    """The language of the page that is made; English outside of a request."""
    return _current.get() or languages()[SOURCE]


def use(language: Language) -> Language:
    """Make texts, numbers and times of this request in a language."""
    _current.set(language)
    return language


def use_source() -> Language:
    """Make what follows of this request in English, whoever asks."""
    return use(languages()[SOURCE])


@contextmanager
def using(tag: str) -> Iterator[Language]:
    """Texts, numbers and times in a language, for a block."""
    before = _current.set(languages()[tag])
    try:
        yield current()
    finally:
        _current.reset(before)


def chosen(request: Request[Any, Any, Any]) -> str | None:
    """The tag that the address names, where there is that language."""
    tag = request.query_params.get(PARAMETER, "")
    return tag if tag in languages() else None


def of_request(request: Request[Any, Any, Any]) -> Language:
    """The language that a reader gets: as the address says, else the cookie, else the browser."""
    known = languages()
    named = chosen(request) or request.cookies.get(COOKIE, "")
    if named in known:
        return known[named]
    return known[_accepted(request.headers.get("accept-language", "")[:_LONGEST])]


@functools.lru_cache(maxsize=1000)
def _accepted(header: str) -> str:
    """The tag of the language that the header Accept-Language (RFC 9110) likes best; of a language
    that there is not, a more general one (RFC 4647, lookup), else English."""
    known = {tag.lower(): tag for tag in languages()}
    ranges = [_range(part) for part in header.lower().split(",")]
    # sorted keeps the order of those that are liked equally
    for weight, wanted in sorted(ranges, key=lambda one: -one[0]):
        while weight > 0 and wanted:
            if wanted in known:
                return known[wanted]
            wanted = wanted.rpartition("-")[0]
    return SOURCE


def _range(part: str) -> tuple[float, str]:
    """The weight and the language of a part of the header; no weight where it is malformed."""
    found = _RANGE.fullmatch(part.strip())
    return (float(found[2] or 1), found[1]) if found else (0, "")


def message(text: str) -> str:
    """A text of the pages in the current language, with its placeholders."""
    return current().pages.gettext(text)


def messages(one: str, several: str, number: Decimal | float) -> str:
    """The form of a text for a number, with its placeholders."""
    return current().pages.ngettext(one, several, whole(number))


def gettext(text: str, /, **values: Any) -> str:
    """A text of the pages in the current language, with values in its placeholders, as %(name)s.
    The text is a literal, so that it is found when texts are collected."""
    return message(text) % values


def later(text: str) -> str:
    """A text that is translated where it is used: this only marks it."""
    return text


def word(text: str | None) -> str:
    """A text of analysts or admins in the current language."""
    # the empty text stands for the head of a catalogue
    return current().words.gettext(text) if text else ""


def words(one: str, several: str, number: Decimal | float) -> str:
    """The form of a word of analysts for a number."""
    return current().words.ngettext(one, several, whole(number))


def whole(number: Decimal | float) -> int:
    """A number by which a plural form is chosen: of 1.5 that of 2, since catalogues know no
    fractions."""
    nearest = int(number)
    return nearest if nearest == number else max(2, nearest)
