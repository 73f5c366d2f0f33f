"""Languages of pages: which one a reader gets, and numbers, days and plurals in it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from api.pages import languages, translating
from api.pages.countdown import remaining
from api.pages.languages import using, whole
from api.pages.texts import complete, in_unit, metric_name, ngettext, number, percent, unit_name
from api.pages.times import day, exact, last_day, period, shown_period, until, when
from hedge.errors import UsageError
from hedge.units import FEAT


@pytest.fixture
def other_languages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder of languages: French begun, Brazilian Portuguese with one text, German as it is."""
    (tmp_path / "de").symlink_to(languages.LOCALES / "de")
    for name, text in (("fr", ""), ("pt_BR", "Ranques")):
        catalog = Catalog(name, "pages", fuzzy=False)
        catalog.add("Boards", text)
        path = tmp_path / name / "LC_MESSAGES" / "pages.po"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_po(file, catalog)
    monkeypatch.setattr(languages, "LOCALES", tmp_path)
    for cached in (languages.languages, languages._accepted):
        cached.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    for cached in (languages.languages, languages._accepted):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("ja,de;q=0.5", "de"),
        ("ja", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("en;q=0.4, de;q=0.7", "de"),
        ("pt-BR", "pt-BR"),
        ("pt-br-x-foo;q=1.000", "pt-BR"),
        # there is no Portuguese of Portugal
        ("pt-PT, de;q=0.1", "de"),
        ("FR", "fr"),
        ("de;q=2,fr;q=x", "en"),
        (",;q=1,é", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(
    other_languages: Path, header: str, tag: str
) -> None:
    assert languages._accepted(header) == tag


def test_a_language_is_added_by_one_file(other_languages: Path) -> None:
    """What it lacks is English; the words of analysts may lack altogether."""
    assert list(languages.languages()) == ["en", "de", "fr", "pt-BR"]
    with using("pt-BR") as found:
        assert (found.name, found.direction) == ("Português (Brasil)", "ltr")
        assert languages.gettext("Boards") == "Ranques"
        assert languages.gettext("Season") == "Season"
        assert languages.word("Arena Victor") == "Arena Victor"
        assert number(Decimal("1234.5")) == "1.234,5"
    with using("fr"):
        assert languages.gettext("Boards") == "Boards"
        assert number(Decimal("1234567.5")) == "1\N{NARROW NO-BREAK SPACE}234\u202f567,5"
        assert ngettext("%(num)s player", "%(num)s players", 2) == "2 players"
    assert languages.current().tag == "en"


def test_a_language_that_is_begun_has_all_texts_and_no_translation(
    other_languages: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translating, "LOCALES", other_languages)
    assert translating.main(["--new", "pl"]) == 0
    said = capsys.readouterr().out
    texts = translating.texts_of_pages()
    assert f"pl pages: {len(texts)} texts, {len(texts)} without a translation" in said
    assert "Skip to the content" in said
    written = translating.read("pl", "pages")
    # the plural forms of CLDR: one, few, many
    assert written.num_plurals == 3
    assert {one.id for one in written} == {one.id for one in texts}
    for tag, fault in (("pl", "the language pl is there already"), ("en", "there already")):
        with pytest.raises(UsageError, match=fault):
            translating.main(["--new", tag])
    with monkeypatch.context() as patch:
        patch.setattr(translating, "_PROJECT", other_languages)
        with pytest.raises(UsageError, match=f"^{other_languages} has no seeds: call this with a"):
            translating.main(["--check"])
    with pytest.raises(UsageError, match="'klingonisch' is not a language, such as fr or pt-BR"):
        translating.main(["--new", "klingonisch"])


def test_a_translation_of_a_text_that_has_changed_is_not_kept(
    other_languages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = languages.path_of("pt-BR", "pages")
    texts = Catalog()
    texts.add("Boards of all")
    assert b"Ranques" not in translating.updated("pt-BR", "pages", texts)
    texts.add("Boards")
    assert b'msgid "Boards"\nmsgstr "Ranques"' in translating.updated("pt-BR", "pages", texts)
    assert b"Boards of all" not in path.read_bytes()


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 2, "\N{EN DASH}"),
        (0, 2, "0"),
        (1234567, 2, "1.234.567"),
        (Decimal("0.126"), 2, "0,13"),
        (Decimal("10.10"), 2, "10,1"),
        (Decimal("-3.25"), 1, "-3,2"),
        (Decimal("0.000001"), 6, "0,000001"),
        (99.6, 0, "100"),
        (10**40 + 1, 2, "10" + ".000" * 12 + ".001"),
        (Decimal(f"{'9' * 40}.127"), 2, "9" + ".999" * 13 + ",13"),
        (Decimal(f"0.{'1' * 28}"), 40, f"0,{'1' * 28}"),
    ],
)
def test_a_number_is_exact_in_every_language(
    value: Decimal | float | None, digits: int, text: str
) -> None:
    with using("de"):
        assert number(value, digits) == text


