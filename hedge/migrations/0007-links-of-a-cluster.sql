-- depends: 0006-cheap-address-checks

-- An explanation also looks for the wallets that a cluster had once.

create index "links of a cluster" on app.wallet_links (cluster_id);
drop index app.wallet_links_cluster_id_idx;
