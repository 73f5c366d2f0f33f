-- The clusters with points in a season from a place on, most points first, with the
-- names of players who show them on boards, and how long their bars are beside the
-- leader's. Equal points share a rank. Both windows read the index of the standings in
-- its order, so that no more is read than what is shown and what is before it.
with

placed as (

    select
        progress.cluster_id,
        progress.points,
        progress.level,
        dense_rank() over (order by progress.points desc) as rank,
        row_number() over (order by progress.points desc, progress.cluster_id asc)
            as place
    from analytics.season_progress as progress
    where progress.season_id = %(season)s and progress.points > 0
    order by progress.points desc, progress.cluster_id asc
    -- one more: it may share the last rank that is shown
    limit %(first)s + %(rows)s

),

page as (

    select
        placed.cluster_id,
        placed.points,
        placed.level,
        placed.rank,
        placed.place,
        max(placed.points) over () as best,
        count(*) over (partition by placed.rank) > 1 as is_shared
    from placed

)

select
    page.rank,
    page.place,
    page.cluster_id,
    page.points,
    page.level,
    page.is_shared,
    shown.display_name,
    round(page.points * 100 / page.best, 1) as length
from page
inner join app.wallet_clusters as clusters on page.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
where page.place >= %(first)s and page.place < %(first)s + %(rows)s
order by page.place
