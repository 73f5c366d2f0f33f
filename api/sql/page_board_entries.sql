-- Entries of a board run with the lengths of their bars and how their ranks have moved
-- since another run: a page of them from a place on, or a cluster with three neighbours
-- on each side. Entries are read in the order of the index of ranks up to the last that
-- is shown: nothing is ranked or sorted, however many there are.
with

own as (

    select
        entries.cluster_id,
        (
            select count(*)
            from analytics.leaderboard_entries as ahead
            where
                ahead.run_id = entries.run_id
                and (ahead.rank, ahead.cluster_id)
                <= (entries.rank, entries.cluster_id)
        ) as place
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s and entries.cluster_id = %(cluster)s::text

),

wanted as (

    select
        %(first)s::bigint as first_place,
        %(rows)s::bigint as number
    where %(cluster)s::text is null

    union all

    select
        greatest(own.place - 3, 1) as first_place,
        own.place + 4 - greatest(own.place - 3, 1) as number
    from own

),

page as (

    select entries.*
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s
    order by entries.rank, entries.cluster_id
    limit
        (select coalesce(max(wanted.number), 0) from wanted)
        offset (select coalesce(max(wanted.first_place), 1) - 1 from wanted)

),

listed as (

    select
        page.*,
        wanted.first_place - 1
        + row_number() over (order by page.rank, page.cluster_id) as place
    from page
    cross join wanted

),

opening as (

    select entries.score
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s
    order by entries.rank asc, entries.cluster_id asc
    limit 1

),

closing as (

    select entries.score
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s
    order by entries.rank desc, entries.cluster_id desc
    limit 1

),

-- ranks follow the scores, so the largest is that of the first or of the last
best as (

    select greatest(opening.score, closing.score) as score
    from opening
    cross join closing

)

select
    listed.rank,
    listed.place,
    listed.cluster_id,
    listed.score,
    previous.rank as previous_rank,
    shown.display_name,
    previous.rank - listed.rank as moved,
    array_remove(
        array[listed.tiebreaker, listed.third_value, listed.fourth_value], null
    ) as further_values,
    listed.payload -> 'keys' as ordering_keys,
    listed.payload ->> 'ranking' as ranking,
    exists(
        select from analytics.leaderboard_entries as equals
        where
            equals.run_id = %(run)s
            and equals.rank = listed.rank
            and equals.cluster_id <> listed.cluster_id
    ) as is_shared,
    round(
        case
            when best.score > 0 then greatest(listed.score, 0) * 100 / best.score
            else 0
        end,
        1
    ) as length
from listed
cross join best
-- with a limit, because the planner does not know how few are listed
left join
    lateral (
        select entries_before.rank
        from analytics.leaderboard_entries as entries_before
        where
            entries_before.run_id = %(previous)s::bigint
            and entries_before.cluster_id = listed.cluster_id
        order by entries_before.rank
        limit 1
    ) as previous
    on true
left join
    lateral (
        select shown_names.display_name
        from app.wallet_clusters as clusters
        inner join app.shown_names on clusters.player_id = shown_names.player_id
        where clusters.cluster_id = listed.cluster_id
        order by shown_names.display_name
        limit 1
    ) as shown
    on true
order by listed.place
