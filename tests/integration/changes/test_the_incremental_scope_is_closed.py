"""An incremental run computes exactly the clusters whose numbers may have moved.

Every story begins in a town, after a full run. Something arrives, an incremental run follows, and
then a full run as of the same instant, which has nothing left to change.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import psycopg
import pytest

from hedge import database, runs
from hedge.queries import query
from tests.integration.changes import in_tiers
from tests.support import (
    AS_OF,
    BUSY,
    BUSY_TOO,
    IDLE,
    RIVAL,
    STRANGER,
    YESTERDAY,
    Fact,
    Marts,
    add_cluster,
    battle,
    computed_at,
    days_ago,
    discord_interaction,
    first_seen,
    genes,
    hero,
    hunt,
    hunt_drop,
    jeweler_move,
    link,
    lp_harvest,
    lp_move,
    lp_price,
    marts,
    patrol,
    pet,
    progress,
    purchase,
    put,
    pvp_match,
    quest,
    raffle_entry,
    raffle_win,
    rows_of,
    seasonal_action,
    set_discord_id,
    shells,
    summon,
    token_price,
    tournament_entry,
    tournament_match,
    unlink,
    vote,
    without_instants,
)

#: The incremental run comes so soon after the full one that no clock moves a number.
LATER = AS_OF + timedelta(microseconds=1)

MUCH_LATER = AS_OF + timedelta(microseconds=2)

#: A wallet that was busy before anybody linked it.
LOOSE = "0x" + "ee" * 20

MUTATED = genes(class_=16, subclass=16, passive=16)

TOWN = (
    hero(1, BUSY, at=days_ago(9)),
    pet(1, BUSY, at=days_ago(9)),
    quest(LOOSE),
    quest(BUSY_TOO),
    discord_interaction("1", "EVENT"),
    # of an account that is nobody's yet
    discord_interaction("3", "EVENT"),
    # both vote on battle 1, and rival on the side that will lose
    vote(1, BUSY, side=0),
    vote(1, RIVAL, side=1),
    # busy holds 10 of pool 1, rival held some in April, idle holds another pool
    lp_move(10, BUSY),
    lp_move(10, RIVAL, at=days_ago(50)),
    lp_move(-10, RIVAL, at=days_ago(40)),
    lp_move(10, IDLE, pool_id=2),
    jeweler_move(100, BUSY),
    # Three lines of heroes. Of each first pair of parents one is not known (101, 111, 121), so
    # that nobody can tell how mutated the children are: heroes 103, 113 and 123.
    *(hero(known, STRANGER, stat_genes=genes()) for known in (102, 112, 122)),
    # busy summoned the child of the unknown one
    summon(103, (101, 102), BUSY, stat_genes=MUTATED),
    # rival a grandchild, which is royal when the unknown one's child turns out mutated
    summon(113, (111, 112), STRANGER, stat_genes=MUTATED),
    summon(114, (112, 112), STRANGER, stat_genes=MUTATED),
    summon(115, (113, 114), RIVAL, stat_genes=genes(class_=24)),
    # and idle three generations, in which the mutations may have deepened
    summon(123, (121, 122), IDLE, stat_genes=genes(class_=16)),
    summon(124, (123, 122), IDLE, stat_genes=genes(subclass=16, passive=16)),
    summon(125, (124, 122), IDLE, stat_genes=genes(class_=24, active=16)),
)


class Story(NamedTuple):
    """What arrives, and what each cluster it concerns then has more (or less) of.

    A cluster that is computed again although its numbers stay has no changes.
    """

    name: str
    arrives: Fact | Callable[[psycopg.Connection], None]
    changes: dict[str, dict[str, int]]

    def __str__(self) -> str:
        return self.name


FACTS = (
    Story("a quest", quest(), {"busy": {"herbalist_master": 1, "kingdom_calls": 0}}),
    Story("a hunt", hunt(), {"busy": {"mad_boar_slayer": 1}}),
    Story("a drop", hunt_drop(), {"busy": {"relic_tracker": 1}}),
    Story("a match", pvp_match(), {"busy": {"arena_victor": 1}}),
    Story("a second wallet's match", pvp_match(BUSY_TOO), {"busy": {"arena_victor": 1}}),
    Story("a patrol", patrol(), {"busy": {"patrol_warden": 1}}),
    Story("shells", shells(7), {"busy": {"shell_collector": 7}}),
    Story("an entry in a raffle", raffle_entry(), {"busy": {"shell_gambler": 1}}),
    Story(
        "a raffle that is won",
        raffle_win(),
        {"busy": {"shell_jackpot": 1, "metis_mastery_score": 20, "prestige_collector": 1}},
    ),
    Story("a tournament", tournament_entry(5), {"busy": {"tournament_challenger": 1}}),
    Story(
        "a match in a tournament",
        tournament_match(BUSY, RIVAL),
        {
            "busy": {"tournament_victor": 1, "tournament_challenger": 1},
            "rival": {"tournament_victor": 0, "tournament_challenger": 1},
        },
    ),
    Story("a purchase", purchase(30), {"busy": {"vendor_tycoon": 30}}),
    Story("an event", seasonal_action(), {"busy": {"seasonal_voyager": 2}}),
    Story("an interaction on Discord", discord_interaction("1"), {"busy": {"loyal_follower": 1}}),
    Story("an interaction of nobody", discord_interaction("9"), {}),
    Story("a first transaction", first_seen(at=days_ago(400)), {"busy": {"long_road_home": 400}}),
    Story("a new hero", hero(2, BUSY), {"busy": {"house_of_heroes": 1}}),
    Story("a level", hero(1, BUSY, level=5), {"busy": {"hero_riser": 4}}),
    Story(
        "a hero that was sold",
        hero(1, RIVAL),
        {"busy": {"house_of_heroes": -1}, "rival": {"house_of_heroes": 1}},
    ),
    Story("a hero that went to nobody", hero(1, None), {"busy": {"house_of_heroes": -1}}),
    Story("a new pet", pet(2, BUSY, rarity=4), {"busy": {"pet_sanctuary": 16}}),
    Story(
        "a pet that was sold",
        pet(1, RIVAL),
        {"busy": {"pet_sanctuary": -1}, "rival": {"pet_sanctuary": 1}},
    ),
    Story(
        "a pet that crossed to another chain at once",
        pet(1, RIVAL, at=days_ago(9), chain_id=60000),
        {"busy": {"pet_sanctuary": -1}, "rival": {"pet_sanctuary": 1}},
    ),
    Story("a vote on a battle not over", vote(2), {"busy": {"influence_strategist": 0}}),
    Story(
        "a battle that is over",
        battle(1, winner_side=0),
        {"busy": {"influence_strategist": 1}, "rival": {"influence_strategist": 0}},
    ),
    Story("a harvest", lp_harvest(), {"busy": {"yield_harvester": 1}}),
    Story("a deposit", lp_move(5, at=days_ago(30)), {"busy": {"diamond_hand_lp": 29}}),
    Story(
        "a price of a pool",
        lp_price(3, YESTERDAY),
        # busy's position is worth something today and yesterday, rival's was withdrawn
        {"busy": {"lp_depth": 30, "market_maker": 2}, "rival": {"lp_depth": 0}},
    ),
    Story(
        "an old price of a pool",
        lp_price(3, days_ago(100).date()),
        # ten days and the begun one
        {"busy": {"market_maker": 2}, "rival": {"market_maker": 11}},
    ),
    Story("a stake", jeweler_move(7), {"busy": {"jeweler_whale": 7}}),
    Story("a price of JEWEL", token_price(3), {"busy": {"jeweler_stakeholder": 300}}),
    Story("a price of something else", token_price(3, token="AVAX"), {}),
    Story("a summon", summon(9, rarity=4), {"busy": {"mythmaker": 1}}),
    *(
        Story(f"{who} known as {where}", fact, changes)
        for where, known in {
            "a hero": lambda hero_id: hero(hero_id, STRANGER, stat_genes=genes()),
            "a summon": lambda hero_id: summon(hero_id, wallet=STRANGER),
        }.items()
        for who, fact, changes in (
            ("a parent", known(101), {"busy": {"mutagenic_specialist": 1}}),
            ("a grandparent", known(111), {"rival": {"royal_lineage": 1}}),
            ("a great-grandparent", known(121), {"idle": {"grandmaster_geneweaver": 1}}),
        )
    ),
)

WALLETS = (
    Story(
        "a wallet that is linked",
        lambda town: link(town, "idle", LOOSE),
        {"idle": {"herbalist_master": 1}},
    ),
    Story(
        "a wallet that is unlinked",
        lambda town: unlink(town, BUSY_TOO),
        {"busy": {"herbalist_master": -1}},
    ),
    Story(
        "a wallet that moves",
        lambda town: link(town, "rival", BUSY_TOO),
        {"busy": {"herbalist_master": -1}, "rival": {"herbalist_master": 1}},
    ),
    Story(
        "an account on Discord that is named",
        lambda town: set_discord_id(town, "rival", "3"),
        {"rival": {"loyal_follower": 3}},
    ),
    Story(
        "an account on Discord that is taken back",
        lambda town: set_discord_id(town, "busy", None),
        {"busy": {"loyal_follower": -3}},
    ),
    Story(
        "a new cluster without a wallet",
        lambda town: add_cluster(town, "late"),
        {"late": {"herbalist_master": 0}},
    ),
)


@pytest.fixture(scope="module")
def town_after_a_full_run(template: str, new_database: Callable[[str, str], str]) -> Iterator[str]:
    """The name of the database in which every story begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGE_DATABASE_URL", new_database("town", template))
        with database.connect() as connection:
            add_cluster(connection, "busy", BUSY, BUSY_TOO, discord_id="1")
            add_cluster(connection, "idle", IDLE)
            add_cluster(connection, "rival", RIVAL)
            put(connection, *TOWN)
        runs.full(as_of=AS_OF)
        yield "town"


