"""The first run that entitles many clusters takes a time that follows their number."""

import time

import psycopg
import pytest

from tests.settled_rewards import SEASON, give, put_season, settle

CLUSTERS, LEVELS = 4_000, 10

WORLD = """
    insert into app.players (discord_id)
    select 'many-' || number from generate_series(1, %(clusters)s) as number;
    insert into app.wallet_clusters (cluster_id, player_id)
    select discord_id, player_id from app.players where discord_id like 'many-%%';
    insert into app.wallet_links (cluster_id, address, chain, is_primary)
    select 'many-' || number, '0x' || lpad(to_hex(number), 40, '0'), 'eip155:1', true
    from generate_series(1, %(clusters)s) as number;
    insert into analytics.season_progress
        (season_id, cluster_id, points, level, points_by_challenge, updated_at)
    select %(season)s, 'many-' || number, 1000, %(levels)s, '{}', clock_timestamp()
    from generate_series(1, %(clusters)s) as number;
"""
#: What no way to entitle can do without: the rows, with their audit and events.
ROWS_ALONE = """
    with rewards as (
        insert into app.rewards
            (season_id, reward_key, cluster_id, name, quantity, entitled_at, run_id, changed_by)
        select %(season)s, 'level-' || level, 'many-' || number, 'N', 1, now(), 1, 'a test'
        from generate_series(1, %(clusters)s) as number
        cross join generate_series(1, %(levels)s) as level
        returning reward_id, season_id, reward_key, cluster_id
    )
    insert into app.reward_wallets (season_id, reward_key, address, reward_id)
    select
        season_id, reward_key,
        '0x' || lpad(to_hex(substr(cluster_id, 6)::integer), 40, '0'), reward_id
    from rewards
"""


@pytest.mark.ci
def test_entitling_many_takes_little_more_than_writing_their_rows(rows: psycopg.Connection) -> None:
    names = {"season": SEASON, "clusters": CLUSTERS, "levels": LEVELS}
    put_season(rows)
    for level in range(1, LEVELS + 1):
        give(rows, f"level-{level}", level=level)
    with psycopg.ClientCursor(rows) as cursor:
        cursor.execute(WORLD, names)
    rows.execute("analyze")
    with rows.transaction(force_rollback=True), psycopg.ClientCursor(rows) as cursor:
        begun = time.monotonic()
        cursor.execute(ROWS_ALONE, names)
        alone = time.monotonic() - begun
    # excluded clusters are looked up once, and not for each reward
    rows.execute(
        "insert into app.exclusions (cluster_id, season_id, reason, created_by)"
        " select 'many-' || number, %s, 'unfair', 'ada' from generate_series(1, 20) as number",
        [SEASON],
    )
    # 1.5 times as long, and 7 times where rewards are joined again by what they name
    rows.execute("select set_config('statement_timeout', %s, false)", [f"{4000 * alone:.0f}ms"])
    settle(rows)
    found = rows.execute(
        "select count(*), count(distinct wallets.reward_id)"
        " from app.rewards left join app.reward_wallets as wallets using (reward_id)"
    ).fetchone()
    assert found == ((CLUSTERS - 20) * LEVELS, (CLUSTERS - 20) * LEVELS)
