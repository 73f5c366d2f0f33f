"""One rule for the ids of clusters: every route reaches every cluster."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api.app import create_app
from api.settings import Settings
from hedge import database, versions, wallets
from hedge.errors import HedgeError

PATTERN = "the cluster_id is 1 to 64 letters, digits, _, . or -"
RESERVED = "the cluster_id is no word of a path of the service"
ADDRESS = "0x" + "a1" * 20


@pytest.fixture
def connection(transaction: psycopg.Connection) -> psycopg.Connection:
    """A transaction in a database that is shared."""
    return transaction


def test_no_word_of_a_path_of_the_service_is_an_id(connection: psycopg.Connection) -> None:
    """A new route whose path has a new word needs a migration that reserves the word."""
    words = {
        word
        for route in create_app(Settings()).routes
        for word in route.path.split("/")
        if word and not word.startswith("{")
    }
    assert {"me", "active", "progress", "clusters"} <= words
    free = connection.execute(
        "select word from unnest(%s::text[]) as words (word) where not app.is_reserved_id(word)",
        [sorted(words)],
    )
    assert free.fetchall() == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [("cJ ", PATTERN), ("a/b", PATTERN), ("..", PATTERN), ("Search", RESERVED), ("me", RESERVED)],
)
def test_what_is_no_id_is_refused_by_import_and_link(
    connection: psycopg.Connection, tmp_path: Path, name: str, rule: str
) -> None:
    sentence = f"cluster_id '{name}' breaks the rule: {rule}"
    with pytest.raises(HedgeError) as refusal:
        wallets.link(connection, name, [ADDRESS])
    assert str(refusal.value) == sentence
    file = tmp_path / "wallets.csv"
    file.write_text(f'cluster_id,address\n"{name}",{ADDRESS}\nbusy,{ADDRESS}\n')
    imported = wallets.import_wallets(connection, str(file))
    assert (imported.linked, [reject.reason for reject in imported.rejects]) == (1, [sentence])


def test_stored_clusters_keep_their_ids(
    new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An id is published, so it stays, and its player can still link wallets."""
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("old_cluster_ids", "template1"))
    for file in versions.MIGRATIONS.iterdir():
        if file.is_file() and file.name < "0015":
            shutil.copy(file, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr(versions, "MIGRATIONS", tmp_path)
        database.migrate()
    with database.connect() as connection:
        for name in ("a/b", "busy", "cJ ", "it's", "search"):
            connection.execute(
                "with player as (insert into app.players default values returning player_id)"
                " insert into app.wallet_clusters (cluster_id, player_id)"
                " select %s, player_id from player",
                [name],
            )
    told: list[str] = []
    database.migrate(told.append)
    kept = "app.wallet_clusters: clusters that were stored before the rule"
    assert told == [
        f'{kept} "{PATTERN}" keep their ids, which some routes may not reach: '
        "'a/b', 'cJ ', 'it''s'",
        f"{kept} \"{RESERVED}\" keep their ids, which some routes may not reach: 'search'",
    ]
    with database.connect() as connection:
        assert wallets.link(connection, "cJ ", [ADDRESS]).is_new is False
        connection.execute("update app.wallet_clusters set player_id = player_id")
        with pytest.raises(HedgeError, match="breaks the rule"):
            wallets.link(connection, "cJ  ", [ADDRESS[:-1] + "2"])
