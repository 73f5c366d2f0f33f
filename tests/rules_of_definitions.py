"""The rules of the states of boards and seasons, and of the history of definitions, as those of
tests/rules_of_the_app_tables.py."""

from tests.rules_of_the_app_tables import Case

CHANGE = "insert into app.definition_changes (kind, key, operation, changed_by) values ({}, 'ada')"

CHECKS = [
    *(
        Case(
            table,
            "the state is draft, live or retired",
            [f"update app.{table} set state = 'gone'"],
            [f"update app.{table} set state = '{state}'" for state in ("draft", "retired")],
        )
        for table in ("leaderboard_defs", "seasons")
    ),
    Case(
        "definition_changes",
        "the kind of a definition is known",
        [CHANGE.format("'tier', 'a', 'added'")],
        [
            CHANGE.format(f"'{kind}', 'a', 'added'")
            for kind in ("board", "season", "weight", "reward", "challenge")
        ],
    ),
    Case(
        "definition_changes",
        "a definition is added, changed or removed",
        [CHANGE.format("'board', 'a', 'moved'")],
        [CHANGE.format(f"'board', 'a', '{name}'") for name in ("changed", "removed")],
    ),
]

#: The functions of states and of the history, which integration/test_drafts.py,
#: integration/lifecycle/test_changes_by_deploys.py and in_process/test_drafts_are_hidden.py reach.
FUNCTIONS = (
    "actor",
    "challenge_definitions",
    "keep_definition_changes",
    "note_definition",
    "pass_over_drafts",
    "retired_since",  # in_process/test_drafts_are_hidden.py
    "unit_of_metric",  # every page and answer of a board
)
TRIGGERS = (
    ("app.definition_changes", "keep_definition_changes"),
    ("app.final_standings", "pass_over_drafts"),
    ("app.leaderboard_defs", "note_definition"),
    ("app.reward_definitions", "note_definition"),
    ("app.season_challenge_weights", "note_definition"),
    ("app.seasons", "note_definition"),
)
