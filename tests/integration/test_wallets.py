"""Wallets: whose is whose, decided once and by the database."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from cli import wallets as commands
from hedge import database, wallets
from hedge.errors import HedgeError, UsageError
from tests.support import Beside, add_cluster

Write = Callable[..., str]


def address(number: int) -> str:
    """An address of a number."""
    return f"0x{number:040x}"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows of wallets and returns the path of the file."""

    def to_file(*rows: str, header: str = "cluster_id,address,chain,discord_id") -> str:
        path = tmp_path / "wallets.csv"
        path.write_text("\n".join([header, *rows]))
        return str(path)

    return to_file


def links(connection: psycopg.Connection) -> list[tuple]:
    """The active links."""
    return connection.execute(
        "select cluster_id, address from app.wallet_links where unlinked_at is null order by 1, 2"
    ).fetchall()


def players(connection: psycopg.Connection) -> dict[str, str | None]:
    """The discord_id of each cluster."""
    return dict(
        connection.execute(
            "select cluster_id, discord_id"
            " from app.wallet_clusters join app.players using (player_id)"
        ).fetchall()
    )


def everything(connection: psycopg.Connection) -> list[list[tuple]]:
    """All rows of the tables that an import writes, and when each was written."""
    tables = ["app.players", "app.wallet_clusters", "app.wallet_links", "raw.rejected_rows"]
    return [
        connection.execute(f"select xmin::text, * from {table} order by 2, 3, 4").fetchall()
        for table in tables
    ]


def test_a_file_makes_players_clusters_and_links(
    connection: psycopg.Connection, write: Write
) -> None:
    mixed = "0x" + "aB" * 20
    file = write(f"busy,{mixed},,", f"busy,{address(1)},KAIA,1001", f"idle,{address(2)},,")
    imported = wallets.import_wallets(connection, file)
    assert (imported.read, imported.clusters, imported.linked, imported.rejected) == (3, 2, 3, 0)
    assert links(connection) == [
        ("busy", address(1)),
        ("busy", mixed.lower()),
        ("idle", address(2)),
    ]
    assert players(connection) == {"busy": "1001", "idle": None}
    chains = connection.execute("select address, chain from app.wallet_links").fetchall()
    assert dict(chains)[address(1)] == "KAIA"
    assert dict(chains)[address(2)] == "DFKCHAIN"


def test_the_same_file_twice_changes_nothing(connection: psycopg.Connection, write: Write) -> None:
    file = write(
        f"busy,{address(1)},,1001",
        f"busy,{address(1)},,",
        f"idle,{address(1)},,",
        f"idle,{address(2)},,1001",
        f"idle,{address(3)},,1002",
        f"rival,{address(3)},,",
        f"rival,{address(4)},,1002",
        "rival,0x12,,",
    )
    first = wallets.import_wallets(connection, file)
    before = everything(connection)
    again = wallets.import_wallets(connection, file)
    assert (first.linked, first.unchanged, first.rejected) == (2, 1, 5)
    assert (again.clusters, again.linked, again.unchanged, again.rejected) == (0, 0, 3, 5)
    assert everything(connection) == before


def test_rows_that_contradict_what_stands_are_rejected_and_the_rest_imported(
    connection: psycopg.Connection, write: Write
) -> None:
    wallets.import_wallets(
        connection, write(f"busy,{address(1)},,1001", f"idle,{address(2)},,1002")
    )
    imported = wallets.import_wallets(
        connection,
        write(
            f"rival,{address(1).upper().replace('X', 'x')},,",
            f"rival,{address(3)},,1001",
            f"busy,{address(4)},,1003",
            "rival,0xg,,",
            f",{address(5)},,",
            f"rival,{address(6)}",
            f"rival,{address(7)},,1003",
            f"idle,{address(8)},,",
        ),
    )
    assert imported.linked == 2
    rejects = connection.execute(
        "select line, reason from raw.rejected_rows where table_name = 'wallets' order by line"
    ).fetchall()
    assert rejects == [
        (2, f"address {address(1)} is active in another cluster"),
        (3, "discord_id 1001 belongs to another cluster; cluster rival has another discord_id"),
        (4, "discord_id 1003 belongs to another cluster; cluster busy has another discord_id"),
        (5, "address '0xg' breaks the rule: address is 0x and 40 lower-case hex digits"),
        (6, "cluster_id is missing"),
        (7, "the row has 2 values, the header 4"),
    ]
    assert players(connection) == {"busy": "1001", "idle": "1002", "rival": "1003"}


