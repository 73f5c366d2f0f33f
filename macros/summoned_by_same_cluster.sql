{# The condition that a relative of a hero was summoned by the cluster of the hero's summoner.

   Usage: {{ summoned_by_same_cluster('parents', as='wallets') }}
   - relative (string): an alias with wallet_address, the wallet that summoned the
     relative
   - as (string): an alias with cluster_id, the cluster that summoned the hero #}
{% macro summoned_by_same_cluster(relative, as) -%}
    {{ relative }}.wallet_address in (
        select own_wallets.wallet_address
        from {{ ref('cluster_wallets') }} as own_wallets
        where own_wallets.cluster_id = {{ as }}.cluster_id
    )
{%- endmacro %}
