"""The rules of the table app.renames, as those of tests/rules_of_the_app_tables.py."""

from tests.rules_of_the_app_tables import Case, words

WORLD = "insert into app.renames (kind, old_name, new_name) values ('challenge', 'a', 'b')"

CHECKS = [
    Case(
        "renames",
        "a rename is of a challenge, a tier or a metric",
        words("renames", "kind", "", "board", "Tier"),
        words("renames", "kind", "challenge", "tier", "metric"),
    ),
    Case(
        "renames",
        "a rename gives another name",
        words("renames", "new_name", "a"),
        words("renames", "new_name", "A"),
    ),
]
