-- The links, in the order of their addresses. The unique index decides who was first.
insert into app.wallet_links (cluster_id, address, chain)
select distinct on (address)
    cluster_id,
    address,
    coalesce(chain, 'DFKCHAIN') as chain
from pg_temp.hedge_chosen
order by address, line
on conflict (address) where unlinked_at is null do nothing
