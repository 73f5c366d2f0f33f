-- The entries of a board run whose cluster has an id that begins with a text, or a
-- shown name that begins with it (folded, by NFKC and case). Who has the whole text as
-- id or name comes first, then the better rank.
with

matching as (

    select
        entries.cluster_id,
        entries.rank,
        entries.cluster_id = %(text)s as is_whole
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s and starts_with(entries.cluster_id, %(text)s)

    union all

    select
        entries.cluster_id,
        entries.rank,
        taken.folded = %(folded)s as is_whole
    from app.shown_names as taken
    inner join app.wallet_clusters as clusters on taken.player_id = clusters.player_id
    inner join analytics.leaderboard_entries as entries
        on entries.run_id = %(run)s and clusters.cluster_id = entries.cluster_id
    where
        starts_with(taken.folded, %(folded)s)

),

listed as (

    select
        matching.cluster_id,
        matching.rank,
        bool_or(matching.is_whole) as is_whole
    from matching
    group by matching.cluster_id, matching.rank
    order by is_whole desc, matching.rank asc, matching.cluster_id asc
    limit %(limit)s

)

select
    listed.rank,
    listed.cluster_id,
    listed.is_whole,
    shown.display_name
from listed
left join app.wallet_clusters as clusters on listed.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
order by listed.is_whole desc, listed.rank asc, listed.cluster_id asc
