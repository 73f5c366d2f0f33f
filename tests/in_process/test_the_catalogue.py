"""The pages of challenges: who was first and latest, how values are spread, names and icons."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from api.database import query
from api.pages import rendering
from api.pages.texts import percent
from tests.in_process.queries import DAY, found, pick
from tests.in_process.rows import AS_OF, name_player, put, put_board, put_unlock
from tests.support import add_cluster

TIER = {"challenge_key": "arena_victor", "as_of": AS_OF}


def test_first_and_latest_are_by_the_facts_else_by_the_run(connection: psycopg.Connection) -> None:
    for number, cluster in enumerate(("early", "seen", "gone", "late", "shown")):
        add_cluster(connection, cluster, f"0x{number + 4401:040x}")
    name_player(connection, "seen", "Hidden", shown=False)
    name_player(connection, "late", "Latest", shown=True)
    for cluster, unlocked, reached, revoked in (
        ("busy", AS_OF, AS_OF - 2 * DAY, None),
        ("early", AS_OF + DAY, AS_OF - 3 * DAY, None),
        # not known from the facts: the run that saw it counts
        ("seen", AS_OF - 4 * DAY, None, None),
        ("late", AS_OF + 5 * DAY, None, None),
        ("gone", AS_OF - 9 * DAY, AS_OF - 9 * DAY, AS_OF),
    ):
        columns = {"unlocked_at": unlocked, "reached_at": reached, "revoked_at": revoked}
        put_unlock(connection, cluster, "arena_victor", "BASIC", **columns)
    put_unlock(connection, "busy", "arena_victor", "ELITE", reached_at=AS_OF - DAY)
    put_unlock(connection, "late", "arena_victor", "EXALTED", "FOUNDERS_MARK")
    put(connection, "app.tier_rarity", tier_code="BASIC", clusters=4, share=0.5, **TIER)

    basic, advanced, elite, exalted = found(
        connection, "page_catalogue_tiers", challenge="arena_victor"
    )
    assert pick(basic["first_who"], "cluster_id", "display_name", "reached_at") == (
        "seen",
        None,
        None,
    )
    assert pick(basic["latest_who"], "cluster_id", "display_name") == ("late", "Latest")
    assert pick(basic, "clusters", "share", "threshold") == (4, 0.5, 3)
    assert pick(elite["first_who"], "cluster_id") == pick(elite["latest_who"], "cluster_id")
    for nobody in (advanced, exalted):
        assert pick(nobody, "first_who", "latest_who", "share") == (None, None, None)
    connection.execute("delete from analytics.tier_unlocks where cluster_id in ('seen', 'late')")
    basic, *_ = found(connection, "page_catalogue_tiers", challenge="arena_victor")
    assert (basic["first_who"]["cluster_id"], basic["latest_who"]["cluster_id"]) == (
        "early",
        "busy",
    )


def test_first_and_latest_are_looked_up_in_the_index(connection: psycopg.Connection) -> None:
    # the table is so small that it would be read whole
    connection.execute("set local enable_seqscan = off")
    asked = {"challenge": "arena_victor"}
    plan = connection.execute("explain " + query("page_catalogue_tiers"), asked).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Index Scan using tier_unlocks_of_tiers on tier_unlocks" in text
    assert "Index Scan Backward using tier_unlocks_of_tiers on tier_unlocks" in text
    assert text.count("Sort Key") == text.count("Sort Key: tiers.sort_order") == 1


def test_bars_have_no_gaps_and_a_part_for_each_tier(connection: psycopg.Connection) -> None:
    for tier, low, high, clusters in (
        ("NONE", 0, 0.000001, 90),
        ("NONE", 2, 3, 3),
        ("BASIC", 10, 20, 4),
        ("ADVANCED", 10, 20, 2),
        ("ELITE", 50, 70, 12),
    ):
        row = {"tier_code": tier, "from_value": low, "below_value": high, "clusters": clusters}
        put(connection, "app.value_counts", challenge_key="arena_victor", **row)
    bars = found(connection, "page_catalogue_values", challenge="arena_victor")
    assert [pick(one, "place", "from_value", "below_value", "clusters") for one in bars] == [
        (0, 2, 3, 3),
        (1, 3, 5, 0),
        (2, 5, 7, 0),
        (3, 7, 10, 0),
        (4, 10, 20, 6),
        (5, 20, 30, 0),
        (6, 30, 50, 0),
        (7, 50, 70, 12),
    ]
    assert [
        [
            (part["code"], part["clusters"], float(part["y"]), float(part["height"]))
            for part in one["parts"]
        ]
        for one in (bars[0], bars[1], bars[4], bars[-1])
    ] == [
        [("NONE", 3, 75, 25)],
        [],
        # a threshold is between the edges
        [("BASIC", 4, 66.7, 33.3), ("ADVANCED", 2, 50, 16.7)],
        [("ELITE", 12, 0, 100)],
    ]
    assert bars[0]["parts"][0]["name"] == "No tier yet"
    (head,) = found(connection, "page_catalogue_challenge", challenge="arena_victor")
    assert pick(head, "clusters", "with_value", "state") == (111, 21, "live")
    assert found(connection, "page_catalogue_values", challenge="hero_riser") == []


def test_a_category_has_its_challenges_and_a_metric_its_public_boards(
    connection: psycopg.Connection,
) -> None:
    every = found(connection, "page_catalogue_list", category=None, cluster=None)
    categories = found(connection, "page_catalogue_categories")
    assert sum(one["challenges"] for one in categories) == len(every) > 40
    for one in categories:
        listed = found(connection, "page_catalogue_list", category=one["key"], cluster="busy")
        assert [row["key"] for row in listed] == [
            row["key"] for row in every if row["category_key"] == one["key"]
        ]
    put_board(connection, "open")
    put_board(connection, "secret", is_public=False)
    put_board(connection, "ended", is_active=False)
    boards = found(connection, "page_catalogue_boards", challenge="arena_victor")
    assert [one["key"] for one in boards] == ["open"]
    connection.execute("update analytics.challenges set state = 'draft' where key = 'arena_victor'")
    assert found(connection, "page_catalogue_challenge", challenge="arena_victor") == []


def test_every_challenge_of_the_seed_has_an_icon_of_its_own_name(
    connection: psycopg.Connection,
) -> None:
    sprite = (Path(rendering.STATIC) / "icons.svg").read_text()
    every = found(connection, "page_catalogue_list", category=None, cluster=None)
    for one in every:
        assert f'<symbol id="{one["icon"]}"' in sprite
        assert f'<symbol id="{one["category_key"]}"' in sprite
    assert rendering.picture("no such icon", "epic_feats").endswith('#epic_feats"/></svg>')
    assert rendering.picture(None, "a new category").endswith('#general"/></svg>')
    assert "Permission to use" in (Path(rendering.STATIC) / "icons.LICENSE.txt").read_text()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("0", "0 %"),
        ("0.000001", "less than 0.01 %"),
        ("0.0003", "0.03 %"),
        ("0.042", "4.2 %"),
        ("0.41", "41 %"),
        ("0.9999", "more than 99 %"),
        ("1", "100 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_everything(share: str, text: str) -> None:
    assert percent(Decimal(share)).replace("\xa0", " ") == text
