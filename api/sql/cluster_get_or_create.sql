-- The cluster of a player, which is created at the first wallet. The upsert also locks
-- the row, so that two changes to a player's wallets run one after the other.
insert into app.wallet_clusters (cluster_id, player_id)
values (gen_random_uuid()::text, %(player)s)
on conflict (player_id) do update set player_id = excluded.player_id
returning cluster_id
