-- Select the rows to write in this round. They conflict with no stored link, and no
-- earlier row of the file names another cluster for the address or the discord_id, or
-- another discord_id for the cluster.
with
candidates as (
    select * from pg_temp.hedge_wallet_rows
    where fault = '' and not is_stored
),

compared as (
    select
        *,
        first_value(cluster_id) over (
            partition by address order by line
        ) as cluster_of_address,
        first_value(cluster_id) over (
            partition by discord_id order by line
        ) as cluster_of_discord_id,
        first_value(discord_id) over (
            partition by cluster_id order by discord_id is null, line
        ) as discord_id_of_cluster
    from candidates
)

insert into pg_temp.hedge_selected (line, cluster_id, address, chain, discord_id)
select
    line,
    cluster_id,
    address,
    chain,
    discord_id
from compared
where
    cluster_id = cluster_of_address
    and (discord_id is null or cluster_id = cluster_of_discord_id)
    and (discord_id is null or discord_id = discord_id_of_cluster)
