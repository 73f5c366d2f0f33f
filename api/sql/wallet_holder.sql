-- The cluster in which an address is active.
select cluster_id from app.wallet_links
where address = %(address)s and unlinked_at is null
