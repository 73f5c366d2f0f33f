"""What is told of settings that a pooler does not pass on."""

from hedge import database, poolers


def test_the_settings_of_sessions_are_read_from_their_options() -> None:
    wanted = poolers.wanted_settings(database.SESSION_OPTIONS)
    assert wanted["default_transaction_isolation"] == "read committed"
    assert wanted["datestyle"] == "ISO,YMD"
    assert len(wanted) == database.SESSION_OPTIONS.count("-c ")


def test_only_what_differs_is_lost() -> None:
    have = poolers.wanted_settings(database.SESSION_OPTIONS)
    assert poolers.lost_settings([*have.items()], database.SESSION_OPTIONS) == []
    # as the server writes it
    spelled = have | {"datestyle": "ISO, YMD", "timezone": "Europe/Zurich"}
    lost = poolers.lost_settings([*spelled.items()], database.SESSION_OPTIONS)
    assert lost == ["timezone = 'UTC'"]
    assert "alter role ada set timezone = 'UTC'" in poolers.sentence_of_lost(lost, "ada")


def test_a_sentence_names_the_pooler_and_no_password() -> None:
    said = poolers.sentence("postgresql://ada:secret@pool:6432/hedge", "this command")
    assert "host=pool port=6432" in said
    assert "secret" not in said