@pytest.fixture
def town(
    town_after_a_full_run: str, own_database: Callable[[str], str]
) -> Iterator[psycopg.Connection]:
    """A connection to a copy of the town."""
    own_database(town_after_a_full_run)
    with database.connect() as connection:
        yield connection


def computed_later(connection: psycopg.Connection, than: datetime = AS_OF) -> set[str]:
    """The clusters that were computed again after the town's full run, or later than that."""
    return {cluster for cluster, at in computed_at(connection).items() if at > than}


def by_a_full_run(connection: psycopg.Connection) -> Marts:
    """The marts after a full run as of the instant of the last run."""
    runs.full(as_of=LATER)
    return marts(connection)


@pytest.mark.parametrize("story", [*in_tiers(FACTS), *WALLETS], ids=str)
def test_exactly_the_clusters_concerned_are_computed(
    town: psycopg.Connection, story: Story
) -> None:
    before = {cluster: progress(town, cluster) for cluster in story.changes}
    if isinstance(story.arrives, Fact):
        put(town, story.arrives)
    else:
        story.arrives(town)
    runs.incremental(as_of=LATER)

    assert computed_later(town) == set(story.changes)
    for cluster, changes in story.changes.items():
        now = progress(town, cluster)
        assert {key: now[key] - before[cluster].get(key, 0) for key in changes} == changes

    found = marts(town)
    everything = by_a_full_run(town)
    assert rows_of(found, story.changes) == rows_of(everything, story.changes)
    # and nobody else was forgotten
    assert without_instants(found) == without_instants(everything)

    if isinstance(story.arrives, Fact):
        vanish(town, story.arrives, before)


