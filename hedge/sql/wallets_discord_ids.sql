-- The discord_id of players who have none yet.
update app.players
set discord_id = given.discord_id, changed_at = now()
from (
    select distinct
        named.player_id,
        chosen.discord_id
    from pg_temp.hedge_chosen as chosen
    inner join app.wallet_clusters as named on chosen.cluster_id = named.cluster_id
    where chosen.discord_id is not null
) as given
where players.player_id = given.player_id and players.discord_id is null
