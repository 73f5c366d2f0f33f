-- The ranks of a board are in the order of its keys, and are shared by equals alone.
{% set values = ['score', 'tiebreaker', 'third_value', 'fourth_value'] %}
select
    run_id,
    cluster_id,
    rank,
    places

from (
    select
        run_id,
        cluster_id,
        rank,
        places,
        shares_ranks,
        lag(rank) over steps as rank_before,
        lag(places) over steps as places_before

    from (
        select
            run_id,
            cluster_id,
            rank,
            coalesce(payload ->> 'ranking', 'dense') <> 'row' as shares_ranks,
            -- the largest is the best of each
            array[
                {%- for value in values %}
                case payload #>> '{keys,{{ loop.index0 }},direction}'
                    when 'asc' then -coalesce({{ value }}, 0)
                    else coalesce({{ value }}, 0)
                end
                {{- ',' if not loop.last }}
                {%- endfor %}
            ] as places

        from {{ ref('leaderboard_entries') }}
    ) as entries
    window steps as (partition by run_id order by rank asc, places desc)
) as steps
where
    places > places_before
    or (rank = rank_before) <> (places = places_before and shares_ranks)
