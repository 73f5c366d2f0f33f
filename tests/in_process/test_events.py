"""Streams of events: whom they tell of what, where they go on, and how many may be open."""

import asyncio
import re
from collections.abc import Callable

import psycopg
import pytest

from api import documentation, event_hub
from tests.in_process import Site, open_site
from tests.in_process.rows import put_board
from tests.in_process.streams import Message, open_stream
from tests.stand_in_discord import StandInDiscord
from tests.support import add_cluster

# one database for all of them, so one process
pytestmark = pytest.mark.xdist_group("events")

Tell = Callable[..., list[int]]


@pytest.fixture(scope="module", autouse=True)
def world(rows: psycopg.Connection) -> None:
    """Two clusters, a public board, one that is hidden, and one that is switched off."""
    for cluster in ("busy", "idle"):
        add_cluster(rows, cluster)
    put_board(rows, "wins")
    put_board(rows, "hidden", is_public=False)
    put_board(rows, "off", is_active=False)


@pytest.fixture
def tell(rows: psycopg.Connection) -> Tell:
    """Tells events, in one transaction, and returns their ids."""

    def write(*whom: str, times: int = 1) -> list[int]:
        with rows.transaction():
            for name in whom * times:
                kind, cluster, board = ("everything.changed", None, None)
                if name in ("busy", "idle"):
                    kind, cluster = "tier.reached", name
                elif name != "everybody":
                    kind, board = "board.completed", name
                rows.execute(
                    "insert into app.untold_events"
                    " (event_type, cluster_id, leaderboard_key, details, is_first)"
                    " values (%s, %s, %s, '{\"value\": 9007199254741993.001}',"
                    " app.begins_events())",
                    [kind, cluster, board],
                )
        number = len(whom) * times
        found = rows.execute("select max(event_id) from app.events").fetchone()[0]
        return list(range(found - number + 1, found + 1))

    return write


def of(messages: list[Message]) -> list[int | None]:
    return [message.id for message in messages]


def test_a_stream_tells_of_its_cluster_and_board_and_of_what_concerns_everybody(
    site: Site, tell: Tell
) -> None:
    (before,) = tell("busy")
    with (
        open_stream(site, cluster="busy") as of_cluster,
        open_stream(site, board="wins") as of_board,
        open_stream(site, cluster="idle", board="wins") as of_both,
    ):
        for stream in (of_cluster, of_board, of_both):
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-cache"
            # the place to go on from, before anything was told
            assert stream.next() == Message(None, before, None, "this stream is open")
        busy, idle, wins, _, everybody = tell("busy", "idle", "wins", "hidden", "everybody")
        assert of(of_cluster.events(2)) == [busy, everybody]
        assert of(of_board.events(2)) == [wins, everybody]
        both = of_both.events(3)
        assert of(both) == [idle, wins, everybody]
        assert [one.event for one in both] == [
            *("tier.reached", "board.completed", "everything.changed"),
        ]
        assert both[0].data | {"at": None} == {
            "id": idle,
            "type": "tier.reached",
            "at": None,
            "clusterId": "idle",
            "leaderboardKey": None,
            "details": {"value": 9007199254741993.001},
        }
        assert of_cluster.is_silent()


def test_the_document_describes_each_event_that_there_is(
    rows: psycopg.Connection, tell: Tell
) -> None:
    properties = documentation.EVENT.properties or {}
    tell("busy")
    (written,) = rows.execute(
        "select app.event_message(events)::jsonb from app.events order by event_id desc limit 1"
    ).fetchone()
    assert set(written) == set(properties) == set(documentation.EVENT.required)
    for table in ("events", "webhooks"):
        (rule,) = rows.execute(
            "select pg_get_constraintdef(oid) from pg_constraint"
            " where conrelid = %s::regclass and pg_get_constraintdef(oid) like '%%tier.reached%%'",
            [f"app.{table}"],
        ).fetchone()
        assert re.findall(r"'([a-z_]+\.[a-z_]+)'", rule) == properties["type"].enum