def test_numbers_with_their_signs_are_german() -> None:
    with using("de"):
        assert number(Decimal("0.5"), fixed=2) == "0,50"
        assert percent(Decimal("0.0421")) == "4,2\N{NO-BREAK SPACE}%"
        assert percent(Decimal("0.00001")) == "weniger als 0,01\N{NO-BREAK SPACE}%"
        assert ngettext("%(num)s player", "%(num)s players", 2400) == "2.400 Spieler"
        assert [in_unit(one, "matches") for one in (0, 1, Decimal("1.5"), None)] == [
            "Kämpfe",
            "Kampf",
            "Kämpfe",
            "Kämpfe",
        ]
        assert in_unit(2, "a new unit") == "a new unit"
        assert [in_unit(1, one) for one in (FEAT, None, "")] == ["", "", ""]
        assert [unit_name(one) for one in ("USD", FEAT, None)] == ["USD", "geschafft", ""]
        assert metric_name("onchain_pvp.best_win_streak") == "Beste Serie"


@pytest.mark.parametrize(
    ("number", "chosen"),
    [(1, 1), (0, 0), (2, 2), (Decimal("1.0"), 1), (1.5, 2), (0.5, 2), (7.2, 7), (-1.5, 2)],
)
def test_a_fraction_has_a_plural(number: Decimal | float, chosen: int) -> None:
    assert whole(number) == chosen


def test_days_and_times_are_german_and_say_utc() -> None:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    with using("de"):
        assert exact(at) == '<time datetime="2026-11-30T00:00:00Z">30.11.2026, 00:00 UTC</time>'
        assert ">29.11.2026, 24:00 UTC<" in until(at)
        assert last_day(at) == '<time datetime="2026-11-29">29.11.2026</time>'
        assert day("2026-01-02T10:00:00Z") == day(date(2026, 1, 2))
        assert 'title="30.11.2026, 00:00 UTC">vor 3 Stunden<' in when(at, at + timedelta(hours=3))
        assert period(datetime(2026, 10, 1), datetime(2026, 11, 1), "MONTHLY") == "Oktober 2026"
        assert period(datetime(2026, 10, 5), datetime(2026, 10, 12), "WEEKLY") == (
            "05.10.2026 bis 11.10.2026"
        )
        assert period(None, None, "ALL_TIME") == "Gesamte Zeit"
        shown = shown_period(datetime(2026, 10, 5), datetime(2026, 10, 12), "WEEKLY")
        assert shown == (
            '<span class="day">05.10.2026</span> bis <span class="day">11.10.2026</span>'
        )
        assert remaining(at, at - timedelta(hours=25)) == "1 Tag und 1 Stunde"
        assert remaining(at, at - timedelta(days=3)) == "3 Tage"


def test_what_is_complete_is_said_in_german() -> None:
    one = {
        "chain_id": 1,
        "chain": "A <b>",
        "block_number": 1234,
        "block_time": None,
        "uncounted": 5000,
    }
    dot = " \N{MIDDLE DOT} "
    with using("de"):
        assert complete([one, one | {"block_number": None}]) == (
            f"{dot}vollständig bis Block 1.234 von A &lt;b&gt;, bis auf 5.000 Fakten und Logs, die"
            f" warten{dot}frühere Logs von A &lt;b&gt; fehlen"
        )
