-- depends: 0006-cheap-address-checks

-- An explanation reads also the ended links of a cluster, which the partial index on
-- active links does not contain.

create index "links of a cluster" on app.wallet_links (cluster_id);
drop index app.wallet_links_cluster_id_idx;