def test_a_stream_goes_on_behind_the_last_id(site: Site, tell: Tell) -> None:
    first, _, second, third = tell("busy", "idle", "busy", "busy")
    with open_stream(site, cluster="busy", last_event_id=first) as stream:
        assert of(stream.events(2)) == [second, third]
        (fourth,) = tell("busy")
        assert of(stream.events(1)) == [fourth]
    # a client that cannot send headers; the header is the newer one
    with open_stream(site, cluster="busy", lastEventId=second) as stream:
        assert of(stream.events(2)) == [third, fourth]
    with open_stream(site, cluster="busy", last_event_id=third, lastEventId=first) as stream:
        assert of(stream.events(1)) == [fourth]
        assert stream.is_silent()


def test_more_events_than_one_page_arrive_in_order(
    site: Site, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "PAGE", 3)
    told = tell("busy", "idle", times=7)[::2]
    with open_stream(site, cluster="busy", last_event_id=told[0] - 1) as stream:
        assert of(stream.events(7)) == told
        told = tell("busy", times=7)
        assert of(stream.events(7)) == told
        assert stream.is_silent()


@pytest.mark.parametrize(("offset", "is_reset"), [(-1, True), (0, False)])
def test_an_id_that_is_older_than_what_is_kept_is_reset(
    site: Site, rows: psycopg.Connection, tell: Tell, offset: int, is_reset: bool
) -> None:
    pruned, kept = tell("busy", "busy")
    rows.execute("delete from app.events where event_id <= %s", [pruned])
    rows.execute("update app.pruned_events set pruned_until = %s", [pruned])
    with open_stream(site, cluster="busy", last_event_id=pruned + offset) as stream:
        (first,) = stream.events(1)
        if is_reset:
            assert (first.event, first.id, first.data) == ("reset", kept, {"id": kept})
        else:
            assert (first.event, first.id) == ("tier.reached", kept)
        (later,) = tell("busy")
        assert of(stream.events(1)) == [later]


def test_an_id_that_was_never_given_is_reset(site: Site, tell: Tell) -> None:
    (newest,) = tell("busy")
    with open_stream(site, cluster="busy", last_event_id=newest + 1) as stream:
        assert stream.events(1)[0].event == "reset"


def test_a_slow_reader_keeps_little_and_misses_nothing(
    site: Site, rows: psycopg.Connection, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "MOST_KEPT", 5)
    streams = site.hub._streams
    with open_stream(site, cluster="busy") as slow, open_stream(site, cluster="busy") as fast:
        for stream in (slow, fast):
            stream.next()
        slow.stop_reading()
        told: list[int] = []
        for _ in range(4):
            told += tell("busy", times=5)
            assert of(fast.events(5)) == told[-5:]
            assert max(len(stream.kept) for stream in streams) <= 5
        slow.go_on_reading()
        assert of(slow.events(20)) == told
        told = tell("busy", times=2)
        assert of(slow.events(2)) == told
        assert slow.is_silent()


def test_a_stream_without_events_gives_signs_of_life_and_a_younger_id(
    site: Site, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "HEARTBEAT", 0.1)
    with open_stream(site, cluster="busy") as stream:
        opened = stream.next()
        (other,) = tell("idle")
        signs = [stream.next()]
        while signs[-1].id != other:
            signs.append(stream.next())
        assert {(one.event, one.data, one.comment) for one in signs} == {
            (None, None, "nothing new")
        }
        assert opened.id is not None
        assert opened.id < other


def test_one_connection_listens_for_all_streams_and_is_made_again(
    site: Site, rows: psycopg.Connection, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "PAUSE", 0.05)
    sessions = (
        "select count(*), min(pid) from pg_stat_activity"
        " where application_name = %s and datname = current_database()"
    )
    with open_stream(site, cluster="busy") as one, open_stream(site, cluster="busy") as other:
        for stream in (one, other):
            stream.next()
        (number, session) = rows.execute(sessions, ["hedge-api-events"]).fetchone()
        assert number == 1
        rows.execute("select pg_terminate_backend(%s)", [session])
        told = tell("busy", "busy")
        assert of(one.events(2)) == of(other.events(2)) == told
        (number, again) = rows.execute(sessions, ["hedge-api-events"]).fetchone()
        assert (number, again != session) == (1, True)


