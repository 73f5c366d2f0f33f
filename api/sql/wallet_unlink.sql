-- Ends the active link of an address to a cluster.
update app.wallet_links
set unlinked_at = now(), is_primary = false
where cluster_id = %(cluster)s and address = %(address)s and unlinked_at is null
returning verified_at
