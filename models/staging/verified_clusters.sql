{# Clusters whose active wallets are all verified. One row per cluster. #}
select cluster_id

from {{ source('app', 'wallet_links') }}
where unlinked_at is null
group by cluster_id
having bool_and(verified_at is not null)
