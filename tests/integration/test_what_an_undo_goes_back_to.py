"""The line of what was live, by which an undo knows what to go back to."""

import psycopg
import pytest

import hedge
from hedge import database
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs.undo import _plan


class Line:
    """A ledger that is written by hand. Definitions are single letters, 64 times."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        connection.execute("delete from app.etl_runs")

    def add(self, letter: str | None, kind: str = "DEPLOY", state: str = "SUCCESS") -> int:
        """Add a run; returns its id."""
        if letter is not None:
            self.connection.execute(
                "insert into app.deployed_projects"
                " (definitions, archive, hedge_version, deployed_by) values (%s, '', %s, 'ada')"
                " on conflict do nothing",
                [letter * 64, hedge.__version__],
            )
        return database.value(
            self.connection,
            "insert into app.etl_runs (invocation_id, kind, as_of, state, definitions)"
            " values (gen_random_uuid(), %s, now(), %s, %s) returning run_id",
            [kind, state, letter and letter * 64],
        )

    def undo(self, to: str | None = None) -> str:
        """Record an undo; returns what is live after it."""
        back, restored = self.target(to)
        self.begin(restored, back, [], 0)
        run = self.add(restored)
        self.connection.execute(
            "update app.undos set deploy_run = %s, finished_at = now() where finished_at is null",
            [run],
        )
        return restored

    def begin(self, restored: str, back: int, undone: list[str], since_run: int) -> None:
        """Record that an undo has begun."""
        self.connection.execute(
            query("undo_begin"),
            {
                "restored": restored * 64,
                "returned_to": back,
                "undone": undone,
                "since_run": since_run,
                "begun_by": "ada",
            },
        )

    def target(self, to: str | None = None) -> tuple[int | None, str | None]:
        """Where an undo would go back to: the run and the definitions."""
        found = self.connection.execute(
            query("undo_target"), {"definitions": to, "until_run": None}
        ).fetchall()
        return (found[0][0], found[0][1] and found[0][1][0]) if found else (None, None)

    def undone(self, to: str | None = None) -> str:
        """What an undo would undo."""
        back, restored = self.target(to)
        parameters = {"run": back, "restored": restored and restored * 64}
        found = self.connection.execute(query("undo_undone"), parameters).fetchall()
        names = [row[-1] for row in found]
        return "".join("?" if name == "unknown" else name[0] for name in names)


@pytest.fixture
def line(transaction: psycopg.Connection) -> Line:
    """An empty ledger, in a transaction that is rolled back."""
    return Line(transaction)


def test_an_undo_goes_back_to_what_was_live_before(line: Line) -> None:
    first = line.add("a")
    assert line.target() == (None, None)
    # neither of these changes what is live
    line.add("b", state="FAILED")
    line.add("c", kind="FULL")
    line.add("a")
    assert line.target() == (None, None)
    line.add("d")
    assert (line.target(), line.undone()) == ((first, "a"), "d")


def test_a_second_undo_goes_one_further_back(line: Line) -> None:
    for letter in "abcd":
        line.add(letter)
    assert (line.undone(), line.undo()) == ("d", "c")
    # what the first one undid is looked at again: it may rest on c alone
    assert (line.undone(), line.undo()) == ("cdc", "b")
    assert line.undo() == "a"
    assert line.target() == (None, None)
    # a deploy adds to what is left
    line.add("e")
    assert (line.undone(), line.undo()) == ("e", "a")


def test_what_was_deployed_twice_is_gone_back_to_as_it_was_live(line: Line) -> None:
    for letter in "aba":
        last = line.add(letter)
    assert line.undo() == "b"
    assert line.undo() == "a"
    assert line.target() == (None, None)
    # a was live until b was deployed, and not only until the undo
    assert line.target("a")[0] > last


def test_an_undo_can_go_to_any_definitions_and_forward_again(line: Line) -> None:
    runs_of = {letter: line.add(letter) for letter in "abcd"}
    assert line.target("b") == (runs_of["b"], "b")
    assert (line.undone("b"), line.undo("b")) == ("cd", "b")
    assert (line.undone("d"), line.undo("d")) == ("b", "d")
    # and from there as before
    assert (line.undo(), line.undo(), line.undo()) == ("c", "b", "a")
    assert line.target("e") == (None, None)


def test_dbt_by_hand_is_undone_like_a_deploy(line: Line) -> None:
    line.add("a")
    deployed = line.add("b")
    line.add(None, kind="PARTIAL")
    line.add(None, kind="FULL")
    assert (line.target(), line.undone()) == ((deployed, "b"), "?")
    line.add("c")
    # what nobody knows cannot be restored
    assert line.target()[1] is None
    assert (line.target("b"), line.undone("b")) == ((deployed, "b"), "?c")


def test_what_an_undo_cannot_do_is_one_sentence(line: Line) -> None:
    def refusal(to: str | None = None) -> str:
        with pytest.raises(HedgeError) as error:
            _plan(line.connection, to)
        return str(error.value)

    line.add("a")
    assert refusal() == (
        "there is nothing to go back to: no definitions that are known were live before "
        "aaaaaaaaaaaa"
    )
    assert refusal("f") == "no definitions whose hash begins with f were live"
    assert refusal("aaa") == "the definitions aaaaaaaaaaaa are live already"
    line.add("b")
    # older or newer
    for version in ("0", "99"):
        line.connection.execute("update app.deployed_projects set hedge_version = %s", [version])
        assert refusal().startswith(
            f"the definitions aaaaaaaaaaaa were deployed with Hedge {version}, and this is"
        )
    line.connection.execute("delete from app.deployed_projects")
    assert refusal("a") == (
        "the database does not hold the files of the definitions aaaaaaaaaaaa, because an older"
        " version of Hedge deployed them or they were pruned: deploy them from version control with"
        " hedge etl deploy"
    )
    line.connection.execute(
        "update app.etl_runs set definitions = 'a' || substr(definitions, 2)"
        " where definitions like 'b%'"
    )
    assert refusal("a") == (
        "the hashes of several definitions begin with a: aaaaaaaaaaaa, abbbbbbbbbbb"
    )


def test_an_interrupted_undo_goes_on_unless_something_else_was_deployed(line: Line) -> None:
    def plan(to: str | None = None) -> tuple[bool, str, str]:
        found = _plan(line.connection, to)
        undone = "".join(name[0] for name in found.undone_names)
        return found.goes_on, found.restored.definitions[0], undone

    first = line.add("a")
    second = line.add("b")
    line.add("c")
    assert plan() == (False, "b", "c")
    line.begin("b", second, ["c" * 64], second + 1)
    # killed before its deploy
    assert plan() == plan("b") == (True, "b", "c")
    # killed after it: another call does not go one further back
    deploy = line.add("b")
    assert plan() == (True, "b", "c")
    # another target takes over what was to be revoked
    assert plan("a") == (False, "a", "bc")
    assert _plan(line.connection, "a").since_run == first + 1
    # so does an undo of what was deployed instead of calling it again
    line.add("d")
    assert plan() == (False, "b", "cd")
    found = _plan(line.connection, None)
    assert (found.returned_to, found.since_run) == (deploy, second + 1)
