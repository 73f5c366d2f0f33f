-- Gives a player a display name; no row where another player's looks like it, or where
-- it is the id of somebody else's cluster.
insert into app.names_of_players (player_id, display_name, folded, look, folded_look)
select
    %(player)s as player_id,
    %(display_name)s as display_name,
    %(folded)s as folded,
    %(look)s as look,
    %(folded_look)s as folded_look
where
    not exists (
        select from app.wallet_clusters
        where lower(cluster_id) = %(folded)s and player_id <> %(player)s
    )
on conflict do nothing
returning player_id
