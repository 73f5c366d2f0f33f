-- The active link of an address, locked until the transaction ends, and whether it is
-- verified.
select
    cluster_id,
    verified_at is not null as is_verified
from app.wallet_links
where address = %(address)s and unlinked_at is null
for update
