-- Entries of a board run with the lengths of their bars and how their ranks have moved
-- since another run: a page of them from a place on, or a cluster with three neighbours
-- on each side.
with

listed as (

    select
        entries.*,
        row_number() over (order by entries.rank, entries.cluster_id) as place,
        count(*) over (partition by entries.rank) > 1 as is_shared,
        max(entries.score) over () as best
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s

)

select
    listed.rank,
    listed.place,
    listed.is_shared,
    listed.cluster_id,
    listed.score,
    previous.rank as previous_rank,
    previous.rank - listed.rank as moved,
    array_remove(
        array[listed.tiebreaker, listed.third_value, listed.fourth_value], null
    ) as further_values,
    listed.payload -> 'keys' as ordering_keys,
    listed.payload ->> 'ranking' as ranking,
    case when players.show_on_boards then players.display_name end as display_name,
    round(
        case
            when
                listed.best > 0
                then greatest(listed.score, 0) * 100 / listed.best
            else 0
        end,
        1
    ) as length
from listed
left join analytics.leaderboard_entries as previous
    on
        previous.run_id = %(previous)s::bigint
        and listed.cluster_id = previous.cluster_id
left join app.wallet_clusters as clusters on listed.cluster_id = clusters.cluster_id
left join app.players on clusters.player_id = players.player_id
where
    case
        when %(cluster)s::text is null
            then listed.place >= %(first)s and listed.place < %(first)s + %(rows)s
        else
            abs(
                listed.place
                - (
                    select own.place from listed as own
                    where own.cluster_id = %(cluster)s
                )
            ) <= 3
    end
order by listed.place