def test_a_stream_that_is_opened_before_anybody_listens_misses_nothing(
    rows: psycopg.Connection, discord: StandInDiscord, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = event_hub.EventHub._listen

    async def late(hub: event_hub.EventHub) -> None:
        await asyncio.sleep(0.5)
        await listen(hub)

    monkeypatch.setattr(event_hub.EventHub, "_listen", late)
    with open_site(discord) as site, open_stream(site, cluster="busy") as stream:
        stream.next()
        told = tell("busy", "busy")
        assert of(stream.events(2)) == told
        told = tell("busy")
        assert of(stream.events(1)) == told
        assert stream.is_silent()


# -- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status", "code", "words"),
    [
        ("", 400, "invalid_request", "name a cluster or a board"),
        ("cluster=nobody", 404, "unknown_cluster", "no cluster nobody"),
        ("board=nothing", 404, "unknown_board", "no board nothing"),
        ("board=hidden", 404, "unknown_board", "no board hidden"),
        ("board=off", 404, "unknown_board", "no board off"),
        ("cluster=busy&lastEventId=x", 400, "invalid_request", "'x' is not the id of an event"),
        ("cluster=busy&lastEventId=-1", 400, "invalid_request", "'-1' is not the id"),
        (f"cluster=busy&lastEventId={2**63}", 400, "invalid_request", "is not the id"),
        (f"cluster=busy&lastEventId={'1' * 5000}", 400, "invalid_request", "is not the id"),
        ("cluster=busy&after=1", 400, "unknown_parameter", "no parameter 'after'"),
    ],
)
def test_what_is_refused_is_named(
    site: Site, query: str, status: int, code: str, words: str
) -> None:
    answer = site.browser().get(f"/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["detail"]


def test_a_board_that_is_hidden_meanwhile_tells_nothing(
    site: Site, rows: psycopg.Connection, tell: Tell
) -> None:
    put_board(rows, "shown")
    with open_stream(site, board="shown") as stream:
        stream.next()
        rows.execute("update app.leaderboard_defs set is_public = false where key = 'shown'")
        _, everybody = tell("shown", "everybody")
        assert of(stream.events(1)) == [everybody]


def test_head_answers_and_does_not_stream(site: Site) -> None:
    answer = site.browser().head("/events?cluster=busy")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def refusal(site: Site, address: str) -> tuple[int, str | None, str]:
    """Status, Retry-After and detail of a stream that is refused."""
    with open_stream(site, address, cluster="busy") as stream:
        assert stream.status >= 400
        return stream.status, stream.headers.get("retry-after"), stream.body()["detail"]


def test_so_many_streams_of_an_address_may_be_open(
    rows: psycopg.Connection, discord: StandInDiscord
) -> None:
    here, there, third = "198.51.100.7", "198.51.100.8", "2001:db8::1"
    with open_site(discord, streams_per_address=2, streams=4) as site:
        with open_stream(site, here, cluster="busy"), open_stream(site, here, cluster="idle"):
            status, retry_after, detail = refusal(site, here)
            assert (status, retry_after) == (429, "10")
            assert "2 streams of an address" in detail
            with open_stream(site, there, cluster="busy"), open_stream(site, third, cluster="busy"):
                status, retry_after, detail = refusal(site, "198.51.100.9")
                assert (status, retry_after) == (503, "10")
                assert "4 streams are open" in detail
        # those that have ended do not count, nor do those that were refused
        with open_stream(site, here, cluster="busy") as one, open_stream(site, here, board="wins"):
            assert one.status == 200


def test_streams_end_when_the_service_stops(
    rows: psycopg.Connection, discord: StandInDiscord
) -> None:
    with open_site(discord) as site:
        stream = open_stream(site, cluster="busy").__enter__()
        stream.next()
        site.portal.call(site.hub.end_streams)
        with pytest.raises(EOFError):
            stream.next()
        assert stream.has_ended()
