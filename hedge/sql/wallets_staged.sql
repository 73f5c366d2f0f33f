-- The staged rows beside what stands: which of them say nothing new, and what speaks
-- against one. A view, so that every look at it sees what was written in between.
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
    ) as is_settled,
    concat_ws(
        '; ',
        case
            when link.cluster_id <> staged.cluster_id
                then format('address %s is active in another cluster', staged.address)
        end,
        case
            when
                holder.player_id is not null
                and held.cluster_id is distinct from staged.cluster_id
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
left join app.wallet_clusters as named
    on staged.cluster_id = named.cluster_id
left join app.players as player
    on named.player_id = player.player_id
left join app.players as holder
    on staged.discord_id = holder.discord_id
left join app.wallet_clusters as held
    on holder.player_id = held.player_id;

create temp table hedge_chosen (like pg_temp.hedge_staging) on commit drop;

analyze pg_temp.hedge_staging
