"""Which names are refused, and which are taken for each other."""

import pytest

from hedge import names
from hedge.errors import UsageError
from hedge.names.looks import folded, looks


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("x", "x"),
        ("  Ada   Byron\n", "Ada Byron"),
        ("Anna\N{NO-BREAK SPACE}B", "Anna B"),
        ("\U0001d4d0\U0001d4ed\U0001d4ea", "Ada"),
        ("Rene\u0301", "Ren\u00e9"),
        ("❤️ Ada", "❤ Ada"),
        ("שלום 🐉", "שלום 🐉"),
        ("Анна", "Анна"),
        ("Ada שלום", "Ada שלום"),
        ("日本カナ Ken", "日本カナ Ken"),
        ("Ada <script>", "Ada <script>"),
        # near what is refused
        ("badminton", "badminton"),
        ("hedgehog", "hedgehog"),
        ("Dr. Root", "Dr. Root"),
        ("Modern", "Modern"),
        ("0xBob", "0xBob"),
        ("oxford", "oxford"),
        ("z\u0300\u0301", "z\u0300\u0301"),
    ],
)
def test_a_name_is_stored_tidy(given: str, stored: str) -> None:
    assert names.display_name(given).display_name == stored


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("x" * 41, "is not 1 to 40 printable characters: write one of that length, in one line"),
        ("", "is not 1 to 40 printable"),
        ("a\tb", "is not 1 to 40 printable"),
        ("\N{REPLACEMENT CHARACTER}🔥", "has no letter and no digit: write one"),
        ("Bob\u200b", "holds U+200B (ZERO WIDTH SPACE), which nobody sees: leave it out"),
        ("a\u202eb", "holds U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("\u3164a", "holds U+1160 (HANGUL JUNGSEONG FILLER)"),
        ("\u2800a", "holds U+2800 (BRAILLE PATTERN BLANK)"),
        ("z\u0300\u0301\u0302", "has more than 2 marks on a letter, such as U+0302"),
        ("🅰da", "holds U+1F170 (NEGATIVE SQUARED LATIN CAPITAL LETTER A), which looks like a"),
        ("\ua4eeda", "holds U+A4EE (LISU LETTER A), which no name can have: leave it out"),
        ("Ada \u0561", "mixes letters of Latin (U+0041 (LATIN CAPITAL LETTER A)) and Armenian"),
        ("\u03b1da", "mixes letters of Greek"),
        ("\u05d0\u0430", "mixes letters of Hebrew"),
        (
            "\u0430da",
            "mixes letters of Cyrillic (U+0430 (CYRILLIC SMALL LETTER A)) and Latin (U+0064 (LATIN"
            " SMALL LETTER D)), which look alike: write it in one script",
        ),
    ],
    ids=lambda text: text[:9].encode("unicode_escape").decode(),
)
def test_a_letter_that_is_refused_is_named_with_the_cure(given: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        names.display_name(given)
    assert str(refusal.value).startswith("displayName '")
    assert sentence in str(refusal.value)


ADDRESS = "' looks like the address of a wallet: choose another name"


@pytest.mark.parametrize(
    ("names_like_it", "what"),
    [
        (
            ["admin", "Administrator", "4dm1n", "adm1n99", "ADMlN", "a.d.m.i.n", "x SuperAdmin"],
            "run",
        ),
        (["Hedge", "H3dge", "HedgeTeam", "the_hedge_01", "Hedge Fund", "hedge-Support"], "run"),
        (["moderator1", "Official Ada", "Mod", "system", "Support", "Staff 7"], "run"),
        # SMALL LETTER ALPHA, SCRIPT G, FULLWIDTH and rn for m
        (["\u0251dmin", "Hed\u0261e", "\uff21dmin", "adrnin"], "run"),
        (["0x1234abcd", "Ox12345678", "my 0x12ab…89cd", "0x" + "a1" * 19], ADDRESS),
        (["123e4567-e89b-12d3-a456-426614174000", "0123456789abcdef" * 2], "id of a cluster"),
    ],
    ids=["admins", "hedge", "staff", "other letters", "addresses", "ids"],
)
def test_nobody_is_called_like_the_service_an_address_or_an_id(
    names_like_it: list[str], what: str
) -> None:
    for given in names_like_it:
        with pytest.raises(UsageError) as refusal:
            names.display_name(given)
        told = str(refusal.value)
        assert f"'{names.tidied(given)}' looks like" in told
        assert what in told
        assert "choose another" in told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Illia", "lllia"),
        ("rob0", "robo"),
        ("modem", "modern"),
        ("\u0421\u041e\u0412\u0410", "COBA"),
        ("\u0441\u043e\u0441\u043e", "coco"),
        ("ADA", "ada"),
        ("straße", "STRASSE"),
        ("\u0251nna", "anna"),
    ],
    ids=lambda text: text.encode("unicode_escape").decode(),
)
def test_names_that_look_alike_are_equal_in_one_way(one: str, other: str) -> None:
    assert any(mine == theirs for mine, theirs in zip(looks(one), looks(other), strict=True))


@pytest.mark.parametrize(("one", "other"), [("nova", "vova"), ("Ada", "Adal"), ("René", "Rene")])
def test_other_names_are_different_in_both_ways(one: str, other: str) -> None:
    assert all(mine != theirs for mine, theirs in zip(looks(one), looks(other), strict=True))


def test_what_a_name_is_found_by_depends_on_no_locale() -> None:
    assert folded("ÄTHER Straße ﬁ İI") == "äther strasse fi i̇i"


def test_a_board_can_be_called_what_no_player_can() -> None:
    assert names.name_of_board("  Hedge  admins \u2013 Season 1 ") == "Hedge admins \u2013 Season 1"
    assert names.name_of_board("x" * 80) == "x" * 80
    for refused in ("x" * 81, "", "a\nb", "Season\u200b1", "S\u0435ason"):
        with pytest.raises(UsageError, match="the name '"):
            names.name_of_board(refused)
