"""Mistakes in SQL: models, macros, named queries and migrations.

The rules are those of the project: what a person gets wrong in these files, on text in which
comments and Jinja are masked. A statement that PostgreSQL refuses is a mistake that is noticed.
"""

import re
from collections.abc import Iterator

from tests.mutants.mistakes import Mistake

#: Start, end and replacement in a text.
Edit = tuple[int, int, str]

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRING = re.compile(r"'(?:[^']|'')*'|\"[^\"\n]*\"")

#: One word or operator for another. The pattern must match SQL that is neither a comment, nor
#: Jinja, nor a string.
_SWAPS = (
    ("boundary", r" >= ", " > "),
    ("boundary", r" > ", " >= "),
    ("boundary", r" <= ", " < "),
    ("boundary", r" < ", " <= "),
    ("comparison", r" <> ", " = "),
    ("comparison", r"(?<=[\w)]) = (?=[\w'(%])", " <> "),
    ("comparison", r"\bis not null\b", "is null"),
    ("comparison", r"\bis null\b", "is not null"),
    ("comparison", r"\bis not distinct from\b", "="),
    ("comparison", r"\bis distinct from\b", "<>"),
    ("logic", r"\bnot exists\b", "exists"),
    ("logic", r"\bnot (?!null|exists|distinct|materialized)", ""),
    ("logic", r"(?<=\S) and (?=\S)", " or "),
    ("logic", r"(?<=\S) or (?=\S)", " and "),
    ("join", r"\bleft join\b", "inner join"),
    ("join", r"\binner join\b", "left join"),
    ("join", r"\bfull join\b", "left join"),
    ("aggregate", r"\bmin\(", "max("),
    ("aggregate", r"\bmax\(", "min("),
    ("aggregate", r"\bsum\(", "max("),
    ("aggregate", r"\bcount\(distinct ", "count("),
    ("aggregate", r"\bbool_or\(", "bool_and("),
    ("aggregate", r"\bbool_and\(", "bool_or("),
    ("aggregate", r"\bgreatest\(", "least("),
    ("aggregate", r"\bleast\(", "greatest("),
    ("aggregate", r"\blag\(", "lead("),
    ("aggregate", r"\bdense_rank\(", "row_number("),
    ("aggregate", r"(?<!_)\brank\(\)", "row_number()"),
    ("aggregate", r"\bfirst_value\(", "last_value("),
    ("distinct", r"\bselect distinct (?!on)", "select "),
    ("distinct", r"\bunion all\b", "union"),
    ("distinct", r"\bunion(?! all)\b", "union all"),
    ("order", r" desc\b", " asc"),
    ("order", r" asc\b", " desc"),
    ("order", r"\bnulls last\b", "nulls first"),
    ("order", r"\bnulls first\b", "nulls last"),
    ("clock", r"app\.as_of\(\)", "now()"),
    ("clock", r"\bclock_timestamp\(\)", "now()"),
    ("value", r"(?<![\w'.])true\b", "false"),
    ("value", r"(?<![\w'.])false\b", "true"),
    ("value", r"(?<= )\+(?= )", "-"),
    ("value", r"(?<=\w )-(?= \w)", "+"),
    ("lock", r"\bfor (update|share)\b( of \w+)?( skip locked)?", ""),
    ("lock", r"\bskip locked\b", ""),
    # concat takes what any of them takes
    ("lock", r"\bpg_advisory_(xact_)?lock(_shared)?\(", "concat("),
    ("lock", r"(?=\bpg_try_advisory_)", "true or "),
)

#: The same for migrations: what the database must refuse or do by itself.
_CONSTRAINTS = (
    ("constraint", r"\bcreate unique index\b", "create index"),
    ("constraint", r"(?<! is) not null\b", ""),
    ("constraint", r" unique\b(?! index)", ""),
    ("constraint", r" on delete (cascade|set null)", ""),
    ("constraint", r" default (?!nextval)[\w.()'\x01]+", ""),
    ("constraint", r" references [\w.]+( \([\w, ]+\))?", ""),
)

#: In Jinja: the conditions of macros.
_JINJA_SWAPS = (
    ("jinja", r"\bif not ", "if "),
    ("jinja", r"\bif (?!not )", "if not "),
    ("jinja", r" == ", " != "),
    ("jinja", r" != ", " == "),
    ("jinja", r" and ", " or "),
    ("jinja", r" or ", " and "),
    ("jinja", r" > ", " >= "),
    ("jinja", r" \+ 1\b", ""),
    ("jinja", r" - 1\b", ""),
    ("jinja", r"\btrue\b", "false"),
    ("jinja", r"\bfalse\b", "true"),
)


