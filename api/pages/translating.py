"""Collects the texts of the pages and keeps the catalogues of languages (docs/translating.md).

python -m api.pages.translating              bring all catalogues up to date
python -m api.pages.translating --new fr     begin a language
python -m api.pages.translating --check      list texts without a translation; nothing is written
"""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from api.pages.languages import LOCALES, PAGES, SOURCE, WORDS, path_of
from api.pages.texts import metric_name
from hedge import units
from hedge.analysis.between import CAUSES
from hedge.errors import UsageError

_FOLDER = Path(__file__).parent
_PROJECT = _FOLDER.parent.parent
#: The sentences that the command line has, too: about a difference, and about completeness.
_DIFFERENCES = _PROJECT / "hedge" / "analysis" / "between.py"
_COMPLETENESS = _PROJECT / "hedge" / "completeness.py"
#: The functions whose first arguments are texts, and which of them.
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "later", "message"), None),
    **dict.fromkeys(("ngettext", "messages"), (1, 2)),
}
#: The options by which api/pages/rendering.py makes the engine, as babel_extract reads them.
_OPTIONS = {
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
#: What of the files of analysts is shown: the columns, and how their texts are found.
SEEDS = {
    "seeds/categories.csv": ("name",),
    "seeds/challenges.csv": ("name", "description"),
    "seeds/challenge_tiers.csv": ("display_name",),
    "seeds/metrics.csv": ("definition",),
    "hedge/catalogue/leaderboard_defs.csv": ("name", "description"),
    "hedge/catalogue/seasons.csv": ("name",),
}
#: The macro that has the reasons for which facts of every metric are excluded, and how they stand
#: in it.
_EXCLUDED, _REASON = "macros/evidence/excluded_facts.sql", re.compile(r"then '([^']+)'")
#: What the queries of the pages say of values that no metric has, by the file.
OF_QUERIES: dict[str, tuple[str | tuple[str, str], ...]] = {
    "api/sql/page_challenges.sql": ("No tier yet",),
    "api/sql/page_cluster_boards.sql": (("ladder", "ladders"), ("point", "points")),
    "api/sql/page_board_keys.sql": (
        ("ladder", "ladders"),
        ("point", "points"),
        "Total score",
        "Points of the season, over its challenges by their weights",
        "Tiers reached divided by tiers of the ladder, summed over all challenges with two tiers or"
        " more",
    ),
}
#: A text, the file that it is from, and where it counts something its plural.
Text = tuple[str | tuple[str, str], str]


def texts_of_pages() -> Catalog:
    """The texts of templates and modules of the pages, without translations. Pages of admins are in
    English."""
    found: list[Text] = []
    for path in sorted(_FOLDER.glob("templates/*.html")):
        if not path.name.startswith("admin_"):
            found += _in_file(path, babel_extract)
    for path in (*sorted(_FOLDER.glob("*.py")), _DIFFERENCES, _COMPLETENESS):
        found += _in_file(path, "python")
    found += ((text, _place(_DIFFERENCES)) for text in CAUSES.values())
    return _catalog(PAGES, found)


def _in_file(path: Path, method: object) -> Iterator[Text]:
    """The texts of a file. A comment that begins with `For translators:` stands above its text."""
    with path.open("rb") as file:
        for found in extract(method, file, KEYWORDS, (), _OPTIONS):  # type: ignore[arg-type]
            text = found[1]
            yield (text if isinstance(text, str) else (text[0], text[1])), _place(path)


def words_of_analysts() -> Catalog:
    """The names, descriptions, definitions and units of seeds and of first boards and seasons, what
    facts are called, and why some are excluded."""
    found: list[Text] = []
    for name, columns in SEEDS.items():
        found += ((row[column], name) for row in _rows(name) for column in columns if row[column])
    for row in _rows("seeds/metrics.csv"):
        unit = row["unit"]
        found.append((metric_name(row["metric_key"]), "seeds/metrics.csv"))
        if unit != units.FEAT:
            found.append(((units.in_unit(1, unit), unit), "seeds/metrics.csv"))
    for row in _rows("hedge/catalogue/seasons.csv"):
        # the name of the points of a season, where a board ranks by them
        found.append((metric_name(row["id"]), "hedge/catalogue/seasons.csv"))
    found += ((text, name) for name, texts in OF_QUERIES.items() for text in texts)
    for path in sorted((_PROJECT / "models").rglob("*.yml")):
        words = _words_of_facts(yaml.safe_load(path.read_text(encoding="utf-8")))
        found += ((word, _place(path)) for word in words)
    reasons = _REASON.findall((_PROJECT / _EXCLUDED).read_text(encoding="utf-8"))
    found += ((reason, _EXCLUDED) for reason in reasons)
    return _catalog(WORDS, found)


def _words_of_facts(part: object) -> Iterator[str]:
    """What the description of a model calls its facts, and the reasons for which it passes over
    some."""
    if isinstance(part, dict):
        if isinstance(part.get("facts"), dict):
            yield part["facts"]["what"]
        if isinstance(part.get("passes_over"), dict):
            yield from part["passes_over"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _words_of_facts(one)


def _rows(name: str) -> list[dict[str, str]]:
    with (_PROJECT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _place(path: Path) -> str:
    return str(path.relative_to(_PROJECT))


def _catalog(domain: str, texts: Iterable[Text]) -> Catalog:
    """A catalogue without translations; of each text, the files that have it."""
    catalog = Catalog(project="Hedge", domain=domain, fuzzy=False)
    for text, place in texts:
        catalog.add(text, locations=[(place, 0)])
    return catalog


def read(tag: str, domain: str) -> Catalog:
    """The catalogue of a language, which is empty where there is no file."""
    path = path_of(tag, domain)
    locale = Locale.parse(tag.replace("-", "_"))
    if not path.exists():
        return Catalog(locale, domain, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale, domain, abort_invalid=True)


def updated(tag: str, domain: str, texts: Catalog) -> bytes:
    """The file of a catalogue with all texts, translated or not. What is no text any more is left
    out: git has it."""
    catalog = read(tag, domain)
    # a translation of another text is not guessed
    catalog.update(texts, no_fuzzy_matching=True, keep_user_comments=True)
    written = io.BytesIO()
    # without a head that changes with each run, and lines that change with each edit
    write_po(
        written, catalog, width=96, ignore_obsolete=True, include_lineno=False, omit_header=True
    )
    return _head(catalog).encode() + written.getvalue()


def _head(catalog: Catalog) -> str:
    """The entry by which programs know how to read the file."""
    return (
        f"# {catalog.locale_identifier}: {catalog.domain} of Hedge (docs/translating.md).\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )


def missing(catalog: Catalog) -> list[Message]:
    """The texts of a catalogue that are not translated, in all plural forms."""
    return [one for one in catalog if one.id and not _is_whole(one, catalog.num_plurals)]


def _is_whole(one: Message, forms: int) -> bool:
    if one.fuzzy:
        return False
    if isinstance(one.string, str) or not one.string:
        return bool(one.string)
    return len(one.string) == forms and all(one.string)


def tags() -> list[str]:
    """The languages that have a folder."""
    return sorted(path.parent.name.replace("_", "-") for path in LOCALES.glob("*/LC_MESSAGES"))


def main(arguments: list[str]) -> int:
    """Update, begin or check catalogues; 1 where the check finds that one is not as it would be
    written."""
    if not (_PROJECT / "seeds").is_dir():
        raise UsageError(f"{_PROJECT} has no seeds: call this with a checkout of the project")
    chosen, is_check = tags(), arguments == ["--check"]
    if arguments and arguments[0] == "--new" and len(arguments) == 2:
        chosen = [_new(arguments[1])]
    elif arguments and not is_check:
        raise UsageError(__doc__.partition("\n\n")[2].rstrip() if __doc__ else "")
    is_late = False
    for tag in chosen:
        for domain, texts in ((PAGES, texts_of_pages()), (WORDS, words_of_analysts())):
            path, file = path_of(tag, domain), updated(tag, domain, texts)
            is_late |= not path.exists() or path.read_bytes() != file
            if not is_check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file)
            untranslated = missing(read_po(io.BytesIO(file), tag.replace("-", "_")))
            print(f"{tag} {domain}: {len(texts)} texts, {len(untranslated)} without a translation")
            for one in untranslated:
                text = one.id if isinstance(one.id, str) else one.id[0]
                print(f"  {', '.join(sorted({place for place, _ in one.locations}))}: {text}")
    return int(is_check and is_late)


def _new(tag: str) -> str:
    """The tag of a language that is begun; of one that there is, or that CLDR does not know, an
    error."""
    try:
        Locale.parse(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise UsageError(f"'{tag}' is not a language, such as fr or pt-BR") from error
    if tag == SOURCE or tag in tags():
        raise UsageError(f"the language {tag} is there already")
    return tag


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UsageError as error:
        sys.exit(str(error))
