{# The wallets whose facts count for each cluster: linked, and not excluded. #}
select
    links.cluster_id,
    links.wallet_address

from {{ ref('linked_wallets') }} as links
where {{ counts_for('links') }}
