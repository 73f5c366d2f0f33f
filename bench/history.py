"""Measure what a longer history costs: runs before and after nine of ten quests, hunts and matches
lie further back.

    python -m bench.history [--clusters 20000] [--turns 2]

It loads a demo world with a season into an embedded server of its own. A cluster in a hundred keeps
its history, and is the one that incremental runs compute; all others get ten times of it.
"""

from collections.abc import Iterator
from typing import Annotated

import psycopg
import typer

from bench.figures import Figure, begin, print_figures, run_seconds, timed
from bench.own_server import deployed_world, touch_one_percent
from hedge import database, runs

_OF_OTHERS = """
    wallet_address in (select address from app.wallet_links where hashtext(cluster_id) % 100 <> 0)
"""
#: Insert nine copies of all quests, hunts and matches of the clusters that touch_one_percent omits,
#: each 90 days before the one before.
MORE_HISTORY = {
    "quest_completions": f"""
        insert into raw.quest_completions
        (chain_id, quest_id, wallet_address, quest_instance_id, status, completed_at)
        select chain_id, quest_id + copies * 50000000, wallet_address, quest_instance_id, status,
            completed_at - copies * interval '90 days'
        from raw.quest_completions
        cross join generate_series(1, 9) as copies
        where quest_id < 900000000 and {_OF_OTHERS}
    """,
    "hunting_encounters": f"""
        insert into raw.hunting_encounters
        (chain_id, hunt_id, wallet_address, hunt_data_id, result, encountered_at)
        select chain_id, hunt_id + copies * 50000000, wallet_address, hunt_data_id, result,
            encountered_at - copies * interval '90 days'
        from raw.hunting_encounters
        cross join generate_series(1, 9) as copies
        where {_OF_OTHERS}
    """,
    "pvp_matches": f"""
        insert into raw.pvp_matches
        (realm, match_id, wallet_address, opponent_wallet, queue_type, is_ranked, outcome,
            hero_deaths, score_before, score_after, matched_at)
        select realm, match_id || '-' || copies, wallet_address, opponent_wallet, queue_type,
            is_ranked, outcome, hero_deaths, score_before, score_after,
            matched_at - copies * interval '90 days'
        from raw.pvp_matches
        cross join generate_series(1, 9) as copies
        where {_OF_OTHERS}
    """,
}


def measure(connection: psycopg.Connection, turns: int = 2) -> Iterator[Figure]:
    """An incremental and a daily full run, before and after, the fastest of some turns each."""
    touched, daily = _seconds(connection, 950_000_000, turns)
    before = _facts(connection)
    for statement in MORE_HISTORY.values():
        connection.execute(statement)
    for table in MORE_HISTORY:
        connection.execute(f"vacuum analyze raw.{table}")
    runs.full()
    touched_after, daily_after = _seconds(connection, 960_000_000, turns)
    against = "itself before"
    yield Figure(
        "incremental run, ten times the history", touched_after, "s", touched, against, most=1.2
    )
    yield Figure(
        "daily full run, ten times the history", daily_after, "s", daily, against, most=1.2
    )
    yield Figure("facts in it", _facts(connection), "", before, against)


def _facts(connection: psycopg.Connection) -> int:
    count: int = database.value(
        connection,
        "select sum(reltuples)::bigint from pg_class"
        " where relnamespace = 'raw'::regnamespace and relkind = 'r'",
    )
    return count


def _seconds(connection: psycopg.Connection, first: int, turns: int) -> tuple[float, float]:
    """Seconds of an incremental run of one cluster in a hundred and of a full run after it, each
    the fastest of some turns. The new quests have ids from first on."""
    touched, daily = [], []
    for turn in range(turns):
        touch_one_percent(connection, first + turn * 1_000_000)
        touched.append(timed(runs.incremental)[0])
        daily.append(run_seconds(runs.full()))
    return min(touched), min(daily)


def main(
    clusters: Annotated[int, typer.Option(min=200)] = 20_000,
    turns: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Measure runs over a longer history in a new embedded server, and print one table."""
    with deployed_world(clusters) as connection:
        begin("the first full run")
        runs.full()
        begin("a longer history")
        print_figures(measure(connection, turns), f"{clusters:,} clusters, {turns} turns")


if __name__ == "__main__":
    typer.run(main)
