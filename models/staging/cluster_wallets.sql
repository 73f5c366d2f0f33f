{# Which wallets are whose now: the active links. #}
select
    cluster_id,
    address as wallet_address

from {{ source('app', 'wallet_links') }}
where unlinked_at is null
