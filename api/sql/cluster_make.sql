-- The cluster of a player, made on first need, and locked until the transaction ends:
-- what a player does to the wallets is one after the other.
insert into app.wallet_clusters (cluster_id, player_id)
values (gen_random_uuid()::text, %(player)s)
on conflict (player_id) do update set player_id = excluded.player_id
returning cluster_id
