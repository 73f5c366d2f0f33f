"""The catalogues of the pages agree with the texts in the code, and German has all of them."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from api.pages import translating
from api.pages.languages import PAGES, WORDS, path_of
from tests import PROJECT

TAGS = translating.tags()
DOMAINS = {PAGES: translating.texts_of_pages, WORDS: translating.words_of_analysts}
#: What a text has beside words: placeholders, doubled percent signs, tags and entities.
PARTS = re.compile(r"%\(\w+\)s|%%s?|</?\w[^>]*>|&\w+;")
#: What stands outside of texts in templates and is the same in all languages.
NO_WORDS = {"Hedge", "nbsp", "0x…"}


@pytest.mark.parametrize("tag", TAGS)
def test_a_catalogue_is_as_the_command_writes_it(tag: str) -> None:
    """The catalogue has every text of the pages, and no other. That of the words of analysts may
    differ: who adds a metric source edits no catalogue."""
    written = translating.updated(tag, PAGES, DOMAINS[PAGES]())
    assert path_of(tag, PAGES).read_bytes() == written, "python -m api.pages.translating"


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_translation_waits_for_a_look(tag: str, domain: str) -> None:
    assert not [one.id for one in translating.read(tag, domain) if one.fuzzy and one.id]


def test_german_is_complete() -> None:
    """Words of analysts may be without a translation: a new challenge needs no translation."""
    assert "de" in TAGS
    assert not [one.id for one in translating.missing(translating.read("de", PAGES))]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_has_the_parts_of_its_text(tag: str, domain: str) -> None:
    catalog = translating.read(tag, domain)
    faults = [f"{one.id}: {fault}" for one in catalog if one.id for fault in faults_of(one)]
    assert not faults, "\n".join(faults)
    assert not [one.id for one in catalog if one.id and not has_all_forms(one, catalog)]


def faults_of(one: Message) -> Iterator[str]:
    """Forms of a translation whose placeholders or tags are not those of the text."""
    ids = [one.id] if isinstance(one.id, str) else list(one.id)
    forms = [one.string] if isinstance(one.string, str) else list(one.string or ())
    wanted = sorted(PARTS.findall(ids[-1]))
    if sorted(PARTS.findall(ids[0])) != wanted:
        yield "both forms of the text have other parts"
    for form in filter(None, forms):
        if sorted(PARTS.findall(form)) != wanted:
            yield f"{form} has {sorted(PARTS.findall(form))}, not {wanted}"


def has_all_forms(one: Message, catalog: Catalog) -> bool:
    """Whether a translation has all plural forms of the language, or none."""
    if isinstance(one.string, str) or not one.string:
        return isinstance(one.id, str)
    return len(one.string) == catalog.num_plurals and len({bool(form) for form in one.string}) == 1


def test_no_template_of_readers_has_a_text_that_is_not_marked() -> None:
    """Outside of expressions and tags, a template has no word."""
    found = []
    for path in sorted((PROJECT / "api" / "pages" / "templates").glob("*.html")):
        # what only admins read is English
        if path.name.startswith("admin_") or path.name == "freshness.html":
            continue
        text = path.read_text()
        text = re.sub(r"\{% macro admin_nav.*?endmacro %\}", "", text, flags=re.DOTALL)
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        labels = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*[A-Za-z][^"]*)"', text)
        text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
        found += [
            f"{path.name}: {word}"
            for word in (*labels, *re.findall(r"[A-Za-z]{2,}", text))
            if word not in NO_WORDS
        ]
    assert not found


def test_no_template_gives_the_name_of_gettext_to_something_else() -> None:
    """In a loop over `_`, each text would be looked up in a value."""
    for path in sorted((PROJECT / "api" / "pages" / "templates").glob("*.html")):
        named = re.findall(r"\{%-? *(?:for|set) +([^%]*?)(?: in |=)", path.read_text())
        assert not [names for names in named if re.search(r"\b_\b", names)], path.name
