-- Create a cluster and its player for each selected cluster_id that does not exist.
with
new_clusters as (
    select
        cluster_id,
        nextval(pg_get_serial_sequence('app.players', 'player_id')) as player_id
    from (
        select distinct cluster_id from pg_temp.hedge_selected
        except
        select cluster_id from app.wallet_clusters
    ) as new_names
),

created as (
    insert into app.wallet_clusters (cluster_id, player_id)
    select
        cluster_id,
        player_id
    from new_clusters
    order by cluster_id
    on conflict (cluster_id) do nothing
    returning player_id
)

insert into app.players (player_id)
overriding system value
select player_id from created
