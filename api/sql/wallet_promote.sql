-- Marks the oldest active wallet as primary where a cluster has no primary wallet.
update app.wallet_links
set is_primary = true
where
    link_id = (
        select min(link_id) from app.wallet_links
        where cluster_id = %(cluster)s and unlinked_at is null
    )
    and not exists (
        select from app.wallet_links
        where cluster_id = %(cluster)s and is_primary and unlinked_at is null
    )
