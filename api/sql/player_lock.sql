-- Locks a player and the cluster of the player, so that whoever changes its wallets
-- waits until the transaction has ended. The end of a run that settles rewards is
-- waited for, which locks rewards first and then clusters.
with settled as materialized (
    select pg_advisory_xact_lock(hashtext('app.rewards')) as is_locked
),

player as (
    select players.player_id from app.players
    cross join settled
    where players.player_id = %(player)s
    for update of players
)

select clusters.cluster_id
from app.wallet_clusters as clusters
inner join player on clusters.player_id = player.player_id
for update of clusters
