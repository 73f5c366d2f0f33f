-- The clusters whose id begins with a text, those whose shown name begins with it
-- (folded, by NFKC and case), and the one that shows the wallet whose whole address it
-- is; with how many live challenges each has a tier in. A whole name comes first, then
-- names, then ids. The first `skip` of them are left out.
with

named as (

    select
        shown.player_id,
        shown.folded
    from app.shown_names as shown
    where starts_with(shown.folded, %(folded)s)
    order by shown.folded
    limit %(skip)s::integer + %(limit)s::integer

),

by_id as (

    select clusters.cluster_id
    from app.wallet_clusters as clusters
    where starts_with(clusters.cluster_id, %(text)s)
    order by clusters.cluster_id
    limit %(skip)s::integer + %(limit)s::integer

),

matching as (

    select
        clusters.cluster_id,
        named.folded as place,
        case when named.folded = %(folded)s then 1 else 2 end as priority
    from named
    inner join app.wallet_clusters as clusters on named.player_id = clusters.player_id

    union all

    select
        links.cluster_id,
        '' as place,
        1 as priority
    from app.wallet_links as links
    inner join app.wallet_clusters as clusters on links.cluster_id = clusters.cluster_id
    inner join app.players on clusters.player_id = players.player_id
    where
        links.address = %(folded)s
        and links.unlinked_at is null
        and players.show_wallets

    union all

    select
        by_id.cluster_id,
        by_id.cluster_id as place,
        3 as priority
    from by_id

),

-- a name comes before the id that begins alike
once as (

    select distinct on (matching.cluster_id)
        matching.cluster_id,
        matching.place,
        matching.priority
    from matching
    order by matching.cluster_id asc, matching.priority asc, matching.place asc

),

found as (

    select
        once.cluster_id,
        once.place,
        once.priority
    from once
    order by once.priority, once.place, once.cluster_id
    limit %(limit)s offset %(skip)s

)

select
    found.cluster_id,
    progress.challenges,
    progress.with_a_tier,
    shown.display_name
from found
inner join app.wallet_clusters as clusters on found.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
left join lateral (
    select
        count(*) as challenges,
        count(*) filter (where own.tier <> 'NONE') as with_a_tier
    from analytics.challenge_progress as own
    inner join analytics.challenges on own.challenge_key = challenges.key
    where own.cluster_id = found.cluster_id and challenges.state = 'live'
) as progress on true
order by found.priority, found.place, found.cluster_id
