-- The clusters whose id begins with a text, those whose shown name begins with it
-- (folded, by NFKC and case), and the one that shows the wallet whose whole address it
-- is; with how many live challenges each has a tier in. A whole name comes first, then
-- names, then ids.
with

named as (

    select
        players.player_id,
        taken.folded
    from app.names_of_players as taken
    inner join app.players on taken.player_id = players.player_id
    where
        players.show_on_boards
        and taken.display_name = players.display_name
        and starts_with(taken.folded, %(folded)s)
    order by taken.folded
    limit %(limit)s

),

by_id as (

    select clusters.cluster_id
    from app.wallet_clusters as clusters
    where starts_with(clusters.cluster_id, %(text)s)
    order by clusters.cluster_id
    limit %(limit)s

),

matching as (

    select
        clusters.cluster_id,
        case when named.folded = %(folded)s then 1 else 2 end as priority
    from named
    inner join app.wallet_clusters as clusters on named.player_id = clusters.player_id

    union all

    select
        links.cluster_id,
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
        3 as priority
    from by_id

),

found as (

    select
        matching.cluster_id,
        min(matching.priority) as priority
    from matching
    group by matching.cluster_id
    order by priority, matching.cluster_id
    limit %(limit)s

)

select
    found.cluster_id,
    progress.challenges,
    progress.with_a_tier,
    case when players.show_on_boards then players.display_name end as display_name
from found
inner join app.wallet_clusters as clusters on found.cluster_id = clusters.cluster_id
inner join app.players on clusters.player_id = players.player_id
left join lateral (
    select
        count(*) as challenges,
        count(*) filter (where own.tier <> 'NONE') as with_a_tier
    from analytics.challenge_progress as own
    inner join analytics.challenges on own.challenge_key = challenges.key
    where own.cluster_id = found.cluster_id and challenges.state = 'live'
) as progress on true
order by found.priority, found.cluster_id
