"""The rules of names in the service's tables, for test_migrations_of_app_tables.py."""

from tests.rules_of_the_app_tables import Case

#: The name of a player of the other module's WORLD.
WORLD = """
insert into app.names_of_players
select player_id, 'Ada', 'ada', 'ada', 'ada' from app.players where discord_id = 'd1'
"""


def name(look: str, folded_look: str) -> str:
    return (
        "insert into app.names_of_players"
        f" select player_id, 'x', 'x', '{look}', '{folded_look}' from app.players"
        " where discord_id = 'd2'"
    )


def season(identity: str) -> str:
    return f"insert into app.seasons values ('{identity}', 'A', '2026-01-01', '2026-02-01')"


CHECKS = [
    Case(
        "seasons",
        "the id is not active, a word of a path: choose another",
        [season("active"), season("Active")],
        [season("active-2"), season("inactive")],
    ),
]
UNIQUE = [
    Case(
        "names_of_players",
        "no two display names look alike",
        [name("ada", "other")],
        [name("other", "other")],
    ),
    Case(
        "names_of_players",
        "no two display names look alike in lower case",
        [name("other", "ada")],
        [name("ada2", "other")],
    ),
]
