-- Marks an active wallet of a cluster as primary.
update app.wallet_links
set is_primary = true
where cluster_id = %(cluster)s and address = %(address)s and unlinked_at is null
returning link_id