def vanish(town: psycopg.Connection, fact: Fact, before: dict[str, dict[str, Decimal]]) -> None:
    """A fact that vanishes concerns the clusters that it concerned. It is in the same test as its
    arrival, because each run takes a second."""
    condition = " and ".join(f"{name} is not distinct from %s" for name in fact.row)
    gone = town.execute(f"delete from raw.{fact.table} where {condition}", list(fact.row.values()))
    assert gone.rowcount == 1
    runs.incremental(as_of=MUCH_LATER)

    assert computed_later(town, LATER) == set(before)
    for cluster, values in before.items():
        assert progress(town, cluster) == values
        corrected = town.execute(
            "select table_name from app.cluster_corrections where cluster_id = %s", [cluster]
        )
        assert corrected.fetchall() == [(fact.table,)]


def test_a_fact_that_moves_concerns_its_old_and_its_new_owner(town: psycopg.Connection) -> None:
    """One fact of each raw table that has a wallet moves from busy to rival."""
    moves = {
        story.arrives.table: (story.arrives.row, name)
        for story in FACTS
        for name, value in story.arrives.row.items()
        if value == BUSY and name != "opponent_wallet"
    }
    assert len(moves) == 20
    for table, (row, _) in moves.items():
        put(town, Fact(table, row))
    runs.full(as_of=LATER)
    for table, (row, column) in moves.items():
        with town.transaction(force_rollback=True):
            condition = " and ".join(f"{name} is not distinct from %s" for name in row)
            change = f"update raw.{table} set {column} = %s where {condition}"
            assert town.execute(change, [RIVAL, *row.values()]).rowcount == 1
            taken_by = runs.take_changes(town, LATER)
            found = runs.changed_clusters(town, LATER, taken_by)
            # whoever summoned descendants of the hero is computed as well
            assert set(found) >= {"busy", "rival"}, table
            if table not in ("heroes", "hero_summons", "pets"):
                assert found == ["busy", "rival"], table


