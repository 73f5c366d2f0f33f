{# Wallets that a cluster has or had, and its Discord accounts. #}
select
    cluster_id,
    address as holder,
    bool_or(unlinked_at is null) as is_linked

from {{ source('app', 'wallet_links') }}
group by cluster_id, address

union all

select
    cluster_id,
    discord_id as holder,
    true as is_linked

from {{ ref('discord_accounts') }}
