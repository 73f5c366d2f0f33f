"""Names that people read: what is refused, and how names are stored.

A player chooses a display name; admins name boards and seasons. Nothing here depends on a locale.
"""

import unicodedata
from dataclasses import dataclass

import regex

from hedge.errors import UsageError
from hedge.names.looks import folded, looks

#: The most characters of the display name of a player, and of the name of a board or season.
LONGEST_OF_PLAYERS, LONGEST_OF_BOARDS = 40, 80
#: How many marks one letter can have. More make a pile that covers other lines.
MOST_MARKS = 2

#: The scripts that languages of today use (UAX 31, table 5). Letters of others, such as Lisu, look
#: like Latin ones, and hardly anybody's name has them.
SCRIPTS = (
    *("Latin", "Arabic", "Armenian", "Bengali", "Bopomofo", "Cyrillic", "Devanagari", "Ethiopic"),
    *("Georgian", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana"),
    *("Kannada", "Katakana", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala"),
    *("Tamil", "Telugu", "Thaana", "Thai", "Tibetan"),
)
#: Scripts whose letters one name can have ("moderately restrictive" of UTS 39, without Armenian):
#: those of one language, and Latin with another one whose letters do not look like Latin ones.
_TOGETHER = (
    ("Latin", "Han", "Hiragana", "Katakana"),
    ("Latin", "Han", "Bopomofo"),
    ("Latin", "Han", "Hangul"),
    *(
        (script,) if script in ("Cyrillic", "Greek", "Armenian") else ("Latin", script)
        for script in SCRIPTS
    ),
)


def _letters_of(*scripts: str) -> str:
    """A class of a regular expression: the characters of scripts, and those of none and of any."""
    return rf"[\p{{Common}}\p{{Inherited}}{''.join(map(_OF_SCRIPT.format, scripts))}]"


_OF_SCRIPT = r"\p{{scx={}}}"
_WRITTEN_TOGETHER = [regex.compile(f"{_letters_of(*scripts)}*") for scripts in _TOGETHER]
_OF_A_SCRIPT = {script: regex.compile(_letters_of(script)) for script in SCRIPTS}
_HOW_SYMBOLS_LOOK = regex.compile("[\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}]")
#: Characters that show nothing although they count as letters or symbols.
_BLANK = regex.compile("[\\p{Default_Ignorable_Code_Point}\N{BRAILLE PATTERN BLANK}]")
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_PILE_OF_MARKS = regex.compile(rf"\p{{M}}{{{MOST_MARKS + 1}}}")

#: What is like an address or the id of a cluster, as `looks` writes it: 0 is o there, and 1 is l.
_LIKE_AN_ADDRESS = regex.compile(r"ox[2-9a-fol]{6}|(?<![2-9a-z])ox[2-9a-fol]{4}(?![2-9a-z])")
_LIKE_AN_ID = regex.compile(r"[2-9a-fol]{8}-[2-9a-fol]{4}|[2-9a-fol]{32}")
#: Digits and signs that stand for letters.
_INSTEAD_OF_LETTERS = str.maketrans("013457@$!|l", "oieastasiii")
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")
#: Words of those who run the service, which are no part of a name, and those that are no whole
#: name; with i for l, as `_is` writes them.
_OF_THE_SERVICE = r"admin.*|.*admin|hedge|moderators?|officiai|staff"
_NO_WHOLE_NAME = (
    r"(the|my|reai|team|bot|of|heip|account)*"
    r"(hedge|moderator|mods?|officiai|staff|support|system|root|operator|sysop|owner)"
    r"(hedge|moderator|mods?|officiai|staff|support|system|team|bot|heip|desk|account|s)*"
)


@dataclass(frozen=True)
class DisplayName:
    """A display name as it is stored, with what it is found by and how it looks: the columns of
    app.names_of_players. No two players have a name that looks alike in one of both ways."""

    display_name: str
    folded: str
    look: str
    folded_look: str


def display_name(given: str) -> DisplayName:
    """The display name that a player has given; a UsageError says what to change."""
    name = _cleaned("displayName", given, LONGEST_OF_PLAYERS)
    _require_unlike_the_service("displayName", name)
    return DisplayName(name, folded(name), *looks(name))


def name_of_board(given: str) -> str:
    """The name that a board or season is given, as it is stored; a UsageError says what to
    change."""
    return _cleaned("the name", given, LONGEST_OF_BOARDS)


def tidied(given: str) -> str:
    """A name in NFKC, without spaces around it and with one between words."""
    name = unicodedata.normalize("NFKC", _HOW_SYMBOLS_LOOK.sub("", given.strip()))
    return " ".join(filter(None, name.split(" "))).strip()


def _cleaned(what: str, given: str, longest: int) -> str:
    name = tidied(given)
    quoted = f"{what} '{name[:80]}'"
    if blank := _BLANK.search(name):
        raise UsageError(f"{quoted} holds {_named(blank[0])}, which nobody sees: leave it out")
    if not 1 <= len(name) <= longest or not name.isprintable():
        raise UsageError(
            f"{quoted} is not 1 to {longest} printable characters: write one of that length,"
            " in one line"
        )
    if not _LETTER_OR_DIGIT.search(name):
        raise UsageError(f"{quoted} has no letter and no digit: write one")
    if pile := _PILE_OF_MARKS.search(unicodedata.normalize("NFD", name)):
        raise UsageError(
            f"{quoted} has more than {MOST_MARKS} marks on a letter, such as"
            f" {_named(pile[0][-1])}: leave some out"
        )
    _require_one_script(quoted, name)
    return name


def _require_one_script(quoted: str, name: str) -> None:
    """Raise a UsageError about letters of scripts that are not written together."""
    for letter in name:
        if unicodedata.category(letter) == "So" and " LETTER " in unicodedata.name(letter, ""):
            raise UsageError(
                f"{quoted} holds {_named(letter)}, which looks like a letter: write the letter"
            )
    if any(together.fullmatch(name) for together in _WRITTEN_TOGETHER):
        return
    scripts: dict[str, str] = {}
    for letter in name:
        found = [script for script, letters in _OF_A_SCRIPT.items() if letters.match(letter)]
        if not found:
            raise UsageError(
                f"{quoted} holds {_named(letter)}, which no name can have: leave it out"
            )
        if len(found) == 1:
            scripts.setdefault(found[0], letter)
    told = " and ".join(f"{script} ({_named(letter)})" for script, letter in scripts.items())
    raise UsageError(f"{quoted} mixes letters of {told}, which look alike: write it in one script")


def _require_unlike_the_service(what: str, name: str) -> None:
    """Raise a UsageError about a name that is like an address, an id, or those who run the
    service."""
    for look in looks(name):
        if _LIKE_AN_ADDRESS.search(look):
            raise UsageError(
                f"{what} '{name}' looks like the address of a wallet: choose another name"
            )
        if _LIKE_AN_ID.search(look):
            raise UsageError(f"{what} '{name}' looks like the id of a cluster: choose another name")
    for text in (folded(name), *looks(name)):
        whole = _NO_LETTER.sub("", text)
        words = [*_NO_LETTER.split(text), whole]
        if any(_is(_OF_THE_SERVICE, word) for word in words) or _is(_NO_WHOLE_NAME, whole):
            raise UsageError(
                f"{what} '{name}' looks like a name of those who run this service: choose another"
            )


def _is(pattern: str, word: str) -> bool:
    """Whether a word, or a word without the digits around it, is of a pattern, with letters for
    what stands for letters."""
    return any(
        regex.fullmatch(pattern, one.replace("rn", "m").translate(_INSTEAD_OF_LETTERS))
        for one in (word, word.strip("0123456789"))
    )


def _named(character: str) -> str:
    """A character by its code and name, since it may not be seen, or be taken for another."""
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'without a name')})"