def test_a_discord_id_is_at_most_512_bytes_long(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write(f"busy,{address(1)},,{'1' * 512}", f"idle,{address(2)},,{'2' * 513}")
    imported = wallets.import_wallets(connection, file)
    assert [(reject.line, reject.reason.partition("breaks")[2]) for reject in imported.rejects] == [
        (3, " the rule: discord_id is at most 512 bytes long")
    ]
    assert players(connection) == {"busy": "1" * 512}


def test_a_contradiction_within_a_file_goes_to_the_first_row_that_replace_existing(
    connection: psycopg.Connection, write: Write
) -> None:
    wallets.link(connection, "busy", [address(1)])
    # The first row of rival is rejected, and with it its claim to the discord_id.
    file = write(f"rival,{address(1)},,1001", f"idle,{address(2)},,1001", f"late,{address(2)},,")
    imported = wallets.import_wallets(connection, file)
    assert [reject.line for reject in imported.rejects] == [2, 4]
    assert players(connection) == {"busy": None, "idle": "1001"}


def test_a_discord_id_that_is_set_touches_the_player(
    connection: psycopg.Connection, write: Write
) -> None:
    wallets.link(connection, "busy", [address(1)])
    touched = "select changed_at > created_at from app.players"
    assert connection.execute(touched).fetchone() == (False,)
    imported = wallets.import_wallets(connection, write(f"busy,{address(1)},,1001"))
    assert (imported.linked, imported.unchanged) == (0, 1)
    assert connection.execute(touched).fetchone() == (True,)
    assert players(connection) == {"busy": "1001"}


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("cluster_id,adress", "wallets has no column 'adress'; did you mean address"),
        ("cluster_id", "the file has no column address, which wallets requires"),
    ],
)
def test_a_wrong_header_is_a_wrong_usage(
    connection: psycopg.Connection, write: Write, header: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        wallets.import_wallets(connection, write(header=header))


def test_an_import_of_many(connection: psycopg.Connection, write: Write) -> None:
    rows = [f"c{n // 2},{address(n)},,{'' if n % 2 else n}" for n in range(20_000)]
    imported = wallets.import_wallets(connection, write(*rows))
    assert (imported.clusters, imported.linked, imported.rejected) == (10_000, 20_000, 0)


def test_linking_makes_the_cluster_and_says_what_was_linked_already(
    connection: psycopg.Connection,
) -> None:
    first = wallets.link(connection, "busy", [address(1)])
    assert (first.is_new, first.linked, first.unchanged) == (True, 1, 0)
    again = wallets.link(connection, "busy", [address(1), address(0xAB).upper().replace("X", "x")])
    assert (again.is_new, again.linked, again.unchanged) == (False, 1, 1)
    assert links(connection) == [("busy", address(1)), ("busy", address(0xAB))]


def test_linking_is_all_or_nothing(connection: psycopg.Connection) -> None:
    wallets.link(connection, "busy", [address(1)])
    for wrong, sentence in [(address(1), "is active in another cluster"), ("0x1", "hex digits")]:
        with pytest.raises(HedgeError, match=sentence) as error:
            wallets.link(connection, "rival", [address(2), wrong])
        assert wrong in str(error.value)
        assert "busy" not in str(error.value)
    assert links(connection) == [("busy", address(1))]
    assert players(connection) == {"busy": None}


def test_a_wallet_that_was_unlinked_can_be_linked_again_to_any_cluster(
    connection: psycopg.Connection,
) -> None:
    for cluster in ("busy", "busy", "rival"):
        wallets.link(connection, cluster, [address(0xAB)])
        assert wallets.unlink(connection, address(0xAB).upper().replace("X", "x")) == cluster
    with pytest.raises(HedgeError, match=f"address {address(0xAB)} is not linked"):
        wallets.unlink(connection, address(0xAB))
    counts = connection.execute("select count(*), count(unlinked_at) from app.wallet_links")
    assert counts.fetchone() == (3, 3)


def test_of_two_links_at_once_one_wins(connection: psycopg.Connection) -> None:
    with connection.transaction():
        wallets.link(connection, "busy", [address(1)])
        rival = Beside(lambda own: wallets.link(own, "rival", [address(1)]))
        assert rival.waits  # for what becomes of this transaction
    with pytest.raises(HedgeError) as refused:
        rival.result()
    assert str(refused.value) == f"address {address(1)} is active in another cluster"
    assert links(connection) == [("busy", address(1))]


def test_a_discord_id_that_another_session_gives_at_the_same_time_is_refused(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write(f"rival,{address(2)},,1001")
    with connection.transaction():
        add_cluster(connection, "busy", discord_id="1001")
        rival = Beside(lambda own: wallets.import_wallets(own, file))
        assert rival.waits
    with pytest.raises(HedgeError) as refused:
        rival.result()
    assert str(refused.value) == (
        "a discord_id was given to another cluster at the same time; try again"
    )
    assert players(connection) == {"busy": "1001"}
    assert links(connection) == []


def test_a_row_that_says_what_an_earlier_one_says_is_repeated(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [f"busy,{address(1)},,1001", f"busy,{address(1).upper()},KAIA,1001"]
    imported = wallets.import_wallets(connection, write(*rows, rows[0]))
    assert (imported.read, imported.linked, imported.unchanged, imported.repeated) == (3, 1, 0, 2)


def test_of_rows_about_one_address_the_first_counts(
    connection: psycopg.Connection, write: Write
) -> None:
    file = write(f"busy,{address(1)},KAIA,", f"busy,{address(1)},METIS,1001", f"busy,{address(2)}")
    imported = wallets.import_wallets(connection, file)
    assert (imported.read, imported.linked, imported.unchanged, imported.rejected) == (3, 1, 1, 1)
    chain = connection.execute("select address, chain from app.wallet_links")
    assert chain.fetchall() == [(address(1), "KAIA")]
    assert players(connection) == {"busy": "1001"}
    wallets.unlink(connection, address(1))
    unlinked = "select unlinked_at = now(), linked_at < now() from app.wallet_links"
    with connection.transaction():
        wallets.link(connection, "busy", [address(1)], chain="METIS")
        wallets.unlink(connection, address(1))
        newest = connection.execute(f"{unlinked} order by link_id desc limit 1").fetchone()
        assert newest == (True, False)
    # the player keeps the discord_id that it has, and another one is refused
    again = wallets.import_wallets(connection, write(f"busy,{address(3)},,1002"))
    assert (again.linked, again.rejected) == (0, 1)
    assert again.rejects[0].reason == "cluster busy has another discord_id"


def test_two_imports_at_once_neither_deadlock_nor_double(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    done = []

    def run(name: str, step: int) -> None:
        rows = [f"c{n // 3},{address(n)}" for n in range(3000)][::step]
        (tmp_path / name).write_text("\n".join(["cluster_id,address", *rows]))
        with database.connect() as own:
            done.append(wallets.import_wallets(own, str(tmp_path / name)))

    threads = [threading.Thread(target=run, args=given) for given in [("a.csv", 1), ("b.csv", -1)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(imported.linked for imported in done) == 3000
    assert sum(imported.rejected for imported in done) == 0
    assert len(links(connection)) == 3000
    assert connection.execute("select count(*) from app.players").fetchone() == (1000,)


def run(*arguments: str) -> str:
    """Run hedge wallets as a command; what it says."""
    result = CliRunner().invoke(commands.app, arguments)
    if result.exception:
        raise result.exception
    return result.output


def test_the_commands_say_what_they_did(connection: psycopg.Connection, write: Write) -> None:
    assert run("link", "busy", address(1)) == "busy (new): 1 linked\n"
    assert run("link", "busy", address(1)) == "busy: 0 linked, 1 linked already\n"
    assert run("unlink", address(1)) == f"busy: {address(1)} unlinked\n"
    file = write(f"busy,{address(1)},,", f"idle,{address(1)},,")
    assert run("import", file).splitlines() == [
        f"{file}: 2 read, 1 linked, 0 unchanged, 0 repeated, 1 rejected; 0 new clusters",
        f"{file}:3: address {address(1)} is active in another cluster",
    ]
    assert json.loads(run("link", "idle", address(2), "--json"))["linked"] == 1
    assert json.loads(run("unlink", address(2), "--json"))["cluster"] == "idle"


def test_an_import_of_which_most_rows_are_rejected_fails_and_links_the_others(
    connection: psycopg.Connection, write: Write
) -> None:
    rows = [f"{cluster},{address(1)},," for cluster in ("busy", "idle", "idler")]
    file = write(*rows)
    result = CliRunner().invoke(commands.app, ["import", file])
    assert result.exit_code == 1
    assert "2 of 3 rows are rejected, more than 50 %" in result.output
    assert len(links(connection)) == 1
    assert CliRunner().invoke(commands.app, ["import", file, "--max-rejected", "67"]).exit_code == 0
