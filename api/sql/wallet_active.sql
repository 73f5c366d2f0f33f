-- Where an address is active, and whether it is verified there.
select
    cluster_id,
    verified_at is not null as is_verified
from app.wallet_links
where address = %(address)s and unlinked_at is null
for update
