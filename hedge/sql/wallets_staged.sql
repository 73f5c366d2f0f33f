-- A file of before a merge of accounts names the cluster that was absorbed.
update pg_temp.hedge_staging
set
    cluster_id = remaining.kept,
    discord_id = nullif(hedge_staging.discord_id, remaining.discord_id)
from (
    select
        absorptions.absorbed,
        players.discord_id,
        app.remaining_cluster(absorptions.absorbed) as kept
    from app.cluster_merges as absorptions
    inner join app.wallet_clusters as clusters
        on absorptions.absorbed = clusters.cluster_id
    inner join app.players on clusters.player_id = players.player_id
    where absorptions.undone_at is null
) as remaining
where hedge_staging.cluster_id = remaining.absorbed;

-- Compare the staged rows with the stored links: is_stored where a row changes nothing,
-- and fault where it conflicts with a link, in words. It is a view, so that each round
-- sees what the rounds before it have written.
create temp view hedge_wallet_rows as
select
    staged.line,
    staged.cluster_id,
    staged.address,
    staged.chain,
    staged.discord_id,
    coalesce(
        link.cluster_id = staged.cluster_id
        and (staged.discord_id is null or staged.discord_id = player.discord_id),
        false
    ) as is_stored,
    concat_ws(
        '; ',
        case
            when link.cluster_id <> staged.cluster_id
                then format('address %s is active in another cluster', staged.address)
        end,
        case
            when
                discord_player.player_id is not null
                and discord_cluster.cluster_id is distinct from staged.cluster_id
                then
                    format(
                        'discord_id %s belongs to another cluster', staged.discord_id
                    )
        end,
        case
            when player.discord_id <> staged.discord_id
                then format('cluster %s has another discord_id', staged.cluster_id)
        end
    ) as fault
from pg_temp.hedge_staging as staged
left join app.wallet_links as link
    on staged.address = link.address and link.unlinked_at is null
left join app.wallet_clusters as clusters
    on staged.cluster_id = clusters.cluster_id
left join app.players as player
    on clusters.player_id = player.player_id
left join app.players as discord_player
    on staged.discord_id = discord_player.discord_id
left join app.wallet_clusters as discord_cluster
    on discord_player.player_id = discord_cluster.player_id;

create temp table hedge_selected (like pg_temp.hedge_staging) on commit drop;

analyze pg_temp.hedge_staging
