-- Insert the selected links, in the order of their addresses so that two sessions do
-- not deadlock. An address that another session has linked first is skipped.
insert into app.wallet_links (cluster_id, address, chain)
select distinct on (address)
    cluster_id,
    address,
    coalesce(chain, 'DFKCHAIN') as chain
from pg_temp.hedge_selected
order by address, line
on conflict (address) where unlinked_at is null do nothing
