-- Inserts or updates what a season gives; where only is true, deletes the others. What
-- clusters are entitled to already stays as it was promised.
with

given as (

    select
        entries.reward_key,
        entries.name,
        entries.quantity,
        entries.kind,
        entries.level,
        entries.leaderboard_key,
        entries.rank_from,
        entries.rank_to,
        entries.valid_until
    from jsonb_to_recordset(%(given)s) as entries (
        reward_key text,
        name text,
        quantity numeric,
        kind text,
        level integer,
        leaderboard_key text,
        rank_from integer,
        rank_to integer,
        valid_until timestamptz
    )

),

removed as (

    delete from app.reward_definitions
    where
        %(only)s
        and season_id = %(season)s
        and reward_key not in (select given.reward_key from given)

)

insert into app.reward_definitions as kept (
    season_id, reward_key, name, quantity, kind, level, leaderboard_key, rank_from,
    rank_to, valid_until
)
select
    %(season)s as season_id,
    given.reward_key,
    given.name,
    given.quantity,
    given.kind,
    given.level,
    given.leaderboard_key,
    given.rank_from,
    given.rank_to,
    given.valid_until
from given
order by given.reward_key
on conflict (season_id, reward_key) do update
    set
        name = excluded.name,
        quantity = excluded.quantity,
        kind = excluded.kind,
        level = excluded.level,
        leaderboard_key = excluded.leaderboard_key,
        rank_from = excluded.rank_from,
        rank_to = excluded.rank_to,
        valid_until = excluded.valid_until,
        changed_at = now()