def mistakes_of(file: str, text: str) -> Iterator[tuple[str, int, int]]:
    """Every rule that can be applied to a text: the rule, its occurrence and the line."""
    for rule, edits in _edits(file, text).items():
        for occurrence, (start, _, _) in enumerate(edits):
            yield rule, occurrence, text.count("\n", 0, start) + 1


def plant(file: str, text: str, rule: str, occurrence: int) -> Mistake | None:
    """The mistake of a rule at its occurrence; None where it changes nothing."""
    start, end, replacement = _edits(file, text)[rule][occurrence]
    changed = text[:start] + replacement + text[end:]
    return None if changed == text else Mistake.of_texts(file, rule, text, changed)


def _edits(file: str, text: str) -> dict[str, list[Edit]]:
    """All edits of a text by rule, in the order of the text."""
    without_comments = _masked(text, _COMMENT)
    code = _masked(_masked(without_comments, _JINJA), _STRING)
    found: dict[str, list[Edit]] = {}
    swaps = _SWAPS + (_CONSTRAINTS if file.startswith("hedge/migrations/") else ())
    for rule, pattern, replacement in swaps:
        for match in re.finditer(pattern, code):
            found.setdefault(rule, []).append((*match.span(), replacement))
    if file.startswith("macros/"):
        for jinja in _JINJA.finditer(without_comments):
            for rule, pattern, replacement in _JINJA_SWAPS:
                for match in re.finditer(pattern, _masked(jinja.group(), _STRING)):
                    start, end = (jinja.start() + at for at in match.span())
                    found.setdefault(rule, []).append((start, end, replacement))
    for rule, edits in (
        ("condition", _conditions(code)),
        ("coalesce", _first_arguments(code, r"\bcoalesce\(")),
        ("filter", _calls(code, r" filter \(")),
        ("number", _numbers(code)),
        ("constraint", _objects(code) if file.startswith("hedge/migrations/") else []),
    ):
        found.setdefault(rule, []).extend(edits)
    return {rule: sorted(edits) for rule, edits in found.items() if edits}


def _masked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with all that matches a pattern overwritten, line breaks excepted."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", "\x01", match.group()), text)


def _conditions(code: str) -> Iterator[Edit]:
    """A condition of where, having, on or and that is dropped."""
    for match in re.finditer(r"(?m)^(\s*)(and|or) ", code):
        end = _end_of_condition(code, match.end())
        yield match.start(), end, match.group(1).rstrip(" ")
    for match in re.finditer(r"\b(where|having)\s+", code):
        end = _end_of_condition(code, match.end())
        yield match.end(), end, "true"


#: What can follow a condition, and brackets.
_END_OF_CONDITION = re.compile(
    r"[()]|;|\Z|\n\s*\x01|\n\s*(?:and|or|group by|order by|returning|limit|for update|union"
    r"|having|window|on conflict|then|else|inner join|left join|cross join|where|select)\b"
)


def _end_of_condition(code: str, start: int) -> int:
    """Where a condition ends: at the next and, or, clause, or bracket that it does not open."""
    depth = 0
    at = start
    while True:
        match = _END_OF_CONDITION.search(code, at)
        assert match is not None
        mark = match.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            if depth == 0:
                return len(code[: match.start()].rstrip())
            depth -= 1
        elif mark == "" or depth == 0:
            return len(code[: match.start()].rstrip())
        at = max(match.end(), at + 1)


def _closing(code: str, start: int) -> int:
    """The place of the bracket that closes what is open at start."""
    depth = 1
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at
    return len(code)


def _first_arguments(code: str, pattern: str) -> Iterator[Edit]:
    """A function of which only the first argument is left."""
    for match in re.finditer(pattern, code):
        closing = _closing(code, match.end())
        depth, comma = 0, None
        for at in range(match.end(), closing):
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            if code[at] == "," and depth == 0:
                comma = at
                break
        if comma is not None:
            # The name of the function goes, its brackets stay around the first argument.
            yield comma, closing, ""


def _calls(code: str, pattern: str) -> Iterator[Edit]:
    """A clause in brackets that is dropped."""
    for match in re.finditer(pattern, code):
        yield match.start(), _closing(code, match.end()) + 1, ""


def _numbers(code: str) -> Iterator[Edit]:
    """A whole number that is one more."""
    for match in re.finditer(r"(?<![\w.%$(-])\d+(?![\w.])", code):
        yield *match.span(), str(int(match.group()) + 1)


def _objects(code: str) -> Iterator[Edit]:
    """A trigger or a table's constraint that is not created."""
    for match in re.finditer(r"\bcreate trigger\b[^;]*;", code):
        yield *match.span(), ""
    # A constraint is named with a sentence in double quotes, which is masked.
    for match in re.finditer(r",\s*constraint \x01+\s+(check|unique|foreign key) ?\(", code):
        yield match.start(), _closing(code, match.end()) + 1, ""
