-- Set the discord_id of the selected rows for players who have none.
update app.players
set discord_id = given.discord_id, changed_at = now()
from (
    select distinct
        clusters.player_id,
        selected.discord_id
    from pg_temp.hedge_selected as selected
    inner join app.wallet_clusters as clusters
        on selected.cluster_id = clusters.cluster_id
    where selected.discord_id is not null
) as given
where players.player_id = given.player_id and players.discord_id is null
