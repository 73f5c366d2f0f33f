-- Takes the place of the primary wallet from the one that has it.
update app.wallet_links
set is_primary = false
where cluster_id = %(cluster)s and is_primary and unlinked_at is null
