{# The wallets that are linked to each cluster, also those that are excluded. #}
select
    cluster_id,
    address as wallet_address

from {{ source('app', 'wallet_links') }}
where unlinked_at is null
