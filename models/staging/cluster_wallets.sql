{# The wallets of each cluster: the active wallet links. #}
select
    cluster_id,
    address as wallet_address

from {{ source('app', 'wallet_links') }}
where unlinked_at is null