def test_every_raw_table_has_a_story(connection: psycopg.Connection) -> None:
    tables = connection.execute(query("load_tables"))
    assert {story.arrives.table for story in FACTS} == {table for (table,) in tables}


def test_a_deploy_that_brings_other_definitions_computes_everyone(
    town: psycopg.Connection,
) -> None:
    def deploy(definitions: str) -> None:
        town.execute(
            "insert into app.etl_runs"
            " (invocation_id, kind, as_of, state, finished_at, definitions)"
            " values (gen_random_uuid(), 'DEPLOY', now(), 'SUCCESS', now(), %s)",
            [definitions],
        )

    (standing,) = town.execute(
        "select definitions from app.etl_runs where kind = 'DEPLOY' order by run_id desc limit 1"
    ).fetchone()
    deploy(standing)
    assert runs.incremental(as_of=LATER).scope_size == 0
    # back and forth: each of the two deploys changed the definitions
    deploy("others")
    deploy(standing)
    assert runs.incremental(as_of=LATER).scope_size is None
    assert computed_later(town) == {"busy", "idle", "rival"}
    assert runs.incremental(as_of=LATER).scope_size == 0


def test_a_fact_that_is_committed_late_is_seen_by_the_next_run(town: psycopg.Connection) -> None:
    with database.connect(autocommit=False) as loading:
        put(loading, quest())
        assert runs.incremental(as_of=LATER).scope_size == 0
        loading.commit()
    assert runs.incremental(as_of=LATER).scope_size == 1
    assert computed_later(town) == {"busy"}
    assert progress(town, "busy")["herbalist_master"] == 2


def test_a_run_as_of_an_earlier_instant_has_seen_nothing(town: psycopg.Connection) -> None:
    put(town, quest())  # whatever a run as of before finds, it cannot write over newer rows
    runs.incremental(as_of=days_ago(1))
    assert progress(town, "busy")["herbalist_master"] == 1
    runs.incremental(as_of=LATER)
    assert computed_later(town) == {"busy"}
    assert progress(town, "busy")["herbalist_master"] == 2


def test_a_cluster_run_has_seen_nothing_for_the_others(town: psycopg.Connection) -> None:
    put(town, quest(BUSY), quest(RIVAL))
    runs.cluster(["busy"], as_of=LATER)
    assert computed_later(town) == {"busy"}
    runs.incremental(as_of=LATER)
    assert computed_later(town) == {"busy", "rival"}
    assert progress(town, "rival")["herbalist_master"] == 1
