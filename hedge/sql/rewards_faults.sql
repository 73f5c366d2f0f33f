-- The fault of each definition, or null, in the order in which they are given.
with

given as (

    select
        definitions.nth,
        definitions.entry ->> 'reward_key' as reward_key,
        definitions.entry ->> 'kind' as kind,
        definitions.entry ->> 'leaderboard_key' as leaderboard_key,
        definitions.entry ->> 'level' as level,
        definitions.entry ->> 'rank_from' as rank_from,
        definitions.entry ->> 'rank_to' as rank_to,
        definitions.entry ->> 'quantity' as quantity
    from jsonb_array_elements(%(given)s) with ordinality as definitions (entry, nth)

)

select
    case
        when
            given.nth < max(given.nth) over (partition by given.reward_key)
            then format('reward %%s is given twice', given.reward_key)
        when
            not coalesce(given.quantity ~ '^[0-9]{1,22}([.][0-9]{1,6})?$', false)
            then format(
                'the quantity of %%s is %%s, not a number with at most 6 decimals',
                given.reward_key,
                coalesce(given.quantity, 'missing')
            )
        when
            not concat_ws(' ', given.level, given.rank_from, given.rank_to)
            ~ '^([0-9]{1,9}( [0-9]{1,9})*)?$'
            then format(
                'level or ranks of %%s are %%s, not whole numbers',
                given.reward_key,
                concat_ws(', ', given.level, given.rank_from, given.rank_to)
            )
        when
            given.kind = 'LEVEL'
            and given.level::integer not in (
                select levels.level from analytics.season_levels as levels
            )
            then format(
                'reward %%s is for level %%s, which no season has',
                given.reward_key, given.level
            )
        when
            given.leaderboard_key is not null and boards.key is null
            then format('no board %%s', given.leaderboard_key)
        when
            boards.time_window <> 'SEASON'
            then format(
                'board %%s ranks a period of another kind than the season',
                given.leaderboard_key
            )
    end as fault
from given
left join app.leaderboard_defs as boards on given.leaderboard_key = boards.key
order by given.nth
