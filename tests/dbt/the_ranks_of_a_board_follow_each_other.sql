-- The ranks of a board begin with 1. Dense ranks and row ranks have no gap; a standard
-- rank is one more than the number of entries before it. Entries that were removed with
-- deleted accounts leave gaps of that many.
with

ranks as (

    select
        run_id,
        rank,
        coalesce(payload ->> 'ranking', 'dense') as ranking,
        count(*) as entries,
        dense_rank() over (partition by run_id order by rank) as dense,
        sum(count(*)) over (partition by run_id order by rank) as entries_so_far

    from {{ ref('leaderboard_entries') }}
    group by run_id, rank, payload ->> 'ranking'

),

gaps as (

    select
        ranks.run_id,
        ranks.rank,
        ranks.ranking,
        ranks.entries,
        runs.removed_entries,
        ranks.rank - case ranks.ranking
            when 'standard' then ranks.entries_so_far - ranks.entries + 1
            else ranks.dense
        end as gap

    from ranks
    inner join {{ source('ledger', 'leaderboard_runs') }} as runs
        on ranks.run_id = runs.id

)

select
    run_id,
    rank,
    ranking,
    entries,
    gap

from gaps
where
    gap not between 0 and removed_entries
    or (ranking = 'row' and entries > 1)
