-- End the active link of an address.
update app.wallet_links
set unlinked_at = now()
where address = %(address)s and unlinked_at is null
returning cluster_id
