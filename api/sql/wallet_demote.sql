-- Clears the mark of the primary wallet of a cluster.
update app.wallet_links
set is_primary = false
where cluster_id = %(cluster)s and is_primary and unlinked_at is null
