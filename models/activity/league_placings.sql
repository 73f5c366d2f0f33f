{# Places in tournaments of leagues. One row per league, tournament, wallet, window. #}
{#
   Where several wallets of a cluster have a place in a tournament, the best one counts.
   Where a league counts one tournament, later ones come first among equals; at equal
   times, those of the greater natural key.
#}
with

placings as (

    select
        finishes.cluster_id,
        finishes.window_key,
        leagues.key as league_key,
        leagues.aggregate,
        finishes.chain_id,
        finishes.tournament_id,
        finishes.wallet_address,
        finishes.final_rank as place,
        finishes.occurred_at,
        coalesce(awards.points, 0) as points,
        coalesce(
            finishes.final_rank >= leagues.early_exit_from, false
        ) as is_early_exit,
        row_number() over (
            partition by
                finishes.cluster_id,
                finishes.window_key,
                leagues.key,
                finishes.chain_id,
                finishes.tournament_id
            order by finishes.final_rank, finishes.wallet_address
        ) = 1 as is_best

    from {{ ref('tournament_finishes') }} as finishes
    inner join {{ ref('leagues') }} as leagues
        on
            (finishes.is_official or not leagues.only_official)
            and finishes.chain_id = coalesce(leagues.chain_id, finishes.chain_id)
            and {{ utc_day('finishes.occurred_at') }}
            >= coalesce(leagues.begins_on, '-infinity')
            and {{ utc_day('finishes.occurred_at') }}
            < coalesce(leagues.ends_before, 'infinity')
    left join {{ ref('league_points') }} as awards
        on
            leagues.key = awards.league_key
            and finishes.final_rank >= awards.place_from
            and (finishes.final_rank <= awards.place_to or awards.place_to is null)

)

select
    cluster_id,
    window_key,
    league_key,
    chain_id,
    tournament_id,
    wallet_address,
    place,
    points,
    is_early_exit,
    is_best,
    occurred_at,
    is_best and (
        aggregate = 'SUM'
        or row_number() over (
            partition by cluster_id, window_key, league_key, is_best
            order by
                case aggregate when 'MAX' then points end desc,
                occurred_at desc,
                chain_id desc,
                tournament_id desc
        ) = 1
    ) as gives_points

from placings
