-- Links an address to a cluster, unless it is active in some cluster; the first wallet
-- becomes primary.
insert into app.wallet_links (cluster_id, address, chain, is_primary)
values (
    %(cluster)s,
    %(address)s,
    %(chain)s,
    not exists (
        select from app.wallet_links
        where cluster_id = %(cluster)s and is_primary and unlinked_at is null
    )
)
on conflict (address) where unlinked_at is null do nothing
returning link_id
