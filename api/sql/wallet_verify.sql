-- Marks an active wallet of a cluster as verified, and keeps an earlier verified_at.
update app.wallet_links set verified_at = coalesce(verified_at, now())
where cluster_id = %(cluster)s and address = %(address)s and unlinked_at is null
returning link_id
